"""How sure must an answer be, so that at most a given share of the answers given is wrong?

The threshold is chosen on labelled questions with a stated guarantee, in one of two ways.

- `certain`: with probability `certainty`, over the choice of the questions, at most the allowed
  share of the answers given later to such questions is wrong. Thresholds are tried from the
  strictest on, each by an exact binomial test, and the first that fails ends the search, so trying
  many costs no certainty (fixed-sequence testing: Angelopoulos, Bates, Candès, Jordan, Lei, "Learn
  then Test", 2021; for selective answering: Geifman, El-Yaniv, NeurIPS 2017).
- `expected`: where there are too few questions for that, at most the allowed share of the questions
  asked is answered wrongly, on average (conformal risk control: Angelopoulos, Bates, Fisch, Lei,
  Schuster, ICLR 2024).

Both hold for questions like the labelled ones, and for no others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

CERTAINTY = 0.9
"""How likely a `certain` threshold keeps its promise."""

_STEPS = 50
"""Thresholds tried at most from each start: fewer steps, coarser thresholds."""

_STARTS = 3
"""Places where the search begins; each takes a third of the doubt that is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A labelled question, as if it had been answered.

    confidence: in [0, 1], what was thought of the answer.
    wrong: whether that answer is wrong; always true where there is none.
    """

    confidence: float
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Answer where the confidence is at least this.

    given, wrong: of the labelled questions, how many are answered then, and how many wrongly.
    asked: how many there were.
    """

    least_confidence: float
    max_wrong_rate: float
    guarantee: Literal["certain", "expected"]
    asked: int
    given: int
    wrong: int


def fit(
    attempts: Sequence[Attempt], *, max_wrong_rate: float, certainty: float = CERTAINTY
) -> Threshold | None:
    """The threshold that answers most and keeps the budget; None where nothing can be promised.

    max_wrong_rate: in (0, 1), the share of given answers that may be wrong.
    """
    ordered = sorted(attempts, key=lambda attempt: -attempt.confidence)
    given = _certain(ordered, max_wrong_rate, doubt=1.0 - certainty)
    guarantee: Literal["certain", "expected"] = "certain"
    if given is None:
        given, guarantee = _expected(ordered, max_wrong_rate), "expected"
    if given is None:
        return None
    return Threshold(
        least_confidence=ordered[given - 1].confidence,
        max_wrong_rate=max_wrong_rate,
        guarantee=guarantee,
        asked=len(ordered),
        given=given,
        wrong=sum(attempt.wrong for attempt in ordered[:given]),
    )


def questions_needed(max_wrong_rate: float) -> int:
    """How many labelled questions are the fewest that allow any promise."""
    return math.ceil(1.0 / max_wrong_rate) - 1


def _certain(ordered: Sequence[Attempt], max_wrong_rate: float, *, doubt: float) -> int | None:
    """How many of the most confident answers may be given; None if not even the fewest."""
    wrong = _running_wrong(ordered)
    ends = _ends(ordered)
    best = None
    for start in _starts(ends, max_wrong_rate, doubt / _STARTS):
        for given in _steps(ends, start):
            if _tail(wrong[given], given, max_wrong_rate) > doubt / _STARTS:
                break
            best = max(best or 0, given)
    return best


def _expected(ordered: Sequence[Attempt], max_wrong_rate: float) -> int | None:
    wrong = _running_wrong(ordered)
    asked = len(ordered)
    kept = [
        given
        for given in _ends(ordered)
        if (wrong[given] + 1) / (asked + 1) <= max_wrong_rate
        and wrong[given] <= max_wrong_rate * given  # nor do the few that are given go wrong often
    ]
    return kept[-1] if kept else None


def _running_wrong(ordered: Sequence[Attempt]) -> list[int]:
    """At `n`: how many of the first n are wrong."""
    running = [0]
    for attempt in ordered:
        running.append(running[-1] + attempt.wrong)
    return running


def _ends(ordered: Sequence[Attempt]) -> list[int]:
    """How many answers may be given without parting two of the same confidence."""
    last = len(ordered)
    return [
        n
        for n in range(1, last + 1)
        if n == last or ordered[n].confidence < ordered[n - 1].confidence
    ]


def _starts(ends: Sequence[int], max_wrong_rate: float, doubt: float) -> list[int]:
    """From the fewest answers that could pass without an error, then twice and four times those."""
    fewest = math.ceil(math.log(doubt) / math.log1p(-max_wrong_rate))
    wanted = (fewest << doubling for doubling in range(_STARTS))
    return [next(end for end in ends if end >= n) for n in wanted if ends and n <= ends[-1]]


def _steps(ends: Sequence[int], start: int) -> Iterator[int]:
    rest = [end for end in ends if end >= start]
    stride = max(1, len(rest) // _STEPS)
    yield from rest[::stride]


def _tail(wrong: int, given: int, rate: float) -> float:
    """The probability of at most so many wrong answers, if that were exactly the true rate."""
    logs = (
        math.lgamma(given + 1)
        - math.lgamma(k + 1)
        - math.lgamma(given - k + 1)
        + k * math.log(rate)
        + (given - k) * math.log1p(-rate)
        for k in range(wrong + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))
