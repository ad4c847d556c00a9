"""`deskmate evaluate`: how good it is on a labelled set, with a fresh index of the corpus."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_cache_path

from bot.cli.ablation import leaving_out
from bot.cli.options import Subcommands, add_config, add_json, open_shelf, settings_of
from bot.cli.report.runs import Runs, digest_of_questions
from bot.cli.report.write import write
from bot.cli.terminal import counting_bar, print_json, result_console, say
from bot.engines import has_token_vectors
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import Settings
from knowledge.answer import final_answer
from knowledge.engines.extractive import Extractive
from knowledge.errors import PathMissing
from knowledge.evaluate import (
    Engagement,
    Evaluation,
    GoldPassages,
    Mode,
    Trial,
    answering,
    engaging,
    evaluate,
    load_gold,
    load_questions,
    retrieving,
)
from knowledge.evaluate.report import Report, section
from knowledge.gathering import CORPUS_SUFFIX
from knowledge.hashes import sha256_of
from knowledge.labelled import Labelled
from knowledge.model import Answer, Hit, Question


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("evaluate", help="score a labelled set of questions")
    parser.add_argument("--corpus", type=Path, required=True, metavar="PATH")
    parser.add_argument("--qa", type=Path, required=True, metavar="FILE")
    parser.add_argument("--mode", choices=("retrieve", "answer", "engage"), default="answer")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N questions")
    parser.add_argument("--predictions", type=Path, metavar="FILE", help="write what came back")
    parser.add_argument(
        "--passages",
        type=Path,
        metavar="FILE",
        help="the passages that gold_passage_ids name; default: passages.jsonl beside the corpus",
    )
    parser.add_argument(
        "--report", type=Path, metavar="PATH", help="write PATH.json, PATH.md and PATH.html"
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="NAME",
        help="leave a part of the search out, as dense-use or bm25; may be repeated",
    )
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
    asked = questions[: arguments.limit]
    found = await measure(
        settings_of(arguments),
        arguments.corpus,
        asked,
        arguments.mode,
        gold=await asyncio.to_thread(gold_of, arguments.corpus, arguments.passages),
        without=arguments.without,
    )
    if arguments.predictions:
        lines = "".join(f"{line}\n" for line in found.lines())
        await asyncio.to_thread(arguments.predictions.write_text, lines, encoding="utf-8")
    if arguments.report:
        await asyncio.to_thread(_report, arguments, asked, found)
    if arguments.json:
        print_json(found.as_json())
    else:
        _print(found)
    return 0


async def measure(
    settings: Settings,
    corpus: Path,
    questions: Sequence[Labelled],
    mode: Mode,
    *,
    gold: GoldPassages | None = None,
    without: Sequence[str] = (),
) -> Evaluation:
    """Score questions against an index of the corpus that is kept by the corpus's content.

    without: parts of the search that are left out; see `leaving_out`.

    Raises:
        PathMissing: there is no such corpus.
        PartUnknown, PartNeeded: a part cannot be left out.
    """
    opened = open_knowledge(
        settings,
        open_shelf(),
        store_folder=await asyncio.to_thread(index_folder, corpus, settings),
        generator=None if mode == "answer" else Extractive(),
        adjust=leaving_out(without),
    )
    async with opened as knowledge:
        with counting_bar("indexing") as progress:
            await knowledge.ingest.run([corpus], audience=None, on_progress=progress)
        with counting_bar("asking") as progress:
            return await evaluate(questions, _trial(knowledge, mode), gold=gold, progress=progress)


def gold_of(corpus: Path, passages: Path | None = None) -> GoldPassages:
    """The passages that the labels name: from the file given, or the usual one beside the corpus.

    Of JSON Lines the corpus itself is that file. Empty where there is none.

    Raises:
        CorpusInvalid: the file breaks its format.
        OSError: the file given cannot be read.
    """
    uncut = corpus.suffix == CORPUS_SUFFIX
    usual = corpus if uncut else corpus.parent / "passages.jsonl"
    if passages is None and not usual.is_file():
        return GoldPassages(uncut=False)
    return load_gold(passages or usual, uncut=uncut)


def evaluations_folder() -> Path:
    """Where indexes of evaluated corpora and stored runs are."""
    return user_cache_path("deskmate") / "evaluations"


def stored_runs() -> Runs:
    """The earlier runs of this user on this machine."""
    return Runs(evaluations_folder() / "runs")


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


def index_folder(corpus: Path, settings: Settings) -> Path:
    """Where the index of a corpus is kept; one with token vectors lies apart.

    Raises:
        PathMissing: there is no such corpus.
    """
    kind = "-by-token" if has_token_vectors(settings.knowledge) else ""
    return evaluations_folder() / f"{digest_of(corpus)}{kind}"


def _trial(knowledge: KnowledgeBase, mode: Mode) -> Trial:
    async def find(question: Question) -> tuple[Hit, ...]:
        return await knowledge.retriever.retrieve(question.text, audience=question.audience)

    async def reply(question: Question) -> Answer:
        return await final_answer(knowledge.answerer, question)

    async def engage(one: Labelled) -> Engagement:
        hits = await find(Question(text=one.text, language=one.language))
        probability = knowledge.engaging.probability(one.text, hits)
        engages = knowledge.engaging.is_enough(probability)
        return Engagement(engage=engages, confidence=probability, hits=hits)

    match mode:
        case "retrieve":
            return retrieving(find)
        case "answer":
            return answering(reply)
        case "engage":
            return engaging(engage)


def _report(arguments: argparse.Namespace, asked: Sequence[Labelled], found: Evaluation) -> None:
    made_at = datetime.now(UTC)
    measured = section(
        arguments.qa.stem,
        found,
        without=arguments.without,
        corpus_digest=digest_of(arguments.corpus),
        questions_digest=digest_of_questions(asked),
    )
    kept = stored_runs().compare_and_keep(measured, made_at)
    report = Report(title=arguments.qa.stem, made_at=made_at, sections=(kept,))
    for path in write(report, arguments.report):
        say(f"wrote {path}")


def _print(found: Evaluation) -> None:
    for name, value in found.as_json().items():
        shown = f"{value:.3f}" if isinstance(value, float) else value
        result_console().print(f"{name:24} {shown}", highlight=False)
