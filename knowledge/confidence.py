"""How likely is it that the passages found hold the answer?

A logistic model on a few signals that cost nothing once the passages are there: how near they are,
whether they stand out, whether the retrievers agree, and whether the question's words occur. Its
weights come with the package, a file for each choice of embedders; `tests/benchmarks/evidence.py`
fits them. The decision to refuse rests on this alone, so a refusal needs no language model.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, cast

from knowledge.logistic import log_odds, logistic
from knowledge.model import Hit, Language, Passage
from knowledge.words import content_words, coverage, searchable_words

_PASSAGES_READ = 5
_FIRST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a language model's judgement in one language is worth beside the signals.

    A second logistic model: `confidence` weighs the log odds of the first, `odds` the language
    model's log odds of "yes" over "no".
    """

    bias: float
    confidence: float
    odds: float

    def probability(self, confidence: float, odds: float) -> float:
        """The confidence once the judgement is known, in (0, 1)."""
        return logistic(self.bias + self.confidence * log_odds(confidence) + self.odds * odds)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeWeights:
    """When a language model is asked, and what its judgement is worth.

    between: it is asked where the confidence without it lies in here.
    by_language: models this small judge worse in one language than in the other; in one that is
        missing it is not asked.
    """

    between: tuple[float, float]
    by_language: Mapping[Language, Judgement]

    def doubts(self, confidence: float, language: Language) -> bool:
        """Whether a confidence is worth a judgement."""
        low, high = self.between
        return language in self.by_language and low <= confidence <= high


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceModel:
    """A logistic model: the probability of `bias` + the weighted sum of signals.

    least_confidence: the threshold shipped for those who fitted none on their own questions.
    judges: the language models whose judgement can be weighed beside it, by catalogue name.
    """

    bias: float
    weights: Mapping[str, float]
    least_confidence: float
    judges: Mapping[str, JudgeWeights] = field(default_factory=dict)

    def probability(self, signals: Mapping[str, float]) -> float:
        """In (0, 1); a signal without a weight counts nothing."""
        logit = self.bias + sum(weight * signals[name] for name, weight in self.weights.items())
        return logistic(logit)


def load_model(embedders: str) -> EvidenceModel:
    """The model that was fitted for these embedders, named as in `e5-small+use-multilingual`."""
    file = files("knowledge") / "evidence_models" / f"{embedders}.json"
    fields = json.loads(file.read_text(encoding="utf-8"))
    judges = {name: _judge(weights) for name, weights in fields.pop("judges", {}).items()}
    return EvidenceModel(**fields, judges=judges)


def _judge(fields: Mapping[str, Any]) -> JudgeWeights:
    by_language = {name: Judgement(**one) for name, one in fields["by_language"].items()}
    return JudgeWeights(between=tuple(fields["between"]), by_language=cast("Any", by_language))


def signals(question: str, hits: Sequence[Hit]) -> dict[str, float]:
    """What the evidence model looks at, by name; each roughly in [0, 1].

    hits: at least one, best first.

    - `covered`: share of the question's content words that one of the first three passages has.
    - `covered_together`: the same over the first five passages.
    - `e5`, `use`: the best cosine of any hit; 0 where that embedder is not used.
    - `e5_lead`, `use_lead`: how far that hit is above the last one its retriever ranked.
    - `agreement`: share of the pairs of retrievers whose best passages are of the same document.
    - `length`: logarithm of the number of content words, over 3.
    """
    wanted = content_words(question)
    texts = [searchable_words(_readable(hit.passage)) for hit in hits[:_PASSAGES_READ]]
    together = frozenset().union(*texts)
    return {
        "covered": max(coverage(wanted, words) for words in texts[:_FIRST]),
        "covered_together": coverage(wanted, together),
        "e5": _best("e5", hits),
        "use": _best("use", hits),
        "e5_lead": _best("e5_lead", hits),
        "use_lead": _best("use_lead", hits),
        "agreement": _agreement(hits),
        "length": math.log1p(len(wanted)) / 3.0,
    }


def _best(signal: str, hits: Sequence[Hit]) -> float:
    return max(hit.signals.get(signal, 0.0) for hit in hits)


def _agreement(hits: Sequence[Hit]) -> float:
    """Of each two retrievers, whether they put the same document first."""
    firsts = [
        hit.passage.document_id
        for name in ("e5_rank", "use_rank", "bm25_rank")
        for hit in hits
        if hit.signals.get(name) == 1.0
    ]
    pairs = [(one, other) for at, one in enumerate(firsts) for other in firsts[at + 1 :]]
    return sum(one == other for one, other in pairs) / len(pairs) if pairs else 0.0


def _readable(passage: Passage) -> str:
    return "\n".join((passage.title, *passage.heading_path, passage.text))
