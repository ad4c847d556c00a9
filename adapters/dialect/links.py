"""Links a reader may be sent to; everything else stays words.

Platforms read Markdown in ways of their own, so nothing here relies on what one of them takes for
a link: what cannot be shown to be safe gets a blank between `]` and `(`, which is a link nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.dialect.atoms import blocks, lines_of
from adapters.dialect.characters import with_line_feeds
from adapters.dialect.inline import code_spans, is_inside

_SUSPECT: Final = re.compile(r"\]\(|\]:|!\[|<[A-Za-z]")
_SIGN: Final = re.compile(r"\\.|!?\[|\]|\n|<[A-Za-z][^\s<>]*>")
_SAFE: Final = re.compile(r"\s*+<?(?:https?://|mailto:)[^\s<>]", re.IGNORECASE)
_SCHEME: Final = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:.*)>", re.DOTALL)
_DANGEROUS: Final = re.compile(r"<(?:javascript|vbscript|data|file):", re.IGNORECASE)

# A destination as CommonMark writes it, possessive throughout: hostile text costs no more.
_DESTINATION: Final = re.compile(
    r"\(\s*+(?P<address><[^<>\n]*+>|[^\s()<>]*+(?:\([^\s()]*+\)[^\s()]*+)*+)"
    r"(?:\s++(?:\"[^\"]*+\"|'[^']*+'|\([^()]*+\)))?+\s*+\)"
)
_HARMLESS: Final = re.compile(r"\([\w\s.,/#?=+-]*+\)")
_MARKER: Final = re.compile(r"\d{1,3}")
_LINE_BEGIN: Final = re.compile(r"[ \t>]*+(?:(?:[-+*]|\d{1,9}[.)])[ \t]++)*+")


def safe_links(text: str) -> str:
    """Markdown where only links to http, https and mailto addresses are links.

    The words of any other link stay, its address goes. A picture becomes a link to it: shown, it
    would be fetched unasked, and its address could carry words of the answer away. Code stays.
    """
    if not _SUSPECT.search(text):
        return text
    text = with_line_feeds(text)
    return "\n".join(
        part if is_code else "".join(_Links(part).made_safe()) for is_code, part in _parts(text)
    )


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """The text in runs of whole lines, and of each whether it is fenced code."""
    lines = text.split("\n")
    at = 0
    for token in blocks(text):
        if token.type != "fence":
            continue
        start, end = lines_of(token)
        if at < start:
            yield False, "\n".join(lines[at:start])
        yield True, "\n".join(lines[start:end])
        at = end
    if at < len(lines):
        yield False, "\n".join(lines[at:])


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    instead: str = ""


class _Links:
    """One pass over a text: brackets are paired, and what follows a closing one is judged."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._code = _code_by_line(text)
        self._edits: list[_Edit] = []
        self._open: list[re.Match[str]] = []
        self._line_start = 0

    def made_safe(self) -> Iterator[str]:
        """The text with its edits, piece by piece."""
        for sign in _SIGN.finditer(self._text):
            self._read(sign)
        at = 0
        for edit in sorted(self._edits, key=lambda edit: (edit.start, edit.end)):
            if edit.start >= at:  # an address that goes takes the edits inside it along
                yield self._text[at : edit.start]
                yield edit.instead
                at = edit.end
        yield self._text[at:]

    def _read(self, sign: re.Match[str]) -> None:
        match sign[0]:
            case "[" | "![":
                self._open.append(sign)
            case "]":
                opening = self._open.pop() if self._open else None
                self._close(opening, sign.start())
            case "\\]":  # no bracket in CommonMark, but one where backslashes mean nothing
                self._close(None, sign.start() + 1)
            case "\n":
                self._next_line(sign.end())
            case found if found.startswith("<"):
                self._judge_angled(sign)
            case _:
                pass

    def _next_line(self, start: int) -> None:
        if not self._text[self._line_start : start].strip():
            self._open.clear()  # no link reaches over an empty line
        self._line_start = start

    def _close(self, opening: re.Match[str] | None, at: int) -> None:
        after = self._text[at + 1 : at + 2]
        if after == "(":
            self._judge_link(opening, at)
        elif after == ":" and opening is not None and not _SAFE.match(self._text, at + 2):
            begin = _LINE_BEGIN.match(self._text, self._line_start, opening.start())
            if begin is not None and begin.end() == opening.start():
                self._insert_blank(at + 1)  # no definition of an address any more

    def _judge_link(self, opening: re.Match[str] | None, at: int) -> None:
        destination = _DESTINATION.match(self._text, at + 1)
        if is_inside(self._code, at):
            if not (_HARMLESS.match(self._text, at + 1) or _SAFE.match(self._text, at + 2)):
                self._insert_blank(at + 1)
        elif _SAFE.match(self._text, at + 2):
            if opening is not None and opening[0] == "![":
                self._show_picture_as_link(opening, at, destination)
        elif opening is None or destination is None or not destination[0].isascii():
            self._insert_blank(at + 1)
        else:
            self._keep_words(opening, at, destination.end())

    def _keep_words(self, opening: re.Match[str], at: int, end: int) -> None:
        if _MARKER.fullmatch(self._text, opening.end(), at):
            self._edits.append(_Edit(at + 1, end))  # `[1]` names a source
        else:
            self._edits += (_Edit(opening.start(), opening.end()), _Edit(at, end))

    def _show_picture_as_link(
        self, opening: re.Match[str], at: int, destination: re.Match[str] | None
    ) -> None:
        if self._open and destination is not None:  # a link around it stays the only one
            self._keep_words(opening, at, destination.end())
            return
        words = "" if self._text[opening.end() : at].strip() or not destination else "🖼"
        self._edits.append(_Edit(opening.start(), opening.end(), f"[{words}"))

    def _judge_angled(self, sign: re.Match[str]) -> None:
        if is_inside(self._code, sign.start()):
            if _DANGEROUS.match(sign[0]):
                self._insert_blank(sign.start() + 1)
        elif (address := _SCHEME.fullmatch(sign[0])) and not _SAFE.match(sign[0]):
            self._edits.append(_Edit(sign.start(), sign.end(), address[1]))

    def _insert_blank(self, at: int) -> None:
        self._edits.append(_Edit(at, at, " "))


def _code_by_line(text: str) -> Sequence[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    for line in text.split("\n"):
        found.extend((at + start, at + end) for start, end in code_spans(line))
        at += len(line) + 1
    return found
