"""CommonMark → the Markdown DingTalk shows; pure.

It has no tables and no HTML of ours to show, fetches every picture it is told of, and calls
everybody where a text says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it.token import Token

from adapters.commonmark import commonmark, parse
from adapters.dialect import clean, safe_links

_MOST_CHARS: Final = 40_000
"""More than any message may hold, so that whoever shortens it afterwards sees that it is long."""

_ZERO_WIDTH: Final = "\u200b"
_EVERYBODY: Final = re.compile(r"([@＠])(?=所有人|全体|all\b|everyone\b|here\b)", re.IGNORECASE)
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>", re.IGNORECASE)
_TAG: Final = re.compile(r"(?<!\]\()<(?=[A-Za-z/!?])")
_PICTURE: Final = re.compile(r"!(?=\[)")
_TICKS: Final = re.compile(r"`+")
_LINE_END: Final = re.compile(r"\r\n?")
_SIGNS: Final = re.compile(r"([\\`*_\[\]#|~])")


def dingtalk_markdown(text: str) -> str:
    """Text as DingTalk can show it: tables become lists, tags and calls to everybody plain text."""
    text = safe_links(clean(_LINE_END.sub("\n", text[:_MOST_CHARS])))
    lines = text.split("\n")
    blocks = list(_special(parse(commonmark(), text)))
    pieces: list[str] = []
    done = 0
    for start, end, rows in blocks:
        pieces.extend((_harmless("\n".join(lines[done:start])), rows or _quiet(lines[start:end])))
        done = end
    pieces.append(_harmless("\n".join(lines[done:])))
    return "\n".join(piece for piece in pieces if piece).strip("\n")


def plain(text: str) -> str:
    """Text on one line that is shown as it is, also where backslashes mean nothing."""
    line = _no_tags(no_calls(" ".join(clean(text).split())))
    return _SIGNS.sub(r"\\\1", line.replace("](", "] ("))


def _special(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """Code blocks and tables, as lines from – to; a table with the list that replaces it."""
    done = 0
    for place, token in enumerate(tokens):
        if token.map is None or token.map[0] < done:
            continue
        if token.type in {"fence", "code_block"}:
            done = token.map[1]
            yield token.map[0], token.map[1], ""
        elif token.type == "table_open":
            done = token.map[1]
            yield token.map[0], token.map[1], _list_of(tokens[place:], depth=token.level)


def _list_of(tokens: Sequence[Token], *, depth: int) -> str:
    header, *rows = _rows(tokens)
    # Two more columns a level: a table inside a list stays inside it.
    indent = "  " * (depth // 2)
    lines = [f"{indent}- {line}" for row in rows if (line := _line(header, row))]
    if not rows:
        lines = [f"{indent}- {' · '.join(cell for cell in header if cell)}"]
    return "\n" + "\n".join(lines) + "\n"


def _line(header: Sequence[str], row: Sequence[str]) -> str:
    first, *rest = row
    head = f"**{first}**" if first and "*" not in first else first
    labelled = [
        f"{label}: {cell}" if label else cell
        for label, cell in zip(header[1:], rest, strict=False)
        if cell
    ]
    if len(header) == 2 and head and rest and rest[0]:
        return f"{head}: {rest[0]}"
    return " · ".join(part for part in (head, *labelled) if part)


def _rows(tokens: Sequence[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_harmless(token.content))
    return rows


def _harmless(text: str) -> str:
    """Text without tags, pictures or calls; what stands in code spans keeps its signs."""
    shown: list[str] = []
    done = 0
    for start, end in _code_spans(text):
        shown.extend((_no_tags(text[done:start]), text[start:end]))
        done = end
    return no_calls("".join((*shown, _no_tags(text[done:]))))


def _code_spans(text: str) -> Iterator[tuple[int, int]]:
    """From – to of each code span: it ends at the next run of as many ticks as it began with."""
    runs = [found.span() for found in _TICKS.finditer(text)]
    closing: dict[int, int] = {}
    ends: list[int | None] = []
    for start, end in reversed(runs):
        ends.append(closing.get(end - start))
        closing[end - start] = end
    done = 0
    for (start, _), span_end in zip(runs, reversed(ends), strict=True):
        if start >= done and span_end is not None:
            done = span_end
            yield start, span_end


def _no_tags(text: str) -> str:
    text = _AUTOLINK.sub(r"\1", text)
    return _PICTURE.sub("", _TAG.sub(f"<{_ZERO_WIDTH}", text))


def _quiet(lines: Sequence[str]) -> str:
    return no_calls("\n".join(lines))


def no_calls(text: str) -> str:
    """Text that calls nobody, and looks the same."""
    return _EVERYBODY.sub(rf"\1{_ZERO_WIDTH}", text)
