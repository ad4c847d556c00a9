"""Two bots on one database decide the same thing at the same time: one of them does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.gaps import GapDesk
from bot.core.model import AnswerRecord, Gap, MessageRef, TrialState, User
from bot.stores.state import State, open_state
from knowledge.model import Answer, Outcome
from tests.contracts.test_stores import BOB, gap, trial
from tests.fakes_core import ADA, GROUP, START, FakeClock, SameWords

SHARED = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""SQLite is one bot's alone."""


@pytest.fixture
async def two(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[State, State]]:
    """Two bots' stores on one database."""
    opened = [await open_state(data_dir=tmp_path, database_url=database_url) for _ in range(2)]
    yield opened[0], opened[1]
    for each in opened:
        await each.close()


def unknown(name: str, asker: User) -> AnswerRecord:
    return AnswerRecord(
        ref=MessageRef(platform="fake", id=name),
        conversation=GROUP,
        asker=asker,
        question="Where is the gym?",
        answer=Answer(outcome=Outcome.UNKNOWN, text="", language="en", confidence=0.0),
        audience=frozenset({"everyone"}),
        answered_at=START,
    )


@dataclass
class Together:
    """Gaps that nobody adds to before everybody has looked."""

    of: State
    looked: asyncio.Barrier
    waits: bool = field(default=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of.gaps, name)

    async def add(self, new: Gap, *, seen: Collection[str] | None = None) -> bool:
        if self.waits:
            self.waits = False
            await self.looked.wait()
        return await self.of.gaps.add(new, seen=seen)


@SHARED
async def test_the_same_question_in_two_bots_at_once_is_one_gap(two: tuple[State, State]) -> None:
    looked = asyncio.Barrier(2)
    desks = [
        GapDesk(gaps=Together(each, looked), likeness=SameWords(), clock=FakeClock())
        for each in two
    ]

    opened = await asyncio.gather(
        desks[0].open(unknown("m1", ADA), ADA), desks[1].open(unknown("m2", BOB), BOB)
    )

    (standing,) = await two[0].gaps.standing()
    assert {each.id for each in opened} == {standing.id}
    assert {ask.user for ask in standing.asks} == {ADA, BOB}


@SHARED
async def test_a_gap_is_not_kept_beside_one_that_nobody_has_seen(two: tuple[State, State]) -> None:
    one, other = two
    await one.gaps.add(gap("known"), seen=())

    assert not await other.gaps.add(gap("new"), seen=())
    assert [each.id for each in await one.gaps.standing()] == ["known"]
    assert await other.gaps.add(gap("new"), seen={"known"})
    assert await one.gaps.add(gap("new"), seen={"known"})


async def test_of_two_decisions_about_a_change_one_counts(two: tuple[State, State]) -> None:
    one, other = two
    await one.trials.change(trial("c"), was=None)
    let = replace(trial("c"), state=TrialState.LET, decided_by=ADA.key, decided_at=START)
    kept = replace(let, state=TrialState.KEPT_BACK, decided_by=BOB.key)

    counted = await asyncio.gather(
        one.trials.change(let, was=TrialState.WAITING),
        other.trials.change(kept, was=TrialState.WAITING),
    )

    assert sorted(counted) == [False, True]
    assert await one.trials.find("c") == (let if counted[0] else kept)
    (entry,) = await one.audit.latest(10)
    assert entry.what == ("gate.let" if counted[0] else "gate.kept_back")


async def test_a_trial_that_another_bot_has_kept_is_not_kept_anew(
    two: tuple[State, State],
) -> None:
    one, other = two
    let = replace(trial("c"), state=TrialState.LET, decided_by=ADA.key, decided_at=START)
    await one.trials.keep(let)

    assert not await other.trials.change(trial("c"), was=None)
    assert not await other.trials.change(trial("d"), was=TrialState.WAITING)

    assert await other.trials.all() == (let,)
