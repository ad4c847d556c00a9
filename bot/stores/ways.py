"""How answers come about now, and what waits to count, on SQL: one row for all who share it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from pydantic import ValidationError
from sqlalchemy import Connection, insert, select, update

from bot.core.errors import StateUnavailable
from bot.core.steering import WAYS
from bot.stores.agreed_tables import ways
from bot.stores.database import Database, KeyTaken
from bot.stores.telling import tell
from bot.ways import Record, Staged, Way
from knowledge.errors import StoreUnavailable

_THE_ONE: Final = ways.c.id == 1
_READ: Final = select(ways.c.record).where(_THE_ONE)
# What is there already, written once more: a lock of the row, or of SQLite's file.
_LOCK: Final = update(ways).where(_THE_ONE).values(record=ways.c.record)


class SqlWays:
    """Reads and changes the record. Bots and ingests all write it, one after the other.

    Each call raises StoreUnavailable where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Record:
        """What is recorded; the defaults where nothing is."""
        try:
            return await self._database.run(lambda sql: _read(sql) or Record())
        except StateUnavailable as error:
            raise StoreUnavailable(str(error)) from error

    async def start(self, configured: Way, *, holds: bool) -> Way:
        """The way that counts at a start: as before where changes are held, else as configured.

        configured: its place says nothing.
        """
        record = await self._change(lambda before: before.started(configured, holds=holds))
        return record.live or configured

    async def settle(self) -> None:
        """Documents that wait count from now on; half an ingest is forgotten."""
        if (await self.read()).staged is not None:
            await self._change(Record.settled)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Be the only ingest that fills the place that waits, while the block lasts.

        Raises:
            StoreUnavailable: another one is under way, or nobody knows.
        """
        async with AsyncExitStack() as stack:
            try:
                ours = await stack.enter_async_context(self._database.only_one("ingesting"))
            except StateUnavailable as error:
                raise StoreUnavailable(str(error)) from error
            if not ours:
                raise StoreUnavailable("another ingest is under way: try again after it")
            yield

    async def stage(self) -> Staged:
        """An ingest begins: the place to fill, not ready until `finish`."""
        staged = (await self._change(Record.begun)).staged
        assert staged is not None  # noqa: S101 -- `begun` has just set it
        return staged

    async def fill(self, staged: Staged) -> None:
        """The place to fill holds all that counts now."""
        await self._change(lambda record: record.filled(staged))

    async def finish(self, staged: Staged, *, changed: bool) -> None:
        """The ingest is finished; where it changed nothing there is nothing to try out."""
        await self._change(lambda record: record.finished(staged, changed=changed))

    async def let(self, way: Way, *, number: int) -> bool:
        """Make a way count; False where the documents it is about are others by now.

        number: of the staged documents it was tried with; 0: without any, and then its place says
            nothing.
        """
        record = await self._change(lambda before: before.let(way, number=number))
        return not number or record.live == way

    async def _change(self, make: Callable[[Record], Record]) -> Record:
        try:
            try:
                return await self._database.run(lambda sql: change_record(sql, make))
            except KeyTaken:  # somebody else was the first to write it, at the same moment
                return await self._database.run(lambda sql: change_record(sql, make))
        except StateUnavailable as error:
            raise StoreUnavailable(str(error)) from error


def change_record(sql: Connection, make: Callable[[Record], Record]) -> Record:
    """Change the record in this transaction, and tell all others; until it ends nobody else can.

    Raises by way of the database where two are the first to write it; the same again finds a row.
    """
    # A row that came after the lock found none would be read, but not be ours to change.
    before = _read(sql) if sql.execute(_LOCK).rowcount else None
    after = make(before or Record())
    if after != (before or Record()):
        written = after.model_dump_json()
        if before is None:
            sql.execute(insert(ways).values(id=1, record=written))
        else:
            sql.execute(update(ways).where(_THE_ONE).values(record=written))
        tell(sql, WAYS)
    return after


def _read(sql: Connection) -> Record | None:
    kept = sql.scalar(_READ)
    try:
        return None if kept is None else Record.model_validate_json(kept)
    except ValidationError as error:
        raise StoreUnavailable("what counts cannot be read: the table `ways` is broken") from error
