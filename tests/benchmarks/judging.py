"""What the language model's judgement adds to the evidence model, on sets it was not fitted on.

    python -m tests.benchmarks.judging [SET …] [--each 25] [--out FILE] [--fit FOLDER]

Of each set as many answerable as unanswerable questions are drawn by chance and judged; of those
that weights are fitted on, the answerable ones a second time without what the right documents say:
what is found then is about the question and does not answer it. Each set is decided by weights
fitted on the others, by language, where every kind of every set weighs the same; what ships is
fitted on all but `UNSEEN`. Balanced accuracy is at the threshold that ships.

--out keeps every judgement. --fit writes the weights into the evidence model of the default
embedders.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.cli.evaluate import index_folder
from bot.cli.options import open_shelf
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import load
from knowledge.confidence import load_model, signals
from knowledge.engines.nearness import Nearness
from knowledge.evidence import weigh
from knowledge.judge import build
from knowledge.labelled import Labelled, load_questions
from knowledge.metrics import percentile
from knowledge.model import EVERYONE, Language
from knowledge.models import DEFAULT_GENERATOR
from knowledge.prompt import to_read
from tests.benchmarks.evidence import LEAST_CONFIDENCE, SETS, UNSEEN, RefusalSet, auc

EMBEDDERS = "e5-small+use-multilingual"
BETWEEN = (0.3, 0.95)
"""Two of five questions lie in here; outside of it few judgements change what is decided."""

SHIPPED: tuple[Language, ...] = ("en",)
"""In Chinese the default model says "yes" too readily: judged or not, the sets look the same."""

_RIDGE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One question. right: a right document was found. confidence: before the judgement.

    held_back: it was judged without the right documents.
    """

    set_name: str
    id: str
    language: Language
    answerable: bool
    right: bool
    confidence: float
    odds: float
    seconds: float
    held_back: bool = False

    @property
    def kind(self) -> tuple[str, bool, bool]:
        """What weighs the same as any other kind."""
        return self.set_name, self.answerable, self.held_back


async def gather(one: RefusalSet, each: int) -> list[Judged]:
    """Judge questions of a set."""
    questions = [q for q in load_questions(one.qa) if one.ids in q.id]
    settings = load()
    folder = index_folder(one.corpus, settings)
    async with open_knowledge(settings, open_shelf(), store_folder=folder) as knowledge:
        await knowledge.ingest.run([one.corpus])
        chosen = drawn(questions, each)
        again = [q for q in chosen if q.answerable] if one.name not in UNSEEN else []
        return [
            *[await look(knowledge, one.name, question) for question in chosen],
            *[await look(knowledge, one.name, question, held_back=True) for question in again],
        ]


def drawn(questions: Sequence[Labelled], each: int) -> list[Labelled]:
    """So many questions of each kind; the same every time."""
    chance = random.Random(5)
    chosen = []
    for kind in (True, False):
        of_kind = [question for question in questions if question.answerable is kind]
        chosen += chance.sample(of_kind, min(each, len(of_kind)))
    return chosen


async def look(
    knowledge: KnowledgeBase, name: str, one: Labelled, *, held_back: bool = False
) -> Judged:
    """The first confidence and the judgement."""
    hits = await knowledge.retriever.retrieve(one.text, audience=frozenset({EVERYONE}))
    if held_back:
        hits = tuple(h for h in hits if h.passage.document_id not in one.gold_document_ids)
    many, few = Nearness(knowledge.embedders[-1]), Nearness(knowledge.embedders[0])
    evidence = await weigh(one.text, hits, many, closely=few)
    began = time.perf_counter()
    chances: tuple[float, ...] = ()
    prompt = build(one.text, to_read(evidence), one.language)
    async with aclosing(knowledge.generator.stream(prompt)) as drafts:
        async for draft in drafts:
            chances = draft.chances
    first = list(dict.fromkeys(hit.passage.document_id for hit in hits))[:5]
    return Judged(
        set_name=name,
        id=one.id,
        language=one.language,
        answerable=one.answerable and not held_back,
        right=one.answerable and not one.gold_document_ids.isdisjoint(first),
        confidence=load_model(EMBEDDERS).probability(signals(one.text, hits)),
        odds=chances[0] - chances[1],
        seconds=time.perf_counter() - began,
        held_back=held_back,
    )


def fit(judged: Sequence[Judged]) -> npt.NDArray[np.float64]:
    """Bias, and the weights of the first confidence's log odds and of the model's."""
    x = np.array([_row(one) for one in judged])
    right = np.array([one.right for one in judged], dtype=float)
    sizes = Counter(one.kind for one in judged)
    each = np.array([1 / sizes[one.kind] for one in judged])
    each *= len(judged) / each.sum()
    beta = np.zeros(3)
    ridge = np.diag([0.0, _RIDGE, _RIDGE])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ beta)))
        slope = x.T @ (each * (right - p)) - ridge @ beta
        beta += np.linalg.solve((x * (each * p * (1 - p))[:, None]).T @ x + ridge, slope)
    return beta


def fit_languages(judged: Sequence[Judged]) -> dict[Language, npt.NDArray[np.float64]]:
    """The weights of each language that occurs."""
    languages = dict.fromkeys(one.language for one in judged)
    return {name: fit([one for one in judged if one.language == name]) for name in languages}


def decided(
    judged: Sequence[Judged], weights: Mapping[Language, npt.NDArray[np.float64]]
) -> npt.NDArray[np.float64]:
    """The confidences once the judgements are known."""
    first = np.array([one.confidence for one in judged])
    logits = np.array([_row(one) @ weights[one.language] for one in judged])
    doubted = (first >= BETWEEN[0]) & (first <= BETWEEN[1])
    result: npt.NDArray[np.float64] = np.where(doubted, 1 / (1 + np.exp(-logits)), first)
    return result


def table(judged: Sequence[Judged]) -> str:
    """A Markdown table, a row a set."""
    lines = [
        "| left out | judged | AUC before | after | balanced accuracy before | after | s p50 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(one.set_name for one in judged):
        here = [one for one in judged if one.set_name == name and not one.held_back]
        others = [one for one in judged if one.set_name not in (name, *UNSEEN)]
        if others:
            lines.append(_line(name, here, decided(here, fit_languages(others))))
    return "\n".join(lines)


def _line(name: str, here: Sequence[Judged], after: npt.NDArray[np.float64]) -> str:
    before = np.array([one.confidence for one in here])
    doubted = (before >= BETWEEN[0]) & (before <= BETWEEN[1])
    figures = [float(doubted.mean())]
    answerable = np.array([one.answerable for one in here])
    for measure in (_auc, _balanced):
        figures += [measure(confidence, answerable) for confidence in (before, after)]
    seconds = percentile([one.seconds for one in here], 0.5)
    return f"| {name} | " + " | ".join(f"{x:.3f}" for x in figures) + f" | {seconds:.1f} |"


def _auc(confidence: npt.NDArray[np.float64], answerable: npt.NDArray[np.bool_]) -> float:
    return auc(confidence[answerable], confidence[~answerable])


def _balanced(confidence: npt.NDArray[np.float64], answerable: npt.NDArray[np.bool_]) -> float:
    given = confidence >= LEAST_CONFIDENCE
    return float((given[answerable].mean() + (~given)[~answerable].mean()) / 2)


def _row(one: Judged) -> npt.NDArray[np.float64]:
    bounded = min(max(one.confidence, 1e-6), 1 - 1e-6)
    return np.array([1.0, np.log(bounded / (1 - bounded)), one.odds])


def write_weights(judged: Sequence[Judged], folder: Path) -> None:
    """The weights that ship."""
    weights = fit_languages([one for one in judged if one.set_name not in UNSEEN])
    names = ("bias", "confidence", "odds")
    by_language = {
        language: dict(zip(names, (round(float(x), 3) for x in found), strict=True))
        for language, found in weights.items()
        if language in SHIPPED
    }
    file = folder / f"{EMBEDDERS}.json"
    model = json.loads(file.read_text(encoding="utf-8"))
    model["judges"] = {DEFAULT_GENERATOR: {"between": list(BETWEEN), "by_language": by_language}}
    file.write_text(json.dumps(model, indent=2) + "\n", encoding="utf-8")


async def run(names: Sequence[str], each: int, out: Path | None, folder: Path | None) -> None:
    """Judge, print the table, and write what was asked for."""
    judged: list[Judged] = []
    for one in SETS:
        if (not names or one.name in names) and one.corpus.exists() and one.qa.exists():
            judged += await gather(one, each)
            await asyncio.to_thread(_keep, judged, out)
    print(table(judged))
    if folder is not None:
        write_weights(judged, folder)


def _keep(judged: Sequence[Judged], out: Path | None) -> None:
    if out is not None:
        lines = [json.dumps(asdict(line), ensure_ascii=False) for line in judged]
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these sets")
    parser.add_argument("--each", type=int, default=25, help="questions of each kind")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep every judgement")
    parser.add_argument("--fit", type=Path, metavar="FOLDER", help="write the weights that ship")
    given = parser.parse_args()
    asyncio.run(run(given.names, given.each, given.out, given.fit))


if __name__ == "__main__":
    main()
