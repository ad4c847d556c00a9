"""CommonMark → the Markdown of Feishu's cards; pure.

Feishu reads tags such as `<at id=all></at>` in Markdown and calls people with them. So no `<` of
ours stays one: outside code it becomes an entity, in code the tags that call are broken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from adapters.commonmark import commonmark
from adapters.dialect import clean, safe_links

_CALLING_TAG: Final = re.compile(r"<(?=/?(?:at|person|all)\b)", re.IGNORECASE)
_BROKEN: Final = "<\u200b"

_QUOTE_SIGNS: Final = re.compile(r"[ \t]*(?:>[ \t]?)+")
_CODE: Final = re.compile(r"(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)")
_ADDRESS: Final = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>", re.IGNORECASE)
_ANGLED_DESTINATION: Final = re.compile(r"\]\(<([^\s<>()]+)>")
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_SIGN: Final = re.compile(r"[<>]")
_PLAIN_SIGN: Final = re.compile(r"[\\`*_\[\]<>#~|!&]|^[-+=]|^\d{1,9}(?=[.)])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Text for a `markdown` element. tables: how many it holds."""

    text: str
    tables: int


def feishu_markdown(text: str, *, most_tables: int) -> Shown:
    """Markdown as Feishu reads it; tables beyond `most_tables` are shown as code.

    Pictures and links nobody vouches for are words; HTML is shown as it was written.
    """
    lines = safe_links(clean(text)).split("\n")
    page = _Page(lines, most_tables)
    parser = commonmark()
    parser.core.ruler.enableOnly(["normalize", "block"])
    for token in parser.parse("\n".join(lines)):
        page.read(token)
    return Shown(text=page.text(), tables=page.tables)


def plain_markdown(text: str) -> str:
    """Plain text that shows as it is in a `markdown` element, on one line."""
    line = " ".join(clean(text).split())
    return _PLAIN_SIGN.sub(_entity, line)


def longest(text: str) -> str:
    """Plain filling at least as long as `feishu_markdown` would make this text, found in no time.

    Cleaned text only.
    """
    grown = 4 * len(_SIGN.findall(text)) + 4 * text.count("](") + 12 * text.count("|\n")
    addresses = sum(len(address) + 4 for address in _ADDRESS.findall(text))
    return f"{text}{'x' * (grown + addresses + 16)}"


class _Page:
    """Lines to be rewritten, and what the block structure says of each."""

    def __init__(self, lines: list[str], most_tables: int) -> None:
        self._lines = lines
        self._most_tables = most_tables
        self._verbatim: set[int] = set()
        self._before: dict[int, str] = {}
        self._after: dict[int, str] = {}
        self.tables = 0

    def read(self, token: Token) -> None:
        """Learn from one block."""
        start, end = token.map or (0, 0)
        match token.type:
            case "fence":
                self._verbatim.update(range(start, end))
                self._close(token, end)
            case "table_open" if self.tables < self._most_tables:
                self.tables += 1
            case "table_open":
                self._verbatim.update(range(start, end))
                self._before[start] = self._after[end - 1] = "```"
            case _:
                pass

    def text(self) -> str:
        """The page, rewritten."""
        out: list[str] = []
        for number, line in enumerate(self._lines):
            if number in self._before:
                out.append(self._before[number])
            out.append(without_calls(line) if number in self._verbatim else _in_words(line))
            if number in self._after:
                out.append(self._after[number])
        return "\n".join(out)

    def _close(self, fence: Token, end: int) -> None:
        """A fence that runs to the end of the text must not swallow what comes after it."""
        last = self._lines[end - 1].strip(" \t>")
        opened_only = end - 1 == (fence.map or (0, 0))[0]
        if opened_only or not (last.startswith(fence.markup) and not last.strip(fence.markup[0])):
            self._after[end - 1] = fence.markup


def without_calls(text: str) -> str:
    """Text in which the tags that call people are broken, wherever Feishu might read them."""
    return _CALLING_TAG.sub(_BROKEN, text)


def _in_words(line: str) -> str:
    quote = _QUOTE_SIGNS.match(line)
    start = quote.end() if quote else 0
    out = [line[:start]]
    for code in _CODE.finditer(line, start):
        out += (_escaped(line[start : code.start()]), without_calls(code[0]))
        start = code.end()
    out.append(_escaped(line[start:]))
    return "".join(out)


def _escaped(words: str) -> str:
    words = _ANGLED_DESTINATION.sub(r"](\1", words)
    words = _ADDRESS.sub(r"[\1](\1)", words)
    return _SIGN.sub(_entity, _ESCAPED.sub(_entity_of_first, words))


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0][0])};{match[0][1:]}"


def _entity_of_first(match: re.Match[str]) -> str:
    return f"&#{ord(match[1])};"
