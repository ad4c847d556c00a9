"""Which few statements of the passages found are the evidence?

They are what the language model reads, and what is quoted where it is not believed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from knowledge.candidates import Candidate, candidates, opening_of
from knowledge.model import Hit, Passage
from knowledge.statements import Statement
from knowledge.words import content_words, without

Similarity = Callable[[str, Sequence[str]], Awaitable[list[float]]]
"""How near each text is to a question, cosine in [-1, 1], in the same order."""

_STATEMENTS_COMPARED = 12
_LOOKED_AT_CLOSELY = 4
_SUGGESTED = 3

# The first few stand in the order of a second embedder, which tells them apart far better and takes
# longer; what the first one says then counts half. Found on five development sets: a plateau.
_CLOSE_WEIGHT = 4.0
_MEANING_WEIGHT = 0.5


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
    # Meaning costs most to compare, so it is asked for last, and of a few.
    compared = sorted(candidates(question, hits), key=lambda c: -c.fit)[:_STATEMENTS_COMPARED]
    asked = _ways(question, hits)
    near = await _near(similarity, asked, [c.in_place for c in compared])
    ranked = sorted(
        (_Compared(candidate=c, meaning=cosine) for c, cosine in zip(compared, near, strict=True)),
        key=lambda one: (-one.score, one.candidate.passage.id, one.candidate.statement.quote),
    )
    if closely is not None:
        ranked = await _looked_at_closely(asked, ranked, closely)
    evidence = [
        Evidence(statement=one.candidate.statement, passage=one.candidate.passage, score=one.score)
        for one in ranked
    ]
    return tuple(_distinct(evidence))


def _ways(question: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """The question, and what it asks of a topic that a page names once and then leaves out.

    Else "Harbour Station lies in the north" is nearer to what runs from Harbour Station than "from
    here trains run to the coast". What a heading says is read with every statement.
    """
    topic = content_words(question) & opening_of(hits[0].passage) if hits else frozenset()
    return tuple(dict.fromkeys((question, without(question, topic))))


async def _near(similarity: Similarity, asked: Sequence[str], texts: Sequence[str]) -> list[float]:
    """The mean nearness of each text to all ways to ask."""
    each = [await similarity(way, texts) for way in asked]
    return [sum(cosines) / len(asked) for cosines in zip(*each, strict=True)]


async def _looked_at_closely(
    asked: Sequence[str], ranked: Sequence[_Compared], similarity: Similarity
) -> list[_Compared]:
    """The first few put in order once more; the others stay."""
    few = ranked[:_LOOKED_AT_CLOSELY]
    near = await _near(similarity, asked, [one.candidate.with_title for one in few])
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
    for found in sorted(candidates(question, hits), key=lambda c: -c.by_words):
        kept = firsts.get(found.passage.document_id)
        if kept is None or found.words > kept.score:
            item = Evidence(statement=found.statement, passage=found.passage, score=found.words)
            firsts[found.passage.document_id] = item
    return tuple(firsts.values())[:_SUGGESTED]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Compared:
    """A candidate, and how near its meaning is to the question's."""

    candidate: Candidate
    meaning: float

    @property
    def score(self) -> float:
        """What it is worth."""
        return self.candidate.fit + self.meaning


def _distinct(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Each thing said once, by its best place."""
    seen: set[str] = set()
    kept = []
    for item in evidence:
        if item.statement.text not in seen:
            seen.add(item.statement.text)
            kept.append(item)
    return kept
