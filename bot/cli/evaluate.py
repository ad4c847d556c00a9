"""`deskmate evaluate`: how good it is on a labelled set, with a fresh index of the corpus."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from pathlib import Path

from platformdirs import user_cache_path

from bot.cli.ask import answer
from bot.cli.options import Subcommands, add_config, add_json, open_shelf, settings_of
from bot.cli.terminal import counting_bar, print_json, result_console
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import Settings
from knowledge.engines.extractive import Extractive
from knowledge.errors import PathMissing
from knowledge.evaluate import (
    Engagement,
    Evaluation,
    Mode,
    Trial,
    answering,
    engaging,
    evaluate,
    load_questions,
    retrieving,
)
from knowledge.hashes import sha256_of
from knowledge.labelled import Labelled
from knowledge.model import Answer, Hit, Outcome, Question


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("evaluate", help="score a labelled set of questions")
    parser.add_argument("--corpus", type=Path, required=True, metavar="PATH")
    parser.add_argument("--qa", type=Path, required=True, metavar="FILE")
    parser.add_argument("--mode", choices=("retrieve", "answer", "engage"), default="answer")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N questions")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="write what came back")
    parser.add_argument(
        "--self-contained",
        action="store_true",
        help="leave out questions that cannot be understood without their page",
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Index the corpus aside, ask every question, print the figures."""
    questions = load_questions(arguments.qa, self_contained_only=arguments.self_contained)
    found = await measure(
        settings_of(arguments), arguments.corpus, questions[: arguments.limit], arguments.mode
    )
    if arguments.predictions:
        lines = "".join(f"{line}\n" for line in found.lines())
        await asyncio.to_thread(arguments.predictions.write_text, lines, encoding="utf-8")
    if arguments.json:
        print_json(found.as_json())
    else:
        _print(found)
    return 0


async def measure(
    settings: Settings, corpus: Path, questions: tuple[Labelled, ...], mode: Mode
) -> Evaluation:
    """Score questions against an index of the corpus that is kept by the corpus's content.

    Raises:
        PathMissing: there is no such corpus.
    """
    digest = await asyncio.to_thread(digest_of, corpus)
    folder = user_cache_path("deskmate") / "evaluations" / digest
    generator = None if mode == "answer" else Extractive()
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=generator)
    async with opened as knowledge:
        with counting_bar("indexing") as progress:
            await knowledge.ingest.run([corpus], audience=None, on_progress=progress)
        with counting_bar("asking") as progress:
            return await evaluate(questions, _trial(knowledge, mode), progress=progress)


def digest_of(corpus: Path) -> str:
    """A name for the content of a file or folder.

    Raises:
        PathMissing: there is none.
    """
    if not corpus.exists():
        raise PathMissing(str(corpus))
    files = sorted(path for path in corpus.rglob("*") if path.is_file()) or [corpus]
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.relative_to(corpus)}\0{sha256_of(file)}\n".encode())
    return total.hexdigest()[:24]


def _trial(knowledge: KnowledgeBase, mode: Mode) -> Trial:
    async def find(question: Question) -> tuple[Hit, ...]:
        return await knowledge.retriever.retrieve(question.text, audience=question.audience)

    async def reply(question: Question) -> Answer:
        return await answer(knowledge.answerer, question)

    async def engage(one: Labelled) -> Engagement:
        said = await reply(Question(text=one.text, language=one.language))
        known = said.outcome is not Outcome.UNKNOWN
        return Engagement(engage=known, confidence=said.confidence, hits=said.hits)

    match mode:
        case "retrieve":
            return retrieving(find)
        case "answer":
            return answering(reply)
        case "engage":
            return engaging(engage)


def _print(found: Evaluation) -> None:
    for name, value in found.as_json().items():
        shown = f"{value:.3f}" if isinstance(value, float) else value
        result_console().print(f"{name:24} {shown}", highlight=False)
