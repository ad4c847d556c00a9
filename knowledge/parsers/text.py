"""Plain text, in whatever encoding; Chinese numbering and underlines make its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.model import Document
from knowledge.parsers.decode import decoded
from knowledge.parsers.front_matter import split_front_matter
from knowledge.parsers.limits import MAX_TEXT_CHARACTERS, checked_size, refuse_beyond
from knowledge.parsers.markup import tidy_lines, unhyphenated, visible
from knowledge.parsers.numbering import numbered_heading, width_of
from knowledge.parsers.outline import Outline, document

_UNDERLINE = re.compile(r"^(?:={3,}|-{3,}|~{3,}|\*{3,})$")
_ITEM = re.compile(
    r"^(?:[-*•·●○■◆▪–—]|\d{1,3}[.)、．）]|[（(]?[a-zA-Z][.)）]|[（(][^（()）]{1,3}[）)])\s*"
)
_SENTENCE_END = re.compile(r"[。！？!?；;，,、：:]$|[a-z0-9]\.$")
_MAX_TITLE_WIDTH = 80
_WRAPPED_WIDTH = 50


def parse(content: bytes, *, document_id: str, uri: str) -> Document:
    """Read a text file; a short first line with a blank one below it is its title."""
    text = visible(decoded(checked_size(content, uri=uri), uri=uri))
    refuse_beyond(len(text), MAX_TEXT_CHARACTERS, "characters", uri=uri)
    front, body = split_front_matter(text, uri=uri)
    outline = Outline(front.title, guessed=True)
    for position, lines in enumerate(_paragraphs(body)):
        if position == 0 and _is_title(lines):
            outline.heading(1, lines[0])
        else:
            _add(lines, outline)
    return document(outline, front, document_id=document_id, uri=uri)


def _paragraphs(text: str) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.strip():
            lines.append(line.strip())
        elif lines:
            yield lines
            lines = []


def _is_title(lines: Sequence[str]) -> bool:
    if len(lines) > 1 and not (len(lines) == 2 and _UNDERLINE.match(lines[1])):
        return False
    line = lines[0]
    short = width_of(line) <= _MAX_TITLE_WIDTH and not _SENTENCE_END.search(line)
    return short and not _ITEM.match(line) and numbered_heading(line) is None


def _add(lines: list[str], outline: Outline) -> None:
    rest: list[str] = []
    for at, line in enumerate(lines):
        below = lines[at + 1] if at + 1 < len(lines) else ""
        level = numbered_heading(line)
        if level is None and _UNDERLINE.match(below) and not _UNDERLINE.match(line):
            level = 2
        if level is not None:
            outline.block(_paragraph(rest))
            rest = []
            outline.heading(level, line)
        elif not _UNDERLINE.match(line):
            rest.append(line)
    outline.block(_paragraph(rest))


def _paragraph(lines: Sequence[str]) -> str:
    """Lines wrapped by hand become one; lists and verses keep theirs."""
    items: list[list[str]] = []
    for line in lines:
        if items and not _ITEM.match(line) and width_of(items[-1][-1]) >= _WRAPPED_WIDTH:
            items[-1].append(line)
        else:
            items.append([line])
    return tidy_lines("\n".join(unhyphenated(entry) for entry in items))
