"""How well the evidence model tells what can be answered from what cannot, on sets it never saw.

    python -m tests.benchmarks.evidence [SET …] [--fit FOLDER]

A question is positive where it is answerable and a right document is among the first five hits:
only then can an answer be right. Each set is judged by a model fitted on all the others; each set
weighs the same. AUC and calibration error are of the confidence; coverage, false answers and
balanced accuracy are at the threshold that ships.

--fit writes the models that ship, fitted on all of the sets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.cli.evaluate import index_folder
from bot.cli.options import open_shelf
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import load
from knowledge.confidence import signals
from knowledge.engines.extractive import Extractive
from knowledge.labelled import Labelled, load_questions
from knowledge.model import EVERYONE
from tests.benchmarks.quality import DEV

_FIRST_DOCUMENTS = 5
RESTRICTED = DEV.parent / "eval_restricted"


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
    RefusalSet(
        name="en_stackfaq",
        corpus=RESTRICTED / "corpora/en_stackfaq/passages.jsonl",
        qa=RESTRICTED / "qa/en_stackfaq.jsonl",
    ),
    RefusalSet(
        name="rgb_zh",
        corpus=RESTRICTED / "corpora/rgb_zh_dev/passages.jsonl",
        qa=RESTRICTED / "qa/rgb_zh.jsonl",
    ),
)

UNSEEN = ("en_stackfaq", "rgb_zh")
"""Only ever judged: what ships is never fitted on them."""

COMMON = ("covered", "covered_together")
MODELS = {
    "e5-small+use-multilingual": (*COMMON, "e5", "use", "e5_lead", "use_lead", "agreement"),
    "e5-small": (*COMMON, "e5", "e5_lead"),
    "use-multilingual": (*COMMON, "use", "use_lead"),
}
"""The signals of each model that ships, by the embedders it is for."""

LEAST_CONFIDENCE = 0.5
_RIDGE = 20.0
"""Standardised weights of such a size are doubted; sets are few, and alike among themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The questions of one set. signals: a row a question, by the names of MODELS' first."""

    name: str
    signals: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]
    answerable: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A logistic model on plain signals."""

    bias: float
    weights: npt.NDArray[np.float64]

    def confidence(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The probability for each row."""
        result: npt.NDArray[np.float64] = 1 / (1 + np.exp(-(rows @ self.weights + self.bias)))
        return result


ALL = MODELS["e5-small+use-multilingual"]


async def gather(one: RefusalSet) -> Sample:
    """Ask every question of a set; an index of the corpus is kept for the next time."""
    questions = [q for q in load_questions(one.qa) if one.ids in q.id]
    settings = load()
    folder = index_folder(one.corpus, settings)
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=Extractive())
    async with opened as knowledge:
        await knowledge.ingest.run([one.corpus])
        rows = [await look(knowledge, question) for question in questions]
    return Sample(
        name=one.name,
        signals=np.array([row for row, _ in rows]),
        right=np.array([right for _, right in rows]),
        answerable=np.array([question.answerable for question in questions]),
    )


async def look(knowledge: KnowledgeBase, one: Labelled) -> tuple[list[float], bool]:
    """The signals for a question, and whether an answer could have been right."""
    hits = await knowledge.retriever.retrieve(one.text, audience=frozenset({EVERYONE}))
    found = signals(one.text, hits)
    first = list(dict.fromkeys(hit.passage.document_id for hit in hits))[:_FIRST_DOCUMENTS]
    right = one.answerable and not one.gold_document_ids.isdisjoint(first)
    return [found[name] for name in ALL], right


def fit(samples: Sequence[Sample], names: Sequence[str]) -> Fitted:
    """Ridge logistic regression by Newton's method; every set weighs the same."""
    columns = [ALL.index(name) for name in names]
    rows = np.vstack([sample.signals[:, columns] for sample in samples])
    right = np.concatenate([sample.right for sample in samples]).astype(float)
    each = np.concatenate([np.full(len(s.right), 1 / len(s.right)) for s in samples])
    each *= len(right) / each.sum()
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    x = np.column_stack([np.ones(len(rows)), (rows - mean) / spread])
    ridge = np.diag([0.0, *[_RIDGE] * len(names)])
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ beta)))
        slope = x.T @ (each * (right - p)) - ridge @ beta
        curve = (x * (each * p * (1 - p))[:, None]).T @ x + ridge
        beta += np.linalg.solve(curve, slope)
    weights = beta[1:] / spread
    return Fitted(bias=float(beta[0] - weights @ mean), weights=weights)


def row(sample: Sample, confidence: npt.NDArray[np.float64]) -> str:
    """One line of the table."""
    given, right = confidence >= LEAST_CONFIDENCE, sample.right
    answered, refused = given[sample.answerable].mean(), (~given)[~sample.answerable].mean()
    figures = (
        auc(confidence[right], confidence[~right]),
        calibration_error(confidence, right),
        given[right].mean(),
        given[~right].mean(),
        (answered + refused) / 2,
    )
    return f"| {sample.name} | {len(right)} | " + " | ".join(f"{x:.3f}" for x in figures) + " |"


def auc(positive: npt.NDArray[np.float64], negative: npt.NDArray[np.float64]) -> float:
    """The chance that a positive has more confidence than a negative; a tie is half a chance."""
    above = positive[:, None] - negative[None, :]
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


def calibration_error(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], *, bins: int = 10
) -> float:
    """Expected calibration error over bins of equal width."""
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(confidence[which == at].mean() - right[which == at].mean()) * (which == at).mean()
            for at in set(which.tolist())
        )
    )


def write_models(samples: Sequence[Sample], folder: Path) -> None:
    """The models that ship, a file each; what a judge adds to one stays."""
    for embedders, names in MODELS.items():
        file = folder / f"{embedders}.json"
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        found = fit(samples, names)
        weights = dict(zip(names, (round(float(w), 3) for w in found.weights), strict=True))
        model = kept | {
            "bias": round(found.bias, 3),
            "weights": weights,
            "least_confidence": LEAST_CONFIDENCE,
        }
        text = json.dumps(model, indent=2) + "\n"
        file.write_text(text, encoding="utf-8")


async def run(names: Sequence[str], folder: Path | None) -> None:
    """Print a Markdown table of the sets that are here, and write the models if asked to."""
    here = [one for one in SETS if not names or one.name in names]
    samples = [await gather(one) for one in here if one.corpus.exists() and one.qa.exists()]
    print("| left out | questions | AUC | ECE | coverage | false answers | balanced accuracy |")
    print("|---|---|---|---|---|---|---|")
    for sample in samples:
        others = [other for other in samples if other is not sample and other.name not in UNSEEN]
        if others:
            print(row(sample, fit(others, ALL).confidence(sample.signals)))
    if folder is not None:
        write_models([sample for sample in samples if sample.name not in UNSEEN], folder)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these sets")
    parser.add_argument("--fit", type=Path, metavar="FOLDER", help="write the models that ship")
    given = parser.parse_args()
    asyncio.run(run(given.names, given.fit))


if __name__ == "__main__":
    main()
