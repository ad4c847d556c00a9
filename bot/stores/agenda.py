"""Due jobs, on SQL.

A lane is claimed by one UPDATE that names the lanes it wants and asks again whether they are free:
of two replicas that run it at the same moment the second waits for the first one's rows, and then
finds them taken.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, or_, select, update

from bot.core.schedule import Claim, Job, JobState
from bot.stores.database import Database, KeyTaken
from bot.stores.onboarding_tables import job_lanes, jobs
from bot.stores.tables import Moment

_ORDER = (jobs.c.planned_at, jobs.c.position, jobs.c.id)
_WAITING = jobs.c.state == JobState.WAITING
_BECOMES = ("due_at", "state", "reason", "tries", "settled_at")

_NOW = bindparam("now", type_=Moment)
_DUE = (_WAITING, jobs.c.due_at <= _NOW)
_FREE = or_(job_lanes.c.claimed_until.is_(None), job_lanes.c.claimed_until <= _NOW)
_WANTED = (
    select(jobs.c.lane)
    .join(job_lanes, job_lanes.c.lane == jobs.c.lane)
    .where(*_DUE, _FREE)
    .group_by(jobs.c.lane)
    .order_by(func.min(jobs.c.planned_at), jobs.c.lane)
    .limit(bindparam("most"))
)
_TAKE = (
    update(job_lanes)
    .where(job_lanes.c.lane.in_(_WANTED), _FREE)
    .values(token=bindparam("token"), claimed_until=bindparam("until"))
)
_OURS = select(job_lanes.c.lane).where(job_lanes.c.token == bindparam("token"))
_CLAIMED = select(jobs).where(*_DUE, jobs.c.lane.in_(_OURS)).order_by(*_ORDER)
_RELEASE = (
    update(job_lanes)
    .where(job_lanes.c.lane == bindparam("this"), job_lanes.c.token == bindparam("ours"))
    .values(claimed_until=None)
)
_BECAME = (
    update(jobs)
    .where(jobs.c.id == bindparam("this"), _WAITING)
    .values({name: bindparam(f"new_{name}") for name in _BECOMES})
)
_PLANNED = select(
    jobs.c.id, jobs.c.state, jobs.c.reason, jobs.c.tries, jobs.c.planned_at, jobs.c.due_at
).where(jobs.c.lane == bindparam("this"))
_NEXT_DUE = select(func.min(jobs.c.due_at)).where(_WAITING)


class SqlAgenda:
    """The `Agenda` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(
        self, lane: str, planned: Sequence[Job], *, now: datetime, revive: Collection[str] = ()
    ) -> None:
        """Make these the jobs of a lane; what is done stays done."""

        def write(sql: Connection) -> None:
            _ensure(sql, lane)
            known = {row.id: row for row in sql.execute(_PLANNED, {"this": lane})}
            new = [_row(job) for job in planned if job.id not in known]
            if new:
                sql.execute(insert(jobs), new)
            for job in planned:
                if job.id in known:
                    _replan(sql, known[job.id], job, revive)
            gone = known.keys() - {job.id for job in planned}
            waiting = [one for one in gone if known[one].state == JobState.WAITING]
            _skip(sql, waiting, "removed", now)

        try:
            await self._database.run(write)
        except KeyTaken:  # somebody planned the same lane between our look and our insert
            await self._database.run(write)

    async def claim(self, now: datetime, *, until: datetime, lanes: int) -> tuple[Claim, ...]:
        """Take lanes with due jobs that nobody else has, those that wait longest first."""
        token = secrets.token_hex(8)
        moment: dict[str, Any] = {"now": now, "until": until, "token": token, "most": lanes}

        def claim(sql: Connection) -> Sequence[Row[tuple[object, ...]]]:
            return (
                sql.execute(_CLAIMED, moment).all() if sql.execute(_TAKE, moment).rowcount else ()
            )

        found: defaultdict[str, list[Job]] = defaultdict(list)
        for row in await self._database.run(claim):
            found[row.lane].append(_job(row))
        return tuple(
            Claim(lane=lane, token=moment["token"], jobs=tuple(due)) for lane, due in found.items()
        )

    async def settle(self, claim: Claim, settled: Sequence[Job]) -> None:
        """Write what became of claimed jobs, and let go of their lane."""
        ours = {"this": claim.lane, "ours": claim.token}
        rows = [
            {"this": job.id, **{f"new_{name}": getattr(job, name) for name in _BECOMES}}
            for job in settled
        ]

        def write(sql: Connection) -> None:
            sql.execute(_RELEASE, ours)
            if rows:
                sql.execute(_BECAME, rows)

        await self._database.run(write)

    async def cancel(
        self, lane: str, *, reason: str, now: datetime, about: str = "", kinds: Collection[str] = ()
    ) -> int:
        """Skip what waits in a lane: all of it, or of these kinds, or about one thing."""
        these = [jobs.c.lane == lane, _WAITING]
        these += [jobs.c.about == about] if about else []
        these += [jobs.c.kind.in_(kinds)] if kinds else []
        skipped = (
            update(jobs).where(*these).values(state=JobState.SKIPPED, reason=reason, settled_at=now)
        )
        return await self._database.run(lambda sql: sql.execute(skipped).rowcount)

    async def of(self, *lanes: str) -> tuple[Job, ...]:
        """All jobs of these lanes by their planned moment, whatever became of them."""
        rows = await self._database.run(lambda sql: sql.execute(_of(lanes)).all())
        return tuple(_job(row) for row in rows)

    async def next_due(self) -> datetime | None:
        """When the next job is due; None where nothing waits."""
        return await self._database.run(lambda sql: sql.scalar(_NEXT_DUE))


def _of(lanes: Collection[str]) -> Select[tuple[object, ...]]:
    return select(jobs).where(jobs.c.lane.in_(lanes)).order_by(*_ORDER)


def _ensure(sql: Connection, lane: str) -> None:
    """Begins with a write, and so locks the lane's plan until it is whole."""
    this = update(job_lanes).where(job_lanes.c.lane == lane).values(lane=lane)
    if sql.execute(this).rowcount == 0:
        sql.execute(insert(job_lanes).values(lane=lane, token=""))


def _replan(sql: Connection, known: Any, job: Job, revive: Collection[str]) -> None:
    skipped = known.state == JobState.SKIPPED and job.state is JobState.WAITING
    again = skipped and known.reason in revive
    if not (again or (known.state == JobState.WAITING and _moves(known, job))):
        return
    values = {"planned_at": job.planned_at, "due_at": job.due_at, "position": job.position}
    if again:
        values |= {"state": JobState.WAITING, "reason": "", "settled_at": None, "tries": 0}
    sql.execute(update(jobs).where(jobs.c.id == job.id).values(values))


def _moves(known: Any, job: Job) -> bool:
    """Whether it is to come at another moment than the one it waits for.

    What waits for better hours is looked at anew; what could not be delivered is not.
    """
    put_off = known.tries == 0 and known.due_at > known.planned_at
    moves: bool = known.planned_at != job.planned_at or put_off
    return moves


def _skip(sql: Connection, ids: Sequence[str], reason: str, now: datetime) -> None:
    if ids:
        values = {"state": JobState.SKIPPED, "reason": reason, "settled_at": now}
        sql.execute(update(jobs).where(jobs.c.id.in_(ids), _WAITING).values(values))


def _row(job: Job) -> dict[str, object]:
    return {column.name: getattr(job, column.name) for column in jobs.columns}


def _job(row: Row[tuple[object, ...]]) -> Job:
    return Job(**{**row._mapping, "state": JobState(row.state)})
