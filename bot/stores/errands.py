"""What takes long and is not done yet, on SQL."""

from __future__ import annotations

import logging
from contextlib import suppress

from sqlalchemy import Connection, delete, insert, select, update

from bot.core.errands import ERRANDS
from bot.core.model import Errand
from bot.stores.database import Database, KeyTaken
from bot.stores.tables import errands
from bot.stores.telling import tell
from bot.stores.wire import Unreadable, dump, load

log = logging.getLogger(__name__)


class SqlErrands:
    """The `Errands` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, errand: Errand) -> None:
        """Keep it until it is done; one whose id is known stays as it is."""
        row = {"id": errand.id, "payload": dump(errand), "asked_at": errand.asked_at}

        def add(sql: Connection) -> None:
            sql.execute(insert(errands).values(**row))
            tell(sql, ERRANDS)

        with suppress(KeyTaken):
            await self._database.run(add)

    async def waiting(self) -> tuple[Errand, ...]:
        """Those that are not done, oldest first."""
        oldest_first = select(errands.c.payload).order_by(errands.c.asked_at, errands.c.id)
        payloads = await self._database.run(lambda sql: sql.scalars(oldest_first).all())
        return tuple(errand for errand in map(_read, payloads) if errand is not None)

    async def begin(self, errand_id: str) -> int:
        """Work on it begins: how often it has by now."""
        this = errands.c.id == errand_id

        def count(sql: Connection) -> int:
            sql.execute(update(errands).where(this).values(begun=errands.c.begun + 1))
            return sql.scalar(select(errands.c.begun).where(this)) or 0

        return await self._database.run(count)

    async def done(self, errand_id: str) -> None:
        """It needs no more work, and is forgotten."""
        await self._database.run(
            lambda sql: sql.execute(delete(errands).where(errands.c.id == errand_id))
        )


def _read(payload: str) -> Errand | None:
    """One written by another version may be unreadable; the others must still be done."""
    try:
        return load(Errand, payload)
    except Unreadable as error:
        log.warning("errand_unreadable", extra={"reason": str(error)})
        return None
