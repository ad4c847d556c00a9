"""How often each name was used lately, counted across replicas, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from bot.core.limits import WINDOW, Refused
from bot.stores.database import Database
from bot.stores.locks import one_by_one
from bot.stores.replica_tables import recent_uses as uses


class SqlUses:
    """The `RecentUses` of all replicas together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def use(self, allowed: Mapping[str, int], *, now: datetime) -> Refused | None:
        """Use all of these names once more, or none of them."""
        rows = [{"name": name, "at": now} for name in allowed]

        def count(sql: Connection) -> Refused | None:
            # Sorted: two replicas that lock the same names in two orders would wait for ever.
            for name in sorted(allowed):
                one_by_one(sql, f"use/{name}")
            sql.execute(delete(uses).where(uses.c.at <= now - WINDOW))  # of all: it stays small
            for name, most in allowed.items():
                wait = _wait(sql, name, most, now)
                if wait is not None:
                    return Refused(name=name, wait=wait)
            sql.execute(insert(uses), rows)
            return None

        return await self._database.run(count)


def _wait(sql: Connection, name: str, most: int, now: datetime) -> timedelta | None:
    mine = uses.c.name == name
    used, first = sql.execute(select(func.count(), func.min(uses.c.at)).where(mine)).one()
    if used < most:
        return None
    return WINDOW if first is None else max(first + WINDOW - now, timedelta())
