"""Which few statements of the passages found are the evidence?

They are what the language model reads, and what is quoted where it is not believed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from knowledge.model import Hit, Passage
from knowledge.quantities import amounts, asked_units, fold, quantities
from knowledge.statements import Statement, is_row, statements
from knowledge.suspicion import ploy_of, strays, suspects
from knowledge.words import content_words, searchable_words

Similarity = Callable[[str, Sequence[str]], Awaitable[list[float]]]
"""How near each text is to a question, cosine in [-1, 1], in the same order."""

_PASSAGES_READ = 5
_PASSAGES_REMEMBERED = 512
_STATEMENTS_COMPARED = 12
_LOOKED_AT_CLOSELY = 4
_SUGGESTED = 3

# The first few stand in the order of a second embedder, which tells them apart far better and takes
# longer; what the first one says then counts half. Found on five development sets: a plateau.
_CLOSE_WEIGHT = 4.0
_MEANING_WEIGHT = 0.5

# What a statement is worth, found on the questions to the sample handbook: meaning first, then
# the question's words by their rarity, then the place of its passage and whether it has a number.
_WORDS_WEIGHT = 0.75
_RANK_PENALTY = 0.05
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
class Evidence:
    """One statement of one passage, and how well it fits the question."""

    statement: Statement
    passage: Passage
    score: float


async def weigh(
    question: str,
    hits: Sequence[Hit],
    similarity: Similarity,
    *,
    closely: Similarity | None = None,
) -> tuple[Evidence, ...]:
    """The statements that may answer a question, best first; none where nothing was found.

    closely: puts the first few in order, where there is another embedder for it.
    """
    wanted = _Wanted.of(question)
    fitting = [replace(found, fit=_fit(found, wanted)) for found in _candidates(wanted.words, hits)]
    # Meaning costs most to compare, so it is asked for last, and of a few.
    compared = sorted(fitting, key=lambda c: -c.fit)[:_STATEMENTS_COMPARED]
    near = await similarity(question, [c.in_place for c in compared])
    ranked = sorted(
        (_Compared(candidate=c, meaning=cosine) for c, cosine in zip(compared, near, strict=True)),
        key=lambda one: (-one.score, one.candidate.passage.id, one.candidate.statement.quote),
    )
    if closely is not None:
        ranked = await _looked_at_closely(question, ranked, closely)
    evidence = [
        Evidence(statement=one.candidate.statement, passage=one.candidate.passage, score=one.score)
        for one in ranked
    ]
    return tuple(_distinct(evidence))


async def _looked_at_closely(
    question: str, ranked: Sequence[_Compared], similarity: Similarity
) -> list[_Compared]:
    """The first few put in order once more; the others stay."""
    few = ranked[:_LOOKED_AT_CLOSELY]
    near = await similarity(question, [one.candidate.with_title for one in few])
    worth = {
        one: _CLOSE_WEIGHT * cosine + _MEANING_WEIGHT * one.meaning + one.candidate.fit
        for one, cosine in zip(few, near, strict=True)
    }
    return [*sorted(few, key=lambda one: -worth[one]), *ranked[_LOOKED_AT_CLOSELY:]]


def closest(question: str, hits: Sequence[Hit]) -> tuple[Evidence, ...]:
    """Where to look on, as nothing is certain: a statement of each of the best documents.

    The statement that shares most of the question's words, by their rarity; reads no meaning, so it
    costs next to nothing.
    """
    firsts: dict[str, Evidence] = {}
    candidates = _candidates(content_words(question), hits)
    candidates.sort(key=lambda c: _RANK_PENALTY * c.rank - _WORDS_WEIGHT * c.words)
    for found in candidates:
        kept = firsts.get(found.passage.document_id)
        if kept is None or found.words > kept.score:
            item = Evidence(statement=found.statement, passage=found.passage, score=found.words)
            firsts[found.passage.document_id] = item
    return tuple(firsts.values())[:_SUGGESTED]


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
class _Candidate:
    """A statement that may answer.

    words: share of the question's words it or its headings have. fit: its score without meaning.
    """

    read: _Read
    passage: Passage
    rank: int
    words: float = 0.0
    fit: float = 0.0

    @property
    def statement(self) -> Statement:
        """What it says."""
        return self.read.statement

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Compared:
    """A candidate, and how near its meaning is to the question's."""

    candidate: _Candidate
    meaning: float

    @property
    def score(self) -> float:
        """What it is worth."""
        return self.candidate.fit + self.meaning


def _candidates(wanted: frozenset[str], hits: Sequence[Hit]) -> list[_Candidate]:
    """Statements of the first passages, in their order, with the words they share."""
    passages = [hit.passage for hit in hits[:_PASSAGES_READ]]
    above = [searchable_words("\n".join(_heading(passage))) for passage in passages]
    found = [(rank, read) for rank, one in enumerate(passages) for read in _read(one.text)]
    rarity = _rarity(wanted, [read.words for _, read in found])
    return [
        _Candidate(
            read=read,
            passage=passages[rank],
            rank=rank,
            words=_share(wanted & (above[rank] | read.words), rarity),
        )
        for rank, read in found
    ]


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


def _fit(candidate: _Candidate, wanted: _Wanted) -> float:
    """What a statement is worth by its words, place and amounts."""
    read = candidate.read
    score = _WORDS_WEIGHT * candidate.words - _RANK_PENALTY * candidate.rank
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


def _distinct(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Each thing said once, by its best place."""
    seen: set[str] = set()
    kept = []
    for item in evidence:
        if item.statement.text not in seen:
            seen.add(item.statement.text)
            kept.append(item)
    return kept
