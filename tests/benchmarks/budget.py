"""Does the error budget hold, and what is still answered then?

    python -m tests.benchmarks.budget [SET …] [--max-wrong-rate 0.02] [--limit N]

Every question of every set is answered whatever the confidence, by quoting; then the threshold of
the budget is fitted as `deskmate calibrate` does it, and held against questions it was not fitted
on, in two ways:

- on the other sets: those about another corpus, all their questions together;
- on the set itself: by chance in two halves, each measured with the threshold of the other.
  Questions of one group stay together.

A half that allows no promise answers nothing. Wrong answers come with the upper end of their 95 %
interval. The configured language model answers instead with --model.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli.calibrate import attempts
from bot.cli.evaluate import gold_of, measure
from bot.settings import Settings, load
from knowledge.budget import Threshold, fit
from knowledge.evaluate import Evaluation, Judged
from knowledge.metrics import ratio, wilson
from knowledge.model import Outcome
from tests.benchmarks.labelled_sets import SETS, LabelledSet

_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A set, and what came of asking everything of it."""

    name: str
    corpus: Path
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a threshold does to questions it was not fitted on.

    given, wrong: answers. answerable, reached: questions the corpus answers, and how many of them
    were answered.
    """

    given: int = 0
    wrong: int = 0
    answerable: int = 0
    reached: int = 0

    def __add__(self, other: Kept) -> Kept:
        return Kept(
            given=self.given + other.given,
            wrong=self.wrong + other.wrong,
            answerable=self.answerable + other.answerable,
            reached=self.reached + other.reached,
        )


def answering_all(settings: Settings, *, model: bool) -> Settings:
    """Settings that refuse nothing, and quote where the language model is not wanted."""
    answering = settings.answering.model_copy(update={"least_confidence": 0.0})
    changed = settings.model_copy(update={"answering": answering})
    if model:
        return changed
    quoting = settings.generation.model_copy(update={"engine": "extractive"})
    return changed.model_copy(update={"generation": quoting})


async def ask(one: LabelledSet, settings: Settings, limit: int | None) -> Asked:
    """Answer every question of a set."""
    found = await measure(
        settings,
        one.corpus,
        one.questions()[:limit],
        "answer",
        gold=gold_of(one.corpus),
    )
    return Asked(name=one.name, corpus=one.corpus, judged=found.judged)


def fitted(judged: Sequence[Judged], max_wrong_rate: float) -> Threshold | None:
    """The threshold that `deskmate calibrate` would choose on these questions."""
    found = Evaluation(mode="answer", judged=tuple(judged), figures={})
    return fit(attempts(found), max_wrong_rate=max_wrong_rate)


def kept(judged: Sequence[Judged], threshold: Threshold | None) -> Kept:
    """What is answered from a threshold on; nothing without one."""
    given = [
        one
        for one in judged
        if one.got.outcome is not Outcome.UNKNOWN
        and threshold is not None
        and one.got.confidence >= threshold.least_confidence
    ]
    return Kept(
        given=len(given),
        wrong=sum(one.wrong for one in given),
        answerable=sum(one.one.answerable for one in judged),
        reached=sum(one.one.answerable for one in given),
    )


def halves(judged: Sequence[Judged]) -> tuple[list[Judged], list[Judged]]:
    """Two halves by chance, the same every time; what means the same is in one of them."""
    groups = sorted({_group(one) for one in judged})
    first = set(random.Random(_SEED).sample(groups, len(groups) // 2))
    return (
        [one for one in judged if _group(one) in first],
        [one for one in judged if _group(one) not in first],
    )


def from_others(one: Asked, asked: Sequence[Asked], rate: float) -> Kept:
    """A set with the threshold of all sets about another corpus; see the top."""
    others = [found for other in asked if other.corpus != one.corpus for found in other.judged]
    return kept(one.judged, fitted(others, rate))


def from_halves(one: Asked, rate: float) -> Kept:
    """Each half of a set with the threshold of the other half."""
    first, second = halves(one.judged)
    return kept(second, fitted(first, rate)) + kept(first, fitted(second, rate))


def _group(one: Judged) -> str:
    return one.one.group or one.one.id


def _cells(found: Kept) -> str:
    share = f"{ratio(found.wrong, found.given):.3f}" if found.given else "–"
    high = wilson(found.wrong, found.given)[1]
    coverage = ratio(found.reached, found.answerable)
    return f"{found.wrong} of {found.given} | {share} | {high:.3f} | {coverage:.3f}"


async def run(names: Sequence[str], settings: Settings, rate: float, limit: int | None) -> None:
    """Print a Markdown table of the sets that are here, each a row, and all of them together."""
    here = [one for one in SETS if "answer" in one.modes and one.is_here()]
    chosen = [one for one in here if not names or any(one.is_called(name) for name in names)]
    asked = [await ask(one, settings, limit) for one in chosen]
    columns = "wrong of given | wrong rate | up to | coverage"
    print(f"| set | questions | others: {columns} | halves: {columns} |")
    print(f"|{'---|' * 10}")
    total = [Kept(), Kept()]
    for one in asked:
        ways = [from_others(one, asked, rate), from_halves(one, rate)]
        total = [sum_ + way for sum_, way in zip(total, ways, strict=True)]
        _print(one.name, len(one.judged), ways)
    _print("together", sum(len(one.judged) for one in asked), total)


def _print(name: str, questions: int, ways: Sequence[Kept]) -> None:
    print(f"| {name} | {questions} | {' | '.join(map(_cells, ways))} |", flush=True)


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SET", help="only these sets")
    parser.add_argument("--max-wrong-rate", type=float, default=0.02, metavar="R")
    parser.add_argument("--limit", type=int, help="only the first N questions of each set")
    parser.add_argument("--model", action="store_true", help="the configured engine, not quotes")
    given = parser.parse_args()
    settings = answering_all(load(), model=given.model)
    asyncio.run(run(given.names, settings, given.max_wrong_rate, given.limit))


if __name__ == "__main__":
    main()
