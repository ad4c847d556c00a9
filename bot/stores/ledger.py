"""Which reply was sent as which message, on SQL."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from bot.core.model import MessageRef
from bot.core.ports import Clock
from bot.stores.database import Database, KeyTaken
from bot.stores.tables import replies

_SENT = select(replies).where(replies.c.key == bindparam("this"))
_NEW = insert(replies)


class SqlLedger:
    """The `Ledger` on SQL."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sent(self, key: str) -> MessageRef | None:
        """The message that carries this reply, if it was sent."""
        row = await self._database.run(lambda sql: sql.execute(_SENT, {"this": key}).one_or_none())
        return None if row is None else MessageRef(platform=row.platform, id=row.message_id)

    async def record(self, key: str, ref: MessageRef) -> None:
        """Remember it; recording the same key again changes nothing."""
        row = {
            "key": key,
            "platform": ref.platform,
            "message_id": ref.id,
            "recorded_at": self._clock(),
        }
        with suppress(KeyTaken):
            await self._database.run(lambda sql: sql.execute(_NEW, row))

    async def forget(self, *, before: datetime) -> None:
        """Drop what was sent before this moment; no platform repeats an event that late."""
        old = delete(replies).where(replies.c.recorded_at < before)
        await self._database.run(lambda sql: sql.execute(old))
