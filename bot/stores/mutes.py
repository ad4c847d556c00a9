"""Channels in which the bot keeps silent, on SQL."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import ColumnElement, delete, insert, select

from bot.core.model import Conversation
from bot.core.steering import Mute
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
        with suppress(KeyTaken):
            await self._database.run(lambda sql: sql.execute(insert(mutes).values(**row)))

    async def lift(self, place: Conversation) -> bool:
        """It may speak again; False where it could already."""
        gone = delete(mutes).where(*_is(place))
        return await self._database.run(lambda sql: sql.execute(gone).rowcount) > 0


def _is(place: Conversation) -> tuple[ColumnElement[bool], ...]:
    return (mutes.c.platform == place.platform, mutes.c.channel == place.id)
