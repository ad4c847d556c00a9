"""Does a gold answer stand in the statement that comes first?

    python -m tests.benchmarks.statements [SET …] [--limit N]

The statements found for each answerable question that has a gold answer are weighed twice: with USE
alone, and as it ships, with e5 as well. Counted is in how many questions `knowledge.metrics.agrees`
finds a gold answer in the first statement, in one of the first two, and of the first three. gained
and lost: how often only e5's first statement has it, and how often only USE's. nowhere: in none of
the twelve that are compared.

--limit: so many questions of each set, drawn by chance, the same every time.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.cli.evaluate import index_folder
from bot.cli.options import open_shelf
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import load
from knowledge.engines.extractive import Extractive
from knowledge.engines.nearness import Nearness
from knowledge.evidence import Evidence, weigh
from knowledge.labelled import Labelled
from knowledge.metrics import agrees
from knowledge.model import EVERYONE, Question
from knowledge.rewrite import standalone
from tests.benchmarks.answers import drawn
from tests.benchmarks.labelled_sets import SETS, LabelledSet

NAMES = (
    "sample handbook",
    "zh_cmrc2018",
    "en_sourcegraph_hr",
    "en_tts_handbook",
    "zh_it_campus",
    "zh_ruc_admissions",
)
_LOOKED_AT = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The place of the first statement that has a gold answer, from 1; None: in none of them.

    alone: in USE's order. both: in that of USE and e5.
    """

    alone: int | None
    both: int | None


async def measure(one: LabelledSet, limit: int | None) -> list[Placed]:
    """Look at the questions of a set; an index of the corpus is kept for the next time."""
    questions = one.questions()
    settings = load()
    folder = index_folder(one.corpus, settings)
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=Extractive())
    async with opened as knowledge:
        await knowledge.ingest.run([one.corpus], audience=None)
        many, few = Nearness(knowledge.embedders[-1]), Nearness(knowledge.embedders[0])
        asked = drawn(questions, len(questions) if limit is None else limit)
        return [await look(knowledge, question, many, few) for question in asked]


async def look(knowledge: KnowledgeBase, one: Labelled, many: Nearness, few: Nearness) -> Placed:
    """Search as an answer does, and weigh what is found in both ways."""
    asked = standalone(Question(text=one.text, language=one.language))
    found = await knowledge.retriever.find(asked, audience=frozenset({EVERYONE}))
    alone = await weigh(found.text, found.hits, many)
    both = await weigh(found.text, found.hits, many, closely=few)
    return Placed(alone=place(alone, one.answers), both=place(both, one.answers))


def place(evidence: Sequence[Evidence], answers: Sequence[str]) -> int | None:
    """Where the first statement with a gold answer stands, from 1."""
    said = enumerate((item.statement.text for item in evidence), start=1)
    return next((at for at, text in said if agrees(text, answers)), None)


def row(name: str, placed: Sequence[Placed]) -> str:
    """One line of the table."""
    gained = sum(one.both == 1 != one.alone for one in placed)
    lost = sum(one.alone == 1 != one.both for one in placed)
    figures = (
        str(len(placed)),
        _within([one.alone for one in placed]),
        _within([one.both for one in placed]),
        f"{gained}, {lost}",
        str(sum(one.both is None for one in placed)),
    )
    return f"| {name} | {' | '.join(figures)} |"


def _within(places: Sequence[int | None]) -> str:
    found = [place for place in places if place is not None]
    return ", ".join(str(sum(place <= most for place in found)) for most in _LOOKED_AT)


async def run(names: Sequence[str], limit: int | None) -> None:
    """Print a Markdown table of the sets that are here."""
    print("| set | questions | USE alone | and e5 | first: gained, lost | nowhere |")
    print("|---|---|---|---|---|---|")
    for name in names:
        for one in SETS:
            if one.is_called(name) and one.is_here():
                print(row(one.name, await measure(one, limit)), flush=True)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="SET")
    parser.add_argument("--limit", type=int, metavar="N", help="only so many questions of a set")
    given = parser.parse_args()
    asyncio.run(run(given.names, given.limit))


if __name__ == "__main__":
    main()
