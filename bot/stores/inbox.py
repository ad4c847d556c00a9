"""Events between acknowledgement and completion, on SQL."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.model import Event
from bot.core.ports import Clock
from bot.stores.engine import KeyTaken, transaction
from bot.stores.tables import event_keys, events
from bot.stores.wire import Unreadable, dump_event, load_event

log = logging.getLogger(__name__)


class SqlInbox:
    """The `Inbox` on SQL.

    max_resumes: an event handed out by `unfinished` this often and still not finished is given up,
        because it most likely took the process down with it each time.
    """

    def __init__(self, engine: AsyncEngine, *, clock: Clock, max_resumes: int = 3) -> None:
        self._engine = engine
        self._clock = clock
        self._max_resumes = max_resumes

    async def claim(self, event: Event) -> bool:
        """Store an event and all its keys in one transaction; False if any key was seen before."""
        platform = event.conversation.platform
        try:
            async with transaction(self._engine) as connection:
                stored = await connection.execute(
                    insert(events).values(payload=dump_event(event), claimed_at=self._clock())
                )
                (event_id,) = stored.inserted_primary_key or (None,)
                # Sorted: two replicas that lock the same keys in two orders would wait for ever.
                rows = [
                    {"platform": platform, "key": key, "event_id": event_id}
                    for key in sorted(set(event.keys))
                ]
                await connection.execute(insert(event_keys), rows)
        except KeyTaken:
            return False
        return True

    async def finish(self, event: Event) -> None:
        """The event needs no more work; what people wrote is not kept any longer."""
        event_id = (
            select(event_keys.c.event_id)
            .where(event_keys.c.platform == event.conversation.platform)
            .where(event_keys.c.key == event.keys[0])
            .scalar_subquery()
        )
        async with transaction(self._engine) as connection:
            await connection.execute(
                update(events)
                .where(events.c.id == event_id)
                .values(finished_at=self._clock(), payload="")
            )

    async def unfinished(self) -> tuple[Event, ...]:
        """Events claimed but not finished, oldest first: what a crash left behind."""
        open_events = events.c.finished_at.is_(None)
        async with transaction(self._engine) as connection:
            await connection.execute(
                update(events).where(open_events).values(resumes=events.c.resumes + 1)
            )
            given_up = await connection.execute(
                update(events)
                .where(open_events, events.c.resumes > self._max_resumes)
                .values(finished_at=self._clock(), payload="")
            )
            rows = await connection.execute(
                select(events.c.payload).where(open_events).order_by(events.c.id)
            )
            payloads = [row.payload for row in rows]
        if given_up.rowcount:
            log.error("events_given_up", extra={"count": given_up.rowcount})
        return tuple(event for event in map(_read, payloads) if event is not None)

    async def forget(self, *, before: datetime) -> None:
        """Drop keys of events finished before this moment."""
        old = select(events.c.id).where(events.c.finished_at < before)
        async with transaction(self._engine) as connection:
            await connection.execute(delete(event_keys).where(event_keys.c.event_id.in_(old)))
            await connection.execute(delete(events).where(events.c.finished_at < before))


def _read(payload: str) -> Event | None:
    """An event written by another version may be unreadable; the others must still resume."""
    try:
        return load_event(payload)
    except Unreadable as error:
        log.warning("event_unreadable", extra={"reason": str(error)})
        return None
