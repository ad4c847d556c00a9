"""How long an asker waits.

    python -m tests.benchmarks.waiting [PART…] [--asked 200] [--written 24] [--out FILE]

Two measurements, each through the same objects that serve people, with the second embedder and the
comparison token by token that ship:

- `without_model`: 10,000 passages, answers quoted from the evidence or refused;
- `with_model`: the sample handbook and the default language model, from the question to the first
  draft and to the finished card.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from platformdirs import user_cache_path

from bot.cli.demo import demo_settings, handbook
from bot.cli.options import open_shelf
from bot.core.cards import answer_card
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.lasting import keep_what_is_loaded
from bot.settings import Settings, load
from knowledge.engines.extractive import Extractive
from knowledge.labelled import Labelled, load_questions
from knowledge.model import Draft, Question
from tests.benchmarks.machine import machine
from tests.benchmarks.spread import spread

QUESTIONS = Path("tests/content/questions.jsonl")
_CHARACTERS = 300
PASSAGES = 10_000
PARTS = ("without_model", "with_model")


def corpus(folder: Path) -> Path:
    """The sample handbook again and again, as branches of one company, until it is large enough."""
    file = folder / "branches.jsonl"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(_lines()), encoding="utf-8")
    return file


def _lines() -> Iterator[str]:
    pages = sorted(handbook().rglob("*.md"))
    sections = [(page, part) for page in pages for part in page.read_text("utf-8").split("\n## ")]
    for number in range(PASSAGES):
        page, text = sections[number % len(sections)]
        branch = number // len(sections)
        line = {
            "doc_id": f"{page.parent.name}__{page.stem}__{branch}",
            "passage_id": f"passage-{number}",
            "title": f"{page.stem.replace('_', ' ')}, branch {branch}",
            "text": f"Branch {branch}. {text[:_CHARACTERS]}",
        }
        yield json.dumps(line, ensure_ascii=False) + "\n"


async def without_model(settings: Settings, questions: Sequence[Labelled]) -> dict[str, object]:
    """Milliseconds to a quoted or refused answer, and to the decision which, at 10,000 passages."""
    folder = user_cache_path("deskmate") / "bench"
    opened = open_knowledge(
        settings, open_shelf(), store_folder=folder / "store", generator=Extractive()
    )
    async with opened as knowledge:
        await knowledge.ingest.run([corpus(folder)])
        await knowledge.warm_search()
        keep_what_is_loaded()  # as serving does
        decided: list[float] = []
        times = [await _card_ms(knowledge, one, on_decision=decided.append) for one in questions]
        return {
            "passages": await knowledge.store.count(),
            "answer": spread(times),
            "decision": spread(decided),
        }


async def with_model(settings: Settings, questions: Sequence[Labelled]) -> dict[str, object]:
    """Milliseconds from the question to the first draft, and to the card, with the model."""
    folder = user_cache_path("deskmate") / "bench" / "handbook"
    # Every question reaches the model: what is refused takes no time worth measuring.
    always = settings.answering.model_copy(update={"least_confidence": 0.0})
    settings = settings.model_copy(update={"answering": always})
    async with open_knowledge(settings, open_shelf(), store_folder=folder) as knowledge:
        await knowledge.ingest.run([handbook()])
        await knowledge.warm()
        first: list[float] = []
        times = [await _card_ms(knowledge, one, first.append) for one in questions]
        return {
            "engine": knowledge.generator.name,
            "first_draft": spread(first),
            "card": spread(times),
        }


async def _card_ms(
    knowledge: KnowledgeBase,
    one: Labelled,
    on_first: Callable[[float], None] = lambda _ms: None,
    on_decision: Callable[[float], None] = lambda _ms: None,
) -> float:
    started = time.perf_counter()
    waiting = True
    async for said in knowledge.answerer.stream(Question(text=one.text, language=one.language)):
        elapsed_ms = (time.perf_counter() - started) * 1000
        if isinstance(said, Draft) and waiting:
            waiting = False
            on_first(elapsed_ms)
        elif not isinstance(said, Draft):
            answer_card(said, one.language)
            on_decision(said.timings.retrieve_ms)
    return (time.perf_counter() - started) * 1000


async def run(parts: Sequence[str], asked: int, written: int) -> dict[str, object]:
    """The measurements that are named."""
    settings = demo_settings(load())
    questions = load_questions(QUESTIONS)
    # A stride, not the first ones: the file is ordered by topic.
    some = questions[:: max(1, len(questions) // written)][:written]
    figures: dict[str, object] = {"machine": machine()}
    if "without_model" in parts:
        figures["without_model"] = await without_model(settings, questions[:asked])
    if "with_model" in parts:
        figures["with_model"] = await with_model(settings, some)
    return figures


def measured(parts: Sequence[str], *, asked: int, written: int) -> dict[str, object]:
    """The figures as JSON has them."""
    return asyncio.run(run(parts, asked, written))


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, default=Path("build/waiting.json"))
    parser.add_argument("--asked", type=int, default=200, help="questions without a model")
    parser.add_argument("--written", type=int, default=24, help="questions with the model")
    arguments = parser.parse_args()
    figures = json.dumps(
        measured(arguments.parts, asked=arguments.asked, written=arguments.written), indent=1
    )
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(f"{figures}\n", encoding="utf-8")
    print(figures)


if __name__ == "__main__":
    main()
