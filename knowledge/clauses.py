"""Text cut into clauses and read once, so that an answer can be held against its evidence.

A clause is what stands between two commas, semicolons or sentence ends; of a table row, a cell
with its column name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.language import language_of
from knowledge.model import Language
from knowledge.quantities import Quantity, fold, quantities
from knowledge.words import content_words

_HARD = re.compile(r"[;。!?\n]+|(?<![\d.])\.(?=\s|$)|(?<=\d)\.(?=\s+[a-z]|\s*$)")
_SOFT = re.compile(
    r"(?<!\d),|,(?!\d{3}(?!\d))|、(?=[^、,;。]{0,30}\d[^、,;。]*(?:[、,;。]|$))|\b(?:but|while)\b"
)
_CELL = re.compile(r"\s*([^:;]{1,80}):\s+(\S[^;]*)")
_OTHER = re.compile(r"其他|其它|其余|\bothers?\b|\belse")
_DIGITS = re.compile(r"\d")

LIGHT = frozenset(
    "可以 需要 应当 应该 必须 能够 享有 享受 获得 得到 提供 进行 员工 规定 要求 相关 有关 情况 "
    "按照 根据 以及 或者 并且 如果 但是 因此 所以 包括 属于 作为 对于 关于 由于 同时 以后 以前 "
    "以内 以上 以下 超过 至少 最多 最长 最低 最高 一共 总共 分别 均为 均可 每年 每月 每天 每日 "
    "每次 每人 负责 元以 天以 年以 天内 日内 "
    "employe company per most least maximum minimum use receiv amount total also includ within"
    "".split()
)
"""Words of any rule; they tell no rule from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause, folded.

    terms: what it is about: content words without numbers, units and words of any rule.
    local: its terms and those of the clauses before it that lead up to it.
    ends: nothing after it belongs to the same thought.
    """

    text: str
    words: frozenset[str]
    terms: frozenset[str]
    local: frozenset[str]
    quantities: tuple[Quantity, ...]
    ends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A statement, a sentence or a question, read.

    text: as it stands; folded: as it is compared.
    clauses: without those of a heading.
    cells: value by column name, of a table row; else empty.
    """

    text: str
    folded: str
    language: Language
    words: frozenset[str]
    terms: frozenset[str]
    quantities: tuple[Quantity, ...]
    clauses: tuple[Clause, ...]
    cells: tuple[tuple[str, str], ...]


def read(text: str) -> Said:
    """Read a text for comparing."""
    return _read(text, "", text)


def read_statement(text: str) -> Said:
    """Read a statement of the evidence: the first of several lines is its heading.

    What stands under a heading is about it, but a heading by itself says nothing.
    """
    heading, _, said = text.partition("\n")
    return _read(text, heading, said) if said.strip() else _read(text, "", text)


def _read(text: str, heading: str, said: str) -> Said:
    above, below = fold(heading), fold(said)
    found = quantities(said)
    clauses = _clauses(below, found)
    titled = quantities(heading) if heading else ()
    about = terms(above, titled)
    return Said(
        text=text,
        folded=f"{below}\n{above}" if heading else below,
        language=language_of(said),
        words=content_words(above).union(*(clause.words for clause in clauses)),
        terms=about.union(*(clause.terms for clause in clauses)),
        quantities=(*found, *(_moved(q, len(below) + 1) for q in titled)),
        clauses=clauses,
        cells=_cells(below),
    )


def _moved(quantity: Quantity, by: int) -> Quantity:
    return replace(quantity, start=quantity.start + by, end=quantity.end + by)


def terms(folded: str, found: Sequence[Quantity]) -> frozenset[str]:
    """What a folded text is about: its content words without its quantities and light words."""
    rest = list(folded)
    for quantity in found:
        rest[quantity.start : quantity.end] = " " * (quantity.end - quantity.start)
    bare = "".join(rest)
    return _telling(content_words(bare), bare)


def _telling(words: frozenset[str], text: str) -> frozenset[str]:
    # A single Chinese character is what a number left over.
    empty = {word for word in words if _DIGITS.match(word) or (len(word) == 1 and word > "z")}
    return words - LIGHT - empty | frozenset("其他" for _ in _OTHER.finditer(text))


def _clauses(folded: str, known: Sequence[Quantity]) -> tuple[Clause, ...]:
    found: list[Clause] = []
    leading: frozenset[str] = frozenset()
    for start, end, ends in _cut(folded):
        text = folded[start:end]
        inside = tuple(_moved(q, -start) for q in known if start <= q.start and q.end <= end)
        words = content_words(text)
        own = terms(text, inside) if inside else _telling(words, text)
        found.append(
            Clause(
                text=text,
                words=words,
                terms=own,
                local=own | leading,
                quantities=inside,
                ends=ends,
            )
        )
        leading = frozenset() if inside or ends else leading | own
    return tuple(found)


def _cut(folded: str) -> Iterator[tuple[int, int, bool]]:
    """Where the clauses of a folded text stand, and whether a thought ends with them."""
    for first, last in _between(_HARD, folded, 0, len(folded)):
        parts = list(_between(_SOFT, folded, first, last))
        yield from ((start, end, (start, end) == parts[-1]) for start, end in parts)


def _between(marks: re.Pattern[str], text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """What stands between the marks, without the spaces around it and what is nothing else."""
    at = first
    for start, end in (*(m.span() for m in marks.finditer(text, first, last)), (last, last)):
        part = text[at:start]
        left = at + len(part) - len(part.lstrip())
        right = left + len(part.strip())
        if right > left:
            yield left, right
        at = end


def _cells(folded: str) -> tuple[tuple[str, str], ...]:
    """The cells of a row written as "name: value; name: value", else none."""
    parts = folded.split("; ")
    found = [match for part in parts if (match := _CELL.fullmatch(part))]
    if len(parts) < 2 or len(found) < len(parts) - 1:
        return ()
    return tuple((match[1], match[2]) for match in found)
