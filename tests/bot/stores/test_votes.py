"""A vote in one process counts for the next question in another."""

from __future__ import annotations

from pathlib import Path

from bot.core.model import Grounds, MessageRef, Verdict
from bot.stores.state import open_state
from knowledge.model import Probe
from knowledge.votes import Votes, Weighing
from tests.fakes_core import ADA, START
from tests.fakes_votes import Compass, direction

SCORES = {"travel#1": 1.0, "leave#1": 0.9, "leave#2": 0.8}


async def test_a_vote_counts_in_another_process_and_only_near_its_question(tmp_path: Path) -> None:
    here, there = await open_state(data_dir=tmp_path), await open_state(data_dir=tmp_path)
    votes = Votes(there.votes, embedder=Compass(), clock=lambda: START)
    asked = Probe(dense={"e5": direction("leave 2")}, sparse={})
    elsewhere = Probe(dense={"e5": direction("travel")}, sparse={})
    assert await votes.moved(SCORES, asked) == SCORES

    await here.verdicts.give(
        Verdict(ref=MessageRef(platform="fake", id="m1"), user=ADA, value=1, given_at=START),
        grounds=Grounds(question="leave", passages=("leave#2",), curated="leave@1"),
    )

    moved = await votes.moved(SCORES, asked)
    assert moved == {**SCORES, "leave#2": 0.8 + Weighing().step(1, 0)}
    assert await votes.moved(SCORES, elsewhere) == SCORES
    await here.close()
    await there.close()
