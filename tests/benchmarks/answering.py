"""How many answers a second one bot gives, and how long each asker waits for which part of it.

    python -m tests.benchmarks.answering [--askers 4] [--seconds 20] [--model NAME] [--out FILE]

Askers stand side by side and ask the next question as soon as they have their answer. First the
extractive engine answers, then the language model, each over the sample handbook and through the
same objects that serve people. With the model it is noted when its first and last piece came.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path

from platformdirs import user_cache_path

from bot.cli.demo import demo_settings, handbook
from bot.cli.options import open_shelf
from bot.engines import choose_generator
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import Settings, load
from knowledge.engines.extractive import Extractive
from knowledge.errors import ModelError
from knowledge.labelled import Labelled, load_questions
from knowledge.model import Draft, Prompt, Question
from knowledge.ports import Generator
from tests.benchmarks.machine import machine
from tests.benchmarks.spread import spread

QUESTIONS = Path("tests/content/questions.jsonl")


class Noting:
    """A generator, and when its first and last piece came, in milliseconds from being asked."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self.name = generator.name
        self.first_ms: list[float] = []
        self.last_ms: list[float] = []

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        began = time.perf_counter()
        pieces = 0
        async with aclosing(self._generator.stream(prompt)) as drafts:
            async for draft in drafts:
                if not pieces:
                    self.first_ms.append(1_000 * (time.perf_counter() - began))
                pieces += 1
                yield draft
        if pieces > 1:  # the judge's single word is no answer
            self.last_ms.append(1_000 * (time.perf_counter() - began))

    async def ping(self) -> None:
        await self._generator.ping()

    async def close(self) -> None:
        await self._generator.close()


async def measure(
    settings: Settings, generator: Generator, *, askers: int, seconds: float, warm: bool
) -> dict[str, object]:
    """Answers a second and the askers' waiting times, over the sample handbook."""
    folder = user_cache_path("deskmate") / "bench" / "handbook"
    noting = Noting(generator)
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=noting)
    async with opened as knowledge:
        await knowledge.ingest.run([handbook()])
        await (knowledge.warm() if warm else knowledge.warm_search())
        noting.first_ms.clear()
        noting.last_ms.clear()
        waited, drafted, took_s = await _asked(knowledge, askers=askers, seconds=seconds)
    return {
        "engine": generator.name,
        "askers": askers,
        "answers_per_s": round(len(waited) / took_s, 2),
        "first_draft": spread(drafted),
        "first_token": spread(noting.first_ms),
        "last_token": spread(noting.last_ms),
        "answer": spread(waited),
    }


async def _asked(
    knowledge: KnowledgeBase, *, askers: int, seconds: float
) -> tuple[list[float], list[float], float]:
    """Milliseconds to each answer and each first draft, and the seconds it took in all."""
    # Answers that repeat would come from what is remembered, not from the search.
    questions = itertools.cycle(load_questions(QUESTIONS))
    waited: list[float] = []
    drafted: list[float] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(askers):
            tasks.create_task(
                _asker(knowledge, questions, began + seconds, waited=waited, drafted=drafted)
            )
    return waited, drafted, time.perf_counter() - began


async def _asker(
    knowledge: KnowledgeBase,
    questions: Iterator[Labelled],
    until: float,
    *,
    waited: list[float],
    drafted: list[float],
) -> None:
    while time.perf_counter() < until:
        one = next(questions)
        began, waiting = time.perf_counter(), True
        async for said in knowledge.answerer.stream(Question(text=one.text, language=one.language)):
            if waiting and isinstance(said, Draft):
                drafted.append(1_000 * (time.perf_counter() - began))
                waiting = False
        waited.append(1_000 * (time.perf_counter() - began))


def settings_for(model: str) -> Settings:
    """As the demo has them, with another language model if one is named."""
    settings = demo_settings(load())
    chosen = settings.generation.model_copy(update={"model": model} if model else {})
    return settings.model_copy(update={"generation": chosen})


def run(
    *, askers: Sequence[int] = (1, 4), seconds: float = 20.0, model: str = ""
) -> dict[str, object]:
    """The figures as JSON has them; for a model that is not here, why there are none."""
    settings = settings_for(model)
    found: dict[str, object] = {"machine": machine()}
    found["extractive"] = [
        asyncio.run(measure(settings, Extractive(), askers=n, seconds=seconds, warm=False))
        for n in askers
    ]
    try:
        generator = choose_generator(settings.generation, open_shelf())
    except ModelError as error:
        return {**found, "model": {"not_measured": str(error)}}
    found["model"] = asyncio.run(
        measure(settings, generator, askers=1, seconds=2 * seconds, warm=True)
    )
    return found


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--askers", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--model", default="", metavar="NAME", help="default: the one that ships")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = json.dumps(run(askers=given.askers, seconds=given.seconds, model=given.model), indent=1)
    print(found)
    if given.out:
        given.out.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main()
