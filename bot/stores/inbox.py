"""Events between acknowledgement and completion, on SQL."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import ScalarSelect, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.model import Event
from bot.core.ports import Clock
from bot.stores.engine import KeyTaken, transaction
from bot.stores.tables import event_keys, events
from bot.stores.wire import Unreadable, dump_event, load_event

log = logging.getLogger(__name__)


class SqlInbox:
    """The `Inbox` on SQL.

    max_resumes: how often work on an event may be taken up again after a crash.
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
        async with transaction(self._engine) as connection:
            await connection.execute(
                update(events)
                .where(events.c.id == _id_of(event))
                .values(finished_at=self._clock(), payload="")
            )

    async def unfinished(self) -> tuple[Event, ...]:
        """Events claimed but not finished, oldest first: what a crash left behind."""
        oldest_first = (
            select(events.c.payload).where(events.c.finished_at.is_(None)).order_by(events.c.id)
        )
        async with transaction(self._engine) as connection:
            payloads = [row.payload for row in await connection.execute(oldest_first)]
        return tuple(event for event in map(_read, payloads) if event is not None)

    async def resume(self, event: Event) -> bool:
        """Count a crash that happened during its work; False where there were too many."""
        this = events.c.id == _id_of(event)
        async with transaction(self._engine) as connection:
            await connection.execute(
                update(events).where(this).values(resumes=events.c.resumes + 1)
            )
            resumes = await connection.scalar(select(events.c.resumes).where(this))
        return resumes is None or resumes <= self._max_resumes

    async def forget(self, *, before: datetime) -> None:
        """Drop keys of events finished before this moment."""
        old = select(events.c.id).where(events.c.finished_at < before)
        async with transaction(self._engine) as connection:
            await connection.execute(delete(event_keys).where(event_keys.c.event_id.in_(old)))
            await connection.execute(delete(events).where(events.c.finished_at < before))


def _id_of(event: Event) -> ScalarSelect[int]:
    return (
        select(event_keys.c.event_id)
        .where(event_keys.c.platform == event.conversation.platform)
        .where(event_keys.c.key == event.keys[0])
        .scalar_subquery()
    )


def _read(payload: str) -> Event | None:
    """An event written by another version may be unreadable; the others must still resume."""
    try:
        return load_event(payload)
    except Unreadable as error:
        log.warning("event_unreadable", extra={"reason": str(error)})
        return None
