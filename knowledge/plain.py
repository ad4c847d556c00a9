"""A question without what typing adds to it: 年假 有 几天？？？ asks 年假有几天？

An embedder reads "who pays" and "who pays..." as different texts, and words are looked for in runs
of Chinese characters that a space would break. Where a space stands for a comma it stays.
"""

from __future__ import annotations

import re
from itertools import pairwise

from knowledge.language import HAN

_CHINESE = f"[{HAN}，。？！；：、]"
_BETWEEN_CHARACTERS = re.compile(f"(?<={_CHINESE}) (?={_CHINESE})")
_SHORTEST_CLAUSE = 4
"""Characters; whoever writes spaces between words has words of one to three."""

_QUOTED = re.compile(r'["“”「『]([^"“”「」『』]+)["“”」』]')
_LABEL = re.compile(r"(?:q|question|问题?)\s?[:：]\s?|[-*•>] ", re.IGNORECASE)
_SMILE = "\u2600-\u27bf\ufe0f\u200d\U0001f300-\U0001faff"
_MARK = rf"[\s?？。.!！…~～{_SMILE}]"
_END = re.compile(rf"(?<!{_MARK}){_MARK}+$")


def plain(text: str) -> str:
    """What was typed, on one line; a text of nothing but marks stays as it is."""
    line = _without_spaces_between_words(" ".join(text.split()))
    if label := _LABEL.match(line):
        line = line[label.end() :]
    if quoted := _QUOTED.fullmatch(line):
        line = quoted[1]
    if not (end := _END.search(line)):
        return line
    return line[: end.start()] + _question_mark(end.group()) if end.start() else text


def _without_spaces_between_words(line: str) -> str:
    pieces = _BETWEEN_CHARACTERS.split(line)
    joined = pieces[0]
    for before, piece in pairwise(pieces):
        of_words = min(len(before), len(piece)) < _SHORTEST_CLAUSE
        joined += piece if of_words else f" {piece}"
    return joined


def _question_mark(marks: str) -> str:
    return next((mark for mark in "？?" if mark in marks), "")
