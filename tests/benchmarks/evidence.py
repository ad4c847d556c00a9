"""How well the evidence decision tells what can be answered from what cannot, set by set.

    python -m tests.benchmarks.evidence

A question is positive where it is answerable and a right document is among the first five hits:
only then can an answer be right. AUC is of the confidence; coverage and false answers are at the
default threshold.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from bot.cli.evaluate import digest_of
from bot.cli.options import open_shelf
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import load
from knowledge.answer import Policy
from knowledge.engines.extractive import Extractive
from knowledge.engines.nearness import Nearness
from knowledge.evidence import weigh
from knowledge.labelled import Labelled, load_questions
from knowledge.model import EVERYONE
from tests.benchmarks.quality import DEV

_FIRST_DOCUMENTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalSet:
    """Questions of which a corpus answers some. ids: only those whose id has this in it."""

    name: str
    corpus: Path
    qa: Path
    ids: str = ""


SETS = (
    RefusalSet(
        name="sample handbook",
        corpus=Path("bot/content/handbook"),
        qa=Path("tests/content/questions.jsonl"),
    ),
    RefusalSet(
        name="en_tts_handbook, masked",
        corpus=DEV / "corpora/en_tts_handbook/docs_masked",
        qa=DEV / "qa/refusal_en_handbooks.jsonl",
        ids="tts_handbook",
    ),
    RefusalSet(
        name="en_sourcegraph_hr, masked",
        corpus=DEV / "corpora/en_sourcegraph_hr/docs_masked",
        qa=DEV / "qa/refusal_en_handbooks.jsonl",
        ids="sourcegraph_hr",
    ),
    RefusalSet(
        name="zh_hr_law",
        corpus=DEV / "corpora/zh_hr_law/docs",
        qa=DEV / "qa/refusal_zh_hr.jsonl",
    ),
    RefusalSet(
        name="zh_cmrc2018",
        corpus=DEV / "corpora/zh_cmrc2018/docs",
        qa=DEV / "qa/zh_cmrc2018.jsonl",
    ),
)


async def judge(knowledge: KnowledgeBase, near: Nearness, one: Labelled) -> tuple[float, bool]:
    """The confidence for a question, and whether an answer could have been right."""
    hits = await knowledge.retriever.retrieve(one.text, audience=frozenset({EVERYONE}))
    finding = await weigh(one.text, hits, near)
    first = list(dict.fromkeys(hit.passage.document_id for hit in hits))[:_FIRST_DOCUMENTS]
    return finding.confidence, one.answerable and not one.gold_document_ids.isdisjoint(first)


def auc(judged: list[tuple[float, bool]]) -> float:
    """The chance that a positive has more confidence than a negative; a tie is half a chance."""
    positive = [confidence for confidence, right in judged if right]
    negative = [confidence for confidence, right in judged if not right]
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


async def measure(one: RefusalSet) -> str:
    """One row of the table."""
    questions = [q for q in load_questions(one.qa) if one.ids in q.id]
    folder = user_cache_path("deskmate") / "evaluations" / digest_of(one.corpus)
    opened = open_knowledge(load(), open_shelf(), store_folder=folder, generator=Extractive())
    async with opened as knowledge:
        await knowledge.ingest.run([one.corpus])
        near = Nearness(knowledge.embedders[-1])
        judged = [await judge(knowledge, near, question) for question in questions]
    least = Policy().least_confidence
    positive = [confidence for confidence, right in judged if right]
    negative = [confidence for confidence, right in judged if not right]
    covered = sum(confidence >= least for confidence in positive) / len(positive)
    wrong = sum(confidence >= least for confidence in negative) / len(negative)
    return f"| {one.name} | {len(judged)} | {auc(judged):.3f} | {covered:.2f} | {wrong:.2f} |"


async def run(names: list[str]) -> None:
    """Print a Markdown table of the sets that are here."""
    print("| set | questions | AUC | coverage | false answers |\n|---|---|---|---|---|")
    for one in SETS:
        wanted = not names or one.name in names
        if wanted and one.corpus.exists() and one.qa.exists():
            print(await measure(one), flush=True)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these sets")
    asyncio.run(run(parser.parse_args().names))


if __name__ == "__main__":
    main()
