"""The arithmetic of evaluation: rates with their uncertainty, ranks, agreement of two texts."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise

SHORT_ANSWER_UNITS = 15
"""Up to here a gold answer is a fact that must be in the answer; beyond, it is an explanation."""

ENOUGH_AGREEMENT = 0.5
"""How much of an explanation and its answer must be the same words; see `agrees`."""

_UNIT = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)
_ARTICLES = frozenset({"a", "an", "the"})


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


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed; 0 of nothing."""
    if not values:
        return 0.0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


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
    said_pairs, wanted_pairs = _pairs(said), _pairs(wanted)
    shared = (said_pairs & wanted_pairs).total()
    shorter = min(said_pairs.total(), wanted_pairs.total())
    return shorter > 0 and shared / shorter >= ENOUGH_AGREEMENT


def _contains(said: Sequence[str], wanted: Sequence[str]) -> bool:
    last = len(said) - len(wanted)
    return any(said[at : at + len(wanted)] == wanted for at in range(last + 1))


def _pairs(found: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(pairwise(found))
