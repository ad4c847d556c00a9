"""`make loop`: does the bot know more after every round of questions, and break nothing?

    python -m tests.benchmarks.loop [NAME…] [--rounds 5] [--seed 1] [--topics N] [--check]

Employees ask in a simulated Slack workspace, about topics that have several wordings. They click
👍 or 👎, one time in ten the wrong one, and some ask a person; the owner answers from the gold
answers. The other wordings of each topic are never asked. They measure it, as do questions of no
topic and questions that only look like one: after each round all are asked of a copy of the bot.

--check ends with 1 where a promise is broken. --model uses the language model; else what was found
is quoted, which says as much about the loop and takes minutes instead of hours.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

from bot.cli.evaluate import digest_of, evaluations_folder, gold_of
from bot.cli.options import open_shelf
from bot.core.ports import Knowledge
from bot.knowledge_base import open_knowledge
from bot.settings import load
from knowledge.engines.extractive import Extractive
from tests.benchmarks.loop_measure import Jury, Measured
from tests.benchmarks.loop_office import office
from tests.benchmarks.loop_rounds import USUAL, Habits, Loop, Round
from tests.benchmarks.loop_topics import STUDIES, Study, studies

LEAST_CORRECT = 0.90
"""Of the questions whose gap was answered, at the end."""

USUALLY = ("sample handbook",)
"""What everybody has."""

MOST_MS = 100.0
MOST_SECONDS = 2.0
_EXAMPLES = 12


async def simulate(
    study: Study, knowledge: Knowledge, *, rounds: int, seed: int, habits: Habits = USUAL
) -> AsyncIterator[Round]:
    """The rounds of a study, each as soon as it is over."""
    jury = Jury(study, await asyncio.to_thread(gold_of, study.corpus))
    with tempfile.TemporaryDirectory() as folder:
        async with office(Path(folder), knowledge) as place:
            loop = Loop(
                office=place,
                folder=Path(folder),
                knowledge=knowledge,
                study=study,
                jury=jury,
                chance=random.Random(f"{seed} {study.name}"),
                habits=habits,
            )
            async for one in loop.run(rounds):
                yield one


def broken(rounds: Sequence[Round]) -> list[str]:
    """The promises that these rounds break, as sentences."""
    first, last = rounds[0], rounds[-1]
    found: list[str] = []
    for before, now in pairwise(rounds):
        if now.held.correct <= before.held.correct:
            found.append(f"round {now.number} answers no more than the one before")
    if last.theirs.of("correct") < LEAST_CORRECT:
        found.append(f"{last.theirs.of('correct'):.1%} of what was answered for is answered")
    for now in rounds[1:]:
        if now.altered:
            found.append(f"round {now.number} changes {len(now.altered)} answers to other topics")
        if now.held.wrong > first.held.wrong or (
            now.others.asked and now.others.wrong > first.others.wrong
        ):
            found.append(f"round {now.number} answers more wrongly than round 0")
        if now.tokens:
            found.append(f"round {now.number} spends {now.tokens} tokens on verified answers")
        if now.p95_ms > MOST_MS:
            found.append(f"round {now.number} takes {now.p95_ms:.0f} ms for a verified answer")
        if max(now.next_asker_s, default=0.0) > MOST_SECONDS:
            found.append(f"round {now.number}: the next asker waits {max(now.next_asker_s):.1f} s")
    return found


# ── what is printed ───────────────────────────────────────────────────────────────────────────

_HEAD = (
    "| round | topics asked, answered | all: right | refused | wrong "
    "| answered topics: n | right | refused | wrong | untouched topics: n | right | wrong "
    "| changed | other questions: n | right | wrong | strayed "
    "| asked again: n | right | wrong | similar: right, wrong | offered: right, wrong, to others "
    "| served | p50 ms | p95 ms | next asker s |"
)
_RULE = "|---" * (_HEAD.count("|") - 1) + "|"


def row(one: Round) -> str:
    """A round as a line of the table."""
    cells = (
        one.number,
        f"{one.touched}, {one.answered}",
        *(_percent(one.held.of(fate)) for fate in ("correct", "refused", "wrong")),
        one.theirs.asked,
        *(_percent(one.theirs.of(fate)) for fate in ("correct", "refused", "wrong")),
        one.untouched.asked,
        _percent(one.untouched.of("correct")),
        _percent(one.untouched.of("wrong")),
        len(one.altered),
        one.others.asked,
        _percent(one.others.of("correct")),
        _percent(one.others.of("wrong")),
        len(one.strayed),
        one.again.asked,
        _percent(one.again.of("correct")),
        _percent(one.again.of("wrong")),
        f"{one.similar.correct}, {one.similar.wrong}",
        f"{one.offers.right}, {one.offers.wrong}, {one.offers.strangers}",
        one.served,
        f"{one.p50_ms:.0f}",
        f"{one.p95_ms:.0f}",
        f"{max(one.next_asker_s):.2f}" if one.next_asker_s else "",
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}"


def examples(last: Round) -> str:
    """Questions that were not served, and answers that went to the wrong ones."""
    lists = {
        "verified answers that strayed": last.strayed,
        "verified answers to the wrong topic": [one for one in last.wrong if one.verified],
        "other wrong answers": [one for one in last.wrong if not one.verified],
        "refused though their topic was answered": last.missed,
        "answered otherwise": [new for _, new in last.altered],
    }
    return "\n".join(
        line
        for name, found in lists.items()
        if found
        for line in (f"\n{name}: {len(found)}", *map(_example, found[:_EXAMPLES]))
    )


def _example(one: Measured) -> str:
    kind = "similar to" if one.answer.similar else "served for"
    return f"  {one.text}" + (f"  ({kind}: {one.verified})" if one.verified else "")


def as_json(study: Study, rounds: Sequence[Round]) -> dict[str, object]:
    """For `--out`."""
    return {
        "study": study.name,
        "topics": len(study.topics),
        "look_alikes": len(study.alike),
        "broken": broken(rounds),
        "rounds": [_as_json(one) for one in rounds],
    }


def _as_json(one: Round) -> dict[str, object]:
    return {
        "round": one.number,
        "topics_asked": one.touched,
        "topics_answered": one.answered,
        "all": one.held.as_json(),
        "answered_topics": one.theirs.as_json(),
        "untouched_topics": one.untouched.as_json(),
        "other_questions": one.others.as_json(),
        "asked_again": one.again.as_json(),
        "similar": one.similar.as_json(),
        "offers": asdict(one.offers),
        "served": one.served,
        "served_p50_ms": round(one.p50_ms, 1),
        "served_p95_ms": round(one.p95_ms, 1),
        "served_tokens": one.tokens,
        "next_asker_s": [round(seconds, 3) for seconds in one.next_asker_s],
        "strayed": [_told(found) for found in one.strayed],
        "wrong": [_told(found) for found in one.wrong],
        "refused_though_answered": [_told(found) for found in one.missed],
        "altered": [{"before": _told(old), "now": _told(new)} for old, new in one.altered],
    }


def _told(one: Measured) -> dict[str, object]:
    answer = one.answer
    return {
        "question": one.text,
        "outcome": answer.outcome,
        "similar": answer.similar,
        "verified": one.verified,
        "offered": one.offered,
        "probability": round(answer.confidence, 4),
        "text": answer.text[:200],
    }


# ── the command ───────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _knowledge(study: Study, *, model: bool, votes: bool) -> AsyncIterator[Knowledge]:
    opened = open_knowledge(
        load(),
        open_shelf(),
        store_folder=evaluations_folder() / await asyncio.to_thread(digest_of, study.corpus),
        generator=None if model else Extractive(),
    )
    async with opened as knowledge:
        await knowledge.ingest.run([study.corpus], audience=None)
        await knowledge.warm() if model else await knowledge.warm_search()
        yield knowledge.for_core() if votes else replace(knowledge.for_core(), heeding=None)


async def run(given: argparse.Namespace) -> int:
    """Simulate each study and print it; 1 where a promise is broken and that is checked."""
    reports: list[dict[str, object]] = []
    for study in studies(given.seed):
        if study.name not in (given.names or USUALLY):
            continue
        part = study.only(given.topics)
        print(f"\n{part.name}: {len(part.topics)} topics\n\n{_HEAD}\n{_RULE}", flush=True)
        rounds: list[Round] = []
        async with _knowledge(part, model=given.model, votes=not given.no_votes) as knowledge:
            async for one in simulate(part, knowledge, rounds=given.rounds, seed=given.seed):
                print(row(one), flush=True)
                rounds.append(one)
        print(examples(rounds[-1]))
        print("\n".join(f"BROKEN: {sentence}" for sentence in broken(rounds)), flush=True)
        reports.append(as_json(part, rounds))
    if given.out:
        await asyncio.to_thread(_write, given.out, reports)
    return int(given.check and (not reports or any(one["broken"] for one in reports)))


def _write(file: Path, reports: Sequence[Mapping[str, object]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(reports, ensure_ascii=False, indent=2)
    file.write_text(f"{text}\n", encoding="utf-8")


def main() -> None:
    """Parse the command line and simulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"of {', '.join(STUDIES)}; default: {', '.join(USUALLY)}",
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--topics", type=int, metavar="N", help="only the first N of each study")
    parser.add_argument("--model", action="store_true", help="answer with the language model")
    parser.add_argument("--no-votes", action="store_true", help="clicks change no ranking")
    parser.add_argument("--check", action="store_true", help="end with 1 at a broken promise")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write everything as JSON")
    logging.basicConfig(level=logging.ERROR)
    given = parser.parse_args()
    for name in set(given.names) - set(STUDIES):
        parser.error(f"no study is called {name!r}; there are {', '.join(STUDIES)}")
    sys.exit(asyncio.run(run(given)))


if __name__ == "__main__":
    main()
