"""Events between acknowledgement and completion, on SQL."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, ScalarSelect, bindparam, delete, insert, select, update

from bot.core.model import Event
from bot.core.ports import Clock
from bot.stores.database import Database, KeyTaken
from bot.stores.tables import event_keys, events, storable
from bot.stores.wire import Unreadable, dump_event, load_event

_Name: TypeAlias = tuple[str, str]
Names: TypeAlias = frozenset[_Name]

log = logging.getLogger(__name__)


class SqlInbox:
    """The `Inbox` on SQL.

    max_resumes: how often work on an event may be taken up again after a crash.
    """

    def __init__(self, database: Database, *, clock: Clock, max_resumes: int = 10) -> None:
        self._database = database
        self._clock = clock
        self._max_resumes = max_resumes

    async def claim(self, *claimed: Event) -> tuple[bool, ...]:
        """Store events and all their keys: for each, False if any of its keys was seen before."""
        try:
            return await self._claim(claimed)
        except KeyTaken:
            # Another replica stored one of them meanwhile; now its keys can be seen.
            return await self._claim(claimed)

    async def _claim(self, claimed: Sequence[Event]) -> tuple[bool, ...]:
        rows, names = self._rows(claimed), [_names(event) for event in claimed]
        return await self._database.run(lambda sql: self._store(sql, rows, names))

    def _rows(self, claimed: Sequence[Event]) -> list[dict[str, Any]]:
        return [{"payload": dump_event(event), "claimed_at": self._clock()} for event in claimed]

    def _store(
        self, sql: Connection, rows: list[dict[str, Any]], names: Sequence[Names]
    ) -> tuple[bool, ...]:
        return store(sql, rows, names)

    async def finish(self, *finished: Event) -> None:
        """The events need no more work; what people wrote is not kept any longer."""
        rows = [
            {"of": event.conversation.platform, "name": event.keys[0], "at": self._clock()}
            for event in finished
        ]
        await self._database.run(lambda sql: sql.execute(_FINISH, rows))

    async def unfinished(self) -> tuple[Event, ...]:
        """Events claimed but not finished, oldest first: what a crash left behind."""
        oldest_first = (
            select(events.c.payload).where(events.c.finished_at.is_(None)).order_by(events.c.id)
        )
        payloads = await self._database.run(lambda sql: sql.scalars(oldest_first).all())
        return tuple(event for event in map(read_event, payloads) if event is not None)

    async def resume(self, event: Event) -> bool:
        """Count a crash that happened during its work; False where there were too many."""
        this = events.c.id == _id_of(event)
        one_more = update(events).where(this).values(resumes=events.c.resumes + 1)

        def count(sql: Connection) -> int | None:
            sql.execute(one_more)
            return sql.scalar(select(events.c.resumes).where(this))

        resumes = await self._database.run(count)
        return resumes is None or resumes <= self._max_resumes

    async def forget(self, *, before: datetime) -> None:
        """Drop keys of events finished before this moment."""
        old = select(events.c.id).where(events.c.finished_at < before)

        def drop(sql: Connection) -> None:
            sql.execute(delete(event_keys).where(event_keys.c.event_id.in_(old)))
            sql.execute(delete(events).where(events.c.finished_at < before))

        await self._database.run(drop)


def _id_of(event: Event) -> ScalarSelect[int]:
    return (
        select(event_keys.c.event_id)
        .where(event_keys.c.platform == event.conversation.platform)
        .where(event_keys.c.key == event.keys[0])
        .scalar_subquery()
    )


_STORE: Final = insert(events).returning(events.c.id, sort_by_parameter_order=True)
_SEEN: Final = select(event_keys.c.platform, event_keys.c.key).where(
    event_keys.c.key.in_(bindparam("keys", expanding=True))
)
_STORE_KEYS: Final = insert(event_keys)
_FINISH: Final = (
    update(events)
    .where(
        events.c.id
        == select(event_keys.c.event_id)
        .where(event_keys.c.platform == bindparam("of"), event_keys.c.key == bindparam("name"))
        .scalar_subquery()
    )
    .values(finished_at=bindparam("at"), payload="")
)


def _names(event: Event) -> Names:
    platform = event.conversation.platform
    return frozenset((storable(platform), storable(key)) for key in event.keys)


def store(
    sql: Connection, payloads: list[dict[str, Any]], names: Sequence[Names]
) -> tuple[bool, ...]:
    """Insert events that were not seen before: for each, whether it was."""
    # The write comes first, and what was seen before is taken out again.
    numbered = list(zip(sql.scalars(_STORE, payloads), names, strict=True))
    seen = _seen(sql, set().union(*names))
    new = frozenset(_unseen(numbered, seen))
    rows = [
        {"platform": platform, "key": key, "event_id": event_id}
        for event_id, keys in numbered
        if event_id in new
        for platform, key in keys
    ]
    if old := [event_id for event_id, _ in numbered if event_id not in new]:
        sql.execute(delete(events).where(events.c.id.in_(old)))
    if rows:
        # Sorted: two replicas that lock the same keys in two orders would wait for ever.
        rows.sort(key=lambda row: (row["platform"], row["key"]))
        sql.execute(_STORE_KEYS, rows)
    return tuple(event_id in new for event_id, _ in numbered)


def _seen(sql: Connection, names: Set[_Name]) -> set[_Name]:
    keys = [key for _, key in names]
    return {(row.platform, row.key) for row in sql.execute(_SEEN, {"keys": keys})}


def _unseen(numbered: Iterable[tuple[int, Names]], seen: set[_Name]) -> Iterator[int]:
    for event_id, names in numbered:
        if seen.isdisjoint(names):
            seen |= names
            yield event_id


def read_event(payload: str) -> Event | None:
    """An event written by another version may be unreadable; the others must still resume."""
    try:
        return load_event(payload)
    except Unreadable as error:
        log.warning("event_unreadable", extra={"reason": str(error)})
        return None
