"""HR's side: begin, follow, nudge, reassign, pause, end, forget, and the week in a card."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.audit import AuditEntry
from bot.core.grants import Grant
from bot.core.model import Buttons, Progress, Role
from bot.core.onboarding.cards import ANSWER, DONE
from bot.core.onboarding.hr_cards import NUDGE, PAUSE
from bot.core.onboarding.model import Asked, Day, JoinerState, Message, Questions, Quiz
from bot.core.onboarding.texts import EN, ZH
from bot.core.rules import Rules
from bot.core.texts import EN as CORE
from tests.bot.core.onboarding.conftest import at
from tests.fakes_core import ScriptedAnswerer, grounded, message, unknown, words
from tests.fakes_onboarding import (
    BOSS,
    BUDDY,
    HR,
    MONDAY,
    NEW,
    joins,
    journey,
    rules,
    step,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
STEPS = (step("one", due=Day(number=1)), step("two", day=3), step("read", Message(), day=4))


def simple() -> Rules:
    return rules(journey(*STEPS))


def local(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=SHANGHAI)


async def test_hr_begins_a_journey_for_somebody_they_mention(bot_of) -> None:
    bot = await bot_of(simple())

    card = await bot.say("onboard @New Bie start 2026-12-01", user=HR, mentions=(NEW,))

    assert words(card) == EN.started.format(
        name="New Bie", title="First days", date="Tue 2026-12-01"
    )
    assert (await bot.joiner()).user.name == "New Bie"


async def test_manager_and_buddy_can_be_named_at_the_beginning(bot_of) -> None:
    bot = await bot_of(simple())

    await bot.say("onboard fake:new manager fake:boss buddy fake:buddy", user=HR)

    joiner = await bot.joiner()
    assert joiner.manager is not None
    assert joiner.buddy is not None
    assert (joiner.manager.key, joiner.buddy.key) == (BOSS.key, BUDDY.key)


async def test_beginning_twice_says_that_they_are_on_it(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())

    card = await bot.say("onboard fake:new", user=HR)

    assert words(card) == EN.started_already.format(
        name="new", title="First days", state=EN.state_active
    )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("onboard fake:new nonsense", EN.journey_unknown.format(name="nonsense", known="`start`")),
        ("onboard fake:new 2026-13-45", EN.date_unreadable.format(date="2026-13-45")),
        ("onboard nudge", EN.person_missing),
        ("onboard nudge fake:nobody", EN.not_on_a_journey.format(name="nobody")),
        ("onboard reassign fake:new boss", EN.reassign_usage),
        ("onboard status fake:nobody", EN.not_on_a_journey.format(name="nobody")),
        ("onboard answers fake:nobody", EN.not_on_a_journey.format(name="nobody")),
        ("onboard forget fake:nobody confirm", EN.forgotten_nothing.format(name="nobody")),
        ("onboard status", EN.status_none),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(bot_of, said, sentence) -> None:
    bot = await bot_of(simple())

    assert words(await bot.say(said, user=HR)) == sentence


@pytest.mark.parametrize(
    "said",
    ["fake:new", "status", "report", "nudge fake:new", "end fake:new", "export", "rehearse",
     "pause fake:new", "forget fake:new", "reassign fake:new buddy fake:boss"],
)  # fmt: skip
async def test_what_is_hrs_is_hrs_alone(bot_of, said) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())

    card = await bot.say(f"onboard {said}", user=BOSS)

    assert words(card) == EN.hr_only
    assert (await bot.joiner()).state is JoinerState.ACTIVE


async def test_the_status_shows_who_needs_somebody_first(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.hear(joins(BUDDY, key="j2"))
    await bot.pass_(hours=1)
    await bot.say("onboard done 1", user=BUDDY)
    await bot.until(local(9, 10))

    card = await bot.say("onboard status", user=HR)

    assert card.title == EN.status_title.format(count=2)
    assert words(card).splitlines() == [
        f"**New Bie** · {EN.status_late.format(count=1)} · {EN.status_stuck.format(days=9)}",
        "**Buddy**",
    ]
    shares = [block.fraction for block in card.blocks if isinstance(block, Progress)]
    assert shares == [0.0, 0.5]


async def test_one_persons_status_says_what_comes_next_and_has_handles(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.pass_(hours=1)

    card = await bot.say("onboard status fake:new", user=HR)

    text = str(card)
    assert "Two · Wed 2026-12-02" in text
    labels = [
        button.label
        for block in card.blocks
        if isinstance(block, Buttons)
        for button in block.items
    ]
    assert labels == [EN.nudge, EN.pause, EN.end]


async def test_a_nudge_shows_the_list_anew_but_not_at_night(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.pass_(hours=1)
    bot.clock.now = local(1, 23)

    card = await bot.say("onboard nudge fake:new", user=HR)
    await bot.until(local(2, 8))
    asleep = len(bot.titles())
    await bot.until(local(2, 9))

    assert words(card) == EN.nudged.format(name="New Bie", count=1)
    assert asleep == 3
    assert bot.titles()[3] == "First days: my list"


async def test_who_has_nothing_to_do_is_not_nudged(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.pass_(hours=1)
    await bot.press(1, DONE)

    card = await bot.say("onboard nudge fake:new", user=HR)

    assert words(card) == EN.nothing_open.format(name="New Bie")


async def test_a_pause_sends_nothing_and_moves_what_is_to_come(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.pass_(hours=1)

    await bot.say("onboard pause fake:new", user=HR)
    await bot.until(local(7, 10))
    during = bot.titles()
    await bot.say("onboard resume fake:new", user=HR)
    await bot.until(local(9, 10))

    assert "Two" not in during
    assert "Two" in bot.titles()
    assert (await bot.joiner()).shifted == 7


async def test_who_is_paused_and_resumed_on_one_day_misses_nothing(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.say("onboard pause fake:new", user=HR)
    await bot.pass_(hours=1)
    await bot.say("onboard resume fake:new", user=HR)
    await bot.pass_(hours=1)

    assert bot.titles() == ["First days", "One", "First days: my list"]


async def test_who_is_ended_hears_nothing_more_and_can_be_taken_up_again(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.pass_(hours=1)

    await bot.say("onboard end fake:new", user=HR)
    own = await bot.say("onboard resume")
    await bot.until(local(3, 12))
    silent = bot.titles()
    await bot.say("onboard resume fake:new", user=HR)
    await bot.until(local(4, 12))

    assert words(own) == EN.no_journey
    assert silent[3:] == [EN.no_journey]
    assert "Two" in bot.titles()


async def test_hrs_buttons_work_for_hr_alone(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.pass_(hours=1)
    await bot.say("onboard status fake:new", user=HR)
    place = len(bot.channel.sent) - 1

    await bot.press(place, PAUSE, user=NEW)
    refused = words(bot.seen()[-1])
    await bot.press(place, NUDGE, user=HR)
    nudged = words(bot.seen(HR)[-1])
    await bot.press(place, PAUSE, user=HR)

    assert refused == EN.hr_only
    assert nudged == EN.nudged.format(name="New Bie", count=1)
    assert (await bot.joiner()).state is JoinerState.PAUSED


async def test_hrs_buttons_work_for_whoever_was_granted_the_role_and_all_is_on_record(
    bot_of,
) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.pass_(hours=1)
    await bot.say("onboard status fake:new", user=HR)
    place = len(bot.channel.sent) - 1
    grant = Grant(person=BUDDY.key, role=Role.HR, by="fake:root", at=bot.clock())
    entry = AuditEntry(at=bot.clock(), what="role.given", by="fake:root")

    await bot.press(place, PAUSE, user=BUDDY)
    assert (await bot.joiner()).state is JoinerState.ACTIVE
    await bot.state.grants.give(grant, entry=entry)
    await bot.press(place, PAUSE, user=BUDDY)

    assert (await bot.joiner()).state is JoinerState.PAUSED
    recorded = [(one.what, one.by) for one in await bot.state.audit.latest(3)]
    assert recorded == [
        ("button.pressed", BUDDY.key),
        ("role.given", "fake:root"),
        ("button.refused", BUDDY.key),
    ]


async def test_the_report_charts_each_step_and_counts_quizzes(bot_of) -> None:
    quiz = step("quiz", Quiz(choices=("A", "B"), right=0), title="Quiz of {name}")
    bot = await bot_of(rules(journey(*STEPS, quiz)))
    await bot.hear(joins())
    await bot.hear(joins(BUDDY, key="j2"))
    await bot.pass_(hours=1)
    for user in (NEW, BUDDY):
        await bot.say(f"onboard answer 4 {'A' if user is NEW else 'B'}", user=user)

    card = await bot.say("onboard report", user=HR)

    assert "`░░░░░░░░░░ 0%` One · 0/2" in words(card)
    assert "`██████████ 100%` Quiz of New colleague · 2/2" in words(card)
    assert (EN.report_quizzes, "50%") in [
        row for block in card.blocks for row in getattr(block, "rows", ())
    ]


async def test_the_export_is_csv_without_formulas_or_hidden_answers(bot_of) -> None:
    secret = Questions(fields=(Asked(name="why", label="Why?"),))
    steps = (
        step("open", secret, visible_to=("hr",)),
        step("closed", secret, visible_to=("buddy",)),
    )
    bot = await bot_of(rules(journey(*steps)))
    await bot.hear(joins(replace(NEW, name="=cmd()")))
    await bot.pass_(hours=1)
    await bot.say("onboard answer 1 for HR")
    await bot.say("onboard answer 2 not for HR")

    card = await bot.say("onboard export", user=HR)

    assert "why: for HR" in words(card)
    assert "not for HR" not in words(card)
    assert "'=cmd()" in words(card)


async def test_forgetting_somebody_deletes_everything_and_sends_nothing_more(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.pass_(hours=1)
    joiner = await bot.joiner()

    asked = await bot.say("forget @New Bie", user=HR, mentions=(NEW,))
    assert "/deskmate forget fake:new confirm" in words(asked)
    assert await bot.state.joiners.of(NEW.key) != ()

    card = await bot.say("forget @New Bie confirm", user=HR, mentions=(NEW,))
    await bot.until(local(4, 12))

    assert words(card) == EN.forgotten.format(name="New Bie", count=1)
    assert await bot.state.joiners.of(NEW.key) == ()
    assert await bot.state.joiners.entries(joiner.id) == ()
    assert await bot.state.agenda.of(joiner.id, f"{joiner.id}/nudge") == ()
    assert len(bot.titles()) == 3


async def test_forgetting_an_answer_still_works_and_people_are_only_for_hr(bot_of) -> None:
    own = simple()
    owner = replace(own, access=replace(own.access, owners=frozenset({BOSS.key})))
    bot = await bot_of(owner)
    await bot.hear(joins())

    answer = await bot.say("forget holidays", user=BOSS)
    person = await bot.say("forget fake:new", user=BOSS)
    hr = await bot.say("forget holidays", user=HR)

    assert words(answer) == words(person) == CORE.forget_none
    assert words(hr) == CORE.command_refused.format(name="forget")
    assert (await bot.joiner()).state is JoinerState.ACTIVE


async def test_everybody_can_have_themselves_forgotten(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())

    asked = await bot.say("onboard forget")
    kept = await bot.state.joiners.of(NEW.key)
    done = await bot.say("onboard forget confirm")

    assert EN.forget_self_ask in words(asked)
    assert len(kept) == 1
    assert words(done) == EN.forgotten_self
    assert await bot.state.joiners.of(NEW.key) == ()


async def test_nobody_is_forgotten_by_a_slip_of_hr(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())

    asked = await bot.say("onboard forget fake:new", user=HR)

    assert "/deskmate onboard forget fake:new confirm" in words(asked)
    assert len(await bot.state.joiners.of(NEW.key)) == 1


async def test_a_rehearsal_runs_through_the_journey_in_minutes_and_counts_nowhere(bot_of) -> None:
    bot = await bot_of(simple())
    bot.clock.now = local(5, 23)

    await bot.say("onboard rehearse 10", user=HR)
    for _ in range(40):
        await bot.onboarding.tick()
        bot.clock.move(timedelta(seconds=2))
    status = await bot.say("onboard status", user=HR)
    report = await bot.say("onboard report", user=HR)

    assert [title for title in bot.titles(HR) if title in ("One", "Two", "Read")] == [
        "One",
        "Two",
        "Read",
    ]
    assert words(status) == EN.status_none
    assert "0/0" in str(report)


async def test_commands_are_understood_in_chinese(bot_of) -> None:
    chinese = replace(simple(), languages={"fake": "zh"})
    bot = await bot_of(chinese)
    await bot.say("入职 fake:new", user=HR)
    await bot.pass_(hours=1)

    done = await bot.say("入职 完成 1")
    paused = await bot.say("入职 暂停 fake:new", user=HR)
    status = await bot.say("入职 状态", user=HR)

    assert ZH.ticked.format(title="One") in words(done)
    assert words(paused) == ZH.paused.format(name="new")
    assert ZH.state_paused in words(status)


async def test_help_lists_hrs_words_to_hr_alone(bot_of) -> None:
    bot = await bot_of(simple())

    assert EN.usage_hr in words(await bot.say("onboard help", user=HR))
    assert EN.usage_hr not in words(await bot.say("onboard help"))


# ── the week ──────────────────────────────────────────────────────────────────────────────────


def knows_some() -> ScriptedAnswerer:
    return ScriptedAnswerer(
        script=lambda question: (
            unknown(question) if "parrot" in question.text else grounded(question),
        )
    )


async def test_on_monday_hr_reads_what_new_colleagues_asked_and_nobody_could_answer(
    bot_of,
) -> None:
    bot = await bot_of(simple(), knows_some())
    await bot.hear(joins())
    await bot.hear(joins(BUDDY, key="j2"))
    for user in (NEW, BUDDY):
        await bot.hear(message("How many days of leave?", user=user, conversation=at(user)))
    await bot.hear(message("May my parrot come along?", user=NEW, conversation=at(NEW)))
    await bot.hear(message("What is for lunch?", user=BOSS, conversation=at(BOSS)))

    await bot.until(local(7, 9))

    digest = bot.seen(HR)[-1]
    assert digest.title == EN.digest_title
    text = words(digest)
    assert EN.digest_intro.format(active=2, new=2, finished=0) in text
    assert "How many days of leave? – asked by 2" in text.partition(EN.digest_gaps)[0]
    assert "May my parrot come along? – asked by 1" in text.partition(EN.digest_gaps)[2]
    assert "lunch" not in text


async def test_a_week_in_which_nothing_was_is_not_told(bot_of) -> None:
    bot = await bot_of(simple())

    await bot.until(local(14, 12))

    assert bot.seen(HR) == []


async def test_two_processes_tell_the_week_once(bot_of) -> None:
    own = simple()
    first, second = await bot_of(own), await bot_of(own)
    await first.hear(joins())

    while first.clock.now < local(8, 9):
        await first.onboarding.tick()
        await second.onboarding.tick()
        first.clock.move(timedelta(hours=1))

    assert first.titles(HR).count(EN.digest_title) == 1


async def test_a_digest_that_is_a_week_old_is_not_sent(bot_of) -> None:
    bot = await bot_of(simple())
    await bot.hear(joins())
    await bot.onboarding.tick()

    bot.clock.now = local(11, 10)
    await bot.onboarding.tick()

    assert EN.digest_title not in bot.titles(HR)


async def test_answers_are_deleted_with_the_person_who_gave_them(bot_of) -> None:
    survey = Questions(kind="survey", fields=(Asked(name="mood", label="Mood"),))
    bot = await bot_of(rules(journey(step("survey", survey, visible_to=("hr",)))))
    await bot.hear(joins())
    await bot.pass_(minutes=10)
    await bot.press(1, ANSWER, mood="Secretly sad")

    await bot.say("onboard forget fake:new confirm", user=HR)
    export = await bot.say("onboard export", user=HR)

    assert "Secretly sad" not in words(export)
    assert MONDAY.tzinfo is UTC
