"""Where sentences end, in Chinese and in English."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLOSERS = "\"'”’」』）)】》〉\\]*_`"

_END = re.compile(
    rf"(?:[。！？；]+|…{{2}}|(?<![.!?])[.!?]++(?=[{_CLOSERS}]*(?:\s|$)))[{_CLOSERS}]*\s*"
    # a new paragraph, list item, table row, heading or quotation ends what stood before it
    r"|\n[ \t]*\n\s*"
    r"|\n(?=[ \t]*(?:[-*+•|#>]|\d{1,3}[.)、]\s?|[（(][一二三四五六七八九十\d]{1,3}[）)]))"
)

_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|vs|no|nos|inc|ltd|co|jr|sr|fig|sec|art|dept|approx|est|ext|tel|min|max|ver"
    r"|e\.g|i\.e|cf|al|viz)|\b[a-z]|(?:^|\n)\s*(?:[-*+]\s+)?\d{1,3})$",
    re.IGNORECASE,
)


def sentence_slices(text: str) -> Iterator[str]:
    """Cut text at its sentence ends; joined again, the slices are the text.

    A line break inside a paragraph ends nothing: hand-wrapped Markdown is full of them.
    """
    start = 0
    for match in _END.finditer(text):
        if _continues(text, match):
            continue
        yield text[start : match.end()]
        start = match.end()
    if start < len(text):
        yield text[start:]


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in reading order, each as it stands there, ends trimmed."""
    trimmed = (part.strip() for part in sentence_slices(text))
    return tuple(part for part in trimmed if part)


def _continues(text: str, match: re.Match[str]) -> bool:
    """Whether a full stop is part of an abbreviation or number rather than an end."""
    if not match.group().startswith("."):
        return False
    following = text[match.end() : match.end() + 1]
    if following.islower():
        return True
    return _ABBREVIATION.search(text, max(0, match.start() - 12), match.start()) is not None
