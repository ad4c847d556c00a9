"""What left the house, on SQL: rows are added and read, nothing changes or deletes one."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text, insert, select

from bot.core.errors import StateUnavailable
from bot.stores.database import Database
from bot.stores.tables import Moment, Word, metadata
from bot.stores.wire import dump, load
from knowledge.errors import StoreUnavailable
from knowledge.model import Departure

departures = Table(
    "departures",
    metadata,
    Column("id", Word(64), primary_key=True),
    Column("payload", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)


class SqlDepartures:
    """The `EgressLog` of knowledge and the core's `Departures`, on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, departure: Departure) -> None:
        """Keep a departure; durable on return.

        Raises:
            StoreUnavailable: it was not kept.
        """
        row = {"id": departure.id, "payload": dump(departure), "at": departure.at}
        new = insert(departures).values(**row)
        try:
            await self._database.run(lambda sql: sql.execute(new))
        except StateUnavailable as error:
            raise StoreUnavailable(str(error)) from error

    async def all(self) -> tuple[Departure, ...]:
        """Every departure, oldest first."""
        these = select(departures.c.payload).order_by(departures.c.at, departures.c.id)
        payloads = await self._database.run(lambda sql: sql.scalars(these).all())
        return tuple(load(Departure, payload) for payload in payloads)
