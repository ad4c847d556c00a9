"""Characters as readers see them: what belongs together, what is harmful, what can be left out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final, TypeAlias

Fits: TypeAlias = Callable[[str], bool]
"""Whether a text would be taken; less fits where more does."""

_ZERO_WIDTH_JOINER: Final = "\u200d"
_VIRAMA_CLASS: Final = 9
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LINE_END: Final = re.compile("\r\n?")
_CONTROL: Final = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f]")
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# What continues a character without being a combining mark: skin tones, the tags of flags such as
# Scotland's, the zero-width non-joiner, half-width voicing marks.
_EXTENDS: Final = re.compile("[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u200c\uff9e\uff9f]")
_HANGUL: Final = re.compile("[\u1100-\u11ff\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb]")
_HANGUL_LEADING: Final = re.compile("[\u1100-\u115f\ua960-\ua97c]")
_HANGUL_FOLLOWING: Final = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")


def clean(text: str) -> str:
    """Text every platform takes: lone surrogates and NUL shown as U+FFFD, other controls gone.

    Line ends become `\\n`; tabs stay.
    """
    if _SURROGATE.search(text):
        # Two surrogates that make a pair become the character they stand for.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub("", with_line_feeds(text.replace("\x00", "\ufffd")))


def with_line_feeds(text: str) -> str:
    """The same lines, each ended by `\\n` alone."""
    return _LINE_END.sub("\n", text)


def without_bidi(text: str) -> str:
    """Text that cannot turn the direction of what is written around it."""
    return _BIDI.sub("", text)


def cut(text: str, fits: Fits) -> str:
    """Plain text that fits: where something had to go, it ends with `…`. Nothing if not even that.

    Never ends inside what a reader sees as one character.
    """
    if fits(text):
        return text
    size = most(lambda count: fits(f"{text[:count]}…"), high=len(text), guess=256)
    if size == 0:
        return "…" if fits("…") else ""
    return f"{text[: whole_end(text, 0, size)].rstrip()}…"


def most(fit: Callable[[int], bool], *, high: int, guess: int) -> int:
    """The largest number up to `high` that fits, 0 where not even 1 does.

    Few questions are asked, and fewer still where the guess is near.
    """
    good, bad = 0, high + 1
    probe = max(1, min(guess, high))
    step = max(1, probe // 8)
    while bad - good > 1:
        if fit(probe):
            good = probe
        else:
            bad = probe
        if good and bad <= high:
            probe = (good + bad) // 2
        else:
            probe = min(high, good + step) if good else max(1, bad - step)
        step *= 2
    return good


def whole_end(text: str, start: int, end: int) -> int:
    """The last place up to `end` where no character is cut; `end` where there is none."""
    place = end
    while place > start and not is_whole(text, start, place):
        place -= 1
    return place if place > start else end


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` ends between two characters as a reader sees them.

    After Unicode's rules for grapheme clusters (UAX 29); the rarest of them are left out. `start`
    is such a place itself.
    """
    if not start < end < len(text):
        return True
    before, after = text[end - 1], text[end]
    if before < "\u0300" and after < "\u0300":
        return not (before == "\r" and after == "\n")
    if before == _ZERO_WIDTH_JOINER:
        return after.isspace()
    if _continues(before, after):
        return False
    return not (_is_regional(before) and _is_regional(after)) or _flags_are_paired(text, start, end)


def _continues(before: str, after: str) -> bool:
    if after == _ZERO_WIDTH_JOINER or unicodedata.category(after)[0] == "M":
        return True
    if _EXTENDS.match(after) or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff"):
        return True
    if _HANGUL.match(before) and _HANGUL.match(after):
        return bool(_HANGUL_FOLLOWING.match(after) or _HANGUL_LEADING.match(before))
    # A Devanagari conjunct: consonant, virama, consonant.
    conjunct = unicodedata.combining(before) == _VIRAMA_CLASS
    return conjunct and unicodedata.category(after) == "Lo"


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_are_paired(text: str, start: int, end: int) -> bool:
    first = end
    while first > start and _is_regional(text[first - 1]):
        first -= 1
    return (end - first) % 2 == 0
