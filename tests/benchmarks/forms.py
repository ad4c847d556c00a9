"""Does the same question in another form find the same pages, and get the same decision?

    python -m tests.benchmarks.forms [SET …] [--limit N] [--out FILE]

Every question of a set is asked as it stands and in the forms of `tests.benchmarks.variants` that
change it; answers are quoted, no language model takes part. Recall counts documents, for the
questions with a gold document: as it stands → in the other form. same decision: answered as the
clean question is, or refused as it is. and source: also from the same document first, where both
are answered; as `consistency` of `deskmate evaluate`.

--limit: so many questions of each set, drawn by chance, the same every time. --out keeps every pair
that came out differently.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TypeAlias

from bot.cli.evaluate import index_folder
from bot.cli.options import open_shelf
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import load
from knowledge.answer import final_answer
from knowledge.engines.extractive import Extractive
from knowledge.evaluate import Judged, Trial, answering, evaluate
from knowledge.evaluate.consistency import alike
from knowledge.labelled import Labelled
from knowledge.language import language_of
from knowledge.metrics import ratio
from knowledge.model import Answer, Language, Question
from tests.benchmarks.labelled_sets import SETS, LabelledSet
from tests.benchmarks.variants import VARIANTS

NAMES = ("sample handbook", "zh_it_campus", "refusal_zh_hr", "refusal_en_handbooks")
_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_SEED = 11

Pair: TypeAlias = tuple[Judged, Judged]
"""What came back for a question as it stands, and in another form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The questions of one language of a set that one form changes."""

    set_name: str
    variant: str
    pairs: tuple[Pair, ...]

    def row(self) -> str:
        """One line of the table."""
        found = [(clean, other) for clean, other in self.pairs if clean.has_gold]
        figures = (
            f"{len(self.pairs)}, {len(found)}",
            _recalls(found, 1),
            _recalls(found, 5),
            _share(clean.given == other.given for clean, other in self.pairs),
            _share(alike(clean, other) for clean, other in self.pairs),
        )
        return f"| {self.set_name}, {self.variant} | {' | '.join(figures)} |"

    def different(self) -> list[str]:
        """A line of JSON for each question that another form got another decision or source."""
        return [_line(self, clean, other) for clean, other in self.pairs if not alike(clean, other)]


def _recalls(pairs: Sequence[Pair], k: int) -> str:
    if not pairs:
        return "–"
    within = [[(one.document_rank or k + 1) <= k for one in pair] for pair in pairs]
    return " → ".join(f"{ratio(sum(side), len(pairs)):.3f}" for side in zip(*within, strict=True))


def _share(same: Iterable[bool]) -> str:
    counted = list(same)
    return f"{ratio(sum(counted), len(counted)):.2f}"


def _line(where: Compared, clean: Judged, other: Judged) -> str:
    kept: dict[str, object] = {"set": where.set_name, "variant": where.variant}
    for one, name in ((clean, "clean"), (other, "other")):
        cited = [citation.document_id for citation in one.got.citations] if one.given else []
        confidence = round(one.got.confidence, 3)
        kept[name] = {"text": one.one.text, "confidence": confidence, "cited": cited[:1]}
    return json.dumps(kept, ensure_ascii=False) + "\n"


async def measure(one: LabelledSet, limit: int | None) -> list[Compared]:
    """Ask the questions of a set in all their forms; an index of the corpus is kept."""
    settings = load()
    folder = index_folder(one.corpus, settings)
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=Extractive())
    async with opened as knowledge:
        await knowledge.ingest.run([one.corpus], audience=None)
        trial = _trial(knowledge)
        return [
            found
            for language in _LANGUAGES
            for found in await _forms(one.name, drawn(one.questions(), language, limit), trial)
        ]


def drawn(
    questions: Sequence[Labelled], language: Language, limit: int | None
) -> tuple[Labelled, ...]:
    """The questions of a language, or so many of them."""
    fitting = [one for one in questions if one.language == language]
    if limit is None or limit >= len(fitting):
        return tuple(fitting)
    return tuple(Random(_SEED).sample(fitting, limit))


async def _forms(name: str, questions: Sequence[Labelled], trial: Trial) -> list[Compared]:
    if not questions:
        return []
    language = questions[0].language
    clean = {found.one.id: found for found in (await evaluate(questions, trial)).judged}
    compared = []
    for variant in VARIANTS:
        if variant.language != language:
            continue
        others = [replace(one, text=variant.of(one.text, one.id)) for one in questions]
        changed = [one for one in others if one.text != clean[one.id].one.text]
        judged = (await evaluate(changed, trial)).judged
        pairs = tuple((clean[other.one.id], other) for other in judged)
        if pairs:
            found = Compared(set_name=f"{name}, {language}", variant=variant.name, pairs=pairs)
            print(found.row(), flush=True)
            compared.append(found)
    return compared


def _trial(knowledge: KnowledgeBase) -> Trial:
    async def reply(question: Question) -> Answer:
        # As it comes from a chat: nobody says there what language it is in.
        asked = replace(question, language=language_of(question.text))
        return await final_answer(knowledge.answerer, asked)

    return answering(reply)


async def run(names: Sequence[str], limit: int | None, out: Path | None) -> None:
    """Print a Markdown table of the sets that are here."""
    print("| set, form | questions, with gold | recall@1 | recall@5 | same decision | and source |")
    print("|---|---|---|---|---|---|")
    compared: list[Compared] = []
    for name in names:
        for one in SETS:
            if one.is_called(name) and one.is_here():
                compared += await measure(one, limit)
    if out is not None:
        lines = "".join(line for found in compared for line in found.different())
        await asyncio.to_thread(out.write_text, lines, encoding="utf-8")


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="SET")
    parser.add_argument("--limit", type=int, metavar="N", help="only so many questions of a set")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep what came out differently")
    given = parser.parse_args()
    asyncio.run(run(given.names, given.limit, given.out))


if __name__ == "__main__":
    main()
