"""How well the sameness model tells another wording from another question.

    python -m tests.benchmarks.sameness [--fit FOLDER]

Each question is asked twice against all others of its corpus: once with those stored that mean the
same, in Chinese and English, and once without. Among the strangers are questions written to look
alike ("in Berlin" for "in Singapore"), and copies with one fact changed by rule. Each corpus is
judged by models fitted on the others; those that are only ever judged by one of all the others.

Served, or joined: the best stored question reaches `serve`, or `join`. Precision: of those, the
share that means the same; recall: of the questions that have one stored, the share that found it.
AUC and calibration error are of pairs, as many of them the same as not. A bare cosine is given the
cut-off at which it serves as precisely. "Politely" only adds a greeting or thanks.

--fit writes the models that ship, fitted on all corpora but those only judged.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.cli.options import open_shelf
from bot.engines import build_embedders
from knowledge.model import Vector
from knowledge.sameness import Reading, read, signals
from knowledge.settings import KnowledgeSettings
from tests.benchmarks.evidence import auc
from tests.benchmarks.same_questions import Corpus, corpora

UNSEEN = ("en_stackfaq",)
"""Only ever judged: what ships is never fitted on them. Its groups are other people's."""

WORDING = {"covered": 1, "equal": 1, "edited": -1, "one_place": -1, "reasked": -1}
POINTS = dict.fromkeys(
    [
        *("amount", "lone_amount", "code", "lone_code", "name", "lone_name"),
        *("facet", "lone_facet", "asked", "lone_asked", "denied"),
    ],
    -1,
)
"""Which way each may count; one that would count the other way is left out."""

DECISIVE = {"amount": -8.0, "code": -8.0}
"""Fixed by what they mean: another number or another error code is another question."""

MODELS: Mapping[str, tuple[str, ...]] = {
    "e5-small+use-multilingual": ("e5", "use"),
    "e5-small": ("e5",),
    "use-multilingual": ("use",),
}
"""The cosines of each choice of embedders."""

SERVED_PRECISELY = 0.97
"""Of what is served, even with look-alikes stored: a wrong answer costs more than none."""

JOINED_PRECISELY = 0.9
"""Of what is joined, without look-alikes: the owner of a gap reads all its wordings anyway."""

_STRANGERS = 8
_RIDGE = 1.0
_Rows = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]
_NAMES = ("e5", "use", *WORDING, *POINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Pairs of questions of one corpus. rows: a row of signals a pair, in the order of _NAMES.

    asked: which question was asked; same: the stored one means the same; alike: it was made to
    look the same; across: it is in the other language; polite: the asked one only adds courtesy to
    one that is stored; texts: both.
    """

    name: str
    rows: _Rows
    asked: npt.NDArray[np.int_]
    same: _Flags
    alike: _Flags
    across: _Flags
    polite: _Flags
    texts: tuple[tuple[str, str], ...]

    def only(self, which: _Flags) -> Sample:
        """Some of the pairs."""
        return Sample(
            name=self.name,
            rows=self.rows[which],
            asked=self.asked[which],
            same=self.same[which],
            alike=self.alike[which],
            across=self.across[which],
            polite=self.polite[which],
            texts=tuple(self.texts[at] for at in np.flatnonzero(which)),
        )


async def embed(texts: Sequence[str]) -> dict[str, dict[str, Vector]]:
    """The vectors of every text, by embedder."""
    embedders = build_embedders(KnowledgeSettings(), open_shelf())
    return {one.name: {text: await one.embed_question(text) for text in texts} for one in embedders}


def pairs(corpus: Corpus, vectors: Mapping[str, Mapping[str, Vector]]) -> Sample:
    """Each question of a group of several with its mates and the strangers most like it."""
    readings = [
        read(text, {name: known[text] for name, known in vectors.items()}) for text in corpus.texts
    ]
    cosines = sum(_centred(readings, name) for name in vectors)
    members = np.zeros(len(readings), dtype=bool)
    members[[at for group in corpus.groups for at in group]] = True
    near: dict[int, tuple[int, ...]] = {}
    found: list[tuple[int, int, bool]] = []
    for group, alike, polite in zip(corpus.groups, corpus.near, corpus.polite, strict=True):
        if len(group) < 2:
            continue
        strangers = members.copy()
        strangers[list(group)] = False
        for asked in (*group, polite):
            near[asked] = alike
            ranked = np.argsort(-np.where(strangers, cosines[asked], -np.inf))[:_STRANGERS]
            others = dict.fromkeys([*ranked.tolist(), *alike])
            found += [(asked, mate, True) for mate in group if mate != asked]
            found += [(asked, other, False) for other in others]
    both = [(readings[one], readings[other]) for one, other, _ in found]
    looked = [signals(one, other) for one, other in both]
    return Sample(
        name=corpus.name,
        rows=np.array([[row[name] for name in _NAMES] for row in looked]),
        asked=np.array([asked for asked, _, _ in found]),
        same=np.array([same for _, _, same in found]),
        alike=np.array([other in near[asked] for asked, other, _ in found]),
        polite=np.array([asked in corpus.polite for asked, _, _ in found]),
        across=np.array([one.language != other.language for one, other in both]),
        texts=tuple((one.text, other.text) for one, other in both),
    )


def _centred(readings: Sequence[Reading], name: str) -> _Rows:
    """Cosines of all pairs, comparable between embedders."""
    vectors = np.stack([one.vectors[name] for one in readings]).astype(float)
    cosines = vectors @ vectors.T
    result: _Rows = (cosines - cosines.mean()) / cosines.std()
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A logistic model; names: what its weights are for."""

    names: tuple[str, ...]
    bias: float
    weights: _Rows

    def probability(self, rows: _Rows) -> _Rows:
        """For each row of a sample."""
        columns = [_NAMES.index(name) for name in self.names]
        result: _Rows = 1 / (1 + np.exp(-(rows[:, columns] @ self.weights + self.bias)))
        return result

    def as_json(self) -> dict[str, object]:
        """As it ships."""
        weights = (round(float(weight), 3) for weight in self.weights)
        named = {name: w for name, w in zip(self.names, weights, strict=True) if w}
        return {"bias": round(self.bias, 3), "weights": named}


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """A model for pairs of one language and one for pairs of two."""

    within: Fitted
    across: Fitted

    def probability(self, sample: Sample) -> _Rows:
        """For each pair."""
        apart = self.across.probability(sample.rows)
        result: _Rows = np.where(sample.across, apart, self.within.probability(sample.rows))
        return result


def fit(samples: Sequence[Sample], cosines: Sequence[str]) -> Both:
    """Both models, from the pairs of all samples."""
    ways = dict.fromkeys(cosines, 1)
    apart = [sample.only(sample.across) for sample in samples]
    return Both(
        within=_fit([s.only(~s.across) for s in samples], ways | WORDING | POINTS),
        across=_fit([s for s in apart if s.same.any()], ways | POINTS),
    )


def _fit(samples: Sequence[Sample], ways: Mapping[str, int]) -> Fitted:
    """Ridge logistic regression in which every signal counts the way it should.

    Same and other weigh alike in each sample, and so do the samples.
    """
    names = tuple(ways)
    rows = np.vstack([sample.rows for sample in samples])[:, [_NAMES.index(n) for n in names]]
    same = np.concatenate([sample.same for sample in samples]).astype(float)
    weigh = np.concatenate([_balanced(sample.same) for sample in samples])
    full = np.array([DECISIVE.get(name, 0.0) for name in names])
    known = rows @ full
    used = [at for at, name in enumerate(names) if name not in DECISIVE]
    while True:
        bias, weights = _logistic(rows[:, used], same, weigh * 1_000 / weigh.sum(), known)
        wrong = [w * ways[names[at]] for at, w in zip(used, weights, strict=True)]
        if min(wrong) >= 0:
            break
        used.pop(int(np.argmin(wrong)))
    full[used] = weights
    return Fitted(names=names, bias=bias, weights=full)


def _balanced(same: _Flags) -> _Rows:
    result: _Rows = np.where(same, 0.5 / max(same.sum(), 1), 0.5 / max((~same).sum(), 1))
    return result


def _logistic(rows: _Rows, same: _Rows, each: _Rows, known: _Rows) -> tuple[float, _Rows]:
    """Newton's method on standardised columns. known: what is added to each row's logit."""
    mean, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    x = np.column_stack([np.ones(len(rows)), (rows - mean) / spread])
    ridge = np.diag([1e-6, *[_RIDGE] * rows.shape[1]])
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-(x @ beta + known)))
        slope = x.T @ (each * (same - p)) - ridge @ beta
        curve = (x * (each * p * (1 - p))[:, None]).T @ x + ridge
        beta += np.linalg.solve(curve, slope)
    weights = beta[1:] / spread
    return float(beta[0] - weights @ mean), weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What was served at a threshold. asked: questions that have one stored that means the same."""

    asked: int
    right: int
    wrong: int

    @property
    def precision(self) -> float:
        """Of those served, the share that means the same; 1 where nothing is served."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Of the questions asked, the share served rightly."""
        return self.right / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bests:
    """The best score of those that mean the same and of the strangers, for each question asked."""

    mates: _Rows
    strangers: _Rows

    def served(self, least: float) -> Served:
        """Ask every question with its mates stored, and once more without them."""
        wrong = self.strangers >= least
        first = (self.mates >= least) & (self.mates > self.strangers)
        return Served(
            asked=int(np.isfinite(self.mates).sum()),
            right=int(first.sum()),
            wrong=int(wrong.sum() + (wrong & ~first).sum()),
        )


def bests(sample: Sample, score: _Rows) -> Bests:
    """From the scores of all pairs."""
    asked, which = np.unique(sample.asked, return_inverse=True)
    mates, strangers = np.full((2, len(asked)), -np.inf)
    np.maximum.at(mates, which[sample.same], score[sample.same])
    np.maximum.at(strangers, which[~sample.same], score[~sample.same])
    return Bests(mates=mates, strangers=strangers)


def least_precise(found: Sequence[Bests], precise: float) -> float:
    """The lowest threshold that serves so precisely over all corpora, each weighing the same."""
    for least in np.arange(0.5, 1.0, 0.001).round(3):
        given = [one.served(float(least)) for one in found]
        right = sum(one.right / one.asked for one in given)
        wrong = sum(one.wrong / one.asked for one in given)
        if right >= precise * (right + wrong):
            return float(least)
    return 1.0


def calibration_error(chance: _Rows, same: _Flags, *, bins: int = 10) -> float:
    """Expected calibration error where as many pairs are the same as are not."""
    which = np.minimum((chance * bins).astype(int), bins - 1)
    each = _balanced(same)
    gaps = (abs(float((each * (chance - same))[which == at].sum())) for at in set(which.tolist()))
    return float(sum(gaps) / each.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A corpus with the probabilities of a model that never saw it."""

    sample: Sample
    chance: _Rows

    def only(self, which: _Flags) -> Judged:
        """Some of the pairs."""
        return Judged(sample=self.sample.only(which), chance=self.chance[which])

    def bests(self) -> Bests:
        """Of every question asked."""
        return bests(self.sample, self.chance)

    def usual(self) -> Judged:
        """Without what was made to look the same."""
        return self.only(~self.sample.alike)

    def row(self, serve: float, join: float, cosine: Served) -> str:
        """One line of the table."""
        same, chance = self.sample.same, self.chance
        hard, usual = self.bests(), self.usual().bests()
        served = (usual.served(join), usual.served(serve), hard.served(serve), cosine)
        figures = [auc(chance[same], chance[~same]), calibration_error(chance, same)]
        figures += [x for one in served for x in (one.precision, one.recall)]
        return f"| {served[0].asked} | " + " | ".join(f"{x:.3f}" for x in figures) + " |"


def judged(samples: Sequence[Sample], cosines: Sequence[str]) -> list[Judged]:
    """Each sample by a model of all the others that may be fitted on."""
    found: list[Judged] = []
    for sample in samples:
        others = [o for o in samples if o is not sample and o.name not in UNSEEN]
        found.append(Judged(sample=sample, chance=fit(others, cosines).probability(sample)))
    return found


def by_cosine(samples: Sequence[Sample], name: str) -> list[Judged]:
    """The baseline: the cosine of one embedder for a probability."""
    column = _NAMES.index(name)
    return [Judged(sample=sample, chance=sample.rows[:, column]) for sample in samples]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where questions are served, and where they are joined."""

    serve: float
    join: float


def thresholds(found: Sequence[Judged]) -> Thresholds:
    """From the free rewordings of the corpora that may be fitted on; the polite are too easy."""
    known = [one for one in found if one.sample.name not in UNSEEN]
    own = [one.only(~one.sample.polite) for one in known]
    return Thresholds(
        serve=least_precise([one.bests() for one in own], SERVED_PRECISELY),
        join=least_precise([one.usual().bests() for one in own], JOINED_PRECISELY),
    )


def table(samples: Sequence[Sample], cosines: Sequence[str]) -> Thresholds:
    """Print each corpus and the thresholds."""
    found = judged(samples, cosines)
    least = thresholds(found)
    plain = by_cosine(samples, cosines[0])
    cut = thresholds(plain).serve
    print(f"serve {least.serve:.3f}, join {least.join:.3f}; cosine of {cosines[0]} {cut:.3f}\n")
    print(
        "| left out | asked | AUC | ECE | joined: precision | recall | served: precision | recall "
        "| with look-alikes: precision | recall | cosine, with look-alikes: precision | recall |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for one, bare in zip(found, plain, strict=True):
        for where, which in _parts(one.sample):
            row = one.only(which).row(least.serve, least.join, bare.only(which).bests().served(cut))
            print(f"| {one.sample.name}, {where} {row}")
    return least


def _parts(sample: Sample) -> list[tuple[str, _Flags]]:
    """The lines of a corpus, with the pairs of each."""
    parts = [
        ("one language", ~sample.across & ~sample.polite),
        ("two languages", sample.across & ~sample.polite),
        ("politely", sample.polite & ~sample.across),
    ]
    return [(where, which) for where, which in parts if sample.same[which].any()]


def as_json(samples: Sequence[Sample], cosines: Sequence[str], least: Thresholds) -> str:
    """The model that ships, fitted on all that may be fitted on."""
    model = fit([one for one in samples if one.name not in UNSEEN], cosines)
    within, across = model.within.as_json(), model.across.as_json()
    marks = {"serve": round(least.serve, 3), "join": round(least.join, 3)}
    return json.dumps({"within": within, "across": across, **marks}, indent=2) + "\n"


async def run(folder: Path | None) -> None:
    """Print the tables, and write the models if asked to."""
    here = list(corpora())
    texts = {text for one in here for text in one.texts}
    vectors = await embed(sorted(texts, key=len))
    samples = [pairs(one, vectors) for one in here]
    for embedders, cosines in MODELS.items():
        print(f"\n{embedders}\n")
        least = table(samples, cosines)
        if folder is not None:
            model = as_json(samples, cosines, least)
            (folder / f"{embedders}.json").write_text(model, encoding="utf-8")


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", type=Path, metavar="FOLDER", help="write the models that ship")
    given = parser.parse_args()
    asyncio.run(run(given.fit))


if __name__ == "__main__":
    main()
