"""How good are retrieval, answers and manners on a labelled set?

The engines come as callables, so that anything that answers can be scored.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from knowledge import metrics
from knowledge.labelled import Labelled, load_questions
from knowledge.model import Answer, Citation, Hit, Outcome, Question, Tokens

__all__ = [
    "Engagement",
    "Evaluation",
    "Labelled",
    "Prediction",
    "Trial",
    "answering",
    "engaging",
    "evaluate",
    "figures",
    "is_wrong",
    "load_questions",
    "retrieving",
]

Mode: TypeAlias = Literal["retrieve", "answer", "engage"]
Figure: TypeAlias = float | int | str | list[float] | None

HITS_KEPT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What came back for one labelled line.

    outcome, text and citations only in mode answer; engage only in mode engage.
    """

    id: str
    hits: tuple[Hit, ...] = ()
    outcome: Outcome | None = None
    text: str = ""
    confidence: float = 0.0
    citations: tuple[Citation, ...] = ()
    engage: bool | None = None
    tokens: Tokens = field(default_factory=Tokens)
    ms: float = 0.0

    def as_json(self, mode: Mode) -> dict[str, object]:
        """The line of a predictions file, with the keys that belong to the mode."""
        line: dict[str, object] = {"id": self.id, "hits": [_hit_as_json(hit) for hit in self.hits]}
        if mode == "answer":
            line |= {
                "outcome": self.outcome,
                "text": self.text,
                "confidence": round(self.confidence, 4),
                "citations": [_citation_as_json(citation) for citation in self.citations],
            }
        if mode == "engage":
            line |= {"engage": self.engage, "confidence": round(self.confidence, 4)}
        return line | {"ms": round(self.ms, 2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Whether a message in a group should be answered unasked, and what was found for it."""

    engage: bool
    confidence: float = 0.0
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The predictions in input order, and the figures they add up to."""

    mode: Mode
    predictions: tuple[Prediction, ...]
    figures: Mapping[str, Figure]

    def as_json(self) -> dict[str, Figure]:
        """The figures, ready for `json.dumps`."""
        return {"mode": self.mode, **self.figures}

    def lines(self) -> Iterator[str]:
        """The predictions file, line by line."""
        for prediction in self.predictions:
            yield json.dumps(prediction.as_json(self.mode), ensure_ascii=False)


Finds: TypeAlias = Callable[[Question], Awaitable[Sequence[Hit]]]
Answers: TypeAlias = Callable[[Question], Awaitable[Answer]]
Engages: TypeAlias = Callable[[Labelled], Awaitable[Engagement]]
Progress: TypeAlias = Callable[[int, int], None]
"""Called with how many are done, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is put to the test, and how one labelled line is put to it."""

    mode: Mode
    run: Callable[[Labelled], Awaitable[Prediction]]


def retrieving(retrieve: Finds) -> Trial:
    """Score what is found."""

    async def run(one: Labelled) -> Prediction:
        return Prediction(id=one.id, hits=tuple(await retrieve(_question(one))))

    return Trial(mode="retrieve", run=run)


def answering(answer: Answers) -> Trial:
    """Score what is said, what is refused, and what was found on the way."""

    async def run(one: Labelled) -> Prediction:
        said = await answer(_question(one))
        return Prediction(
            id=one.id,
            hits=said.hits,
            outcome=said.outcome,
            text=said.text,
            confidence=said.confidence,
            citations=said.citations,
            tokens=said.tokens,
        )

    return Trial(mode="answer", run=run)


def engaging(engage: Engages) -> Trial:
    """Score which messages of a group are answered unasked."""

    async def run(one: Labelled) -> Prediction:
        decision = await engage(one)
        return Prediction(
            id=one.id, hits=decision.hits, engage=decision.engage, confidence=decision.confidence
        )

    return Trial(mode="engage", run=run)


async def evaluate(
    questions: Sequence[Labelled],
    trial: Trial,
    *,
    progress: Progress | None = None,
    clock_s: Callable[[], float] = time.perf_counter,
) -> Evaluation:
    """Put every question to the test and add up the outcome.

    One after the other, so that the times are those of a single asker. In mode engage, lines whose
    label is None are left out.
    """
    asked = [one for one in questions if trial.mode != "engage" or one.engage is not None]
    predictions: list[Prediction] = []
    for done, one in enumerate(asked, start=1):
        started_s = clock_s()
        prediction = await trial.run(one)
        ms = (clock_s() - started_s) * 1000
        predictions.append(replace(prediction, hits=prediction.hits[:HITS_KEPT], ms=ms))
        if progress is not None:
            progress(done, len(asked))
    return Evaluation(
        mode=trial.mode,
        predictions=tuple(predictions),
        figures=figures(trial.mode, asked, predictions),
    )


# ── figures ───────────────────────────────────────────────────────────────────────────────────


def figures(
    mode: Mode, asked: Sequence[Labelled], predictions: Sequence[Prediction]
) -> dict[str, Figure]:
    """What the predictions add up to; every mode has n and the times.

    recall@k: share of the answerable questions with a gold document among the first k different
        documents found; mrr@10 likewise.
    coverage: share of the answerable questions that were answered at all.
    wrong_answer_rate: share of the given answers that are wrong; see `is_wrong`.
    refusal_…: a refusal is right where the corpus does not hold the answer.
    """
    pairs = list(zip(asked, predictions, strict=True))
    parts = {"retrieve": _found, "answer": _found, "engage": _engaged}[mode](pairs)
    if mode == "answer":
        parts |= _answered(pairs) | _refused(pairs)
    return {"n": len(pairs), **parts, **_cost(predictions)}


def is_wrong(one: Labelled, prediction: Prediction) -> bool:
    """Whether a given answer is wrong.

    Any answer to an unanswerable question is. Where there are gold answers, the text must agree
    with one (`metrics.agrees`), or quote a gold passage; where there are none, it must cite a gold
    document.
    """
    if not one.answerable:
        return True
    if any(citation.passage_id in one.gold_passage_ids for citation in prediction.citations):
        return _is_fact(one) and not metrics.agrees(prediction.text, one.answers)
    if one.answers:
        return not metrics.agrees(prediction.text, one.answers)
    return not any(c.document_id in one.gold_document_ids for c in prediction.citations)


def _is_fact(one: Labelled) -> bool:
    """Whether a gold answer is short enough to be expected word for word."""
    return any(len(metrics.units(gold)) <= metrics.SHORT_ANSWER_UNITS for gold in one.answers)


_Pairs: TypeAlias = Sequence[tuple[Labelled, Prediction]]


def _found(pairs: _Pairs) -> dict[str, Figure]:
    ranks = [
        metrics.first_rank([hit.passage.document_id for hit in got.hits], one.gold_document_ids)
        for one, got in pairs
        if one.answerable and one.gold_document_ids
    ]
    result: dict[str, Figure] = {"n_with_gold": len(ranks)}
    for k in (1, 5, 10):
        reached = sum(rank is not None and rank <= k for rank in ranks)
        result[f"recall@{k}"] = _rate(reached, len(ranks))
        result[f"recall@{k}_interval"] = _interval(reached, len(ranks))
    near = sum(1 / rank for rank in ranks if rank is not None and rank <= 10)
    return result | {"mrr@10": round(near / len(ranks), 4) if ranks else 0.0}


def _answered(pairs: _Pairs) -> dict[str, Figure]:
    given = [(one, got) for one, got in pairs if got.outcome is not Outcome.UNKNOWN]
    answerable = sum(one.answerable for one, _ in pairs)
    wrong = sum(is_wrong(one, got) for one, got in given)
    return {
        "answered": len(given),
        "refused": len(pairs) - len(given),
        "coverage": _rate(sum(one.answerable for one, _ in given), answerable),
        "wrong_answers": wrong,
        "wrong_answer_rate": _rate(wrong, len(given)),
        "wrong_answer_rate_interval": _interval(wrong, len(given)),
    }


def _refused(pairs: _Pairs) -> dict[str, Figure]:
    return {
        f"refusal_{name}": value
        for name, value in _precision_recall(
            [(not one.answerable, got.outcome is Outcome.UNKNOWN) for one, got in pairs]
        ).items()
    }


def _engaged(pairs: _Pairs) -> dict[str, Figure]:
    said = [(one.engage is True, got.engage is True) for one, got in pairs]
    return {"engaged": sum(did for _, did in said)} | {
        f"engage_{name}": value for name, value in _precision_recall(said).items()
    }


def _precision_recall(said: Sequence[tuple[bool, bool]]) -> dict[str, Figure]:
    """From pairs of what should be and what was."""
    right = sum(should and did for should, did in said)
    precision = metrics.ratio(right, sum(did for _, did in said))
    recall = metrics.ratio(right, sum(should for should, _ in said))
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(metrics.f1(precision, recall), 4),
    }


def _cost(predictions: Sequence[Prediction]) -> dict[str, Figure]:
    times_ms = [prediction.ms for prediction in predictions]
    percentiles: dict[str, Figure] = {
        f"p{share}_ms": round(metrics.percentile(times_ms, share / 100), 2)
        for share in (50, 95, 99)
    }
    return percentiles | {
        "prompt_tokens": sum(prediction.tokens.prompt for prediction in predictions),
        "completion_tokens": sum(prediction.tokens.completion for prediction in predictions),
    }


def _rate(part: int, whole: int) -> float:
    return round(metrics.ratio(part, whole), 4)


def _interval(part: int, whole: int) -> list[float]:
    return [round(bound, 4) for bound in metrics.wilson(part, whole)]


def _question(one: Labelled) -> Question:
    return Question(text=one.text, language=one.language)


def _hit_as_json(hit: Hit) -> dict[str, object]:
    return {
        "document_id": hit.passage.document_id,
        "text": hit.passage.text,
        "score": round(hit.score, 6),
    }


def _citation_as_json(citation: Citation) -> dict[str, object]:
    return {
        "marker": citation.marker,
        "document_id": citation.document_id,
        "passage_id": citation.passage_id,
        "title": citation.title,
        "uri": citation.uri,
        "quote": citation.quote,
    }
