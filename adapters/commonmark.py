"""CommonMark as our platforms read it: tables, no HTML, and bold that works in Chinese."""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

# CommonMark's flanking rule was made for spaces between words: `**注意：**请` stays unbold. A
# zero-width space makes such a run flank; it is taken out again after parsing.
_ZERO_WIDTH: Final = "\u200b"
_CLOSING_RUN: Final = re.compile(r"(?<=[：，。！？；、）】》」』”’])(\*\*?)(?=\w)")
_OPENING_RUN: Final = re.compile(r"(?<=\w)(\*\*?)(?=[（【《「『“‘])")

_SIGNS: Final = re.compile(r"\*\*|__|`|^\s*(?:[-*+>|]|#{1,6})\s+")


def commonmark() -> MarkdownIt:
    """A parser that leaves HTML as the text it was written as."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def parse(parser: MarkdownIt, text: str) -> list[Token]:
    """Parse Markdown; a run of stars beside Chinese punctuation is emphasis as well."""
    text = text.replace(_ZERO_WIDTH, "")
    marked = _OPENING_RUN.sub(rf"\1{_ZERO_WIDTH}", _CLOSING_RUN.sub(rf"{_ZERO_WIDTH}\1", text))
    tokens = parser.parse(marked)
    for token in tokens:
        _clean(token)
    return tokens


def plain_quote(quote: str) -> str:
    """A quote for one line of plain text, without the commonest signs of Markdown.

    Of a table's row the cells that are not empty.
    """
    row = quote.strip()
    if row.startswith("|"):
        quote = " · ".join(cell for each in row.split("|") if (cell := each.strip()))
    return _SIGNS.sub("", quote)


def _clean(token: Token) -> None:
    token.content = token.content.replace(_ZERO_WIDTH, "")
    for child in token.children or ():
        _clean(child)
