"""Everybody gets their turn, whoever asked most."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from knowledge.engines.line import QUICK_IN_A_ROW, FairLine, Lines, Place


def joined(line: FairLine, askers: Iterable[str]) -> list[Place]:
    return [line.join(asker) for asker in askers]


def called(line: FairLine | Lines) -> str:
    """Who is called, one after the other, until nobody waits."""
    names = []
    while place := line.call():
        names.append(place.asker)
    return "".join(names)


def test_people_who_ask_once_are_served_as_they_came() -> None:
    line = FairLine()
    joined(line, "abc")

    assert called(line) == "abc"


def test_nobody_waits_behind_the_second_question_of_somebody_else() -> None:
    line = FairLine()
    joined(line, "aaabcb")

    assert called(line) == "abcaba"


def test_who_is_being_served_comes_after_who_just_came() -> None:
    line = FairLine()
    joined(line, "a")
    line.call()
    joined(line, "aab")

    assert called(line) == "baa"


def test_who_was_away_has_saved_up_nothing() -> None:
    line = FairLine()
    joined(line, "aaaa")
    called(line)
    joined(line, "bbbaa")

    assert called(line) == "bbaba"  # the last of four turns was just now, so b has one before a


def test_a_place_tells_how_many_come_before_it_and_moves_up() -> None:
    line = FairLine()
    first, second, third = joined(line, "abc")

    assert [line.number(place) for place in (first, second, third)] == [1, 2, 3]
    assert line.leave(second)
    assert line.number(third) == 2


def test_who_was_called_waits_no_longer() -> None:
    line = FairLine()
    (place,) = joined(line, "a")

    assert line.call() is place
    assert place.called.is_set()
    assert not line.leave(place)
    assert line.call() is None


def test_readings_go_before_replies_but_not_for_ever() -> None:
    lines = Lines()
    joined(lines.line(quick=False), "RS")
    for _ in range(QUICK_IN_A_ROW + 2):
        lines.line(quick=True).join("q", quick=True)

    assert called(lines) == "q" * QUICK_IN_A_ROW + "R" + "qqS"


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("abcd")))
def test_between_two_turns_of_one_person_nobody_else_has_two_more_who_waited(
    before: list[str], after: list[str]
) -> None:
    line = FairLine()
    joined(line, before)
    line.call()
    joined(line, after)

    order = called(line)
    for person in set(order):
        times = [at for at, name in enumerate(order) if name == person]
        for start, end in pairwise(times):
            others = order[start + 1 : end]
            assert all(others.count(other) <= 2 for other in set(others))


@given(st.lists(st.sampled_from("abcd"), max_size=12))
def test_everybody_who_waits_is_called_once(askers: list[str]) -> None:
    line = FairLine()
    joined(line, askers)

    assert sorted(called(line)) == sorted(askers)
