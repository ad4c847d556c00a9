"""Which few statements of the passages found are the evidence?

They are what the language model reads, and what is quoted where it is not believed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge.model import Hit, Passage
from knowledge.quantities import amounts, quantities
from knowledge.statements import Statement, statements
from knowledge.words import content_words, searchable_words

Similarity = Callable[[str, Sequence[str]], Awaitable[list[float]]]
"""How near each text is to a question, cosine in [-1, 1], in the same order."""

_PASSAGES_READ = 5
_STATEMENTS_COMPARED = 12
_SUGGESTED = 3

# What a statement is worth, found on the questions to the sample handbook: meaning first, then
# the question's words by their rarity, then the place of its passage and whether it has a number.
_WORDS_WEIGHT = 0.75
_RANK_PENALTY = 0.05
_QUANTITY_BONUS = 0.1
_ASKED_QUANTITY_BONUS = 0.1
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


async def weigh(question: str, hits: Sequence[Hit], similarity: Similarity) -> tuple[Evidence, ...]:
    """The statements that may answer a question, best first; none where nothing was found."""
    wanted = content_words(question)
    candidates = _candidates(wanted, hits)
    near = await similarity(question, [c.in_place for c in candidates])
    asks_amount = bool(_ASKS_AMOUNT.search(question))
    given = amounts(question)
    scored = (
        _scored(candidate, cosine, asks_amount=asks_amount, given=given)
        for candidate, cosine in zip(candidates, near, strict=True)
    )
    evidence = sorted(scored, key=lambda e: (-e.score, e.passage.id, e.statement.quote))
    return tuple(_distinct(evidence))


def closest(question: str, hits: Sequence[Hit]) -> tuple[Evidence, ...]:
    """Where to look on, as nothing is certain: a statement of each of the best documents.

    The statement that shares most of the question's words, by their rarity; reads no meaning, so it
    costs next to nothing.
    """
    firsts: dict[str, Evidence] = {}
    for found in _candidates(content_words(question), hits):
        kept = firsts.get(found.passage.document_id)
        if kept is None or found.words > kept.score:
            item = Evidence(statement=found.statement, passage=found.passage, score=found.words)
            firsts[found.passage.document_id] = item
    return tuple(firsts.values())[:_SUGGESTED]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A statement that may answer. words: share of the question's words it or its headings have."""

    statement: Statement
    passage: Passage
    rank: int
    words: float = 0.0

    @property
    def in_place(self) -> str:
        """The statement after the heading it stands under: "12 days" says little alone."""
        heading = (self.passage.title, *self.passage.heading_path)[-1]
        return f"{heading}：{self.statement.text}" if heading else self.statement.text


def _candidates(wanted: frozenset[str], hits: Sequence[Hit]) -> list[_Candidate]:
    """Statements of the first passages; where there are many, those that share most words."""
    found = [
        _Candidate(statement=statement, passage=hit.passage, rank=rank)
        for rank, hit in enumerate(hits[:_PASSAGES_READ])
        for statement in statements(hit.passage.text)
    ]
    rarity = _rarity(wanted, [content_words(c.statement.text) for c in found])
    weighed = [replace(c, words=_shared(wanted, c, rarity)) for c in found]
    weighed.sort(key=lambda c: _RANK_PENALTY * c.rank - _WORDS_WEIGHT * c.words)
    return weighed[:_STATEMENTS_COMPARED]


def _rarity(wanted: frozenset[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each of the question's words tells one statement from the others."""
    counts = {word: sum(word in text for text in texts) for word in wanted}
    return {word: math.log(1 + len(texts) / (1 + count)) for word, count in counts.items()}


def _shared(wanted: frozenset[str], candidate: _Candidate, rarity: Mapping[str, float]) -> float:
    """The share of the question's words that a statement and its headings have, by rarity."""
    place = (candidate.passage.title, *candidate.passage.heading_path, candidate.statement.text)
    words = searchable_words("\n".join(place))
    total = sum(rarity.values())
    return sum(rarity[word] for word in wanted & words) / total if total else 0.0


def _scored(
    candidate: _Candidate,
    cosine: float,
    *,
    asks_amount: bool,
    given: frozenset[tuple[str, str]],
) -> Evidence:
    """given: amounts of the question, as the second year in "入职第二年有几天年假"."""
    text = candidate.statement.text
    score = cosine + _WORDS_WEIGHT * candidate.words - _RANK_PENALTY * candidate.rank
    if quantities(text):
        score += _QUANTITY_BONUS + (_ASKED_QUANTITY_BONUS if asks_amount else 0.0)
    if given & amounts(text):
        score += _SAME_AMOUNT_BONUS
    if text.endswith((":", "：")):
        score -= _LEAD_IN_PENALTY
    return Evidence(statement=candidate.statement, passage=candidate.passage, score=score)


def _distinct(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Each thing said once, by its best place."""
    seen: set[str] = set()
    kept = []
    for item in evidence:
        if item.statement.text not in seen:
            seen.add(item.statement.text)
            kept.append(item)
    return kept
