"""Numbers that belong to a person: mainland IDs, telephones, bank cards; however they are grouped.

Checksums: ISO 7064 MOD 11-2 (GB 11643) for IDs, Luhn (ISO/IEC 7812) for cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from knowledge.redaction.kinds import Find, Kind

# Possessive: a run is read once, whatever comes after it.
_RUN = re.compile(r"\+?+(?:\d(?:(?:[ .·*_\\/()-]{1,3}+|[ -]?\n)(?=\d))?+){7,}+")
_GROUP = re.compile(r"\d+")
_LAST_X = re.compile(r"[ .·*_\\-]{0,3}[Xx](?![A-Za-z])")

_ID18 = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_ID15 = re.compile(r"[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_MOBILE = re.compile(r"(?:(?:00)?86)?0?1[3-9]\d{9}")
_SERVICE = re.compile(r"(?:(?:00)?86)?[48]00\d{7}")
_AREA_CODE = re.compile(r"(?:(?:00)?86)?0?(?:10|2\d|[3-9]\d{2})[2-9]\d{6,7}")
_ABROAD = re.compile(r"00[1-9]\d{7,13}")
_TRUNK = re.compile(r"0[1-9]\d{7,10}")
_AMERICAN = re.compile(r"1?[2-9]\d{2}[2-9]\d{6}")
_AMERICAN_GROUPS = ((3, 3, 4), (1, 3, 3, 4))
_EXTENSION = re.compile(r"[ ,]{0,2}(?:转接?|分机|ext\.?|x|#)[ :]{0,2}\d{1,6}(?!\d)", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d(?:0?[1-9]|1[0-2])(?:0?[1-9]|[12]\d|3[01])")

_SHORTEST, _LONGEST = 7, 21
_MOST_GROUPS = 21
_LONG = 10
_FEW = 6
"""So many groups may be of any sizes and with anything between them."""
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Digits with nothing between them."""

    digits: str
    start: int
    end: int


def numbers(text: str) -> Iterator[Find]:
    """IDs, telephones, cards, and what else has ten digits in a row."""
    for run in _RUN.finditer(text):
        yield from _in_run(text, run)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(d - 9 * (d > 9) for d in doubled)) % 10 == 0


def id_check(digits: str) -> str:
    """The eighteenth character of a mainland ID, of its first seventeen."""
    total = sum(int(d) * weight for d, weight in zip(digits, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def _in_run(text: str, run: re.Match[str]) -> Iterator[Find]:
    at = run.start()
    groups = [
        _Group(digits=found.group(), start=at + found.start(), end=at + found.end())
        for found in _GROUP.finditer(run.group())
    ]
    foreign = run.group().startswith("+")
    first = 0
    while first < len(groups):
        find, used = _longest(text, groups, first, foreign=foreign and first == 0)
        if find:
            yield find
        first += used


def _longest(
    text: str, groups: list[_Group], first: int, *, foreign: bool
) -> tuple[Find | None, int]:
    """The longest number that begins with this group, and how many groups it takes."""
    start = groups[first].start - foreign
    best, taken, digits = None, 1, ""
    for used, group in enumerate(groups[first : first + _MOST_GROUPS], start=1):
        digits += group.digits
        if used > 1 and len(digits) > _LONGEST:
            break
        if len(digits) < _SHORTEST:
            continue
        x = _LAST_X.match(text, group.end) if len(digits) == 17 else None
        if x and _ID18.fullmatch(digits + "X"):
            return Find(start=start, end=x.end(), kind=Kind.ID), used
        sizes = tuple(len(g.digits) for g in groups[first : first + used])
        gaps = {text[a.end : b.start] for a, b in pairwise(groups[first : first + used])}
        if kind := _kind(digits, sizes, foreign=foreign, even=len(gaps) <= 1):
            best, taken = Find(start=start, end=_end(text, group.end, kind), kind=kind), used
    return best, taken


def _kind(digits: str, sizes: tuple[int, ...], *, foreign: bool, even: bool) -> Kind | None:
    """What these digits are, in groups of these sizes. even: always the same between them."""
    if foreign and 7 <= len(digits) <= 15:
        return Kind.PHONE
    if _ID18.fullmatch(digits) or _has_id_check(digits):
        return Kind.ID
    if (even or len(sizes) <= _FEW) and _is_card(digits, sizes):
        return Kind.CARD
    if (even or len(sizes) <= _FEW) and _is_phone(digits, sizes):
        return Kind.PHONE
    if _ID15.fullmatch(digits) and len(sizes) <= 4:
        return Kind.ID
    return Kind.NUMBER if len(sizes) == 1 and len(digits) >= _LONG else None


def _end(text: str, end: int, kind: Kind) -> int:
    """Where a number ends, the extension of a telephone included."""
    extension = _EXTENSION.match(text, end) if kind is Kind.PHONE else None
    return extension.end() if extension else end


def _has_id_check(digits: str) -> bool:
    return len(digits) == 18 and digits[0] != "0" and id_check(digits[:17]) == digits[17]


def _is_card(digits: str, sizes: tuple[int, ...]) -> bool:
    if not 13 <= len(digits) <= 19 or digits[0] not in "2345689" or _DATE.match(digits):
        return False
    fours = len(sizes) > 1 and set(sizes[:-1]) == {4} and len(digits) >= 15
    regular = len(set(sizes[:-1])) <= 1 or len(sizes) <= _FEW
    return fours or (regular and luhn(digits))


def _is_phone(digits: str, sizes: tuple[int, ...]) -> bool:
    if _MOBILE.fullmatch(digits) or _SERVICE.fullmatch(digits):
        return True
    if len(sizes) > _FEW:
        return False
    if _ABROAD.fullmatch(digits):
        return True
    if sizes[0] >= 3 and (_TRUNK.fullmatch(digits) or _is_landline(digits, sizes)):
        return True
    return sizes in _AMERICAN_GROUPS and _AMERICAN.fullmatch(digits) is not None


def _is_landline(digits: str, sizes: tuple[int, ...]) -> bool:
    return digits.startswith(("0", "86")) and len(sizes) > 1 and bool(_AREA_CODE.fullmatch(digits))
