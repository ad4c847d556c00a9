"""The error budget: a threshold that keeps its promise, or none."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from knowledge.budget import Attempt, fit, questions_needed


def attempts(wrong: Sequence[bool]) -> list[Attempt]:
    """The first is the most confident."""
    count = len(wrong)
    return [Attempt(confidence=1.0 - place / count, wrong=bad) for place, bad in enumerate(wrong)]


def drawn(chance: random.Random, count: int) -> list[Attempt]:
    """Questions whose answers are wrong with probability 1 - confidence to the power of 0.2."""
    confidences = (chance.random() for _ in range(count))
    return [Attempt(confidence=c, wrong=chance.random() > c**0.2) for c in confidences]


def wrong_over(asked: Sequence[Attempt], least_confidence: float) -> int:
    return sum(attempt.wrong for attempt in asked if attempt.confidence >= least_confidence)


def rate_over(asked: Sequence[Attempt], least_confidence: float) -> float:
    given = sum(attempt.confidence >= least_confidence for attempt in asked)
    return wrong_over(asked, least_confidence) / given


def test_everything_is_answered_where_nothing_goes_wrong() -> None:
    found = fit(attempts([False] * 400), max_wrong_rate=0.02)

    assert found is not None
    assert (found.guarantee, found.given, found.wrong) == ("certain", 400, 0)


def test_the_threshold_ends_before_the_errors_begin() -> None:
    found = fit(attempts([False] * 400 + [True] * 400), max_wrong_rate=0.02)

    assert found is not None
    assert found.guarantee == "certain"
    assert 380 <= found.given <= 410
    assert found.wrong / found.given <= 0.02


def test_one_early_error_does_not_end_it() -> None:
    found = fit(attempts([False] * 50 + [True] + [False] * 949), max_wrong_rate=0.02)

    assert found is not None
    assert (found.guarantee, found.given) == ("certain", 1000)


def test_few_questions_allow_a_promise_on_average_only() -> None:
    found = fit(attempts([False] * 60), max_wrong_rate=0.02)

    assert found is not None
    assert (found.guarantee, found.given) == ("expected", 60)


@pytest.mark.parametrize("count", [0, 1, 48])
def test_too_few_questions_allow_no_promise(count: int) -> None:
    assert fit(attempts([False] * count), max_wrong_rate=0.02) is None
    assert count < questions_needed(0.02) == 49


def test_nothing_is_promised_where_the_surest_answers_are_wrong() -> None:
    assert fit(attempts([True] * 100 + [False] * 100), max_wrong_rate=0.02) is None


def test_answers_of_the_same_confidence_are_given_together_or_not_at_all() -> None:
    same = [Attempt(confidence=0.7, wrong=number % 10 == 0) for number in range(300)]
    sure = [Attempt(confidence=0.9, wrong=False) for _ in range(300)]

    found = fit([*same, *sure], max_wrong_rate=0.02)

    assert found is not None
    assert (found.least_confidence, found.given) == (0.9, 300)


def test_the_order_of_the_questions_does_not_matter() -> None:
    asked = drawn(random.Random(1), 600)
    shuffled = random.Random(2).sample(asked, len(asked))

    assert fit(asked, max_wrong_rate=0.1) == fit(shuffled, max_wrong_rate=0.1)


def test_a_certain_promise_is_kept_as_often_as_it_says() -> None:
    chance = random.Random(3)
    later = drawn(chance, 20_000)
    found = [fit(drawn(chance, 1_000), max_wrong_rate=0.1) for _ in range(100)]

    certain = [one for one in found if one is not None and one.guarantee == "certain"]
    broken = sum(rate_over(later, one.least_confidence) > 0.1 for one in certain)

    assert len(certain) > 75
    assert broken <= 0.1 * len(found)


def test_a_promise_on_average_is_kept_on_average() -> None:
    chance = random.Random(4)
    later = drawn(chance, 20_000)
    found = [fit(drawn(chance, 60), max_wrong_rate=0.05) for _ in range(100)]

    expected = [one for one in found if one is not None and one.guarantee == "expected"]
    wrong = [wrong_over(later, one.least_confidence) / len(later) for one in expected]

    assert len(expected) > 25
    assert sum(wrong) / len(found) <= 0.05
