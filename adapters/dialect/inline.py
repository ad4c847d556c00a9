"""Where a line of Markdown may be cut: after a sentence, between words, at worst inside a word."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from adapters.dialect.characters import Fits, is_whole, most, whole_end

Spans: TypeAlias = Sequence[tuple[int, int]]
"""Stretches of a text, in order, none touching another's inside."""

_SENTENCE_END: Final = re.compile(
    r"[。！？；…]++[”’」』）】》]*+(?:\s?\[\d{1,3}\])*+\s*+"
    r"|(?<![.!?;])[.!?;]++[\"')]*+(?:\s?\[\d{1,3}\])*+\s++"
)

# Each alternative ends at the next sign of its own kind, so that hostile text costs no more.
_WHOLE: Final = re.compile(
    r"\\[!-/:-@\[-`{-~]"  # an escape
    r"|!?\[[^\[\]\n]*+\]\([^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*+\)"  # a link or picture
    r"|\[\d{1,3}\]"  # a marker
    r"|<[A-Za-z/][^<>\s]*>"  # an address in angle brackets
    r"|https?://[^\s<>()\[\]\u3000-\u303f\uff00-\uffef]+"
    r"|\*\*[^*\n]+\*\*"
    r"|&(?:\#\w{1,8}|\w{1,31});",
    re.ASCII,
)
_BACKTICKS: Final = re.compile("`+")

# A part that begins like this would be read as a list, a heading, a quote or a table.
_BLOCK_SIGN: Final = re.compile(r"[-+*]\s|#{1,6}\s|>|\||---|\d{1,9}[.)]\s|```|~~~")

_WIDE: Final = re.compile(
    "[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff9d\U0001f300-\U0003ffff]"
)
_NEVER_FIRST: Final = frozenset("。，、；：？！）】》」』〉”’…—·％,.;:?!)]}%")
_NEVER_LAST: Final = frozenset("（【《「『〈“‘([{")


def sentences(line: str) -> tuple[str, ...]:
    """A line's sentences; joined they are the line again. Links and code are never cut."""
    whole = spans(line)
    ends = (found.end() for found in _SENTENCE_END.finditer(line))
    inner = (end for end in ends if end < len(line))
    cuts = [end for end in inner if _may_cut(line, 0, end, whole)]
    return tuple(line[start:end] for start, end in pairwise((0, *cuts, len(line))))


def parts(text: str, fits: Fits) -> Iterator[str]:
    """A text in parts that fit, each as long as can be; joined they are the text again.

    Cut between words; in a link, in code or in a word only where these alone do not fit.
    """
    whole = spans(text)
    start, size = 0, 256
    while start < len(text):
        size = most(
            lambda count, start=start: fits(text[start : start + count]),  # type: ignore[misc] # mypy does not infer lambdas with defaults
            high=len(text) - start,
            guess=size,
        )
        # At least one character, so that it ends even where nothing fits.
        end = start + max(1, size)
        if end < len(text):
            end = _best_cut(text, start, end, whole)
        yield text[start:end]
        start = end


def spans(text: str) -> Spans:
    """What should stay in one part: code, links, markers, escapes, bold words."""
    merged: list[tuple[int, int]] = []
    found = (match.span() for match in _WHOLE.finditer(text))
    for start, end in sorted((*code_spans(text), *found)):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def code_spans(text: str) -> Spans:
    """Code between equally long runs of backticks, as CommonMark pairs them."""
    runs = [match.span() for match in _BACKTICKS.finditer(text)]
    partner: dict[int, int] = {}
    last_of_length: dict[int, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1] - runs[index][0]
        if length in last_of_length:
            partner[index] = last_of_length[length]
        last_of_length[length] = index
    code: list[tuple[int, int]] = []
    index = 0
    while index < len(runs):
        closing = partner.get(index)
        if closing is not None:
            code.append((runs[index][0], runs[closing][1]))
        index = index + 1 if closing is None else closing + 1
    return code


def _best_cut(text: str, start: int, end: int, whole: Spans) -> int:
    for place in range(end, start + (end - start) // 2, -1):
        if _between_words(text, place) and _may_cut(text, start, place, whole):
            return place
    around = _around(whole, end)
    if around is not None and around > start:
        return around
    return whole_end(text, start, end)


def _may_cut(text: str, start: int, place: int, whole: Spans) -> bool:
    if _BLOCK_SIGN.match(text, place) or is_inside(whole, place):
        return False
    return is_whole(text, start, place)


def _between_words(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if before.isspace() or after.isspace():
        return not after.isspace()
    if _WIDE.match(before) or _WIDE.match(after):
        return after not in _NEVER_FIRST and before not in _NEVER_LAST
    return False


def is_inside(whole: Spans, place: int) -> bool:
    """Whether cutting here would cut a span."""
    return _around(whole, place) is not None


def _around(whole: Spans, place: int) -> int | None:
    """Where the span begins that this place lies inside of."""
    index = bisect_left(whole, (place, 0)) - 1
    if index < 0 or place >= whole[index][1]:
        return None
    return whole[index][0]
