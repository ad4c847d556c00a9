"""Can a reader tell by the clock that there is an answer for others?

`python -m tests.benchmarks.canaries_timing`: the figures of docs/explanation/quality.md.

The same question is asked, alternately, of a bot that keeps a verified answer and pages for others,
and of one that has neither. What is told apart by chance alone is told apart in half of the cases.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from knowledge.curated import Curated, CuratedFirst
from knowledge.model import EVERYONE, Answer, CuratedAnswer, CuratedRevision, Question
from tests.benchmarks.canaries import Straight, hashed
from tests.benchmarks.canaries_office import Office, office_of
from tests.fakes_core import SameWords

QUESTION: Final = "Where is the merger plan?"
_FOR_OTHERS: Final = frozenset({"board"})
_SAMPLES: Final = 2_000


class Verified:
    """The log of changes with one verified answer, or with none."""

    def __init__(self, *answers: CuratedAnswer) -> None:
        self._changes = tuple(
            CuratedRevision(
                number=number, id=answer.id, answer=answer, by="", at=answer.verified_at
            )
            for number, answer in enumerate(answers, start=1)
        )

    async def mark(self) -> tuple[int, int]:
        return len(self._changes), len(self._changes)

    async def since(self, number: int) -> tuple[CuratedRevision, ...]:
        return self._changes[number:]


SECRET: Final = CuratedAnswer(
    id="secret",
    question=QUESTION,
    text="Behind the mirror.",
    language="en",
    audience=_FOR_OTHERS,
    verified_at=datetime(2025, 1, 1, tzinfo=UTC),
    barred=("What is for lunch?",),
)


async def measured(questions: int) -> dict[str, float]:
    """How well one asking tells the two bots apart, and by how much their medians differ."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        offices = []
        for name in ("with", "without"):
            (folder / name).mkdir()
            office = await stack.enter_async_context(
                office_of(7, folder / name, embedders=hashed())
            )
            await _keep(office, with_secrets=name == "with")
            offices.append(office)
        bots = [_bot(offices[0], SECRET), _bot(offices[1])]
        for bot in bots:
            for _ in range(20):
                await _ask(bot)
        pairs = [[await _ask(bot) for bot in bots] for _ in range(questions)]
    took = np.array(pairs)
    low, high = _interval(took[:, 0] - took[:, 1])
    return {
        "questions": questions,
        "with_ms": median(took[:, 0]),
        "without_ms": median(took[:, 1]),
        "difference_ms_from": low,
        "difference_ms_to": high,
        "told_apart": _told_apart(took[:, 0], took[:, 1]),
    }


async def _keep(office: Office, *, with_secrets: bool) -> None:
    """The pages for everybody, and those for others too or not."""
    pages = office.world.pages
    for canary in [one for one, page in pages.items() if EVERYONE not in page.audience]:
        if not with_secrets:
            del pages[canary]
    await office.take_in()


def _bot(office: Office, *verified: CuratedAnswer) -> CuratedFirst:
    documents = office.documents(office.store)
    curated = Curated(Verified(*verified), likeness=SameWords(), sources=documents)
    return CuratedFirst(curated, documents)


async def _ask(bot: CuratedFirst) -> float:
    """Milliseconds until a reader without any audience has the answer."""
    began_s = time.perf_counter()
    answers = [
        said
        async for said in bot.stream(Question(text=QUESTION, language="en"))
        if isinstance(said, Answer)
    ]
    took_ms = (time.perf_counter() - began_s) * 1000
    assert len(answers) == 1
    assert answers[0].curated is None
    return took_ms


def _interval(differences: Sequence[float]) -> tuple[float, float]:
    """The median of the paired differences, from where to where in 95 of 100 samples."""
    rng, values = np.random.default_rng(1), np.asarray(differences)
    drawn = rng.choice(values, size=(_SAMPLES, len(values)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return float(low), float(high)


def _told_apart(one: Sequence[float], other: Sequence[float]) -> float:
    """How often the slower of two askings is of the bot with secrets; 0.5 is chance."""
    first, second = np.asarray(one)[:, None], np.asarray(other)[None, :]
    return float(np.mean(first > second) + np.mean(first == second) / 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and say."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.canaries_timing")
    parser.add_argument("--questions", type=int, default=2_000)
    given = parser.parse_args(arguments)
    with asyncio.Runner(loop_factory=Straight) as runner:
        figures = runner.run(measured(given.questions))
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
