"""Candidates compared token by token are put in another order, and nothing of them is lost."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from knowledge.late import reordered
from knowledge.model import Hit, Passage


def hit(name: str, score: float = 0.0, **signals: float) -> Hit:
    passage = Passage(
        id=name, document_id=name, title=name, uri=name, language="en", text=f"Text of {name}"
    )
    return Hit(passage=passage, score=score, signals=signals)


def order(
    candidates: list[Hit],
    scores: Mapping[str, float],
    *,
    shifts: Mapping[str, float] | None = None,
) -> list[Hit]:
    return reordered(candidates, {"e5": scores}, shifts=shifts or {})


def names(hits: list[Hit]) -> list[str]:
    return [one.passage.id for one in hits]


def test_what_answers_best_token_by_token_comes_first() -> None:
    hits = order([hit("a", 2), hit("b", 1), hit("c", 0)], {"a": 0.7, "b": 0.8, "c": 0.9})

    assert names(hits) == ["c", "b", "a"]
    assert [one.score for one in hits] == sorted((one.score for one in hits), reverse=True)


def test_each_tells_its_figure() -> None:
    best, last = order([hit("a", e5=0.5), hit("b")], {"a": 0.9, "b": 0.7})

    assert best.signals == {"e5": 0.5, "late": 0.9}
    assert last.signals == {"late": 0.7}


def test_the_earlier_order_decides_between_those_that_answer_alike() -> None:
    hits = order([hit("b", 3), hit("a", 2), hit("c", 1)], {"a": 0.80, "b": 0.80, "c": 0.70})

    assert names(hits) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [({}, ["a", "b", "c"]), ({"b": 0.5}, ["b", "a", "c"]), ({"c": 0.5}, ["a", "b", "c"])],
)
def test_what_else_is_known_of_a_passage_still_counts(
    shifts: dict[str, float], expected: list[str]
) -> None:
    candidates = [hit(name, shifts.get(name, 0.0)) for name in "abc"]

    hits = order(candidates, {"a": 0.80, "b": 0.79, "c": 0.50}, shifts=shifts)

    assert names(hits) == expected


def test_those_that_were_not_compared_keep_their_places() -> None:
    candidates = [hit("a", 9), hit("x", 8), hit("b", 7), hit("y", 6)]

    hits = order(candidates, {"a": 0.1, "b": 0.2})

    assert names(hits) == ["b", "x", "a", "y"]
    assert [one.score for one in hits] == [9, 8, 7, 6]
    assert "late" not in hits[1].signals


def test_where_nothing_can_be_compared_all_stays_as_it_was() -> None:
    candidates = [hit("a", 2), hit("b", 1)]

    assert order(candidates, {}) == candidates
    assert reordered(candidates, {}, shifts={}) == candidates
    assert order([], {}) == []


def test_equal_figures_are_ordered_by_passage_id() -> None:
    hits = order([hit("b"), hit("c"), hit("a")], dict.fromkeys("abc", 0.5))

    assert names(hits) == ["a", "b", "c"]
