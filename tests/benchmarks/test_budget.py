"""What a threshold does to questions it was not fitted on."""

from __future__ import annotations

from pathlib import Path

from knowledge.evaluate import Judged, Labelled
from knowledge.evaluate.prediction import Prediction
from knowledge.model import Outcome
from tests.benchmarks.budget import Asked, Kept, fitted, from_halves, from_others, halves, kept


def answered(number: int, *, confidence: float, wrong: bool = False, group: str = "") -> Judged:
    one = Labelled(id=f"q{number}", text="?", group=group)
    got = Prediction(id=one.id, outcome=Outcome.DEGRADED, confidence=confidence)
    return Judged(one=one, got=got, given=True, wrong=wrong)


def sure_or_wrong(count: int) -> tuple[Judged, ...]:
    """Half of the answers are sure and right, half are unsure and wrong."""
    return tuple(
        answered(n, confidence=0.3 if n % 2 else 0.9, wrong=bool(n % 2)) for n in range(count)
    )


def test_only_what_reaches_the_threshold_is_answered() -> None:
    judged = sure_or_wrong(1000)
    threshold = fitted(judged, 0.02)

    found = kept(judged, threshold)

    assert found == Kept(given=500, wrong=0, answerable=1000, reached=500)


def test_without_a_promise_nothing_is_answered() -> None:
    found = kept(sure_or_wrong(10), None)

    assert found == Kept(given=0, wrong=0, answerable=10, reached=0)


def test_halves_are_the_same_every_time_and_hold_everything_once() -> None:
    judged = sure_or_wrong(101)

    first, second = halves(judged)

    assert (first, second) == halves(judged)
    assert len(first) == 50
    assert {one.one.id for one in (*first, *second)} == {one.one.id for one in judged}


def test_questions_of_one_group_stay_in_one_half() -> None:
    judged = [answered(n, confidence=0.9, group=f"g{n % 7}") for n in range(70)]

    first, second = halves(judged)

    assert {one.one.group for one in first}.isdisjoint(one.one.group for one in second)


def test_each_half_is_measured_with_the_threshold_of_the_other() -> None:
    one = Asked(name="one", corpus=Path("a"), judged=sure_or_wrong(1000))

    found = from_halves(one, 0.02)

    assert (found.answerable, found.wrong) == (1000, 0)
    assert found.given == 500


def test_a_set_about_the_same_corpus_is_no_other_set() -> None:
    one = Asked(name="one", corpus=Path("a"), judged=sure_or_wrong(1000))
    twin = Asked(name="twin", corpus=Path("a"), judged=sure_or_wrong(1000))

    found = from_others(one, [one, twin], 0.02)

    assert found.given == 0
