"""Is there evidence, and which few statements are it?

Refusing is decided here, outside the language model: models of the size that runs in the house
cannot be asked to refuse, they then refuse what they could answer. A probability that the hits
hold the answer comes from what the retrievers and the words say; the statements that carry it are
what the model reads and what is quoted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from knowledge.model import Hit, Passage
from knowledge.quantities import quantities
from knowledge.statements import Statement, statements
from knowledge.words import content_words, coverage

Similarity = Callable[[str, Sequence[str]], Awaitable[list[float]]]
"""How near each text is to a question, cosine in [-1, 1], in the same order."""

_PASSAGES_READ = 5
_STATEMENTS_COMPARED = 32

# Statement score: meaning first, words second, then the place of its passage in the ranking.
_WORDS_WEIGHT = 0.5
_RANK_PENALTY = 0.02
_ASKED_KIND_BONUS = 0.06

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the hits amount to.

    confidence: probability in [0, 1] that they hold the answer.
    evidence: best first; empty where nothing was found.
    """

    confidence: float
    evidence: tuple[Evidence, ...]


async def weigh(question: str, hits: Sequence[Hit], similarity: Similarity) -> Finding:
    """Choose the statements that may answer a question and judge whether they do."""
    if not hits:
        return Finding(confidence=0.0, evidence=())
    wanted = content_words(question)
    candidates = _candidates(wanted, hits)
    near = await similarity(question, [c.statement.text for c in candidates])
    asks_amount = bool(_ASKS_AMOUNT.search(question))
    evidence = sorted(
        (
            _scored(c, cosine, asks_amount=asks_amount)
            for c, cosine in zip(candidates, near, strict=True)
        ),
        key=lambda e: (-e.score, e.passage.id, e.statement.quote),
    )
    best = max(near, default=0.0)
    return Finding(confidence=confidence(wanted, hits, best), evidence=tuple(_distinct(evidence)))


def confidence(wanted: frozenset[str], hits: Sequence[Hit], statement_cosine: float) -> float:
    """Probability that the hits hold the answer: a logistic model on five features.

    Fitted on the development sets (see docs/explanation/quality.md), where questions whose page was
    withheld are the negatives.
    """
    features = signals(wanted, hits, statement_cosine)
    logit = _BIAS + sum(weight * features[name] for name, weight in _WEIGHTS.items())
    return 1.0 / (1.0 + math.exp(-logit))


def signals(
    wanted: frozenset[str], hits: Sequence[Hit], statement_cosine: float
) -> dict[str, float]:
    """The features of the evidence decision, each roughly in [0, 1].

    covered: share of the question's content words that one of the first three passages has.
    covered_together: the same over the first five passages.
    e5, use: best cosine of any hit.
    statement: best cosine of a single statement.
    """
    texts = [content_words(_readable(hit.passage)) for hit in hits[:_PASSAGES_READ]]
    together = frozenset().union(*texts)
    return {
        "covered": max(coverage(wanted, words) for words in texts[:3]),
        "covered_together": coverage(wanted, together),
        "e5": max(hit.signals.get("e5", 0.0) for hit in hits),
        "use": max(hit.signals.get("use", 0.0) for hit in hits),
        "statement": statement_cosine,
    }


_BIAS = -14.0
_WEIGHTS = {"covered": 2.0, "covered_together": 1.5, "e5": 10.0, "use": 3.0, "statement": 3.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    statement: Statement
    passage: Passage
    words: float


def _candidates(wanted: frozenset[str], hits: Sequence[Hit]) -> list[_Candidate]:
    """Statements of the first passages; where there are many, those that share most words."""
    found = [
        _Candidate(
            statement=statement,
            passage=hit.passage,
            words=coverage(wanted, content_words(statement.text)) - _RANK_PENALTY * rank,
        )
        for rank, hit in enumerate(hits[:_PASSAGES_READ])
        for statement in statements(hit.passage.text)
    ]
    found.sort(key=lambda c: -c.words)
    return found[:_STATEMENTS_COMPARED]


def _scored(candidate: _Candidate, cosine: float, *, asks_amount: bool) -> Evidence:
    fits = asks_amount and bool(quantities(candidate.statement.text))
    score = cosine + _WORDS_WEIGHT * candidate.words + (_ASKED_KIND_BONUS if fits else 0.0)
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


def _readable(passage: Passage) -> str:
    return "\n".join((passage.title, *passage.heading_path, passage.text))
