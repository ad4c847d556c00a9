"""Nobody asks more than their share, and remembering that stays small."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.core.limits import Askers, QuestionLimit, Shares, TooMany, Whose
from bot.core.model import User
from tests.fakes_core import ADA, BOB, DIRECT, GROUP, START, FakeClock


async def test_the_window_slides() -> None:
    clock = FakeClock()
    limit = QuestionLimit(Shares(person=2), clock=clock)

    assert await limit.admit(ADA, DIRECT) is None
    clock.move(timedelta(seconds=40))
    assert await limit.admit(ADA, DIRECT) is None
    assert await limit.admit(ADA, DIRECT) == TooMany(wait=timedelta(seconds=20), first=True)
    clock.move(timedelta(seconds=20))
    assert await limit.admit(ADA, DIRECT) is None
    assert await limit.admit(ADA, DIRECT) == TooMany(wait=timedelta(seconds=40), first=True)


async def test_only_the_first_refusal_in_a_row_is_worth_a_word() -> None:
    limit = QuestionLimit(Shares(person=1), clock=FakeClock())
    await limit.admit(ADA, DIRECT)

    refused = [await limit.admit(ADA, DIRECT) for _ in range(3)]

    assert [one.first for one in refused if one] == [True, False, False]


async def test_a_refused_question_does_not_count() -> None:
    clock = FakeClock()
    limit = QuestionLimit(Shares(person=1), clock=clock)
    await limit.admit(ADA, DIRECT)

    for _ in range(5):
        clock.move(timedelta(seconds=10))
        await limit.admit(ADA, DIRECT)
    clock.move(timedelta(seconds=10))

    assert await limit.admit(ADA, DIRECT) is None


async def test_people_do_not_share_a_limit() -> None:
    limit = QuestionLimit(Shares(person=1), clock=FakeClock())
    await limit.admit(ADA, DIRECT)

    assert await limit.admit(BOB, DIRECT) is None


async def test_who_asked_longest_ago_is_forgotten_first() -> None:
    limit = QuestionLimit(Shares(person=1), clock=FakeClock(), people=2)
    for name in ("first", "second", "third"):
        await limit.admit(User(platform="fake", id=name), DIRECT)

    assert await limit.admit(User(platform="fake", id="third"), DIRECT) is not None
    assert await limit.admit(User(platform="fake", id="first"), DIRECT) is None


async def test_no_questions_at_all_is_a_limit_too() -> None:
    limit = QuestionLimit(Shares(person=0), clock=FakeClock())

    assert await limit.admit(ADA, DIRECT) == TooMany(wait=timedelta(minutes=1), first=True)


async def test_people_of_one_channel_share_its_limit_and_others_do_not() -> None:
    clock = FakeClock()
    limit = QuestionLimit(Shares(person=9, channel=2), clock=clock)
    thread = replace(GROUP, thread_id="t")
    other = replace(GROUP, id="other")

    assert [await limit.admit(ADA, GROUP), await limit.admit(BOB, thread)] == [None, None]
    clock.move(timedelta(seconds=20))

    assert await limit.admit(ADA, thread) == TooMany(
        wait=timedelta(seconds=40), first=True, whose=Whose.CHANNEL
    )
    assert await limit.admit(ADA, other) is None
    assert await limit.admit(ADA, DIRECT) is None


async def test_all_together_share_a_limit() -> None:
    limit = QuestionLimit(Shares(person=9, everybody=1), clock=FakeClock())
    await limit.admit(ADA, DIRECT)

    assert await limit.admit(BOB, DIRECT) == TooMany(
        wait=timedelta(minutes=1), first=True, whose=Whose.ALL
    )


async def test_a_question_that_one_limit_refuses_counts_for_no_other() -> None:
    clock = FakeClock()
    limit = QuestionLimit(Shares(person=1, channel=2), clock=clock)
    for _ in range(5):
        await limit.admit(ADA, GROUP)

    assert await limit.admit(BOB, GROUP) is None


async def test_commands_have_a_limit_of_their_own() -> None:
    limit = QuestionLimit(Shares(person=1, commands=2), clock=FakeClock())

    refused = [await limit.admit_command(ADA) for _ in range(4)]

    assert [one.first for one in refused if one] == [True, False]
    assert await limit.admit(ADA, DIRECT) is None


def test_who_asks_most_is_known_in_little_room() -> None:
    askers = Askers(since=START, most=10)
    for number in range(2_000):
        askers.count(f"fake:passing{number}")
        askers.count("fake:keen", refused=number % 4 == 0)

    first = askers.top(1)[0]

    assert first.key == "fake:keen"
    assert first.asked >= 2_000
    assert first.refused == 500
    assert len(askers.top(10_000)) == 10
