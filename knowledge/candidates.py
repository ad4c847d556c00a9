"""Statements of the passages found that may answer, and what each is worth without its meaning:
by the question's words, its place and its amounts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from knowledge.model import Hit, Passage
from knowledge.quantities import amounts, asked_units, fold, quantities
from knowledge.statements import Statement, is_row, statements
from knowledge.suspicion import ploy_of, strays, suspects
from knowledge.words import content_words, searchable_words

_PASSAGES_READ = 5
_PASSAGES_REMEMBERED = 512

# Found on the questions to the sample handbook: meaning, which is compared later, counts most, then
# the question's words by their rarity, then the place of its passage and whether it has a number.
_WORDS_WEIGHT = 0.75
_RANK_PENALTY = 0.05
_BEHIND_PENALTY = 0.03  # a passage far ahead of all others is mostly the one that is asked about
_QUANTITY_BONUS = 0.1
_ASKED_QUANTITY_BONUS = 0.1
_ASKED_UNIT_BONUS = 0.1
_COUNTED_BONUS = 0.3  # a table of just what is asked for; its rows have few words to be found by
_ROW_BONUS = 0.15  # where an amount is asked for, tables are where pages put it
_SAME_AMOUNT_BONUS = 0.3
_LEAD_IN_PENALTY = 0.3

_ASKS_AMOUNT = re.compile(
    r"多少|几[天年月次个位小周]|多久|多长|多大|多高|上限|额度|标准|什么时候|何时|几点|几号|"
    r"how (?:many|much|long|often|soon|late|early)|when\b|what time|deadline|limit|by when",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A question, read for what its answer looks like.

    units: those an answer's amount may have. given: amounts of the question itself, as the second
    year in "入职第二年有几天年假".
    """

    words: frozenset[str]
    asks_amount: bool
    units: frozenset[str]
    given: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, question: str) -> _Wanted:
        return cls(
            words=content_words(question),
            asks_amount=bool(_ASKS_AMOUNT.search(fold(question))),
            units=asked_units(question),
            given=amounts(question),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A statement, read. amounts: with their units, from wherever those are known."""

    statement: Statement
    words: frozenset[str]
    amounts: frozenset[tuple[str, str]]
    has_quantity: bool

    @classmethod
    def of(cls, statement: Statement) -> _Read:
        said = amounts(statement.text) | statement.counted
        return cls(
            statement=statement,
            words=searchable_words(statement.text),
            amounts=said,
            has_quantity=bool(said or quantities(statement.text)),
        )


@lru_cache(maxsize=_PASSAGES_REMEMBERED)
def _read(text: str) -> tuple[_Read, ...]:
    """The statements of a passage; reading one takes 2 ms, and the same are found again."""
    return tuple(
        _Read.of(statement) for statement in statements(text) if _is_for_readers(statement, text)
    )


def _is_for_readers(statement: Statement, text: str) -> bool:
    """Whether it tells a reader something, and not the machine what to do."""
    if any(one.covers(statement.quote) for one in strays(text)):
        return False
    found = suspects(text)
    if not found:
        return True
    return ploy_of(statement.text) is None and not any(one.covers(statement.quote) for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A statement that may answer.

    rank, behind: the place of its passage from 0, and how far its score is below the first one's.
    words: share of the question's words it or its headings have. fit: its worth without meaning.
    """

    read: _Read
    passage: Passage
    rank: int
    behind: float = 0.0
    words: float = 0.0
    fit: float = 0.0

    @property
    def statement(self) -> Statement:
        """What it says."""
        return self.read.statement

    @property
    def by_words(self) -> float:
        """What it is worth by its words and its place alone."""
        place = _RANK_PENALTY * self.rank + _BEHIND_PENALTY * self.behind
        return _WORDS_WEIGHT * self.words - place

    @property
    def in_place(self) -> str:
        """The statement after the heading it stands under: "12 days" says little alone."""
        return self._under(_heading(self.passage)[-1])

    @property
    def with_title(self) -> str:
        """Also after the title of its page: a row of a table seldom names what it is about."""
        title, *headings = _heading(self.passage)
        return self._under(" ".join(dict.fromkeys(filter(None, (title, *headings[-1:])))))

    def _under(self, heading: str) -> str:
        said = f"{self.statement.about} {self.statement.text}".strip()
        return f"{heading}：{said}" if heading else said


def candidates(question: str, hits: Sequence[Hit]) -> list[Candidate]:
    """Statements of the first passages, in their order, weighed."""
    wanted = _Wanted.of(question)
    return [replace(one, fit=_fit(one, wanted)) for one in _sharing(wanted.words, hits)]


def opening_of(passage: Passage) -> frozenset[str]:
    """The words of its first statement: what a passage is about, where its headings do not say."""
    first = _read(passage.text)[:1]
    return frozenset().union(*(read.words for read in first)) - _above(passage)


def _sharing(wanted: frozenset[str], hits: Sequence[Hit]) -> list[Candidate]:
    """Statements of the first passages, in their order, with the words they share."""
    passages = [hit.passage for hit in hits[:_PASSAGES_READ]]
    # A reranker's order is not that of the scores.
    behind = [max(0.0, hits[0].score - hit.score) for hit in hits[:_PASSAGES_READ]]
    above = [_above(passage) | opening_of(passage) for passage in passages]
    found = [(rank, read) for rank, one in enumerate(passages) for read in _read(one.text)]
    rarity = _rarity(wanted, [read.words for _, read in found])
    return [
        Candidate(
            read=read,
            passage=passages[rank],
            rank=rank,
            behind=behind[rank],
            words=_share(wanted & (above[rank] | read.words), rarity),
        )
        for rank, read in found
    ]


def _above(passage: Passage) -> frozenset[str]:
    """The words of its headings."""
    return searchable_words("\n".join(_heading(passage)))


def _heading(passage: Passage) -> tuple[str, ...]:
    return (passage.title, *passage.heading_path)


def _rarity(wanted: frozenset[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each of the question's words tells one statement from the others."""
    counts = {word: sum(word in text for text in texts) for word in wanted}
    return {word: math.log(1 + len(texts) / (1 + count)) for word, count in counts.items()}


def _share(shared: frozenset[str], rarity: Mapping[str, float]) -> float:
    """What the shared words are of the question's words, by rarity."""
    total = sum(rarity.values())
    return sum(rarity[word] for word in shared) / total if total else 0.0


def _fit(candidate: Candidate, wanted: _Wanted) -> float:
    """What a statement is worth by its words, place and amounts."""
    read = candidate.read
    score = candidate.by_words
    if read.has_quantity:
        score += _QUANTITY_BONUS + (_ASKED_QUANTITY_BONUS if wanted.asks_amount else 0.0)
    if wanted.asks_amount and is_row(read.statement.quote):
        score += _ROW_BONUS
    if _has(read.amounts, wanted.units):
        score += _ASKED_UNIT_BONUS
    if _has(read.statement.counted, wanted.units):
        score += _COUNTED_BONUS
    if wanted.given & read.amounts:
        score += _SAME_AMOUNT_BONUS
    if read.statement.text.endswith((":", "：")):
        score -= _LEAD_IN_PENALTY
    return score


def _has(said: frozenset[tuple[str, str]], units: frozenset[str]) -> bool:
    return any(unit in units for _, unit in said)
