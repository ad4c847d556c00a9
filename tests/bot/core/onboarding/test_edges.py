"""What seldom happens to a journey, and must not break it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Buttons, Capabilities, CardAction, MessageRef, User
from bot.core.onboarding.cards import ANSWER, DONE, GO_ON, LATER, LIST, OPEN, STOP
from bot.core.onboarding.model import Day, JoinerState, Message, Quiz, Tip
from bot.core.onboarding.roster import joiner_id
from bot.core.onboarding.texts import EN
from bot.core.schedule import JobState
from knowledge.errors import EngineUnavailable
from tests.bot.core.onboarding.conftest import at
from tests.fakes_core import ScriptedAnswerer, message, press, words
from tests.fakes_onboarding import (
    BOSS,
    HR,
    NEW,
    FixedJourneys,
    joins,
    journey,
    rules,
    step,
)

OWN = joiner_id("start", NEW)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=SHANGHAI)


def own(ref: MessageRef, name: str, **values: str) -> CardAction:
    return press(ref, name, user=NEW, conversation=at(NEW), joiner=OWN, **values)


async def test_a_journey_that_hr_took_away_waits_to_come_back(bot_of) -> None:
    own = rules(journey(step("one"), step("two", day=3)))
    bot = await bot_of(own)
    await bot.hear(joins())
    await bot.pass_(hours=1)
    assert isinstance(own.program.journeys, FixedJourneys)
    there = own.program.journeys.current

    own.program.journeys.current = {}
    await bot.until(local(3, 9))
    listed = await bot.say("onboard")
    gone = list(bot.titles())
    own.program.journeys.current = there
    await bot.until(local(3, 12))

    assert words(listed) == EN.no_journey
    assert "Two" not in gone
    assert "Two" in bot.titles()


async def test_a_journey_that_stays_away_is_given_up_after_two_weeks(bot_of) -> None:
    own = rules(journey(step("one", day=2)))
    bot = await bot_of(own)
    await bot.hear(joins())
    await bot.pass_(hours=1)

    assert isinstance(own.program.journeys, FixedJourneys)
    own.program.journeys.current = {}
    bot.clock.now = local(30, 9)
    await bot.onboarding.tick()

    job = (await bot.jobs())["show one"]
    assert (job.state, job.reason) == (JobState.SKIPPED, "removed")


async def test_a_platform_that_is_not_enabled_now_is_waited_for(bot_of) -> None:
    elsewhere = User(platform="elsewhere", id="x", name="X")
    bot = await bot_of(rules(journey(step("one", grace=timedelta(hours=2)))))
    await bot.say("onboard elsewhere:x", user=HR)

    await bot.pass_(hours=1)
    waiting = (await bot.jobs(elsewhere))["welcome"]
    await bot.pass_(days=20)

    assert (waiting.state, waiting.tries > 1) == (JobState.WAITING, True)
    jobs = await bot.jobs(elsewhere)
    assert (jobs["show one"].reason, jobs["welcome"].reason) == ("late", "unreachable")
    assert "one" in await bot.entries(elsewhere)


async def test_a_platform_says_itself_when_to_try_again(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))
    await bot.hear(joins())

    bot.channel.fail_send.append(ChannelUnavailable("busy", retry_after_s=5_400.0))
    await bot.onboarding.tick()

    assert (await bot.jobs())["welcome"].due_at == bot.clock.now + timedelta(seconds=5_400)


async def test_where_nobody_at_all_plays_a_part_the_step_is_skipped(bot_of) -> None:
    own = replace(rules(journey(step("prepare", owner="hr"))), hr=())
    bot = await bot_of(own)

    await bot.hear(joins())
    await bot.pass_(hours=1)

    assert (await bot.jobs())["show prepare"].reason == "nobody"


async def test_a_tip_without_a_question_and_words_is_not_sent(bot_of) -> None:
    bot = await bot_of(rules(journey(step("tip", Tip()), step("other", Tip(), text="Ask me!"))))

    await bot.hear(joins())
    await bot.pass_(hours=1)

    assert (await bot.jobs())["show tip"].reason == "nobody"
    assert "Ask me!" in [words(card) for card in bot.seen()]


async def test_a_tip_shows_what_others_asked_with_its_answer(bot_of) -> None:
    bot = await bot_of(rules(journey(step("tip", Tip(), day=4)), shared_by=1))
    await bot.hear(joins(BOSS, key="j0"))
    await bot.hear(message("How many days of leave?", user=BOSS, conversation=at(BOSS)))
    await bot.hear(joins())

    await bot.until(local(3, 12))

    tip = bot.seen()[-1]
    assert EN.tip_intro.format(week=1, question="How many days of leave?") in words(tip)
    assert "Fifteen days. [1]" in words(tip)


async def test_a_handbook_that_is_away_keeps_no_step_waiting(bot_of) -> None:
    away = ScriptedAnswerer(script=lambda _question: (EngineUnavailable("away"),))
    bot = await bot_of(rules(journey(step("leave", Message(handbook="How?"), text="Ask."))), away)

    await bot.hear(joins())
    await bot.pass_(hours=1)

    assert words(bot.seen()[-1]) == "Ask."


async def test_the_handbook_is_asked_once_for_all_who_begin_together(bot_of) -> None:
    bot = await bot_of(rules(journey(step("leave", Message(handbook="How much?")))))
    for number in range(5):
        await bot.hear(joins(replace(NEW, id=f"n{number}"), key=f"k{number}"))

    await bot.onboarding.tick()

    assert len(bot.answerer.asked) == 1


async def test_on_the_list_itself_things_are_done_put_off_and_opened(bot_of) -> None:
    quiz = Quiz(choices=("A", "B"), right=0)
    bot = await bot_of(rules(journey(step("one"), step("two"), step("quiz", quiz))))
    await bot.hear(joins())
    await bot.pass_(hours=1)
    listed = next(at_ for at_, card in enumerate(bot.seen()) if card.title.endswith("list"))
    shown = list(bot.channel.shown)

    await bot.hear(own(shown[listed], DONE, step="one", list="1"))
    await bot.hear(own(shown[listed], LATER, step="two", list="1", days="1"))
    await bot.hear(own(shown[listed], OPEN, step="quiz"))

    card = bot.channel.shown[shown[listed]]
    assert "✅ One" in words(card)
    assert "Two · Tue 2026-12-01" in words(card)
    opened = bot.seen()[-1]
    buttons = [block for block in opened.blocks if isinstance(block, Buttons)]
    assert [button.name for button in buttons[0].items] == [ANSWER, ANSWER]


async def test_a_quiz_cannot_be_ticked_off_without_an_answer(bot_of) -> None:
    bot = await bot_of(rules(journey(step("quiz", Quiz(choices=("A", "B"), right=0)))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    card = await bot.say("onboard done 1")
    wrong = await bot.say("onboard answer 1 Z")

    assert card.title == "Quiz"
    assert words(wrong) == EN.no_such_choice.format(choices="A B")
    assert (await bot.entries())["quiz"].done_at is None


async def test_a_card_that_can_no_longer_be_changed_is_answered_beside_it(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    bot.channel.fail_update.append(ChannelRefused("too_old"))
    await bot.press(1, DONE)

    assert EN.ticked.format(title="One") in words(bot.seen()[-1])


async def test_where_cards_never_change_everything_is_done_by_words(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"), step("two", day=2))))
    bot.channel.capabilities = Capabilities(edits=False, forms=False)
    await bot.hear(joins())
    await bot.until(local(1, 12))

    done = await bot.say("onboard done 2")
    listed = await bot.say("onboard")

    assert "`/deskmate onboard done 1`" in words(bot.seen()[1])
    assert EN.ticked.format(title="Two") in words(done)
    assert "1 · One" in words(listed)
    assert [title for title in bot.titles() if title.endswith("list")] == [listed.title]


async def test_a_button_of_nobody_is_answered_kindly(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))
    await bot.hear(joins())
    await bot.pass_(hours=1)
    ref = list(bot.channel.shown)[1]

    for name in (DONE, ANSWER, OPEN, LATER):
        await bot.hear(press(ref, name, user=NEW, conversation=at(NEW), joiner="no", step="one"))
    for name in (LIST, STOP, GO_ON):
        await bot.hear(press(ref, name, user=NEW, conversation=at(NEW), joiner="no"))

    assert {words(card) for card in bot.seen()[3:]} == {EN.step_gone, EN.no_journey}


async def test_who_stopped_goes_on_by_the_button(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))
    await bot.hear(joins())
    await bot.pass_(hours=1)
    await bot.press(0, STOP)

    await bot.press(len(bot.channel.sent) - 1, GO_ON)

    assert (await bot.joiner()).state is JoinerState.ACTIVE
    assert words(bot.seen()[-1]) == EN.gone_on


async def test_a_journey_is_finished_two_weeks_after_its_last_day(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one", due=Day(number=2)))))
    await bot.hear(joins())

    await bot.until(local(15, 12))

    assert (await bot.joiner()).state is JoinerState.FINISHED


async def test_who_is_on_a_journey_reads_what_its_audience_may(bot_of) -> None:
    own = journey(step("one"), audiences=("new",))
    bot = await bot_of(rules(own))
    await bot.hear(joins())
    await bot.onboarding.tick()

    await bot.hear(message("How many days of leave?", user=NEW, conversation=at(NEW)))
    await bot.hear(message("How many days of leave?", user=BOSS, conversation=at(BOSS)))

    assert "new" in bot.answerer.asked[-2].audience
    assert "new" not in bot.answerer.asked[-1].audience


async def test_whose_name_the_platform_does_not_tell_is_a_colleague_and_to_others_a_number(
    bot_of,
) -> None:
    prepare = step("prepare", owner="hr", title="For {name}")
    bot = await bot_of(rules(journey(step("one"), prepare)))

    await bot.hear(joins(replace(NEW, name="")))
    await bot.pass_(hours=1)

    assert words(bot.seen()[0]).startswith("Hello dear colleague")
    assert bot.titles(HR) == ["For new"]


async def test_a_sentence_that_begins_with_somebody_unnamed_begins_with_a_capital(bot_of) -> None:
    text = "{buddy} shows you the tools. Then {buddy} has lunch with you. {buddy} pays."
    bot = await bot_of(rules(journey(step("tools", text=text))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    shown = words(bot.seen()[1])

    assert "Your buddy shows you the tools. Then your buddy has lunch with you. Your" in shown


@pytest.mark.parametrize("said", ["done", "later tomorrow", "answer"])
async def test_who_leaves_out_the_number_is_told_how_it_is_typed(bot_of, said: str) -> None:
    bot = await bot_of(rules(journey(step("task"))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    assert words(await bot.say(f"onboard {said}")) == EN.usage
