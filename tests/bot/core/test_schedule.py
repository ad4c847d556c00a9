"""Due work is done once, whatever happens to whoever does it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import StateUnavailable
from bot.core.schedule import Job, JobState, Schedule
from bot.stores.state import State, open_state
from tests.fakes_core import START, FakeClock


@dataclass
class Works:
    """Does jobs, and breaks where it is told to."""

    clock: FakeClock
    breaks: dict[str, list[Exception]] = field(default_factory=dict)
    did: list[str] = field(default_factory=list)

    async def __call__(self, lane: str, jobs: tuple[Job, ...]) -> Sequence[Job]:
        if self.breaks.get(lane):
            raise self.breaks[lane].pop(0)
        self.did += [job.id for job in jobs]
        return [replace(job, state=JobState.DONE, settled_at=self.clock()) for job in jobs]


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    state = await open_state(data_dir=tmp_path)
    yield state
    await state.close()


def job(lane: str) -> Job:
    return Job(id=f"{lane}/x", lane=lane, kind="x", planned_at=START, due_at=START)


async def planned(state: State, *lanes: str) -> tuple[FakeClock, Works, Schedule]:
    clock = FakeClock()
    works = Works(clock=clock)
    for lane in lanes:
        await state.agenda.plan(lane, [job(lane)], now=START)
    return clock, works, Schedule(agenda=state.agenda, run=works, clock=clock)


async def test_what_is_due_is_done_once(state: State) -> None:
    clock, works, schedule = await planned(state, *(f"l{number}" for number in range(100)))

    assert await schedule.tick() == 100
    clock.move(timedelta(days=1))
    assert await schedule.tick() == 0
    assert len(set(works.did)) == len(works.did) == 100


async def test_a_lane_that_breaks_is_tried_again_and_holds_up_no_other(state: State) -> None:
    clock, works, schedule = await planned(state, "good", "bad")
    works.breaks["bad"] = [ValueError("a bug"), StateUnavailable("full")]

    for _ in range(3):
        await schedule.tick()
        clock.move(timedelta(minutes=20))

    assert works.did == ["good/x", "bad/x"]


async def test_what_always_breaks_is_given_up_with_its_reason(state: State) -> None:
    clock, works, schedule = await planned(state, "bad")
    works.breaks["bad"] = [ValueError("a bug")] * 9

    for _ in range(9):
        await schedule.tick()
        clock.move(timedelta(hours=2))

    (found,) = await state.agenda.of("bad")
    assert (found.state, found.reason, found.tries) == (JobState.SKIPPED, "failed", 5)


async def test_what_a_process_did_not_write_down_is_done_again_after_its_lease(
    state: State,
) -> None:
    clock, works, schedule = await planned(state, "lane")

    class Killed(BaseException):
        pass

    async def dies(lane: str, jobs: tuple[Job, ...]) -> Sequence[Job]:
        raise Killed

    with pytest.raises(Killed):
        await Schedule(agenda=state.agenda, run=dies, clock=clock).tick()
    await schedule.tick()
    before = list(works.did)
    clock.move(timedelta(minutes=10))
    await schedule.tick()

    assert (before, works.did) == ([], ["lane/x"])


async def test_a_store_that_fails_is_told_to_whoever_ticks(state: State) -> None:
    _, _, schedule = await planned(state, "lane")
    await state.close()

    with pytest.raises(StateUnavailable):
        await schedule.tick()
