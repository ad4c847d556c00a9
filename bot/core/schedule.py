"""Work that is due at a moment: kept on disk, claimed by one replica, done once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from bot.core.errors import CoreError

if TYPE_CHECKING:
    from bot.core.ports import Clock

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=10)
"""So long one replica has a lane to itself; longer than all of its work takes."""

_LANES_AT_ONCE: Final = 8
_LANES_A_TICK: Final = 64
_TRIES: Final = 5
_PAUSE: Final = timedelta(minutes=5)


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing to do at a moment.

    id: names it for ever. lane: jobs of one lane are done one after the other, oldest first.
    about: what it is about, in the words of whoever planned it.
    planned_at: when it should be done; due_at: when it is tried next.
    reason: why it was skipped. settled_at: when it was done or skipped.
    """

    id: str
    lane: str
    kind: str
    about: str = ""
    planned_at: datetime
    due_at: datetime
    position: int = 0
    state: JobState = JobState.WAITING
    reason: str = ""
    tries: int = 0
    settled_at: datetime | None = None


class Agenda(Protocol):
    """Jobs on disk."""

    async def plan(
        self, lane: str, planned: Sequence[Job], *, now: datetime, revive: Collection[str] = ()
    ) -> None:
        """Make these the jobs of a lane.

        New ones are added. Of those that wait the moments change; what waits and is not among
        them is skipped as "removed". What is done or skipped stays, but for what was skipped for
        a reason in `revive`.
        """
        ...

    async def claim(self, now: datetime, *, until: datetime, lanes: int) -> tuple[Claim, ...]:
        """Take lanes with due jobs that nobody else has, those that wait longest first."""
        ...

    async def settle(self, claim: Claim, settled: Sequence[Job]) -> None:
        """Write what became of claimed jobs, and let go of their lane.

        What was settled meanwhile by somebody else, as by ending the lane, stays as it is.
        """
        ...

    async def cancel(
        self, lane: str, *, reason: str, now: datetime, about: str = "", kinds: Collection[str] = ()
    ) -> int:
        """Skip what waits in a lane: all of it, or of these kinds, or about one thing.

        How much that was.
        """
        ...

    async def of(self, *lanes: str) -> tuple[Job, ...]:
        """All jobs of these lanes by their planned moment, whatever became of them."""
        ...

    async def next_due(self) -> datetime | None:
        """When the next job is due; None where nothing waits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Due jobs of one lane, oldest first. token: tells this claim from a later one."""

    lane: str
    token: str
    jobs: tuple[Job, ...]


Runner: TypeAlias = Callable[[str, tuple[Job, ...]], Awaitable[Sequence[Job]]]
"""Does the due jobs of a lane, and returns each as it is now: done, skipped, or due later.

What it did but could not tell of, because the process ended, it is given again.
"""


class Schedule:
    """Does what is due, as often as `tick` is called.

    A job whose runner fails is tried again, five times with growing pauses; then it is skipped.
    """

    def __init__(self, *, agenda: Agenda, run: Runner, clock: Clock, lease: timedelta = LEASE):
        self._agenda = agenda
        self._run = run
        self._clock = clock
        self._lease = lease

    async def tick(self) -> int:
        """Do what is due now; how many jobs that were.

        Raises:
            StateUnavailable: nothing was claimed, or what was done could not be written; it is
                claimed again once the lease is over.
        """
        count = 0
        while claims := await self._claim():
            for at in range(0, len(claims), _LANES_AT_ONCE):
                await self._work_on(claims[at : at + _LANES_AT_ONCE])
            count += sum(len(claim.jobs) for claim in claims)
            if len(claims) < _LANES_A_TICK:
                break
        return count

    async def _claim(self) -> tuple[Claim, ...]:
        now = self._clock()
        return await self._agenda.claim(now, until=now + self._lease, lanes=_LANES_A_TICK)

    async def _work_on(self, claims: Sequence[Claim]) -> None:
        # gather, because an error that nobody expected must not stop the other lanes.
        done = await asyncio.gather(*map(self._one, claims), return_exceptions=True)
        for failure in done:
            if isinstance(failure, BaseException):
                raise failure

    async def _one(self, claim: Claim) -> None:
        (result,) = await asyncio.gather(self._run(claim.lane, claim.jobs), return_exceptions=True)
        if isinstance(result, BaseException):
            if not isinstance(result, Exception):
                raise result
            await self._agenda.settle(claim, self._again(claim, result))
        else:
            await self._agenda.settle(claim, result)

    def _again(self, claim: Claim, failure: Exception) -> list[Job]:
        expected = isinstance(failure, CoreError)
        log.error(
            "jobs_failed",
            extra={"lane": claim.lane, "reason": str(failure)},
            exc_info=None if expected else failure,
        )
        return [put_off(job, self._clock(), reason="failed") for job in claim.jobs]


def put_off(job: Job, now: datetime, *, reason: str, pause: timedelta | None = None) -> Job:
    """The job as it is tried again later, or skipped after too many tries."""
    tries = job.tries + 1
    if tries >= _TRIES:
        return replace(job, state=JobState.SKIPPED, reason=reason, tries=tries, settled_at=now)
    return replace(job, due_at=now + (pause or _PAUSE * 2**job.tries), tries=tries)
