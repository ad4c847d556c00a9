"""Channels in which the bot keeps silent, on SQL; the audit log is told in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from bot.core.audit import AuditEntry
from bot.core.model import Conversation
from bot.core.steering import Mute
from bot.stores.audit import append
from bot.stores.database import Database, KeyTaken
from bot.stores.steering_tables import mutes


class SqlMutes:
    """The `Mutes` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, place: Conversation) -> Mute | None:
        """Since when, and by whom; None where it may speak."""
        this = select(mutes.c.by, mutes.c.at).where(*_is(place))
        row = await self._database.run(lambda sql: sql.execute(this).first())
        if row is None:
            return None
        return Mute(platform=place.platform, channel=place.id, by=row.by, at=row.at)

    async def put(self, mute: Mute) -> None:
        """From now on it is silent there; a channel that is silent stays as it is."""
        row = {
            "platform": mute.platform,
            "channel": mute.channel,
            "by": mute.by,
            "at": mute.at,
        }
        entry = AuditEntry(at=mute.at, what="channel.muted", by=mute.by, where=_where(row))

        def add(sql: Connection) -> None:
            sql.execute(insert(mutes).values(**row))
            append(sql, entry)

        with suppress(KeyTaken):
            await self._database.run(add)

    async def lift(self, place: Conversation, *, by: str, at: datetime) -> bool:
        """It may speak again; False where it could already."""
        gone = delete(mutes).where(*_is(place))
        where = _where({"platform": place.platform, "channel": place.id})
        entry = AuditEntry(at=at, what="channel.unmuted", by=by, where=where)

        def remove(sql: Connection) -> bool:
            lifted = sql.execute(gone).rowcount > 0
            if lifted:
                append(sql, entry)
            return lifted

        return await self._database.run(remove)


def _where(row: Mapping[str, object]) -> str:
    return f"{row['platform']}:{row['channel']}"


def _is(place: Conversation) -> tuple[ColumnElement[bool], ...]:
    return (mutes.c.platform == place.platform, mutes.c.channel == place.id)
