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
from dataclasses import dataclass
from importlib.resources import files

from knowledge.model import Hit, Passage
from knowledge.words import content_words, coverage, searchable_words

_PASSAGES_READ = 5
_FIRST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceModel:
    """A logistic model: the probability of `bias` + the weighted sum of signals.

    least_confidence: the threshold shipped for those who fitted none on their own questions.
    """

    bias: float
    weights: Mapping[str, float]
    least_confidence: float

    def probability(self, signals: Mapping[str, float]) -> float:
        """In (0, 1); a signal without a weight counts nothing."""
        logit = self.bias + sum(weight * signals[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-logit))


def load_model(embedders: str) -> EvidenceModel:
    """The model that was fitted for these embedders, named as in `e5-small+use-multilingual`."""
    file = files("knowledge") / "evidence_models" / f"{embedders}.json"
    return EvidenceModel(**json.loads(file.read_text(encoding="utf-8")))


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
