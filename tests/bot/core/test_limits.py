"""Nobody asks more than their share, and remembering that stays small."""

from __future__ import annotations

from datetime import timedelta

from bot.core.limits import QuestionLimit, Shares, TooMany
from bot.core.model import User
from tests.fakes_core import ADA, BOB, DIRECT, FakeClock


def test_the_window_slides() -> None:
    clock = FakeClock()
    limit = QuestionLimit(Shares(person=2), clock=clock)

    assert limit.admit(ADA, DIRECT) is None
    clock.move(timedelta(seconds=40))
    assert limit.admit(ADA, DIRECT) is None
    assert limit.admit(ADA, DIRECT) == TooMany(wait=timedelta(seconds=20), first=True)
    clock.move(timedelta(seconds=20))
    assert limit.admit(ADA, DIRECT) is None
    assert limit.admit(ADA, DIRECT) == TooMany(wait=timedelta(seconds=40), first=True)


def test_only_the_first_refusal_in_a_row_is_worth_a_word() -> None:
    limit = QuestionLimit(Shares(person=1), clock=FakeClock())
    limit.admit(ADA, DIRECT)

    refused = [limit.admit(ADA, DIRECT) for _ in range(3)]

    assert [one.first for one in refused if one] == [True, False, False]


def test_a_refused_question_does_not_count() -> None:
    clock = FakeClock()
    limit = QuestionLimit(Shares(person=1), clock=clock)
    limit.admit(ADA, DIRECT)

    for _ in range(5):
        clock.move(timedelta(seconds=10))
        limit.admit(ADA, DIRECT)
    clock.move(timedelta(seconds=10))

    assert limit.admit(ADA, DIRECT) is None


def test_people_do_not_share_a_limit() -> None:
    limit = QuestionLimit(Shares(person=1), clock=FakeClock())
    limit.admit(ADA, DIRECT)

    assert limit.admit(BOB, DIRECT) is None


def test_who_asked_longest_ago_is_forgotten_first() -> None:
    limit = QuestionLimit(Shares(person=1), clock=FakeClock(), people=2)
    for name in ("first", "second", "third"):
        limit.admit(User(platform="fake", id=name), DIRECT)

    assert limit.admit(User(platform="fake", id="third"), DIRECT) is not None
    assert limit.admit(User(platform="fake", id="first"), DIRECT) is None


def test_no_questions_at_all_is_a_limit_too() -> None:
    limit = QuestionLimit(Shares(person=0), clock=FakeClock())

    assert limit.admit(ADA, DIRECT) == TooMany(wait=timedelta(minutes=1), first=True)
