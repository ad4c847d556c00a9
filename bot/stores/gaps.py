"""Questions waiting for knowledge, on SQL."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.model import Gap
from bot.stores.engine import put, transaction
from bot.stores.tables import gaps
from bot.stores.wire import dump, load


class SqlGaps:
    """The `Gaps` on SQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def open(self, gap: Gap) -> None:
        """Keep a gap; the same id again updates it."""
        await put(
            self._engine,
            gaps,
            key={"id": gap.id},
            values={"payload": dump(gap), "opened_at": gap.opened_at},
        )

    async def all(self) -> tuple[Gap, ...]:
        """Every gap, oldest first."""
        oldest_first = select(gaps.c.payload).order_by(gaps.c.opened_at, gaps.c.id)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(oldest_first)).all()
        return tuple(load(Gap, row.payload) for row in rows)
