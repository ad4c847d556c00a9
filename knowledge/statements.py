"""Statements: the smallest pieces of a passage that say something by themselves.

A sentence is one; so is a list item together with the line that introduces the list, and a table
row together with its header. Evidence is chosen, quoted and checked statement by statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.boundaries import sentences
from knowledge.quantities import quantities, told_unit

_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)、]|[（(]\d{1,2}[)）])\s+(?=\S)")
_ROW = re.compile(r"^\s*\|.*\|\s*$")
_RULE = re.compile(r"^\s*\|?[\s:|-]+\|[\s:|-]*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))")
_ZH_WRAP = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Something a passage says.

    text: readable alone, Markdown marks removed, lead-in or column names added.
    quote: the exact words in the passage.
    about: of a table row, the paragraph right above the table; else empty.
    counted: of a table row, its bare numbers with the unit that their column's name or that
        paragraph gives them, as the column "Days" or 金额（元） does.
    """

    text: str
    quote: str
    about: str = ""
    counted: frozenset[tuple[str, str]] = frozenset()


def statements(text: str) -> tuple[Statement, ...]:
    """Cut a passage's Markdown into statements, in reading order."""
    return tuple(_statements(text.splitlines()))


def plain(text: str) -> str:
    """Markdown without its marks: links become their label, emphasis and code marks go."""
    return _EMPHASIS.sub("", _LINK.sub(r"\1", text)).strip()


def cells(row: str) -> tuple[str, ...]:
    """The cells of a pipe-table row, trimmed."""
    return tuple(cell.strip() for cell in row.strip().strip("|").split("|"))


def is_row(line: str) -> bool:
    """Whether a line is one of a pipe table."""
    return _ROW.match(line) is not None


def is_rule(line: str) -> bool:
    """Whether a line is the one under a table's header."""
    return _RULE.match(line) is not None


def _statements(lines: list[str]) -> Iterator[Statement]:
    lead_in = above = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        if _FENCE.match(line):
            end = _fence_end(lines, at)
            yield _code(lines[at:end])
            at = end
            continue
        if _ROW.match(line) and at + 1 < len(lines) and _RULE.match(lines[at + 1]):
            end = _table_end(lines, at)
            yield from _rows(lines[at], lines[at + 2 : end], above)
            at = end
            above = ""
            continue
        at += 1
        if not line.strip():
            continue
        above = ""
        if _HEADING.match(line) or _RULE.match(line):
            continue
        if _ITEM.match(line):
            yield _item(line, lead_in)
            continue
        paragraph = [line]
        while at < len(lines) and _continues(lines[at]):
            paragraph.append(lines[at])
            at += 1
        found = _sentences("\n".join(paragraph))
        yield from found
        above = plain(_unwrap("\n".join(paragraph)))
        lead_in = found[-1].text if found and found[-1].text.endswith((":", "：")) else ""


def _sentences(paragraph: str) -> list[Statement]:
    return [Statement(text=plain(_unwrap(s)), quote=s) for s in sentences(paragraph)]


def _unwrap(text: str) -> str:
    """Join wrapped lines: with a space, but not between Chinese characters."""
    return _ZH_WRAP.sub("", text).replace("\n", " ")


def _item(line: str, lead_in: str) -> Statement:
    said = plain(_ITEM.sub("", line, count=1))
    space = " " if lead_in and lead_in.isascii() else ""
    return Statement(text=f"{lead_in}{space}{said}", quote=line.strip())


def _rows(header: str, rows: list[str], above: str) -> Iterator[Statement]:
    names = [plain(name) for name in cells(header)]
    # The first column says what the rows are about; what is counted stands in the others.
    units = [told_unit(name) or (told_unit(above) if at else "") for at, name in enumerate(names)]
    for row in rows:
        values = [plain(value) for value in cells(row)]
        pairs = [
            f"{name}: {value}" if name else value
            for name, value in zip(names, values, strict=False)
            if value
        ]
        if pairs:
            counted = frozenset(_counted(units, values))
            yield Statement(text="; ".join(pairs), quote=row.strip(), about=above, counted=counted)


def _counted(units: list[str], values: list[str]) -> Iterator[tuple[str, str]]:
    """The bare numbers of a row whose unit stands elsewhere."""
    for unit, value in zip(units, values, strict=False):
        if unit:
            yield from ((q.value, unit) for q in quantities(value) if q.exact and not q.unit)


def _code(lines: list[str]) -> Statement:
    inner = [line for line in lines if not _FENCE.match(line)]
    return Statement(text="\n".join(inner), quote="\n".join(lines))


def _continues(line: str) -> bool:
    """Whether a line goes on with the paragraph above it."""
    starts_anew = (_FENCE, _HEADING, _ITEM, _ROW)
    return bool(line.strip()) and not any(pattern.match(line) for pattern in starts_anew)


def _fence_end(lines: list[str], start: int) -> int:
    for at in range(start + 1, len(lines)):
        if _FENCE.match(lines[at]):
            return at + 1
    return len(lines)


def _table_end(lines: list[str], start: int) -> int:
    at = start + 2
    while at < len(lines) and _ROW.match(lines[at]):
        at += 1
    return at
