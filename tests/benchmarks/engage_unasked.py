"""Who gets an answer in a group though nobody asked the bot: small talk and questions to a machine.

    python -m tests.benchmarks.engage_unasked [--corpus FOLDER] [--limit N]

Each line of `clinc_smalltalk_en` is overheard over an English handbook that none of them was
written for, as `[groups] mode = "relevant"` does it: first whether to engage, then whether an
answer is sure, which is quoted. Nothing is fitted on the handbook or on what this prints; the
manner was fitted with the lines of small talk and about the machine as examples of what is not to
be answered, so these two rows are not unseen. The baselines speak up to every line, or to all with
the form of a question.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli.evaluate import index_folder
from bot.cli.options import open_shelf
from bot.cli.terminal import counting_bar
from bot.knowledge_base import open_knowledge
from bot.settings import load
from knowledge.answer import final_answer
from knowledge.engage import asks
from knowledge.engines.extractive import Extractive
from knowledge.metrics import wilson
from knowledge.model import Outcome, Question
from tests.benchmarks.engage import SMALL_TALK
from tests.benchmarks.labelled_sets import DEV

_CORPUS = DEV / "corpora/en_tts_handbook/docs"
_SEED = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Overheard:
    """One line. about_work: it asks what a company's documents could answer."""

    text: str
    domain: str
    about_work: bool
    engaged: bool
    answered: bool

    @property
    def question(self) -> bool:
        """Whether it has the form of one."""
        return "?" in self.text or asks(self.text)


async def overhear(lines: Sequence[dict[str, str]], corpus: Path) -> list[Overheard]:
    """Each line as the bot takes it; an index of the corpus is kept for the next time."""
    settings = load()
    folder = index_folder(corpus, settings)
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=Extractive())
    async with opened as knowledge:
        with counting_bar("indexing") as progress:
            await knowledge.ingest.run([corpus], on_progress=progress)
        print(f"{await knowledge.store.count()} passages, {len(lines)} lines", flush=True)
        heard = []
        for line in lines:
            engaged = await knowledge.engaging.engages(line["message"])
            answered = False
            if engaged:
                got = await final_answer(
                    knowledge.answerer, Question(text=line["message"], language="en")
                )
                answered = got.outcome is not Outcome.UNKNOWN
            heard.append(
                Overheard(
                    text=line["message"],
                    domain=line["domain"],
                    about_work=bool(line["needs_kb"]),
                    engaged=engaged,
                    answered=answered,
                )
            )
        return heard


def tell(heard: Sequence[Overheard]) -> None:
    """Print what happened to each kind of line, and how that compares."""
    print("| kind | lines | with the form of a question | engaged | answered |")
    print("|---|---|---|---|---|")
    for domain in sorted({one.domain for one in heard}):
        rows = [one for one in heard if one.domain == domain]
        counts = [sum(map(fits, rows)) for fits in (_is_question, _is_engaged, _is_answered)]
        print(f"| {domain} | {len(rows)} | {' | '.join(map(str, counts))} |")
    print("\n| speaks up to | precision | recall | F1 | of 1,000 other lines |")
    print("|---|---|---|---|---|")
    for name, speaks in (
        ("every line", _is_line),
        ("each question", _is_question),
        ("what it engages in", _is_engaged),
        ("what it answers", _is_answered),
    ):
        print(f"| {name} | {_row(heard, speaks)} |")


def _row(heard: Sequence[Overheard], speaks: Callable[[Overheard], bool]) -> str:
    spoken = [one for one in heard if speaks(one)]
    wanted = sum(one.about_work for one in heard)
    right = sum(one.about_work for one in spoken)
    others = len(heard) - wanted
    false = len(spoken) - right
    low, high = wilson(false, others)
    f1 = 2 * right / max(1, len(spoken) + wanted)
    precision, recall = right / max(1, len(spoken)), right / max(1, wanted)
    interval = f"{1000 * low:.0f}–{1000 * high:.0f}"
    per_thousand = f"{1000 * false / max(1, others):.0f} ({interval})"
    return f"{precision:.3f} | {recall:.3f} | {f1:.3f} | {per_thousand}"


def _is_line(_one: Overheard) -> bool:
    return True


def _is_question(one: Overheard) -> bool:
    return one.question


def _is_engaged(one: Overheard) -> bool:
    return one.engaged


def _is_answered(one: Overheard) -> bool:
    return one.answered


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=_CORPUS)
    parser.add_argument("--limit", type=int, help="so many lines, drawn the same every time")
    given = parser.parse_args()
    lines = [json.loads(line) for line in SMALL_TALK.read_text("utf-8").splitlines()]
    if given.limit is not None:
        lines = random.Random(_SEED).sample(lines, min(given.limit, len(lines)))
    tell(asyncio.run(overhear(lines, given.corpus)))


if __name__ == "__main__":
    main()
