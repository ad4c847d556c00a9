"""Small pieces of Markdown that every parser writes the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from knowledge.language import HAN
from knowledge.parsers.limits import MAX_TABLE_CELLS, refuse_beyond

SHORT_URL_CHARACTERS = 60
"""A longer address tells a reader nothing and costs the model a hundred tokens."""

_INVISIBLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u2060\ufeff\ufffe\uffff]")
_LINE_END = re.compile("[\x0b\x0c\u0085\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f]+")
_WIDE = f"{HAN}\u3001-\u303f\uff01-\uff60"
_WIDE_END = re.compile(f"[{_WIDE}]$")
_WIDE_START = re.compile(f"^[{_WIDE}]")
_BACKTICKS = re.compile("`+")
_ENGLISH_SPLIT = re.compile("[a-z]-$")


def visible(text: str) -> str:
    """The text without control and zero-width characters; line ends become `\\n`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _LINE_END.sub("\n", text)
    return _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))


def one_line(text: str) -> str:
    """The text on one line, with single spaces."""
    return _SPACES.sub(" ", joined(text.split("\n"))).strip()


def tidy_lines(text: str) -> str:
    """The text with its lines, each with single spaces and no blank ones."""
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def joined(lines: Iterable[str]) -> str:
    """Lines of one paragraph as one: a space between words, nothing between Chinese characters."""
    # Collected, and joined once: a text that grows line by line is copied for each of them.
    parts: list[str] = []
    for line in filter(None, (line.strip() for line in lines)):
        wide = parts and _WIDE_END.search(parts[-1]) and _WIDE_START.search(line)
        parts += [line] if not parts or wide else [" ", line]
    return "".join(parts)


def unhyphenated(lines: Iterable[str]) -> str:
    """Like `joined`, for set type: a word broken at the line's end is made whole again."""
    parts: list[str] = []
    for line in (line.strip() for line in lines):
        if parts and _ENGLISH_SPLIT.search(parts[-1]) and line[:1].islower():
            parts[-1] = parts[-1][:-1] + line
        elif line:
            parts.append(line)
    return joined(parts)


def pipe_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table, the first one as its header; empty rows and columns vanish.

    Raises:
        DocumentUnreadable: it is far larger than what stands in it.
    """
    full = [cells for row in rows if any(cells := [_cell(cell) for cell in row])]
    used = sorted({column for row in full for column, cell in enumerate(row) if cell})
    if not used:
        return ""
    # One row may be a thousand times as wide as all others, and makes each of them so.
    refuse_beyond(len(full) * len(used), MAX_TABLE_CELLS, "table cells", uri="")
    lines = [f"| {' | '.join(_picked(row, used))} |" for row in full]
    return "\n".join([lines[0], "|" + " --- |" * len(used), *lines[1:]])


def _picked(row: Sequence[str], columns: Sequence[int]) -> Iterator[str]:
    return (row[column] if column < len(row) else "" for column in columns)


def _cell(text: str) -> str:
    return one_line(visible(text)).replace("|", "\\|")


def link(text: str, url: str) -> str:
    """A link as text, its address behind it where a reader could type it."""
    url = url.removeprefix("mailto:").strip()
    typeable = len(url) <= SHORT_URL_CHARACTERS and (
        url.startswith(("http://", "https://")) or re.fullmatch(r"[^\s/@]+@[^\s/@]+", url)
    )
    if not typeable or url.rstrip("/") in text:
        return text
    return f"{text} ({url})" if text.strip() else url


def fenced(code: str, language: str = "") -> str:
    """Code between fences that it does not contain itself."""
    longest = max(map(len, _BACKTICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code.strip(chr(10)).rstrip()}\n{fence}" if code.strip() else ""


def item(marker: str, lines: str) -> str:
    """A list item; its further lines are indented below its text."""
    indent = "\n" + " " * (len(marker) + 1)
    return f"{marker} {lines.replace(chr(10), indent)}"
