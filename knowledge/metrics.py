"""The arithmetic of evaluation: rates with their uncertainty, confidences, ranks, agreement."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from random import Random
from typing import TypeAlias, TypeVar

SHORT_ANSWER_UNITS = 15
"""Up to here a gold answer is a fact that must be in the answer; beyond, it is an explanation."""

ENOUGH_AGREEMENT = 0.5
"""How much of an explanation and its answer must be the same words; see `agrees`."""

_UNIT = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)
_ARTICLES = frozenset({"a", "an", "the"})
_RESAMPLES = 200

T = TypeVar("T")

Judged: TypeAlias = tuple[float, bool]
"""A confidence in [0, 1], and whether what it was given to was right."""


def wilson(successes: int, trials: int, *, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a rate (Wilson, JASA 1927); (0, 1) where nothing was tried."""
    if trials == 0:
        return 0.0, 1.0
    rate, square = successes / trials, z * z
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    reach = (
        z
        * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials))
        / (1 + square / trials)
    )
    return max(0.0, middle - reach), min(1.0, middle + reach)


def balanced_accuracy(right_yes: int, yes: int, right_no: int, no: int) -> float | None:
    """The mean of the share of "yes" cases decided right and that of "no" cases.

    A coin reaches .5 whatever the mixture. None where one of the two kinds is missing.
    """
    return (right_yes / yes + right_no / no) / 2 if yes and no else None


def balanced_accuracy_interval(
    right_yes: int, yes: int, right_no: int, no: int
) -> tuple[float, float]:
    """The 95 % interval of `balanced_accuracy`, from the Wilson intervals of its two shares.

    The distances to the bounds are added as squares (MOVER: Zou, Donner, Stat. Med. 2008).
    """
    middle = balanced_accuracy(right_yes, yes, right_no, no)
    if middle is None:
        return 0.0, 1.0
    parts = [(right / of, wilson(right, of)) for right, of in ((right_yes, yes), (right_no, no))]
    below = math.hypot(*(rate - low for rate, (low, _) in parts)) / 2
    above = math.hypot(*(high - rate for rate, (_, high) in parts)) / 2
    return max(0.0, middle - below), min(1.0, middle + above)


def resampled(
    items: Sequence[T], statistic: Callable[[Sequence[T]], float], *, seed: int = 1
) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval (Efron, 1979) of a figure that is no plain share.

    The same items always give the same interval; (0, 0) where there are none.
    """
    if not items:
        return 0.0, 0.0
    random = Random(seed)
    values = [statistic(random.choices(items, k=len(items))) for _ in range(_RESAMPLES)]
    return percentile(values, 0.025), percentile(values, 0.975)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed; 0 of nothing."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


# ── what confidences are worth ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What is above a threshold.

    threshold: a confidence that was given; what has it is above.
    given: how many are above, wrong: how many of them are.
    """

    threshold: float
    given: int
    wrong: int

    @property
    def risk(self) -> float:
        """The share of what is above that is wrong."""
        return self.wrong / self.given

    @property
    def right(self) -> int:
        """How many above are right."""
        return self.given - self.wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Confidences in [low, high), the last bin with its high end.

    confidence: their mean, right: how many of the n came true.
    """

    low: float
    high: float
    n: int
    confidence: float
    right: int


def cuts(judged: Sequence[Judged]) -> tuple[Cut, ...]:
    """What every threshold would let through, the highest threshold first.

    Equal confidences pass together, so that the order of the questions never matters.
    """
    found: list[Cut] = []
    given = wrong = 0
    ordered = sorted(judged, key=lambda one: -one[0])
    for threshold, group in groupby(ordered, key=lambda one: one[0]):
        rights = [right for _, right in group]
        given, wrong = given + len(rights), wrong + rights.count(False)
        found.append(Cut(threshold=threshold, given=given, wrong=wrong))
    return tuple(found)


def risk_coverage_area(judged: Sequence[Judged]) -> float:
    """The area under the risk-coverage curve (AURC: Geifman, Uziel, El-Yaniv, ICLR 2019).

    The mean, over all that was given, of the wrong rate among what is at least as confident. 0 is
    best; confidences that say nothing give about the wrong rate itself. 0 of nothing.
    """
    steps = pairwise((Cut(threshold=1.0, given=0, wrong=0), *cuts(judged)))
    area = sum((after.given - before.given) * after.risk for before, after in steps)
    return area / len(judged) if judged else 0.0


def reliability(judged: Sequence[Judged], *, bins: int = 10) -> tuple[Bin, ...]:
    """Confidences in bins of equal width, from 0 to 1; empty bins too."""
    sorted_in: list[list[Judged]] = [[] for _ in range(bins)]
    for confidence, right in judged:
        sorted_in[min(bins - 1, max(0, int(confidence * bins)))].append((confidence, right))
    return tuple(
        Bin(
            low=at / bins,
            high=(at + 1) / bins,
            n=len(inside),
            confidence=math.fsum(confidence for confidence, _ in inside) / (len(inside) or 1),
            right=sum(right for _, right in inside),
        )
        for at, inside in enumerate(sorted_in)
    )


def calibration_error(judged: Sequence[Judged], *, bins: int = 10) -> float:
    """Expected calibration error (ECE: Naeini, Cooper, Hauskrecht, AAAI 2015).

    How far the mean confidence of a bin is from the share that came true, averaged over what is in
    the bins. 0 is best and 1 is worst; 0 of nothing.
    """
    parts = (abs(one.n * one.confidence - one.right) for one in reliability(judged, bins=bins))
    return math.fsum(parts) / len(judged) if judged else 0.0


def recall_at_precision(judged: Sequence[Judged], *, least: float = 0.9) -> Cut | None:
    """The cut that lets most right ones through while this share of all it lets through is right.

    None where no threshold is that precise.
    """
    precise = [cut for cut in cuts(judged) if cut.right and 1 - cut.risk >= least - 1e-12]
    return max(precise, key=lambda cut: (cut.right, cut.threshold), default=None)


# ── ranks and texts ───────────────────────────────────────────────────────────────────────────


def first_rank(found: Sequence[str], gold: Collection[str]) -> int | None:
    """The place of the first gold id among the distinct ids found, from 1; None if absent."""
    distinct = dict.fromkeys(found)
    return next((rank for rank, id_ in enumerate(distinct, start=1) if id_ in gold), None)


def f1(precision: float, recall: float) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def ratio(part: int, whole: int) -> float:
    """A share, 0 where there is nothing to share."""
    return part / whole if whole else 0.0


def agrees(text: str, gold_answers: Collection[str]) -> bool:
    """Whether an answer says what one of the gold answers says, judged by words alone.

    A short gold answer (`SHORT_ANSWER_UNITS` characters of Chinese or words of English) must stand
    in the text, width, case, punctuation and spacing aside. For a longer one, either side may be
    the longer: at least `ENOUGH_AGREEMENT` of the shorter side's neighbouring pairs of characters
    or words must occur in the other. It cannot see a missing "not", and it calls a right answer in
    other words wrong; so the rates it gives are worth comparing, not worth quoting as truth.
    """
    return any(_agrees(text, gold) for gold in gold_answers)


def overlap(one: str, other: str) -> float:
    """The share of the shorter text's neighbouring pairs of characters or words in the other.

    0 where a text has no pair.
    """
    return _overlap(units(one), units(other))


def units(text: str) -> list[str]:
    """Chinese characters and other words of a text, folded, articles and punctuation left out."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return [unit for unit in _UNIT.findall(folded) if unit not in _ARTICLES]


def _agrees(text: str, gold: str) -> bool:
    said, wanted = units(text), units(gold)
    if not said or not wanted:
        return False
    if len(wanted) <= SHORT_ANSWER_UNITS:
        return _contains(said, wanted)
    return _overlap(said, wanted) >= ENOUGH_AGREEMENT


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    pairs, other_pairs = _pairs(one), _pairs(other)
    shorter = min(pairs.total(), other_pairs.total())
    return (pairs & other_pairs).total() / shorter if shorter else 0.0


def _contains(said: Sequence[str], wanted: Sequence[str]) -> bool:
    last = len(said) - len(wanted)
    return any(said[at : at + len(wanted)] == wanted for at in range(last + 1))


def _pairs(found: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(pairwise(found))
