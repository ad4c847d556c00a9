"""Markdown as a row of atoms: lines that know what has to stand around them in any piece."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from adapters.commonmark import commonmark

# How bad it is to begin a piece here; the least bad place near the end of a piece is taken.
NEW_BLOCK: Final = 0
NEW_PART_OF_BLOCK: Final = 1
NEW_LINE: Final = 2
NEW_SENTENCE: Final = 3
WITHIN_SENTENCE: Final = 4
UNDER_HEADING: Final = 5

_CODE_INDENT: Final = 4
_LIST_MARKERS: Final = re.compile(r"(?:[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+)+")
_NOT_QUOTE: Final = re.compile(r"[^ \t>]")
_LONGEST_NUMBER: Final = 999_999_999
"""CommonMark's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around code or over rows, in every piece that shows some of them.

    opening: as it was written. reopening: the same in a later piece. closing: empty for tables.
    """

    opening: str
    reopening: str
    closing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """A line with its end, or a part of one.

    cost: how bad it is to begin a piece with it.
    block: the number of the outermost block it belongs to.
    indent: blanks that only the list around it gave it.
    opens: it is the first in its frame. starts: it begins its line.
    margin: the signs of a quotation, where it begins a piece without beginning its line.
    """

    text: str
    cost: int
    block: int
    indent: int
    frame: Frame | None = None
    opens: bool = False
    starts: bool = True
    margin: str = ""


def atoms(text: str) -> list[Atom]:
    """Every line of a text, in order, apart from those that became frames."""
    lines = text.split("\n")
    tokens = [token for token in blocks(text) if token.map is not None]
    _number_items(lines, tokens)
    page = _Page(lines)
    for token in tokens:
        page.read(token)
    for token in tokens:
        if token.type == "heading_open":
            page.keep_under(token)
    return page.atoms()


def blocks(text: str) -> list[Token]:
    """The block structure alone: lines of each block, nothing of what is inside a line."""
    parser = commonmark()
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.parse(text)


def code_is_closed(text: str) -> bool:
    """Whether every block of code ends with a fence of its own."""
    return all(_is_closed(token) for token in blocks(text) if token.type == "fence")


def indent_of(line: str) -> int:
    """How many blanks a line begins with."""
    return len(line) - len(line.lstrip(" \t"))


class _Page:
    """The lines of a text and what is known of each."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._texts = [f"{line}\n" for line in lines]
        self._costs = [NEW_LINE] * len(lines)
        self._blocks = [0] * len(lines)
        self._indents = [indent_of(line) for line in lines]
        self._frames: dict[int, Frame] = {}
        self._opening: dict[int, int] = {}  # the first framed line of a frame → the frame's own
        self._count = 0

    def read(self, token: Token) -> None:
        """Learn from one block; outer blocks come before inner ones."""
        start, end = lines_of(token)
        if token.level == 0:
            self._count += 1
            self._blocks[start:end] = [self._count] * (end - start)
        cost = NEW_BLOCK if token.level == 0 else NEW_PART_OF_BLOCK
        self._costs[start] = min(self._costs[start], cost)
        match token.type:
            case "fence":
                self._read_fence(token, start, end)
            case "table_open" if end - start > 2:
                self._read_table(token, start, end)
            case "code_block":
                outer = max(0, self._indents[start] - _CODE_INDENT)
                self._indents[start:end] = [outer] * (end - start)
            case _:
                pass

    def keep_under(self, heading: Token) -> None:
        """A heading at the end of a piece would stand over nothing."""
        _, line = lines_of(heading)
        while line < len(self._lines):
            self._costs[line] = UNDER_HEADING
            if self._lines[line].strip():
                return
            line += 1

    def atoms(self) -> list[Atom]:
        """What there is to show, line by line; empty texts are parts of frames."""
        for line, start in self._opening.items():
            self._costs[line] = self._costs[start]
        return [
            Atom(
                text=text,
                cost=self._costs[line],
                block=self._blocks[line],
                indent=self._indents[line],
                frame=self._frames.get(line),
                opens=line in self._opening,
            )
            for line, text in enumerate(self._texts)
            if text
        ]

    def _read_fence(self, token: Token, start: int, end: int) -> None:
        opening = self._lines[start]
        margin = opening[: opening.find(token.markup)]
        blanks = _NOT_QUOTE.sub(" ", margin)
        frame = Frame(
            opening=opening,
            reopening=blanks + opening[len(margin) :],
            closing=blanks + token.markup,
        )
        last = end - 1 if _is_closed(token) else end
        self._texts[start] = ""
        self._texts[last:end] = [""] * (end - last)
        if start + 1 == last:
            self._texts[start] = f"{frame.opening}\n{frame.closing}\n"
        else:
            self._opening[start + 1] = start
            self._put_in(frame, start + 1, last)

    def _read_table(self, token: Token, start: int, end: int) -> None:
        header, delimiter = self._lines[start], self._lines[start + 1]
        again = _unmarked(header) if token.level else header
        frame = Frame(opening=f"{header}\n{delimiter}", reopening=f"{again}\n{delimiter}")
        self._opening[start + 2] = start
        self._put_in(frame, start + 2, end)
        self._texts[start] = self._texts[start + 1] = ""

    def _put_in(self, frame: Frame, start: int, end: int) -> None:
        self._frames |= dict.fromkeys(range(start, end), frame)
        indent = indent_of(frame.reopening)
        self._indents[start:end] = [indent] * (end - start)


def lines_of(token: Token) -> tuple[int, int]:
    """The first line of a block and the one after its last."""
    start, end = token.map or (0, 0)
    return start, end


def _number_items(lines: list[str], tokens: Sequence[Token]) -> None:
    """Write the numbers readers would see; after a cut they could not be counted any more."""
    next_of_list: dict[int, int] = {}
    found_until: dict[int, int] = {}
    for token in tokens:
        if token.type == "ordered_list_open":
            next_of_list[token.level] = int(token.attrs.get("start", 1))
        elif token.type == "list_item_open" and token.info:
            number = next_of_list[token.level - 1]
            next_of_list[token.level - 1] += 1
            _renumber(lines, token, number, found_until)


def _renumber(lines: list[str], item: Token, number: int, found_until: dict[int, int]) -> None:
    start, end = lines_of(item)
    # Several lists may begin on one line, each after the other's marker.
    at = lines[start].find(item.info + item.markup, found_until.get(start, 0))
    found_until[start] = at + len(str(number)) + 1
    if int(item.info) == number or at < 0 or number > _LONGEST_NUMBER:
        return
    line = lines[start]
    lines[start] = f"{line[:at]}{number}{line[at + len(item.info) :]}"
    wider = " " * (len(str(number)) - len(item.info))
    for inner in range(start + 1, end):
        if wider and lines[inner].startswith((" ", "\t")):
            lines[inner] = wider + lines[inner]


def _unmarked(line: str) -> str:
    """A list item's line as its later lines are written: blanks for the marker."""
    marker = _LIST_MARKERS.match(line)
    return line if marker is None else _NOT_QUOTE.sub(" ", marker[0]) + line[marker.end() :]


def _is_closed(fence: Token) -> bool:
    start, end = lines_of(fence)
    inside = fence.content.count("\n") + (fence.content != "" and fence.content[-1] != "\n")
    return end - start - 1 > inside
