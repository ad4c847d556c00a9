from __future__ import annotations

from datetime import timedelta

from bot.core.seldom import Seldom
from tests.fakes_core import FakeClock

SECOND = timedelta(seconds=1)


def seldom() -> tuple[Seldom, FakeClock]:
    clock = FakeClock()
    return Seldom(SECOND, clock=clock), clock


def test_the_first_time_is_told_at_once() -> None:
    happens, _ = seldom()

    assert happens.count() == 1


def test_within_the_interval_nothing_is_told() -> None:
    happens, clock = seldom()
    happens.count()

    clock.move(SECOND / 2)

    assert [happens.count() for _ in range(3)] == [0, 0, 0]


def test_afterwards_all_that_was_not_told_is_counted() -> None:
    happens, clock = seldom()
    for _ in range(4):
        happens.count()

    clock.move(SECOND)

    assert happens.count() == 4
    assert happens.count() == 0


def test_a_clock_that_is_put_back_silences_nothing() -> None:
    happens, clock = seldom()
    happens.count()

    clock.move(-timedelta(hours=1))

    assert happens.count() == 1
