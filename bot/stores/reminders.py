"""Of what somebody was reminded, on SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from bot.stores.database import Database
from bot.stores.tables import reminders


class SqlReminders:
    """The `Reminders` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self, person: str) -> Mapping[str, datetime]:
        """When this person, by their key, was reminded of each thing last."""
        theirs = select(reminders.c.thing, reminders.c.at).where(reminders.c.person == person)
        rows = await self._database.run(lambda sql: sql.execute(theirs).all())
        return {row.thing: row.at for row in rows}

    async def note(self, person: str, things: Collection[str], *, at: datetime) -> None:
        """They were reminded of these things now."""
        rows = [{"person": person, "thing": thing, "at": at} for thing in sorted(set(things))]
        named = reminders.c.thing.in_([row["thing"] for row in rows])

        def put(sql: Connection) -> None:
            sql.execute(delete(reminders).where(reminders.c.person == person, named))
            if rows:
                sql.execute(insert(reminders), rows)

        await self._database.run(put)

    async def forget(self, *, before: datetime) -> None:
        """Drop what was so long ago that it would be time again."""
        old = delete(reminders).where(reminders.c.at < before)
        await self._database.run(lambda sql: sql.execute(old))
