"""Labelled lines are put to the test, one after the other.

The engines come as callables, so that anything that answers can be scored.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from knowledge.evaluate.figures import Figure, Figures, figures
from knowledge.evaluate.gold import GoldPassages
from knowledge.evaluate.judged import Judged, judge
from knowledge.evaluate.prediction import Mode, Prediction
from knowledge.labelled import Labelled
from knowledge.model import Answer, Hit, Question

HITS_KEPT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """Whether a message in a group should be answered unasked, and what was found for it."""

    engage: bool
    confidence: float = 0.0
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Every line in input order with what came back, and the figures they add up to."""

    mode: Mode
    judged: tuple[Judged, ...]
    figures: Figures

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """What came back, in input order."""
        return tuple(one.got for one in self.judged)

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
    gold: GoldPassages | None = None,
    progress: Progress | None = None,
    clock_s: Callable[[], float] = time.perf_counter,
) -> Evaluation:
    """Put every question to the test and add up the outcome.

    One after the other, so that the times are those of a single asker. In mode engage, lines whose
    label is None are left out.

    gold: the reference passages; without them there is no recall by passage.
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
    return await asyncio.to_thread(
        added_up, trial.mode, asked, predictions, gold=gold or GoldPassages()
    )


def added_up(
    mode: Mode, asked: Sequence[Labelled], predictions: Sequence[Prediction], *, gold: GoldPassages
) -> Evaluation:
    """Hold predictions against their labels, one by one."""
    pairs = zip(asked, predictions, strict=True)
    judged = tuple(judge(one, got, gold) for one, got in pairs)
    return Evaluation(mode=mode, judged=judged, figures=figures(mode, judged))


def pooled(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Several evaluations of one mode as if all their questions were one set.

    Every question counts the same, so a large set counts more than a small one.
    """
    judged = tuple(one for evaluation in evaluations for one in evaluation.judged)
    mode = evaluations[0].mode
    return Evaluation(mode=mode, judged=judged, figures=figures(mode, judged))


def _question(one: Labelled) -> Question:
    return Question(text=one.text, language=one.language)
