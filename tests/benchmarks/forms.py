"""Does the same question in another form find the same pages, and get the same decision?

    python -m tests.benchmarks.forms [SET …] [--limit N] [--out FILE]
    python -m tests.benchmarks.forms --across
    python -m tests.benchmarks.forms --cost

Every question of a set is asked as it stands and in the forms of `tests.benchmarks.variants` that
change it; answers are quoted, no language model takes part. Recall counts documents, for the
questions with a gold document: as it stands → in the other form. same decision: answered as the
clean question is, or refused as it is. and source: also from the same document first, where both
are answered; as `consistency` of `deskmate evaluate`.

--limit: so many questions of each set, drawn by chance, the same every time. --out keeps every pair
that came out differently. --across asks the sample handbook in one language while all its pages are
in the other. --cost times what brings its questions to one form.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from random import Random
from typing import TypeAlias

import numpy as np

from bot.cli.evaluate import index_folder
from bot.cli.options import open_shelf
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import load
from knowledge.answer import final_answer
from knowledge.engines.extractive import Extractive
from knowledge.engines.one_form import OneForm
from knowledge.engines.spelling import Spelling
from knowledge.evaluate import Judged, Trial, answering, evaluate
from knowledge.evaluate.consistency import alike
from knowledge.labelled import Labelled
from knowledge.language import language_of
from knowledge.metrics import percentile, ratio
from knowledge.model import EVERYONE, Answer, Language, Question, Vector
from knowledge.rewrite import standalone
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
    """Ask the questions of a set in all their forms."""
    async with _opened(one.corpus) as knowledge:
        trial = _trial(knowledge)
        return [
            found
            for language in _LANGUAGES
            for found in await _forms(one.name, drawn(one.questions(), language, limit), trial)
        ]


@asynccontextmanager
async def _opened(corpus: Path) -> AsyncIterator[KnowledgeBase]:
    """A corpus, read; its index is kept for the next time."""
    settings = load()
    folder = index_folder(corpus, settings)
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=Extractive())
    async with opened as knowledge:
        await knowledge.ingest.run([corpus], audience=None)
        yield knowledge


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


async def across(asked: Language, pages: Language) -> str:
    """A row: the questions of a language to the sample handbook, all pages in another."""
    handbook = _handbook()
    questions = [
        replace(one, gold_document_ids=_of_pages(one.gold_document_ids, pages))
        for one in drawn(handbook.questions(), asked, None)
    ]
    async with _opened(handbook.corpus / pages) as knowledge:
        judged = (await evaluate(questions, _trial(knowledge))).judged
    ranks = [one.document_rank or 0 for one in judged if one.has_gold]
    recalls = (ratio(sum(0 < rank <= k for rank in ranks), len(ranks)) for k in (1, 5))
    return f"| {asked}, {pages} | {len(ranks)} | {' | '.join(f'{x:.3f}' for x in recalls)} |"


def _of_pages(gold: frozenset[str], pages: Language) -> frozenset[str]:
    """The gold documents of a language, by their ids in a corpus of it alone."""
    folder = f"{pages}__"
    return frozenset(id_.removeprefix(folder) for id_ in gold if id_.startswith(folder))


def _handbook() -> LabelledSet:
    (handbook,) = [one for one in SETS if one.name == "sample handbook"]
    return handbook


async def run_cost() -> None:
    """Print milliseconds of processor time a question."""
    form_ms, slips_ms = [], []
    embedder, spelling = OneForm(Silent()), Spelling()
    async with _opened(_handbook().corpus) as knowledge:
        for one in _handbook().questions():
            hits = await knowledge.retriever.retrieve(one.text, audience=frozenset({EVERYONE}))
            found = [hit.passage.text for hit in hits]
            began_s = time.process_time()
            asked = standalone(Question(text=one.text, language=one.language))
            await embedder.embed_question(asked)
            formed_s = time.process_time()
            spelling.respelled(asked, found)
            form_ms.append((formed_s - began_s) * 1000)
            slips_ms.append((time.process_time() - formed_s) * 1000)
    for name, times in (("one form", form_ms), ("slips", slips_ms)):
        shown = ", ".join(f"p{p} {percentile(times, p / 100):.3f} ms" for p in (50, 95, 99))
        print(f"{name}: {shown}")


class Silent:
    """An embedder that reads nothing, so that only what is done before it is timed."""

    name, dimension = "silent", 1

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return [np.zeros(1, np.float32) for _ in texts]

    async def embed_question(self, text: str) -> Vector:
        return np.zeros(1, np.float32)


async def run_across() -> None:
    """Print a Markdown table of both directions."""
    print("| questions, pages | with gold | recall@1 | recall@5 |\n|---|---|---|---|")
    for asked, pages in permutations(_LANGUAGES):
        print(await across(asked, pages), flush=True)


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
    parser.add_argument("--across", action="store_true", help="pages in the other language only")
    parser.add_argument("--cost", action="store_true", help="time what brings to one form")
    given = parser.parse_args()
    if given.cost:
        asyncio.run(run_cost())
    elif given.across:
        asyncio.run(run_across())
    else:
        asyncio.run(run(given.names, given.limit, given.out))


if __name__ == "__main__":
    main()
