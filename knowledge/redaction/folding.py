"""One form for what is recognised: １３８ is 138, ＠ is @, and a zero-width space is nothing.

What is found in the folded text is replaced in the text as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\u02d7\u2043"
_DOTS = "\u2022\u2027\u30fb\u22c5\u2219\uff65"
_FOLDED_UP_TO = 0x20000
_HAN_AND_HANGUL = range(0x3400, 0xD800)
# Written and not seen, or drawn over what is: joiners, marks of direction, soft hyphens, accents.
_UNSEEN = re.compile(
    "[\u00ad\u0300-\u036f\u20d0-\u20f0\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2069"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
_SPOKEN = re.compile("[〇零一二三四五六七八九幺]{7,}")
_SPOKEN_DIGITS = str.maketrans("〇零一二三四五六七八九幺", "001234567891")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A text in one form. places: where each character stood; None where nothing moved."""

    text: str
    places: tuple[int, ...] | None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The same stretch in the text as it was written."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def fold(text: str) -> Folded:
    """Digits of all scripts, full-width letters, dashes and spaces in ASCII, the unseen removed."""
    if text.isascii():
        return Folded(text=text.replace("\t", " "), places=None)
    places: tuple[int, ...] | None = None
    if _UNSEEN.search(text):
        places = tuple(at for at, char in enumerate(text) if not _UNSEEN.match(char))
        text = "".join(text[at] for at in places)
    folded = text.translate(_table())
    return Folded(text=_SPOKEN.sub(_digits, folded), places=places)


def _digits(spoken: re.Match[str]) -> str:
    """一三八… read out digit by digit; no other number has seven of these in a row."""
    return spoken.group().translate(_SPOKEN_DIGITS)


@cache
def _table() -> Mapping[int, str]:
    """One character for one, so that places stay."""
    table = {0x09: " "}
    for code in range(0x80, _FOLDED_UP_TO):
        if code not in _HAN_AND_HANGUL and (same := _ascii(chr(code))):
            table[code] = same
    return table | dict.fromkeys(map(ord, _DASHES), "-") | dict.fromkeys(map(ord, _DOTS), "·")


def _ascii(character: str) -> str:
    """The one ASCII character that means the same; empty where there is none."""
    digit = unicodedata.digit(character, None)
    same = unicodedata.normalize("NFKC", character) if digit is None else str(digit)
    return same if len(same) == 1 and same.isascii() else ""
