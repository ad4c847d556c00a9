"""Nobody asks more than their share, and remembering that stays small."""

from __future__ import annotations

from datetime import timedelta

from bot.core.limits import QuestionLimit, TooMany
from bot.core.model import User
from tests.fakes_core import ADA, BOB, FakeClock


def test_the_window_slides() -> None:
    clock = FakeClock()
    limit = QuestionLimit(questions_per_minute=2, clock=clock)

    assert limit.admit(ADA) is None
    clock.move(timedelta(seconds=40))
    assert limit.admit(ADA) is None
    assert limit.admit(ADA) == TooMany(wait=timedelta(seconds=20), first=True)
    clock.move(timedelta(seconds=20))
    assert limit.admit(ADA) is None
    assert limit.admit(ADA) == TooMany(wait=timedelta(seconds=40), first=True)


def test_only_the_first_refusal_in_a_row_is_worth_a_word() -> None:
    limit = QuestionLimit(questions_per_minute=1, clock=FakeClock())
    limit.admit(ADA)

    refused = [limit.admit(ADA) for _ in range(3)]

    assert [one.first for one in refused if one] == [True, False, False]


def test_a_refused_question_does_not_count() -> None:
    clock = FakeClock()
    limit = QuestionLimit(questions_per_minute=1, clock=clock)
    limit.admit(ADA)

    for _ in range(5):
        clock.move(timedelta(seconds=10))
        limit.admit(ADA)
    clock.move(timedelta(seconds=10))

    assert limit.admit(ADA) is None


def test_people_do_not_share_a_limit() -> None:
    limit = QuestionLimit(questions_per_minute=1, clock=FakeClock())
    limit.admit(ADA)

    assert limit.admit(BOB) is None


def test_who_asked_longest_ago_is_forgotten_first() -> None:
    limit = QuestionLimit(questions_per_minute=1, clock=FakeClock(), people=2)
    for name in ("first", "second", "third"):
        limit.admit(User(platform="fake", id=name))

    assert limit.admit(User(platform="fake", id="third")) is not None
    assert limit.admit(User(platform="fake", id="first")) is None


def test_no_questions_at_all_is_a_limit_too() -> None:
    limit = QuestionLimit(questions_per_minute=0, clock=FakeClock())

    assert limit.admit(ADA) == TooMany(wait=timedelta(minutes=1), first=True)
