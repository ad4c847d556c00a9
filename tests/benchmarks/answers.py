"""Do the answers of the language model hold the gold answer, word for word?

    python -m tests.benchmarks.answers [SET] [--asked 60] [--out FILE]

Draws answerable questions of a set by chance, the same every time, and answers them with the
configured engine. An answer is right if one of the gold answers stands in it, punctuation and
spaces aside. Counted apart: where a gold answer is short, so that it can be expected word for word;
and of all, what the model wrote, and what was quoted instead. --out keeps every question with its
answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path

from bot.cli.evaluate import measure
from bot.settings import load
from knowledge.evaluate import Evaluation, Judged
from knowledge.labelled import Labelled
from knowledge.metrics import SHORT_ANSWER_UNITS, ratio, units, wilson
from knowledge.model import Outcome
from tests.benchmarks.labelled_sets import SETS

_SEED = 11


def drawn(questions: Sequence[Labelled], asked: int) -> list[Labelled]:
    """So many answerable questions with a gold answer; the same every time."""
    fitting = [one for one in questions if one.answerable and one.answers]
    return random.Random(_SEED).sample(fitting, min(asked, len(fitting)))


def holds(text: str, gold: Sequence[str]) -> bool:
    """Whether a gold answer stands in a text."""
    said = _bare(text)
    return any(_bare(answer) in said for answer in gold)


def is_short(gold: Sequence[str]) -> bool:
    """Whether a gold answer is short enough to be said word for word."""
    return any(len(units(answer)) <= SHORT_ANSWER_UNITS for answer in gold)


def _bare(text: str) -> str:
    return f" {' '.join(units(text))} "


def line(name: str, judged: Sequence[Judged]) -> str:
    """One row: of so many answers, how many hold the gold answer."""
    right = sum(holds(one.got.text, one.one.answers) for one in judged)
    share, (low, high) = ratio(right, len(judged)), wilson(right, len(judged))
    return f"| {name} | {len(judged)} | {right} | {share:.3f} | {low:.3f} to {high:.3f} |"


def report(found: Evaluation) -> None:
    """Print a Markdown table: all answers given, those of the model, those quoted."""
    given = [judged for judged in found.judged if judged.given]
    print(f"{len(given)} of {len(found.judged)} answered, p50 {found.figures['p50_ms']} ms")
    print("| answers | n | hold the gold answer | share | 95 % |\n|---|---|---|---|---|")
    print(line("given", given))
    print(line("given, gold answer short", [one for one in given if is_short(one.one.answers)]))
    for name, outcome in (("written", Outcome.GROUNDED), ("quoted", Outcome.DEGRADED)):
        print(line(name, [judged for judged in given if judged.got.outcome is outcome]))


def _kept(judged: Judged) -> str:
    kept = {
        "id": judged.one.id,
        "question": judged.one.text,
        "answers": judged.one.answers,
        "outcome": judged.got.outcome,
        "text": judged.got.text,
        "confidence": round(judged.got.confidence, 3),
        "right": holds(judged.got.text, judged.one.answers),
    }
    return json.dumps(kept, ensure_ascii=False) + "\n"


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default="zh_cmrc2018", metavar="SET")
    parser.add_argument("--asked", type=int, default=60, help="how many questions")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep questions and answers")
    given = parser.parse_args()
    (one,) = [one for one in SETS if one.is_called(given.name)]
    asked = drawn(one.questions(), given.asked)
    found = asyncio.run(measure(load(), one.corpus, asked, "answer"))
    report(found)
    if given.out is not None:
        given.out.write_text("".join(map(_kept, found.judged)), encoding="utf-8")


if __name__ == "__main__":
    main()
