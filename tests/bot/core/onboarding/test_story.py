"""A new colleague's weeks, from joining to the last step."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.errors import ChannelRefused, ChannelUnavailable, StateUnavailable
from bot.core.model import Fields, Form, Progress
from bot.core.onboarding.cards import ANSWER, DONE, LANGUAGE, LATER, LIST, STOP
from bot.core.onboarding.model import (
    Asked,
    Condition,
    Day,
    Escalation,
    JoinerState,
    Meeting,
    Message,
    Questions,
    Quiz,
    Tip,
    Whom,
)
from bot.core.onboarding.texts import EN
from bot.core.schedule import JobState
from tests.bot.core.onboarding.conftest import at
from tests.fakes_core import GROUP, ScriptedAnswerer, message, unknown, words
from tests.fakes_onboarding import (
    BOSS,
    HR,
    MONDAY,
    NEW,
    FixedJourneys,
    Weekdays,
    joins,
    journey,
    rules,
    step,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(day: int, hour: int, minute: int = 0, *, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


# ── joining ───────────────────────────────────────────────────────────────────────────────────


async def test_who_joins_is_welcomed_in_their_time_zone_and_shown_the_first_steps(bot_of) -> None:
    bot = await bot_of(rules(journey(step("hello", Message(), at=time(10)), step("task"))))

    await bot.hear(joins(time_zone="Asia/Shanghai"))
    await bot.pass_(hours=2)

    welcome, task, listed, hello = bot.seen()
    assert (welcome.title, words(welcome).partition("\n")[0]) == ("First days", "Hello New Bie")
    rows = next(block.rows for block in welcome.blocks if isinstance(block, Fields))
    assert ("Time zone", "Asia/Shanghai") in rows
    assert (task.title, hello.title) == ("Task", "Hello")
    assert listed.title == "First days: my list"


async def test_joining_twice_starts_nothing_twice(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task"))))

    for key in ("j1", "j2", "j3"):
        await bot.hear(joins(key=key))
    await bot.pass_(hours=3)

    assert bot.titles() == ["First days", "Task", "First days: my list"]


async def test_who_joins_at_night_is_welcomed_the_next_morning(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task"))))
    bot.clock.now = local(4, 23)

    await bot.hear(joins())
    await bot.until(local(7, 8, 30))
    before = bot.titles()
    await bot.until(local(7, 9))

    assert (before, bot.titles()[0]) == ([], "First days")
    assert (await bot.joiner()).day_one == date(2026, 12, 7)


async def test_a_first_day_in_the_future_is_waited_for(bot_of) -> None:
    bot = await bot_of(rules(journey(step("before", Message(), day=-1), step("task"))))

    await bot.hear(joins(first_day="2026-12-14"))
    await bot.until(local(13, 12))

    assert bot.titles() == ["Before"]


async def test_only_the_account_of_somebody_who_is_long_there_is_new(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task", day=90))))

    await bot.hear(joins(first_day="2023-01-01"))

    assert await bot.state.joiners.all() == ()


async def test_guests_of_other_companies_are_not_new_colleagues(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task"))))

    await bot.hear(joins(guest="yes"))

    assert await bot.state.joiners.all() == ()


async def test_of_several_journeys_the_one_that_names_most_of_what_fits_begins(bot_of) -> None:
    everybody = journey(step("task"), name="everybody")
    lab = journey(step("task"), name="lab", whom=Whom(departments=("Lab",)))
    channel = journey(step("task"), name="channel", whom=Whom(joined=("fake:general",)))
    bot = await bot_of(rules(everybody, lab, channel))

    await bot.hear(joins(department="lab"))
    await bot.hear(joins(BOSS, key="j2", department="Sales"))
    await bot.hear(replace(joins(HR, key="j3"), conversation=GROUP))

    begun = {one.user.id: one.journey for one in await bot.state.joiners.all()}
    assert begun == {"new": "lab", "boss": "everybody", "hr": "channel"}


async def test_where_joining_begins_nothing_only_hr_does(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task")), automatic=False))

    await bot.hear(joins())
    nobody = await bot.state.joiners.all()
    await bot.say("onboard fake:new", user=HR)

    assert nobody == ()
    assert (await bot.joiner()).state is JoinerState.ACTIVE


async def test_who_begins_late_finds_what_they_missed_on_their_list_without_a_message_each(
    bot_of,
) -> None:
    steps = (
        step("greeting", Message()),
        step("course", day=3, due=Day(number=5)),
        step("quiz", Quiz(choices=("A", "B"), right=0), day=4),
        step("now", day=15),
    )
    bot = await bot_of(rules(journey(*steps)))

    await bot.say("onboard fake:new 2026-11-16", user=HR)
    await bot.pass_(hours=3)

    assert bot.titles() == ["First days", "Now", "First days: my list"]
    assert "Course" in words(bot.seen()[-1])
    jobs = await bot.jobs()
    assert jobs["show greeting"].reason == "before_start"
    assert jobs["show course"].reason == "listed"
    assert jobs["show quiz"].reason == "before_start"
    assert (await bot.entries())["course"].due_on == date(2026, 12, 3)


# ── the list ──────────────────────────────────────────────────────────────────────────────────


async def test_a_task_is_ticked_off_on_its_card_and_on_the_list(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task"))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    await bot.press(1, DONE)

    card, listed = list(bot.channel.shown.values())[1:]
    assert EN.ticked.format(title="Task") in words(card)
    progress = next(block for block in listed.blocks if isinstance(block, Progress))
    assert progress.fraction == 1.0
    assert (await bot.entries())["task"].done_at == bot.clock.now


async def test_two_clicks_tick_off_once(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task"))))
    await bot.hear(joins())
    await bot.pass_(hours=1)
    first = bot.clock.now

    await bot.press(1, DONE)
    bot.clock.move(timedelta(hours=1))
    await bot.press(1, DONE)

    assert (await bot.entries())["task"].done_at == first


async def test_the_list_can_always_be_called_up_and_the_last_one_grows(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"), step("two", day=2))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    card = await bot.say("onboard")
    called_up = list(bot.channel.shown)[-1]
    await bot.pass_(days=1)

    assert "One" in words(card)
    assert "Two" not in words(card)
    assert "Two" in words(bot.channel.shown[called_up])


async def test_a_list_that_can_no_longer_be_changed_is_shown_anew(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"), step("two", day=2), step("three", day=3))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    bot.channel.fail_update.append(ChannelRefused("too_old"))
    await bot.until(local(2, 12))

    lists = [title for title in bot.titles() if title.endswith("my list")]
    assert len(lists) == 2
    assert "Three" in words(list(bot.channel.shown.values())[-1])


async def test_a_task_that_is_postponed_is_reminded_of_on_that_day(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task", due=Day(number=2), remind=(0,)))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    await bot.press(1, LATER, days="7")
    await bot.until(local(4, 18))
    too_early = bot.titles()
    await bot.until(local(7, 16))

    assert not any("reminder" in title for title in too_early)
    assert "A reminder: “Task” is due today." in bot.titles()[-1]


async def test_nothing_is_postponed_for_ever(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task"))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    cards = [await bot.say("onboard later 1") for _ in range(6)]

    assert "until" in words(cards[4])
    assert words(cards[5]) == EN.postponed_enough.format(title="Task")


async def test_what_is_done_is_not_reminded_of(bot_of) -> None:
    task = step("task", due=Day(number=1), remind=(0, 1), escalate=Escalation(days=2, to="hr"))
    bot = await bot_of(rules(journey(task)))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    await bot.press(1, DONE)
    await bot.until(local(11, 9))

    assert bot.titles() == ["First days", "Task", "First days: my list"]
    assert (await bot.jobs())["escalate task"].reason == "done_already"


async def test_what_is_overdue_is_reminded_of_and_then_somebody_else_is_told(bot_of) -> None:
    task = step("task", due=Day(number=1), remind=(0, 1), escalate=Escalation(days=2))
    bot = await bot_of(rules(journey(task)))
    await bot.hear(joins())
    await bot.say("onboard reassign fake:new manager fake:boss", user=HR)

    await bot.until(local(4, 9))

    assert [title for title in bot.titles() if "reminder" in title] == [
        "A reminder: “Task” is due today.",
        "A reminder: “Task” was due on Mon 2026-11-30.",
    ]
    assert bot.titles(BOSS) == [EN.escalated_title]
    assert "New Bie" in words(bot.seen(BOSS)[0])


async def test_nobody_presses_the_buttons_of_somebody_else(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task"))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    for name in (DONE, LATER):
        await bot.press(1, name, user=BOSS)
    for name in (LIST, STOP, LANGUAGE):
        await bot.press(0, name, user=BOSS)

    assert (await bot.entries())["task"].done_at is None
    assert (await bot.joiner()).state is JoinerState.ACTIVE
    assert {words(card) for card in bot.seen(BOSS)} == {EN.not_yours, EN.no_journey}


async def test_a_button_of_a_step_that_hr_took_away_says_so(bot_of) -> None:
    own = rules(journey(step("task"), step("other")))
    bot = await bot_of(own)
    await bot.hear(joins())
    await bot.pass_(hours=1)

    assert isinstance(own.program.journeys, FixedJourneys)
    own.program.journeys.current = {"start": journey(step("other"), digest="2")}
    await bot.press(1, DONE)

    assert words(bot.seen()[-1]) == EN.step_gone


# ── kinds of steps ────────────────────────────────────────────────────────────────────────────


async def test_a_step_brings_the_handbooks_answer_and_its_source(bot_of) -> None:
    bot = await bot_of(rules(journey(step("leave", Message(handbook="How much leave?")))))

    await bot.hear(joins())
    await bot.pass_(minutes=10)

    card = bot.seen()[-1]
    assert "Fifteen days. [1]" in words(card)
    assert any(type(block).__name__ == "Sources" for block in card.blocks)
    assert "Ask a person" not in str(card)


async def test_where_the_handbook_says_nothing_the_step_comes_without_it(bot_of) -> None:
    silent = ScriptedAnswerer(script=lambda question: (unknown(question),))
    steps = journey(step("leave", Message(handbook="How much leave?"), text="Ask your manager."))
    bot = await bot_of(rules(steps), silent)

    await bot.hear(joins())
    await bot.pass_(minutes=10)

    assert words(bot.seen()[-1]) == "Ask your manager."


QUIZ = Quiz(choices=("Red", "Blue"), right=1, explanation="Blue it is.", handbook="Which colour?")


@pytest.mark.parametrize(
    ("choice", "said"), [("1", EN.quiz_right), ("0", EN.quiz_wrong.format(answer="B. Blue"))]
)
async def test_a_quiz_says_what_is_right_and_why_with_the_source(bot_of, choice, said) -> None:
    bot = await bot_of(rules(journey(step("quiz", QUIZ, visible_to=("hr",)))))
    await bot.hear(joins())
    await bot.pass_(minutes=10)
    asked = words(bot.seen()[1])

    await bot.press(1, ANSWER, choice=choice)

    shown = list(bot.channel.shown.values())[1]
    assert "Fifteen days" not in asked
    assert said in words(shown)
    assert "Blue it is." in words(shown)
    assert "Fifteen days. [1]" in words(shown)
    assert (await bot.entries())["quiz"].right is (choice == "1")


async def test_the_first_answer_to_a_quiz_counts(bot_of) -> None:
    bot = await bot_of(rules(journey(step("quiz", QUIZ))))
    await bot.hear(joins())
    await bot.pass_(minutes=10)

    await bot.press(1, ANSWER, choice="0")
    card = await bot.say("onboard answer 1 B")

    assert words(card) == EN.answered_already
    assert (await bot.entries())["quiz"].right is False


SURVEY = Questions(
    kind="survey",
    fields=(
        Asked(name="mood", label="How was it?", choices=("Good", "Bad")),
        Asked(name="why", label="Why?", required=False),
    ),
)


async def test_a_survey_says_who_will_read_it_and_only_they_can(bot_of) -> None:
    bot = await bot_of(rules(journey(step("survey", SURVEY, visible_to=("hr",)))))
    await bot.hear(joins())
    await bot.pass_(minutes=10)
    form = next(block for block in bot.seen()[1].blocks if isinstance(block, Form))

    await bot.press(1, ANSWER, mood="Bad", why="Too loud")
    hr = await bot.say("onboard answers fake:new", user=HR)
    boss = await bot.say("onboard answers fake:new", user=BOSS)
    own = await bot.say("onboard answers me")

    assert [field.name for field in form.fields] == ["mood", "why"]
    assert "Who can read your answer: HR, you." in words(bot.seen()[1])
    for card in (hr, own):
        rows = [row for block in card.blocks if isinstance(block, Fields) for row in block.rows]
        assert rows == [("How was it?", "Bad"), ("Why?", "Too loud")]
    assert words(boss) == EN.answers_none


async def test_what_is_missing_or_no_choice_is_asked_for_again(bot_of) -> None:
    bot = await bot_of(rules(journey(step("survey", SURVEY, visible_to=("hr",)))))
    await bot.hear(joins())
    await bot.pass_(minutes=10)

    missing = await bot.say("onboard answer 1")
    wrong = await bot.say("onboard answer 1 Awful")

    assert words(missing) == EN.answer_missing.format(label="How was it?")
    assert words(wrong) == EN.no_such_choice.format(choices="Good, Bad")
    assert (await bot.entries())["survey"].done_at is None


async def test_a_step_that_depends_on_an_answer_comes_only_to_those_who_gave_it(bot_of) -> None:
    steps = (
        step("survey", SURVEY, visible_to=("hr",)),
        step("talk", day=3, when=(Condition(step="survey", name="mood", values=("Bad",)),)),
        step("party", day=3, when=(Condition(step="survey", name="mood", values=("Good",)),)),
    )
    bot = await bot_of(rules(journey(*steps)))
    await bot.hear(joins())
    await bot.pass_(minutes=10)

    await bot.press(1, ANSWER, mood="Bad")
    await bot.until(local(2, 12))

    assert "Talk" in bot.titles()
    assert "Party" not in bot.titles()
    assert (await bot.jobs())["show party"].reason == "condition"


async def test_a_step_that_waits_for_an_answer_comes_when_it_is_given_and_holds_up_nothing(
    bot_of,
) -> None:
    steps = (
        step("survey", SURVEY, visible_to=("hr",)),
        step("talk", day=2, when=(Condition(step="survey", name="mood", values=("Bad",)),)),
        step("other", day=2),
    )
    bot = await bot_of(rules(journey(*steps)))
    await bot.hear(joins())
    await bot.until(local(1, 12))
    before = bot.titles()

    await bot.press(1, ANSWER, mood="Bad")
    await bot.until(local(3, 12))

    assert "Other" in before
    assert "Talk" not in before
    assert "Talk" in bot.titles()


async def test_the_manager_gets_the_managers_task_and_ticks_it_off(bot_of) -> None:
    bot = await bot_of(rules(journey(step("prepare", owner="manager", title="For {name}", day=2))))
    await bot.hear(joins())
    await bot.say("onboard reassign fake:new manager fake:boss", user=HR)
    await bot.until(local(1, 10))
    place = [one.conversation.id for one in bot.channel.sent].index("boss")

    await bot.press(place, DONE, user=BOSS)

    assert bot.titles(BOSS)[0] == "For New Bie"
    assert (await bot.entries())["prepare"].done_at is not None
    assert "For New Bie" not in str(bot.seen(NEW))


async def test_where_nobody_plays_a_part_hr_stands_in(bot_of) -> None:
    bot = await bot_of(rules(journey(step("prepare", owner="buddy"))))

    await bot.hear(joins())
    await bot.pass_(minutes=10)

    assert bot.titles(HR) == ["Prepare"]


async def test_somebody_is_introduced_by_name(bot_of) -> None:
    lin = Meeting(name="Lin Yue", does="HR partner", contact="ext. 8015")
    bot = await bot_of(rules(journey(step("lin", lin))))

    await bot.hear(joins())
    await bot.pass_(minutes=10)

    rows = [
        row for block in bot.seen()[1].blocks if isinstance(block, Fields) for row in block.rows
    ]
    assert rows == [("Name", "Lin Yue"), ("Does", "HR partner"), ("Contact", "ext. 8015")]


async def test_the_tip_is_what_several_others_asked_in_that_week_of_theirs(bot_of) -> None:
    bot = await bot_of(rules(journey(step("tip", Tip(), day=16, text="Nothing yet."))))
    others = [replace(NEW, id=f"o{number}", name="") for number in range(2)]
    for number, other in enumerate(others):
        await bot.hear(joins(other, key=f"o{number}"))
    await bot.until(local(8, 10))
    for other in others:
        await bot.hear(message("How many days of leave?", user=other, conversation=at(other)))
    await bot.hear(message("My secret?", user=others[0], conversation=at(others[0])))
    bot.clock.now = local(14, 9, month=12)
    await bot.hear(joins())

    await bot.until(local(14, 9, month=12) + timedelta(days=9))
    week_two = await bot.onboarding._wondering.of_week(await bot.joiner(), 2)

    assert [wish.question for wish in week_two] == ["How many days of leave?"]
    assert [wish.people for wish in week_two] == [2]


# ── languages, time zones, stopping ───────────────────────────────────────────────────────────


async def test_the_journey_goes_on_in_the_language_they_choose(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"), step("two", day=2))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    await bot.press(0, LANGUAGE)
    await bot.pass_(days=1)

    assert (await bot.joiner()).language == "zh"
    assert bot.seen()[-1].language == "zh"


async def test_an_answer_counts_in_whatever_language_it_was_given(bot_of) -> None:
    chinese = replace(
        SURVEY, fields=(replace(SURVEY.fields[0], choices=("好", "不好")), SURVEY.fields[1])
    )
    talk = step("talk", day=3)
    condition = Condition(step="survey", name="mood", values=("Bad",))
    own = journey(step("survey", SURVEY, visible_to=("hr",)), replace(talk, when=(condition,)))
    zh = (
        step("survey", chinese, visible_to=("hr",)),
        replace(talk, when=(replace(condition, values=("不好",)),)),
    )
    editions = {**own.editions, "zh": replace(own.editions["zh"], steps=zh)}
    bot = await bot_of(rules(replace(own, editions=editions)))
    await bot.hear(joins())
    await bot.pass_(minutes=10)

    await bot.press(1, ANSWER, mood="Bad")
    await bot.press(0, LANGUAGE)
    await bot.until(local(2, 12))

    assert bot.seen()[-2].language == "zh"
    assert "Talk" in bot.titles()


async def test_who_travels_is_written_to_in_the_hours_of_the_other_place(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"), step("two", day=3, at=time(10)))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    card = await bot.say("onboard zone Europe/Berlin")
    await bot.until(datetime(2026, 12, 2, 9, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    before = bot.titles()
    await bot.pass_(minutes=30)

    assert "Europe/Berlin" in words(card)
    assert "Two" not in before
    assert "Two" in bot.titles()


async def test_a_time_zone_that_is_none_changes_nothing(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))
    await bot.hear(joins())

    card = await bot.say("onboard zone Mars/Base")

    assert words(card) == EN.zone_unknown.format(zone="Mars/Base")
    assert (await bot.joiner()).place.time_zone == "Asia/Shanghai"


async def test_who_stops_hears_nothing_more_until_they_go_on(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"), step("two", day=2), step("three", day=10))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    await bot.say("onboard stop")
    await bot.until(local(7, 12))
    silent = bot.titles()
    await bot.say("onboard resume")
    await bot.until(local(9, 12))

    assert "Two" not in silent[3:]
    assert "Three" in bot.titles()


async def test_who_is_not_on_a_journey_is_told_to_just_ask(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))

    assert words(await bot.say("onboard")) == EN.no_journey
    assert words(await bot.say("onboard done 1")) == EN.no_journey


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────


async def test_after_days_without_power_no_old_greeting_is_sent_and_no_task_is_lost(
    bot_of,
) -> None:
    steps = (step("greeting", Message(), day=2), step("task", day=2))
    bot = await bot_of(rules(journey(*steps)))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    bot.clock.now = local(7, 9)
    await bot.onboarding.tick()

    assert "Greeting" not in bot.titles()
    assert "Task" in bot.titles()
    assert (await bot.jobs())["show greeting"].reason == "late"


async def test_a_task_that_is_weeks_late_stands_on_the_list_without_a_message(bot_of) -> None:
    bot = await bot_of(rules(journey(step("task", day=2), step("last", day=60))))
    await bot.hear(joins())
    await bot.pass_(hours=1)

    bot.clock.now = local(28, 9)
    await bot.onboarding.tick()

    assert "Task" not in bot.titles()
    assert (await bot.jobs())["show task"].reason == "late"
    assert "task" in await bot.entries()


async def test_a_platform_that_is_down_gets_everything_later_and_in_order(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"), step("two"))))
    await bot.hear(joins())

    bot.channel.fail_send += [ChannelUnavailable("down")] * 3
    await bot.pass_(hours=2)

    assert bot.titles() == ["First days", "One", "Two", "First days: my list"]


async def test_who_cannot_be_reached_costs_nobody_else_anything(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))
    await bot.hear(joins())
    await bot.hear(joins(BOSS, key="j2"))

    bot.channel.fail_send += [ChannelRefused("account_inactive")]
    await bot.pass_(hours=1)

    jobs = [*(await bot.jobs()).values(), *(await bot.jobs(BOSS)).values()]
    refused = [job for job in jobs if job.reason == "refused:account_inactive"]
    assert len(refused) == 1
    assert {job.state for job in jobs if job.kind == "show"} == {JobState.DONE}


async def test_after_many_cards_at_once_there_is_a_pause(bot_of) -> None:
    bot = await bot_of(rules(journey(*(step(f"s{number}") for number in range(6)))))
    await bot.hear(joins())

    await bot.onboarding.tick()
    at_once = len([title for title in bot.titles() if not title.endswith("list")])
    await bot.pass_(hours=1)

    assert at_once == 4
    assert len(bot.titles()) == 8


async def test_two_processes_send_everything_once(bot_of) -> None:
    own = rules(journey(step("one"), step("two", day=2)))
    first, second = await bot_of(own), await bot_of(own)
    await first.hear(joins())

    for _ in range(60):
        await asyncio.gather(first.onboarding.tick(), second.onboarding.tick())
        first.clock.move(timedelta(minutes=30))

    assert first.titles() == ["First days", "One", "First days: my list", "Two"]


async def test_a_process_that_dies_after_sending_does_not_send_again(bot_of) -> None:
    own = rules(journey(step("one")))
    bot = await bot_of(own)
    await bot.hear(joins())

    class Dead(BaseException):
        pass

    def die(_reply: object) -> None:
        bot.channel.on_send = lambda _reply: None
        raise Dead

    bot.channel.on_send = die
    with pytest.raises(Dead):
        await bot.onboarding.tick()
    again = await bot_of(own)
    await again.pass_(hours=1)

    assert again.titles() == ["First days", "One", "First days: my list"]


async def test_who_began_while_the_store_broke_is_planned_at_the_next_look(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))
    await bot.onboarding.tick()
    agenda = bot.onboarding.roster.agenda

    class Broken:
        async def plan(self, *_: object, **__: object) -> None:
            raise StateUnavailable("full")

    bot.onboarding.roster.agenda = Broken()
    await bot.hear(joins())
    bot.onboarding.roster.agenda = agenda
    await bot.pass_(hours=1)

    assert bot.titles() == ["First days", "One", "First days: my list"]


async def test_a_clock_that_is_set_back_sends_nothing_twice(bot_of) -> None:
    bot = await bot_of(rules(journey(step("one"))))
    await bot.hear(joins())
    await bot.pass_(hours=2)

    bot.clock.now = MONDAY
    await bot.pass_(hours=3)

    assert bot.titles() == ["First days", "One", "First days: my list"]


# ── HR edits ──────────────────────────────────────────────────────────────────────────────────


async def test_steps_that_hr_adds_moves_and_takes_away_change_for_everybody_on_the_way(
    bot_of,
) -> None:
    own = rules(journey(step("gone", day=5), step("moved", day=5), step("stays")))
    bot = await bot_of(own)
    await bot.hear(joins())
    await bot.pass_(hours=1)

    assert isinstance(own.program.journeys, FixedJourneys)
    edited = journey(step("stays"), step("moved", day=8), step("new", day=4), digest="2")
    own.program.journeys.current = {"start": edited}
    await bot.until(local(11, 9))

    shown = [title for title in bot.titles() if title in ("Gone", "Moved", "New", "Stays")]
    assert shown == ["Stays", "New", "Moved"]
    assert (await bot.jobs())["show gone"].reason == "removed"


async def test_hr_is_told_once_of_a_broken_file(bot_of) -> None:
    own = rules(journey(step("one")))
    bot = await bot_of(own)

    assert isinstance(own.program.journeys, FixedJourneys)
    own.program.journeys.faults = ["start.en.yaml:3: `dya` is not known"]
    for _ in range(3):
        await bot.onboarding.tick()

    assert bot.titles(HR) == [EN.broken_title]
    assert "start.en.yaml:3" in words(bot.seen(HR)[0])


async def test_holidays_move_a_step_on_to_the_next_working_day(bot_of) -> None:
    holidays = Weekdays(off=frozenset({date(2026, 12, 2), date(2026, 12, 3)}))
    bot = await bot_of(rules(journey(step("one"), step("two", day=3)), calendar=holidays))
    await bot.hear(joins())

    await bot.until(local(3, 18))
    before = bot.titles()
    await bot.until(local(4, 10))

    assert "Two" not in before
    assert "Two" in bot.titles()
