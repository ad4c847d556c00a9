"""How two statements about the same thing exclude each other: by an amount, or by a "not"."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from knowledge.bounds import side
from knowledge.clauses import Said
from knowledge.conditions import conditions
from knowledge.negation import denies, turned
from knowledge.quantities import Quantity
from knowledge.words import content_words

_LEAST_TERMS = 3
_MOST_ADDED = 0.2
"""Of the longer statement's words, how many the shorter one may lack."""

_YEARS = (1900, 2100)
_RANK = re.compile(r"第\s?$|(?:step|level|tier|grade|phase|part|rule|no\.?|#)\s?$")
_RANKED = re.compile(r"(?:st|nd|rd|th)\b|^(?:first|second|third|fourth|fifth|sixth)")
# Whether something is allowed, asked for or denied.
_STANCE = re.compile(
    r"不?允许|不?准许?|禁止|严禁|不得|不可以?|不能|不应|可以?|必须|应当?|务必|无需|不必|无须|须|不?需要?|没有"
    r"|[不无没未勿能]"
    r"|\b(?:not|no|never|cannot|can|may|must|shall|should|need|allowed|permitted|prohibited|forbidden"
    r"|required|mandatory|optional|are|is|do|does|be|to)\b|n['’]t\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How two statements exclude each other, in the words of each."""

    kind: Literal["amount", "negation"]
    one: str
    other: str


def differ(one: Said, other: Said) -> Difference | None:
    """How two statements exclude each other; None where they do not."""
    mine, theirs = _only_in(one, other), _only_in(other, one)
    difference = None
    if len(mine) == len(theirs) == 1 and _says_the_same(one, other):
        difference = _amounts(one, mine[0], other, theirs[0])
    elif not mine and not theirs and _without_stance(one) == _without_stance(other):
        difference = _negated(one, other)
    return difference if _conditions(one) == _conditions(other) else None


def _says_the_same(one: Said, other: Said) -> bool:
    """Whether they are about the same, one of them maybe with some words more."""
    shorter, longer = sorted((one.terms, other.terms), key=len)
    missing = len(longer - shorter)
    return (
        len(shorter) >= _LEAST_TERMS
        and not shorter - longer
        and missing <= max(1, _MOST_ADDED * len(longer))
        and [name for name, _ in one.cells] == [name for name, _ in other.cells]
    )


def _conditions(said: Said) -> Counter[str]:
    return Counter(c.kind for clause in said.clauses for c in conditions(clause.text))


def _only_in(one: Said, other: Said) -> list[Quantity]:
    """The amounts of one statement that the other does not have as often."""
    left = Counter((q.value, q.unit) for q in other.quantities)
    only: list[Quantity] = []
    for quantity in one.quantities:
        key = (quantity.value, quantity.unit)
        if left[key]:
            left[key] -= 1
        elif quantity.exact or quantity.unit:
            only.append(quantity)
    return only


def _amounts(one: Said, mine: Quantity, other: Said, theirs: Quantity) -> Difference | None:
    # In a row that is the same in all other words, the column's name is as good as a unit.
    in_a_row = bool(one.cells) and one.terms == other.terms and mine.exact and theirs.exact
    if mine.unit != theirs.unit or not (mine.unit or in_a_row):
        return None
    if _is_year(mine) or _is_year(theirs):
        return None
    if mine.unit == "date" and (mine.value in theirs.value or theirs.value in mine.value):
        return None  # a month and a day of it
    if _ranks(one, mine) or _ranks(other, theirs):
        return None
    if side(one.folded, mine) != side(other.folded, theirs):
        return None
    return Difference(kind="amount", one=_words(one, mine), other=_words(other, theirs))


def _is_year(quantity: Quantity) -> bool:
    if quantity.unit not in ("", "year"):
        return False
    return _YEARS[0] <= float(quantity.value) <= _YEARS[1]


def _ranks(said: Said, quantity: Quantity) -> bool:
    """Whether a number counts off rather than measures, as in "the third month" and 第三个月."""
    before = said.folded[max(0, quantity.start - 8) : quantity.start]
    spelled = said.folded[quantity.start : quantity.end]
    return bool(_RANK.search(before) or _RANKED.search(spelled))


def _words(said: Said, quantity: Quantity) -> str:
    return _as_written(said, said.folded[quantity.start : quantity.end].strip())


def _without_stance(said: Said) -> frozenset[str]:
    """What a statement is about, whether it allows, demands or denies it."""
    # Around a Chinese one the characters come together, as they do where there is none.
    return content_words(_STANCE.sub(lambda m: " " * m.group().isascii(), said.folded))


def _negated(one: Said, other: Said) -> Difference | None:
    """The clauses of which one denies what the other affirms."""
    if _denials(one) == _denials(other):
        return None  # a comma more makes other clauses
    for mine in one.clauses:
        theirs = max(other.clauses, key=lambda clause: len(clause.words & mine.words), default=None)
        if theirs is not None and turned(mine, [theirs]) and turned(theirs, [mine]):
            return Difference(
                kind="negation",
                one=_as_written(one, mine.text),
                other=_as_written(other, theirs.text),
            )
    return None


def _denials(said: Said) -> int:
    return sum(denies(clause.text) for clause in said.clauses)


def _as_written(said: Said, folded: str) -> str:
    """Folded words as they stand in the statement, where they can be found there."""
    at = said.text.lower().find(folded)
    return folded if at < 0 else said.text[at : at + len(folded)]
