"""How well a message's manner tells who asks the room, and nearness what it is about.

    python -m tests.benchmarks.engage [--fit FOLDER]

Manner: a line of a chat is positive where it opens a conversation that somebody then answered. Each
channel is judged by a model fitted on the others and on small talk.

Nearness: a question is positive where the corpus answers it; the others are of the same field, or
questions to other corpora. Each corpus is judged by a model fitted on the others.

Both kinds weigh the same everywhere. --fit writes the models that ship, fitted on everything. What
both do together is measured by `deskmate evaluate --mode engage`, on a chat that nothing is fitted
on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from bot.cli.evaluate import index_folder
from bot.cli.options import open_shelf
from bot.knowledge_base import open_knowledge
from bot.settings import load
from knowledge.engage import manner, nearness
from knowledge.engines.extractive import Extractive
from knowledge.labelled import Labelled, load_questions
from knowledge.model import EVERYONE
from tests.benchmarks.evidence import auc
from tests.benchmarks.labelled_sets import DEV

CHAT = DEV / "chat/irc_en.jsonl"
SMALL_TALK = DEV / "chat/clinc_smalltalk_en.jsonl"
_IDLE = ("small_talk", "meta")
"""What people say to a machine for fun, or about it; nobody in a group would look that up."""

SIGNS: Mapping[str, int] = {
    "asks": 1,
    "seeks": 1,
    "trouble": 1,
    "length": 1,
    "points_back": -1,
    "to_one": -1,
    "replies": -1,
}
"""Which way each may count; one that would count the other way is left out."""

MODELS: Mapping[str, tuple[str, ...]] = {
    "e5-small+use-multilingual": ("e5", "bm25"),
    "e5-small": ("e5", "bm25"),
    "use-multilingual": ("use", "bm25"),
}
"""What nearness is, for each choice of embedders.

Where e5 is there, USE is left out: it is dragged off by what people say around a question. That was
seen on the chat that nothing is fitted on; the corpora here do not show it.
"""

LEAST_PROBABILITY = 0.5
"""Fixed by what it means, not by what it gives: more likely welcome than not."""

TALKING = -2.0
"""What it is worth that the writer is in the midst of a talk; fitted with the others it is -2.1.

The others stay as fitted without it: with it they would take more for a question where nobody
knows who wrote before.
"""

_NAMES_ONE = re.compile(r"[\w\[\]|`^{}-]{2,20}[,:] ")
"""How a line of IRC names somebody. Such a message is never answered unasked."""

_RIDGE = 10.0
_Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One channel, or one corpus. rows: signs by name, a row a line."""

    name: str
    rows: tuple[Mapping[str, float], ...]
    right: npt.NDArray[np.bool_]

    def columns(self, names: Sequence[str]) -> _Rows:
        """The rows as an array with these columns."""
        return np.array([[row[name] for name in names] for row in self.rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Questions to one corpus, and so many to others."""

    name: str
    path: Path
    own: Path
    ids: str = ""
    foreign: tuple[tuple[str, int], ...] = ()

    def questions(self) -> list[tuple[Labelled, bool]]:
        """Each with whether the corpus answers it; of foreign sets the first."""
        own = [(one, one.answerable) for one in load_questions(self.own) if self.ids in one.id]
        sets = [load_questions(DEV / f"qa/{name}.jsonl")[:count] for name, count in self.foreign]
        return own + [(one, False) for foreign in sets for one in foreign]


CORPORA = (
    Corpus(
        name="zh_it_campus",
        path=DEV / "corpora/zh_it_campus/docs",
        own=DEV / "qa/zh_it_campus.jsonl",
        foreign=(("zh_cmrc2018", 150), ("zh_law_lecoqa", 100)),
    ),
    Corpus(
        name="zh_hr_law",
        path=DEV / "corpora/zh_hr_law/docs",
        own=DEV / "qa/refusal_zh_hr.jsonl",
        foreign=(("zh_it_campus", 40), ("zh_cmrc2018", 60)),
    ),
    Corpus(
        name="en_sourcegraph_hr, masked",
        path=DEV / "corpora/en_sourcegraph_hr/docs_masked",
        own=DEV / "qa/refusal_en_handbooks.jsonl",
        ids="sourcegraph_hr",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A logistic model on plain signs."""

    names: tuple[str, ...]
    bias: float
    weights: _Rows

    def probability(self, sample: Sample) -> _Rows:
        """For each row of a sample."""
        logit = sample.columns(self.names) @ self.weights + self.bias
        result: _Rows = 1 / (1 + np.exp(-logit))
        return result

    def as_json(self) -> dict[str, object]:
        """As it ships."""
        weights = (round(float(weight), 3) for weight in self.weights)
        named = dict(zip(self.names, weights, strict=True))
        return {"bias": round(self.bias, 3), "weights": named}


def channels() -> tuple[Sample, ...]:
    """The channels of the chat, and small talk as one more."""
    chat = [line for line in _read(CHAT) if line["engage"] is not None]
    idle = [line for line in _read(SMALL_TALK) if line["domain"] in _IDLE]
    names = sorted({str(line["channel"]) for line in chat})
    named = [(name, [line for line in chat if line["channel"] == name]) for name in names]
    return tuple(
        Sample(
            name=name,
            rows=tuple(_manner(line) for line in lines),
            right=np.array([line.get("engage") is True for line in lines]),
        )
        for name, lines in [*named, ("small talk", idle)]
    )


def _manner(line: Mapping[str, object]) -> Mapping[str, float]:
    context = cast("list[Mapping[str, str]]", line.get("context") or [])
    talking = any(before["sender"] == line["sender"] for before in context)
    message = str(line["message"])
    return {**manner(message, talking=talking), "named": float(bool(_NAMES_ONE.match(message)))}


def _read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def ask(corpus: Corpus) -> Sample:
    """Search for every question; an index of the corpus is kept for the next time."""
    questions = corpus.questions()
    settings = load()
    folder = index_folder(corpus.path, settings)
    opened = open_knowledge(settings, open_shelf(), store_folder=folder, generator=Extractive())
    async with opened as knowledge:
        await knowledge.ingest.run([corpus.path])
        everyone = frozenset({EVERYONE})
        found = [
            nearness(await knowledge.retriever.retrieve(one.text, audience=everyone))
            for one, _ in questions
        ]
    right = np.array([answered for _, answered in questions])
    return Sample(name=corpus.name, rows=tuple(found), right=right)


def fit(samples: Sequence[Sample], signs: Mapping[str, int], *, each: bool) -> Fitted:
    """Ridge logistic regression in which every sign counts the way it should.

    each: both kinds weigh the same in each sample, and all samples the same; else over all of them.
    """
    names = tuple(signs)
    rows = np.vstack([sample.columns(names) for sample in samples])
    right = np.concatenate([sample.right for sample in samples]).astype(float)
    groups = [sample.right for sample in samples] if each else [right == 1]
    weigh = np.concatenate([_balanced(group) for group in groups])
    used = list(range(len(names)))
    while True:
        bias, weights = _logistic(rows[:, used], right, weigh * len(right) / weigh.sum())
        ways = [signs[names[at]] for at in used]
        wrong = [
            at for at, way, weight in zip(used, ways, weights, strict=True) if weight * way < 0
        ]
        if not wrong:
            break
        used.remove(wrong[0])
    full = np.zeros(len(names))
    full[used] = weights
    return Fitted(names=names, bias=bias, weights=full)


def _balanced(right: npt.NDArray[np.bool_]) -> _Rows:
    result: _Rows = np.where(right, 0.5 / max(right.sum(), 1), 0.5 / max((~right).sum(), 1))
    return result


def _logistic(rows: _Rows, right: _Rows, each: _Rows) -> tuple[float, _Rows]:
    """Newton's method on standardised columns."""
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    x = np.column_stack([np.ones(len(rows)), (rows - mean) / spread])
    ridge = np.diag([0.0, *[_RIDGE] * rows.shape[1]])
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ beta)))
        slope = x.T @ (each * (right - p)) - ridge @ beta
        curve = (x * (each * p * (1 - p))[:, None]).T @ x + ridge
        beta += np.linalg.solve(curve, slope)
    weights = beta[1:] / spread
    return float(beta[0] - weights @ mean), weights


def table(samples: Sequence[Sample], signs: Mapping[str, int], *, each: bool) -> None:
    """Print each sample as judged by a model of the others."""
    print("| left out | lines | positive | AUC | found | others taken for one |")
    print("|---|---|---|---|---|---|")
    for sample in samples:
        others = [other for other in samples if other is not sample]
        judged = fit(others, signs, each=each).probability(sample)
        right = sample.right
        told = f"{auc(judged[right], judged[~right]):.3f}" if right.any() else "–"
        found = f"{(judged[right] >= 0.5).mean():.3f}" if right.any() else "–"
        taken = f"{(judged[~right] >= 0.5).mean():.3f}"
        print(f"| {sample.name} | {len(right)} | {right.sum()} | {told} | {found} | {taken} |")


def _knowing_talks(asked: Mapping[str, object]) -> Mapping[str, object]:
    weights = cast("Mapping[str, float]", asked["weights"])
    return {**asked, "weights": {**weights, "talking": TALKING}}


def together(samples: Sequence[Sample]) -> None:
    """Print what the manner alone does to a chat, each channel by a model of the others."""
    chosen: list[bool] = []
    right: list[bool] = []
    for sample in samples:
        if not sample.right.any():
            continue
        judged = fit([one for one in samples if one is not sample], SIGNS, each=False)
        odds = np.log(judged.probability(sample) / (1 - judged.probability(sample)))
        odds += sample.columns(["talking"])[:, 0] * TALKING
        named = sample.columns(["named"])[:, 0] > 0
        chosen += list((odds >= 0) & ~named)
        right += list(sample.right)
    hits = sum(one and other for one, other in zip(chosen, right, strict=True))
    precision, recall = hits / max(sum(chosen), 1), hits / max(sum(right), 1)
    f1 = 2 * hits / max(sum(chosen) + sum(right), 1)
    idle = sum(chosen) - hits
    print(f"chat: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}, ", end="")
    print(f"{1000 * idle / (len(right) - sum(right)):.0f} of 1,000 others")


async def run(folder: Path | None) -> None:
    """Print both tables, and write the models if asked to."""
    lines = channels()
    table(lines, SIGNS, each=False)
    together(lines)
    corpora = [await ask(corpus) for corpus in CORPORA]
    for embedders, names in MODELS.items():
        print(f"\n{embedders}\n")
        near = dict.fromkeys(names, 1)
        table(corpora, near, each=True)
        if folder is not None:
            model = {
                "asked": _knowing_talks(fit(lines, SIGNS, each=False).as_json()),
                "about": fit(corpora, near, each=True).as_json(),
                "least_probability": LEAST_PROBABILITY,
            }
            text = json.dumps(model, indent=2) + "\n"
            (folder / f"{embedders}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", type=Path, metavar="FOLDER", help="write the models that ship")
    given = parser.parse_args()
    asyncio.run(run(given.fit))


if __name__ == "__main__":
    main()
