"""Headings that show only by how they are numbered: 第一章, 一、, （一）, 2.3."""

from __future__ import annotations

import re
from typing import Final

_NUMERAL: Final = "[〇零一二两三四五六七八九十百千0-9０-９]{1,7}"
_LEVELS: Final = (
    (2, re.compile(rf"第\s?{_NUMERAL}\s?[编篇部]分?(?![一-鿿]{{0,2}}[，,])")),
    (3, re.compile(rf"第\s?{_NUMERAL}\s?章")),
    (4, re.compile(rf"第\s?{_NUMERAL}\s?节")),
    (5, re.compile(rf"(?:第\s?{_NUMERAL}\s?条)\s*$|附录|附件\s?{_NUMERAL}?\s?[:：]?")),
    (5, re.compile("[一二三四五六七八九十]{1,3}\\s?[、.．]")),
    (6, re.compile("[（(][一二三四五六七八九十]{1,3}[）)]")),
)
_DECIMAL = re.compile(r"(\d{1,2}(?:\.\d{1,2}){1,3})\.?[\s　]*(?=[^\d\s.%])")
_CHAPTER = re.compile(r"(?:Chapter|Part|Section|Appendix|Article)\s+(?:\d+|[IVXLC]+|[A-Z])\b")
_SENTENCE_END = re.compile(r"[。；;，,！!：:、]$|[a-z]\.$")
_MAX_WIDTH = 80


def numbered_heading(line: str) -> int | None:
    """The level of a line that is a numbered heading, 2 to 6; None for ordinary text.

    A heading is short and no sentence: `（一）劳动者患病的；` is an item of a list.
    """
    if not line or width_of(line) > _MAX_WIDTH or _SENTENCE_END.search(line):
        return None
    for level, pattern in _LEVELS:
        if pattern.match(line):
            return level
    decimal = _DECIMAL.match(line)
    if decimal:
        return min(decimal.group(1).count(".") + 2, 6)
    return 2 if _CHAPTER.match(line) else None


def width_of(line: str) -> int:
    """How many columns a line takes where a Chinese character takes two."""
    return sum(2 if letter > "\u2e7f" else 1 for letter in line)
