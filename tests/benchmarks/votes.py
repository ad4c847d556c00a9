"""What simulated clicks do to the ranking, and what they cost.

    python -m tests.benchmarks.votes [NAME ...] [--wrong 0.1] [--seeds 4] [--cited 2]

People ask one wording of a question, one to four of them click on what the first hits say, and a
share of the clicks is wrong. Then the other wordings are asked, with votes and without. A hit
counts as right if the labels say so. helped: a right hit among the first (or the first three) that
was not there without votes; hurt: the contrary.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random

import numpy as np

from bot.cli.evaluate import gold_of, index_folder
from bot.cli.options import open_shelf
from bot.knowledge_base import open_knowledge
from bot.settings import load
from knowledge.engines.extractive import Extractive
from knowledge.evaluate import GoldPassages
from knowledge.labelled import Labelled, load_questions
from knowledge.model import EVERYONE, Hit, Probe, Vector
from knowledge.retrieve import Hybrid
from knowledge.votes import Votes
from tests.benchmarks.labelled_sets import SETS, LabelledSet
from tests.benchmarks.same_questions import GROUPS
from tests.fakes_votes import MemoryLog

_NAMES = ("sample handbook", "zh_it_campus", "en_sourcegraph_hr", "en_tts_handbook")
_READERS = frozenset({EVERYONE})
_LOOKED_AT, _MOST_CITED = (1, 3), 3


def groups_of(one: LabelledSet) -> Iterator[tuple[Labelled, tuple[str, ...]]]:
    """A labelled question that has an answer, with all its wordings."""
    known = {question.id: question for question in load_questions(one.qa)}
    for line in GROUPS.read_text(encoding="utf-8").splitlines():
        group = json.loads(line)
        of = [known[id_] for id_ in group["of"] if id_ in known and known[id_].answerable]
        if of and one.is_called(group["set"]):
            yield of[0], (*(question.text for question in of), *group["same"])


def right(hits: Sequence[Hit], question: Labelled, gold: GoldPassages) -> bool:
    """Whether one of the hits is what the labels ask for."""
    if gold.knows(question.gold_passage_ids):
        return any(gold.holds(hit.passage, question.gold_passage_ids) for hit in hits)
    return any(hit.passage.document_id in question.gold_document_ids for hit in hits)


async def measure(one: LabelledSet, *, wrong: float, seeds: int, cited: int) -> Counter[str]:
    """Counts over all seeds."""
    gold, counts = gold_of(one.corpus), Counter[str]()
    settings = load(None)
    opened = open_knowledge(
        settings,
        open_shelf(),
        store_folder=index_folder(one.corpus, settings),
        generator=Extractive(),
    )
    async with opened as knowledge:
        await knowledge.ingest.run([one.corpus], audience=None)
        groups = list(groups_of(one))
        plain: dict[str, tuple[Hit, ...]] = {}
        for _, wordings in groups:
            for wording in wordings:
                plain[wording] = await knowledge.retriever.retrieve(wording, audience=_READERS)
        for seed in range(seeds):
            log, voted = clicks(
                groups,
                plain,
                gold,
                random=Random(seed),
                wrong=wrong,
                cited=cited,
            )
            votes = Votes(log, embedder=knowledge.embedders[0], clock=_now)
            await votes.learn()
            heeding = knowledge.retriever.heeding(votes)
            for question, wordings in groups:
                for wording in wordings:
                    if wording not in voted:
                        counts += await _compared(heeding, wording, question, plain, gold)
    return counts


def clicks(
    groups: Sequence[tuple[Labelled, tuple[str, ...]]],
    plain: Mapping[str, Sequence[Hit]],
    gold: GoldPassages,
    *,
    random: Random,
    wrong: float,
    cited: int,
) -> tuple[MemoryLog, set[str]]:
    """The votes on one wording of each group, and those wordings."""
    log, voted = MemoryLog(), set()
    for question, wordings in groups:
        asked = random.choice(wordings)
        voted.add(asked)
        sources = plain[asked][: cited or random.randint(1, _MOST_CITED)]
        good = right(sources, question, gold)
        for person in range(random.randint(1, 4)):
            helpful = good != (random.random() < wrong)
            for hit in sources:
                value = 1 if helpful else -1
                by = f"{question.id}/{person}"
                log.cast(hit.passage.id, value, question=asked, by=by)
    return log, voted


async def _compared(
    heeding: Hybrid,
    wording: str,
    question: Labelled,
    plain: Mapping[str, Sequence[Hit]],
    gold: GoldPassages,
) -> Counter[str]:
    after = await heeding.retrieve(wording, audience=_READERS)
    counts = Counter(asked=1)
    for places in _LOOKED_AT:
        was = right(plain[wording][:places], question, gold)
        now = right(after[:places], question, gold)
        counts += Counter({f"right@{places} before": was, f"right@{places} after": now})
        counts += Counter(helped=now and not was, hurt=was and not now)
    return counts


def _now() -> datetime:
    return datetime(2026, 7, 1, tzinfo=UTC)


# ── cost ──────────────────────────────────────────────────────────────────────────────────────


class _Topics:
    """Vectors of questions named `topic/number`: those of a topic are near one another."""

    name, dimension = "e5", 384

    def __init__(self, topics: int) -> None:
        self._random = np.random.default_rng(1)
        self._centres = [self._random.standard_normal(384) for _ in range(topics)]

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return [await self.embed_question(text) for text in texts]

    async def embed_question(self, text: str) -> Vector:
        vector = self._centres[int(text.partition("/")[0])] + 0.3 * self._random.standard_normal(
            384
        )
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


async def cost(votes: int = 10_000, topics: int = 200) -> None:
    """Milliseconds of processor time a question, 20 of its 170 candidates being voted on nearby."""
    random, log, embedder = Random(1), MemoryLog(), _Topics(topics)
    for number in range(votes):
        topic = random.randrange(topics)
        log.cast(
            f"{topic}/{random.randrange(20)}",
            random.choice((-1, 1)),
            question=f"{topic}/{number}",
            by=f"{number % 700}",
        )
    prior = Votes(log, embedder=embedder, clock=_now)
    await prior.learn()
    times = []
    for _ in range(500):
        topic = random.randrange(topics)
        ids = [f"{topic}/{n}" for n in range(20)]
        ids += [f"{random.randrange(topics)}/{random.randrange(20)}" for _ in range(150)]
        probe = Probe(dense={"e5": await embedder.embed_question(f"{topic}/0")}, sparse={})
        began_s = time.process_time()
        await prior.moved(dict.fromkeys(ids, 1.0), probe)
        times.append((time.process_time() - began_s) * 1000)
    times.sort()
    print(f"{votes} votes: {times[250]:.2f} ms p50, {times[475]:.2f} ms p95 a question")


async def main() -> None:
    """Measure what is here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=_NAMES)
    parser.add_argument("--wrong", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--cited", type=int, default=2, help="sources of each answer; 0: 1 to 3")
    arguments = parser.parse_args()
    await cost()
    for name in arguments.names:
        found = next(one for one in SETS if one.is_called(name) and one.is_here())
        counts = await measure(
            found,
            wrong=arguments.wrong,
            seeds=arguments.seeds,
            cited=arguments.cited,
        )
        print(found.name, dict(counts))


if __name__ == "__main__":
    asyncio.run(main())
