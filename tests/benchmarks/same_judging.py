"""What the language model adds to "is it the same question?", on corpora it was not fitted on.

    python -m tests.benchmarks.same_judging [--each 40] [--keep FILE] [--fit]

Of the questions of `sameness`, those where the model without it is in doubt are drawn by chance,
every corpus alike: for each the most likely stored question of the same meaning, or the most likely
stranger, look-alikes among them. Both are judged, by languages: as many that are the same as are
not. Each corpus is decided by weights fitted on the others; `en_stackfaq` is never fitted on.

--keep reads the judgements in the file and adds those that are missing. --fit writes what ships.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.cli.options import open_shelf
from bot.engines import choose_generator
from bot.settings import load
from knowledge.confidence import Judgement
from knowledge.judge import last_draft
from knowledge.logistic import log_odds
from knowledge.metrics import percentile
from knowledge.models import DEFAULT_GENERATOR
from knowledge.ports import Generator
from knowledge.same_judge import Pair, build, pair_of
from tests.benchmarks.evidence import auc
from tests.benchmarks.same_questions import corpora
from tests.benchmarks.sameness import MODELS, UNSEEN, embed, judged, pairs
from tests.benchmarks.sameness import Judged as Rated

EMBEDDERS = "e5-small+use-multilingual"
BETWEEN = (0.15, 0.995)
"""Below, a judgement hardly makes an answer worth giving; above, it is given anyway."""

SHIPPED: tuple[Pair, ...] = ("en", "across")
"""Of two Chinese questions the default model tells no more than the embedders do."""

MEANT = 2.0
"""How many of those in doubt are meant for one that is not, where half of what is asked has its
answer stored and one in ten only looks alike: 1.3 to 3.7 on six corpora."""

WEIGHTS = Path("knowledge/sameness_models/judges.json")

_GIVEN = 0.6
_RIDGE = 1.0
_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """A question asked and the stored one most likely meant. probability: before the judgement."""

    corpus: str
    asked: str
    stored: str
    same: bool
    probability: float

    @property
    def pair(self) -> Pair:
        """The languages of both."""
        return pair_of(self.asked, self.stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the language model says of two questions: the log odds of "yes"."""

    asked: str
    stored: str
    odds: float
    seconds: float


def doubted(rated: Sequence[Rated]) -> Iterator[Doubted]:
    """For each question the best of the same meaning and the best stranger, where in doubt."""
    low, high = BETWEEN
    for one in rated:
        sample = one.only(~one.sample.polite)
        for asked in np.unique(sample.sample.asked):
            for same in (True, False):
                of_kind = (sample.sample.asked == asked) & (sample.sample.same == same)
                places = np.flatnonzero(of_kind)
                if not len(places):
                    continue
                best = int(places[np.argmax(sample.chance[places])])
                chance = float(sample.chance[best])
                if low <= chance <= high:
                    text, other = sample.sample.texts[best]
                    yield Doubted(
                        corpus=sample.sample.name,
                        asked=text,
                        stored=other,
                        same=same,
                        probability=chance,
                    )


def drawn(found: Sequence[Doubted], each: int) -> list[Doubted]:
    """So many of each kind, corpora taking turns; the same every time."""
    chance = random.Random(_SEED)
    kinds: dict[tuple[Pair, bool, bool], dict[str, list[Doubted]]] = {}
    for one in chance.sample(list(found), len(found)):
        kind = (one.pair, one.same, one.corpus in UNSEEN)
        kinds.setdefault(kind, {}).setdefault(one.corpus, []).append(one)
    return [
        one
        for by_corpus in kinds.values()
        for one in _in_turn([by_corpus[name] for name in sorted(by_corpus)])[:each]
    ]


def _in_turn(lists: Sequence[Sequence[Doubted]]) -> list[Doubted]:
    longest = max(len(one) for one in lists)
    return [one[at] for at in range(longest) for one in lists if at < len(one)]


async def ask(generator: Generator, one: Doubted) -> Opinion:
    """One judgement."""
    began = time.perf_counter()
    yes, no = (await last_draft(generator, build(one.asked, one.stored))).chances
    seconds = time.perf_counter() - began
    return Opinion(asked=one.asked, stored=one.stored, odds=yes - no, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """A pair of questions with what the language model says of it."""

    doubted: Doubted
    opinion: Opinion


def fit(judgements: Sequence[Both]) -> Judgement:
    """Ridge logistic regression on both log odds; the corpora weigh alike, what is meant more."""
    x = np.array([[1.0, *_row(one)] for one in judgements])
    same = np.array([one.doubted.same for one in judgements], dtype=float)
    kinds = [(one.doubted.corpus, one.doubted.same) for one in judgements]
    each = np.array([(MEANT if kind[1] else 1.0) / kinds.count(kind) for kind in kinds])
    each *= len(judgements) / each.sum()
    beta = np.zeros(3)
    ridge = np.diag([0.0, _RIDGE, _RIDGE])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ beta)))
        slope = x.T @ (each * (same - p)) - ridge @ beta
        beta += np.linalg.solve((x * (each * p * (1 - p))[:, None]).T @ x + ridge, slope)
    bias, confidence, odds = (round(float(weight), 3) for weight in beta)
    return Judgement(bias=bias, confidence=confidence, odds=odds)


def _row(one: Both) -> tuple[float, float]:
    return log_odds(one.doubted.probability), one.opinion.odds


def decided(judgements: Sequence[Both]) -> npt.NDArray[np.float64]:
    """The probabilities once the judgements are known, each corpus by weights of the others."""
    after = np.zeros(len(judgements))
    for corpus in {one.doubted.corpus for one in judgements}:
        known = (*UNSEEN, corpus)
        worth = fit([one for one in judgements if one.doubted.corpus not in known])
        for at, one in enumerate(judgements):
            if one.doubted.corpus == corpus:
                after[at] = worth.probability(one.doubted.probability, one.opinion.odds)
    return after


def table(judgements: Sequence[Both]) -> str:
    """A Markdown table, a row a pair of languages, and one for those never fitted on."""
    lines = [
        "| languages | same, not | AUC before | after | the model alone "
        "| from .6: right before, after | wrong before, after | s p50 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for pair in sorted({one.doubted.pair for one in judgements}):
        of_pair = [one for one in judgements if one.doubted.pair == pair]
        after = decided(of_pair)
        unseen = np.array([one.doubted.corpus in UNSEEN for one in of_pair])
        for name, which in ((pair, ~unseen), (f"{pair}, never fitted on", unseen)):
            if which.any():
                rows = [of_pair[at] for at in np.flatnonzero(which)]
                lines.append(f"| {name} | {_line(rows, after[which])} |")
    return "\n".join(lines)


def _line(rows: Sequence[Both], after: npt.NDArray[np.float64]) -> str:
    same = np.array([one.doubted.same for one in rows])
    before = np.array([one.doubted.probability for one in rows])
    odds = np.array([one.opinion.odds for one in rows])
    aucs = (f"{auc(of[same], of[~same]):.3f}" for of in (before, after, odds))
    shares = (
        ", ".join(f"{(of[which] >= _GIVEN).mean():.2f}" for of in (before, after))
        for which in (same, ~same)
    )
    seconds = percentile([one.opinion.seconds for one in rows], 0.5)
    return " | ".join((f"{same.sum()}, {(~same).sum()}", *aucs, *shares, f"{seconds:.1f}"))


def as_json(judgements: Sequence[Both]) -> str:
    """The weights that ship, for the default embedders and model."""
    seen = [one for one in judgements if one.doubted.corpus not in UNSEEN]
    by_pair = {
        pair: asdict(fit([one for one in seen if one.doubted.pair == pair])) for pair in SHIPPED
    }
    weights = {"between": BETWEEN, "by_pair": by_pair}
    return json.dumps({EMBEDDERS: {DEFAULT_GENERATOR: weights}}, indent=2) + "\n"


async def judgements_of(found: Sequence[Doubted], keep: Path | None) -> list[Both]:
    """Each with the model's opinion, as kept or as asked now."""
    kept = _read(keep) if keep else {}
    settings = load()
    generator = choose_generator(settings.generation, open_shelf())
    both: list[Both] = []
    try:
        for one in found:
            opinion = kept.get((one.asked, one.stored)) or await ask(generator, one)
            both.append(Both(doubted=one, opinion=opinion))
            if keep and (one.asked, one.stored) not in kept:
                with keep.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(opinion), ensure_ascii=False) + "\n")
    finally:
        await generator.close()
    return both


def _read(keep: Path) -> Mapping[tuple[str, str], Opinion]:
    lines = keep.read_text(encoding="utf-8").splitlines() if keep.exists() else []
    opinions = (Opinion(**json.loads(line)) for line in lines)
    return {(one.asked, one.stored): one for one in opinions}


async def run(given: argparse.Namespace) -> None:
    """Draw, judge, print, and write the weights if asked to."""
    here = list(corpora())
    vectors = await embed(sorted({text for one in here for text in one.texts}, key=len))
    rated = judged([pairs(one, vectors) for one in here], MODELS[EMBEDDERS])
    found = drawn(list(doubted(rated)), given.each)
    judgements = await judgements_of(found, given.keep)
    print(table(judgements))
    if given.fit:
        await asyncio.to_thread(WEIGHTS.write_text, as_json(judgements), encoding="utf-8")


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=40, metavar="N", help="of each kind")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="judgements, a line each")
    parser.add_argument("--fit", action="store_true", help=f"write {WEIGHTS}")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
