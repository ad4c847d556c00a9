"""Questions waiting for knowledge, on SQL."""

from __future__ import annotations

from sqlalchemy import select

from bot.core.model import Gap
from bot.stores.database import Database
from bot.stores.tables import gaps
from bot.stores.wire import dump, load


class SqlGaps:
    """The `Gaps` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, gap: Gap) -> None:
        """Keep a gap; the same id again updates it."""
        await self._database.put(
            gaps,
            key={"id": gap.id},
            values={"payload": dump(gap), "opened_at": gap.opened_at},
        )

    async def all(self) -> tuple[Gap, ...]:
        """Every gap, oldest first."""
        oldest_first = select(gaps.c.payload).order_by(gaps.c.opened_at, gaps.c.id)
        payloads = await self._database.run(lambda sql: sql.scalars(oldest_first).all())
        return tuple(load(Gap, payload) for payload in payloads)
