"""Events that several replicas take in and handle, on PostgreSQL.

Who claims an event locks its lane until the commit. If the lane has unfinished events, whoever has
the last of them gets this one too, and is told; else who claims it. So all that waits in a lane is
with one replica, in the order of the rows. What a replica that ended had, another takes over, lane
by lane under the same locks.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on

from bot.core.errors import StateUnavailable
from bot.core.lanes import Waiting
from bot.core.model import Event, lane_of
from bot.core.ports import Clock
from bot.core.replicas import TakenOver
from bot.stores.database import Database
from bot.stores.inbox import Names, SqlInbox, read_event, store
from bot.stores.replica_tables import replicas
from bot.stores.replicas import SqlReplica, bury
from bot.stores.tables import events, storable
from bot.stores.telling import tell

log = logging.getLogger(__name__)

_TOPIC: Final = "inbox"
_LOOKED_EVERY_S: Final = 1.0
_LIVES_EVERY: Final = 2
"""Looks."""

_MOST_AT_ONCE: Final = 200
_HERE, _HANDED, _LEFT_BEHIND = 0, 1, 2

_LOCK: Final = text(
    "SELECT pg_advisory_xact_lock(lane) FROM "
    "(SELECT unnest(CAST(:lanes AS bigint[])) AS lane ORDER BY 1) AS sorted"
)
_ALIVE: Final = select(replicas.c.id)
_OPEN: Final = events.c.finished_at.is_(None)
_LAST_OF_LANES: Final = (
    select(events.c.lane, events.c.owner, events.c.handed)
    .where(_OPEN, events.c.lane.in_(bindparam("lanes", expanding=True)))
    .ext(distinct_on(events.c.lane))
    .order_by(events.c.lane, events.c.id.desc())
)
_ORPHANED_LANES: Final = (
    select(events.c.lane)
    .where(_OPEN, events.c.owner.not_in(_ALIVE))
    .distinct()
    .limit(_MOST_AT_ONCE)
)
_KEEPERS: Final = (
    select(events.c.lane, events.c.owner)
    .where(_OPEN, events.c.owner.in_(_ALIVE), events.c.lane.in_(bindparam("lanes", expanding=True)))
    .ext(distinct_on(events.c.lane))
    .order_by(events.c.lane, events.c.id)
)
_ADOPT: Final = (
    update(events)
    .where(_OPEN, events.c.owner.not_in(_ALIVE), events.c.lane == bindparam("this"))
    .values(owner=bindparam("keeper"), handed=_LEFT_BEHIND)
)
_FETCHED: Final = (
    select(events.c.id, events.c.payload, events.c.handed)
    .where(_OPEN, events.c.owner == bindparam("me"), events.c.handed != _HERE)
    .order_by(events.c.id)
    .limit(_MOST_AT_ONCE)
    .with_for_update()
)
_OURS: Final = (
    select(events.c.id, events.c.payload)
    .where(_OPEN, events.c.owner == bindparam("me"), events.c.handed == _HERE)
    .order_by(events.c.id)
)


class SharedInbox(SqlInbox):
    """The `Inbox` of one replica, and its `Tenure`."""

    def __init__(self, database: Database, *, replica: SqlReplica, clock: Clock) -> None:
        super().__init__(database, clock=clock)
        self._replica = replica
        self._told = asyncio.Event()
        # What is fetched must be in its lane before what is claimed after it.
        self._one_by_one = asyncio.Lock()
        self._known: set[str] = set()
        self._uncertain = False
        self._looks = 0
        replica.hear(_TOPIC, self._heard)

    async def unfinished(self) -> tuple[Event, ...]:
        """Come among the replicas; what ended ones left, and nothing of those that live."""
        await self._replica.come()
        await self._take_over()
        async with self._one_by_one:
            return tuple(one.event for one in await self._fetch())

    async def claim(self, *claimed: Event) -> tuple[bool, ...]:
        """Store events: for each whether it is new, and ours to handle."""
        async with self._one_by_one:
            try:
                ours = await super().claim(*claimed)
            except StateUnavailable:
                self._uncertain = True  # some may be stored: then they are found again
                raise
            self._known |= {_name(event) for event, our in zip(claimed, ours, strict=True) if our}
        return ours

    async def finish(self, *finished: Event) -> None:
        """The events need no more work."""
        await super().finish(*finished)
        self._known -= {_name(event) for event in finished}

    async def more(self) -> tuple[Waiting, ...]:
        """Wait until others hand events over, or leave some behind: those, oldest first."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOKED_EVERY_S):
                    await self._told.wait()
            self._told.clear()
            if found := await self._look():
                return found

    async def secure(self) -> None:
        """Return at once if what we have is ours for certain; else when that is known again."""
        while not self._replica.sure:
            self._told.set()
            await asyncio.sleep(0.05)

    # ── inside ────────────────────────────────────────────────────────────────────────────────

    def _heard(self, replica: str) -> None:
        if replica in ("", self._replica.id):
            self._told.set()

    async def _look(self) -> tuple[Waiting, ...]:
        self._looks += 1
        if self._looks % _LIVES_EVERY == 0 or not self._replica.sure:
            await self._live()
            await self._take_over()
        async with self._one_by_one:
            return await self._fetch()

    async def _live(self) -> None:
        try:
            await self._replica.live()
        except TakenOver:
            self._known.clear()
            await self._replica.come()
            raise

    async def _take_over(self) -> None:
        taken = await self._database.run(lambda sql: _adopt(sql, self._replica.id))
        if taken:
            log.warning("events_taken_over", extra={"count": taken})

    async def _fetch(self) -> tuple[Waiting, ...]:
        known, uncertain, self._uncertain = frozenset(self._known), self._uncertain, False
        try:
            rows = await self._database.run(lambda sql: _fetch(sql, self._replica.id, uncertain))
        except StateUnavailable:
            self._uncertain = True  # perhaps they are noted as fetched, and never came
            raise
        found = [
            Waiting(event=event, resumed=handed != _HANDED)
            for payload, handed in rows
            if (event := read_event(payload)) is not None
            and (handed != _HERE or _name(event) not in known | self._known)
        ]
        self._known |= {_name(one.event) for one in found}
        return tuple(found)

    def _rows(self, claimed: Sequence[Event]) -> list[dict[str, Any]]:
        return [
            {**row, "lane": storable(lane_of(event))}
            for row, event in zip(super()._rows(claimed), claimed, strict=True)
        ]

    def _store(
        self, sql: Connection, rows: list[dict[str, Any]], names: Sequence[Names]
    ) -> tuple[bool, ...]:
        me = self._replica.id
        lanes = {row["lane"] for row in rows}
        _lock(sql, lanes)
        keepers = _keepers(sql, lanes, me)
        if sql.scalar(select(replicas.c.id).where(replicas.c.id == me)) is None:
            raise StateUnavailable("other replicas have taken over from this one")
        for row in rows:
            row["owner"], row["handed"] = keepers.get(row["lane"], (me, _HERE))
        new = store(sql, rows, names)
        handed = {row["owner"] for row, one in zip(rows, new, strict=True) if one and row["handed"]}
        for replica in sorted(handed):
            tell(sql, _TOPIC, replica)
        return tuple(one and row["handed"] == _HERE for row, one in zip(rows, new, strict=True))


def _name(event: Event) -> str:
    return f"{event.conversation.platform}:{event.keys[0]}"


def _lock(sql: Connection, lanes: Iterable[str]) -> None:
    """Until the transaction ends nobody else stores an event of these lanes, or takes one over."""
    sql.execute(_LOCK, {"lanes": sorted({_number(lane) for lane in lanes})})


def _number(lane: str) -> int:
    return int.from_bytes(hashlib.blake2b(lane.encode(), digest_size=8).digest(), signed=True)


def _keepers(sql: Connection, lanes: Collection[str], me: str) -> Mapping[str, tuple[str, int]]:
    """Who gets a lane's next event, and whether they have to fetch it; none where none waits."""
    last = sql.execute(_LAST_OF_LANES, {"lanes": [*lanes]})
    return {
        lane: (owner, _HERE if owner == me and handed == _HERE else _HANDED)
        for lane, owner, handed in last
    }


def _adopt(sql: Connection, me: str) -> int:
    """Take over what replicas that ended had; how many events."""
    for gone in bury(sql, me):
        log.warning("replica_ended", extra={"replica": gone})
    lanes = sql.scalars(_ORPHANED_LANES).all()
    if not lanes:
        return 0
    _lock(sql, lanes)
    keepers: dict[str, str] = {
        row.lane: row.owner for row in sql.execute(_KEEPERS, {"lanes": lanes})
    }
    taken = [{"this": lane, "keeper": keepers.get(lane, me)} for lane in lanes]
    count = sum(sql.execute(_ADOPT, one).rowcount for one in taken)
    for replica in sorted({one["keeper"] for one in taken}):
        tell(sql, _TOPIC, replica)
    return count


def _fetch(sql: Connection, me: str, everything: bool) -> list[tuple[str, int]]:
    """Payloads that are ours from now on, and how they came to us; oldest first.

    everything: also what we should have already.
    """
    found = [(row.id, row.payload, row.handed) for row in sql.execute(_FETCHED, {"me": me})]
    ids = [one for one, _, _ in found]
    if everything:
        ours = sql.execute(_OURS, {"me": me}).all()
        found = sorted([*found, *((row.id, row.payload, _HERE) for row in ours)])
    if ids:
        sql.execute(update(events).where(events.c.id.in_(ids)).values(handed=_HERE))
    return [(payload, handed) for _, payload, handed in found]
