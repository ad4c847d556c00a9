"""Numbers as limits: "at least 5 days", "满1年不满10年", "the 2nd to 4th year"."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.quantities import Quantity

Side = Literal["least", "most", ""]

_LEAST_BEFORE = re.compile(
    r"(?:at least|no(?:t)? (?:less|fewer|earlier) than|minimum(?: of)?|(?<!no )(?<!not )more than"
    r"|over|above|exceeds|exceeding|longer than|after|from|since|starting"
    r"|至少|不低于|不少于|不早于|(?<!不)(?:超过|高于|多于|大于)|(?<![不未])满|达到?|自|从|已?逾)"
    r"\s*(?:the |第|满|过)?\s*$"
)
_LEAST_AFTER = re.compile(
    r"\s*(?:or (?:more|longer|above|later)|and (?:above|more|over|later)|on(?:wards?)?\b|\+"
    r"|\)?\s*(?:及|或)?以上|起|\(含\)以上|以后|之后)"
)
_MOST_BEFORE = re.compile(
    r"(?:at most|up to|no(?:t)? (?:more|later|longer|greater) than|not exceed(?:ing)?"
    r"|maximum(?: of)?|within|less than|fewer than|under|below|before|by|until"
    r"|至多|最多|最长|最高|不超过|不高于|不多于|不晚于|不得超过|不大于|不满|不足"
    r"|(?<!不)(?:低于|少于|小于)|未满|截至)\s*(?:the |第)?\s*$"
)
_MOST_AFTER = re.compile(
    r"\s*(?:or (?:less|fewer|below|earlier)|and (?:below|under)"
    r"|\)?\s*(?:及|或)?以[下内]|之?内|前|之前|以前)"
)
_OPEN = re.compile(
    r"(?:more than|over|above|exceed\w*|longer than|超过|高于|多于|大于|逾)\s*(?:the )?\s*$"
)
_OPEN_ABOVE = re.compile(
    r"(?:less than|fewer than|under|below|不满|不足|低于|少于|小于|未满)\s*(?:the )?\s*$"
)
_RANGE = re.compile(
    r"\s*(?:or more|以上)?\s*(?:-|–|—|~|至|到|to|through|and (?:up to|under|below)|,?\s*but)?\s*"
    r"(?:第|the |up to |不满|不足|未满|不超过|less than |under )?\s*"
)
_TIES = re.compile(r"-|–|—|~|至|到|\bto\b|through|不满|不足|未满|不超过|less than|up to|under")
_WINDOW_CHARACTERS = 24
_LONGEST_BETWEEN = 40
"""What joins two numbers to a range is short. A few hundred blanks, which pages use to set columns,
could be shared out among its parts in so many ways that trying them takes minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """All the amounts of a unit that a rule holds for."""

    low: float
    high: float
    unit: str
    without_low: bool = False
    without_high: bool = False

    @property
    def closed(self) -> bool:
        """Whether it is a range with two ends."""
        return -math.inf < self.low < self.high < math.inf

    def holds(self, amount: float) -> bool:
        """Whether an amount lies in it."""
        above = amount > self.low or (amount == self.low and not self.without_low)
        below = amount < self.high or (amount == self.high and not self.without_high)
        return above and below


def side(folded: str, quantity: Quantity) -> Side:
    """Whether a number is a lower limit, an upper limit or neither, by the words at its side."""
    before = folded[max(0, quantity.start - _WINDOW_CHARACTERS) : quantity.start]
    after = folded[quantity.end : quantity.end + _WINDOW_CHARACTERS]
    if _MOST_BEFORE.search(before):
        return "most"
    if _LEAST_BEFORE.search(before):
        return "least"
    if _MOST_AFTER.match(after):
        return "most"
    return "least" if _LEAST_AFTER.match(after) else ""


def spans(folded: str, found: Sequence[Quantity]) -> tuple[Span, ...]:
    """What the numbers of a folded text hold for: ranges, open ends, and single amounts."""
    paired: dict[int, Span] = {}
    inside: set[int] = set()
    for at, (first, last) in enumerate(itertools.pairwise(found)):
        span = None if at in inside else _range(folded, first, last)
        if span is not None:
            paired[at] = span
            inside |= {at, at + 1}
    single = (_single(folded, q) for at, q in enumerate(found) if at not in inside)
    return (*paired.values(), *(span for span in single if span is not None))


def number(quantity: Quantity) -> float | None:
    """The value of a quantity that can be more or less than another; None for dates and times."""
    if quantity.unit in ("date", "clock"):
        return None
    return float(quantity.value)


def _range(folded: str, first: Quantity, last: Quantity) -> Span | None:
    between = folded[first.end : last.start]
    if len(between) > _LONGEST_BETWEEN:
        return None
    low, high = number(first), number(last)
    if low is None or high is None or low >= high or first.unit not in ("", last.unit):
        return None
    if not _RANGE.fullmatch(between) or not _TIES.search(between):
        return None
    before = folded[max(0, first.start - _WINDOW_CHARACTERS) : first.start]
    return Span(
        low=low,
        high=high,
        unit=last.unit,
        without_low=bool(_OPEN.search(before)) or between.strip().startswith("以上"),
        without_high=bool(_OPEN_ABOVE.search(between)),
    )


def _single(folded: str, quantity: Quantity) -> Span | None:
    amount = number(quantity)
    if amount is None or not quantity.unit:
        return None
    before = folded[max(0, quantity.start - _WINDOW_CHARACTERS) : quantity.start]
    limits: dict[Side, tuple[float, float]] = {
        "least": (amount, math.inf),
        "most": (-math.inf, amount),
        "": (amount, amount),
    }
    low, high = limits[side(folded, quantity)]
    return Span(
        low=low,
        high=high,
        unit=quantity.unit,
        without_low=low == amount != high and bool(_OPEN.search(before)),
        without_high=high == amount != low and bool(_OPEN_ABOVE.search(before)),
    )
