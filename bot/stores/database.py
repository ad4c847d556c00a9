"""SQL for callers on an event loop, with the settings and errors the stores rely on."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol, TypeVar

from sqlalchemy import URL, Connection, Table, insert, make_url, update
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from bot.core.errors import StateUnavailable
from bot.stores.embedded import OneThread
from bot.stores.places import place_of

Result = TypeVar("Result")

_DISK: Final = ": check the disk of [storage] data_dir"
_BROKEN: Final = ": state.db in [storage] data_dir is broken; restore a backup"
_HINTS: Final = {
    "disk I/O error": _DISK,
    "unable to open database file": _DISK,
    "attempt to write a readonly database": _DISK,
    "file is not a database": _BROKEN,
    "database disk image is malformed": _BROKEN,
}
_FULL_DISK: Final = ("database or disk is full", "no space left on device")
_SERVERS: Final = ("postgresql", "postgres")


class KeyTaken(StateUnavailable):
    """A row with this key is there already; the store that inserts decides what that means."""


class Carrier(Protocol):
    """Brings a transaction to where it is run, and its result back."""

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """One transaction."""
        ...

    def only_one(self, what: str) -> AbstractAsyncContextManager[bool]:
        """Whether nobody else does this now; errors are those of the database."""
        ...

    async def close(self) -> None:
        """Finish what has begun."""
        ...


class Database:
    """Runs transactions, each as one function, on SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        """Nothing is opened before the first transaction.

        Raises:
            StateUnavailable: the address names no database we know.
        """
        self._url = _read(url)
        self._carrier = _carrier(self._url)

    @property
    def embedded(self) -> bool:
        """Whether it is a file of this machine, which one process has to itself."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def url(self) -> str:
        """Its address, password and all: for those who connect to it, never to be shown."""
        return self._url.render_as_string(hide_password=False)

    @property
    def carrier(self) -> Carrier:
        """What runs the transactions."""
        return self._carrier

    @property
    def name(self) -> str:
        """What it is and where, without user and password."""
        if self.embedded:
            return f"SQLite in {self._url.database}"
        return f"PostgreSQL, {place_of(self._url)}"

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """Everything `work` does becomes true at once, or nothing does; `work` runs in a thread.

        It should start with the write where there is one: SQLite cannot turn a read into a write
        while somebody else writes. It changes nothing but the database, for it may be run again.
        Cancelling the call does not undo work that has begun.

        Raises:
            KeyTaken: an inserted row was there already; nothing was changed.
            StateUnavailable: the database did not answer, or there is no room on the disk.
        """
        try:
            return await self._carrier.run(work)
        except IntegrityError as error:
            raise KeyTaken("a row with this key exists") from self._shown(error)
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise StateUnavailable(_reason(error)) from self._shown(error)

    async def put(
        self,
        table: Table,
        *,
        key: Mapping[str, object],
        values: Mapping[str, object],
        also: Callable[[Connection], None] = lambda _sql: None,
    ) -> None:
        """Insert a row, or change the one with this key; in SQL that every database understands.

        also: what becomes true together with it.
        """
        same = [table.c[name] == value for name, value in key.items()]

        def update_or_insert(connection: Connection) -> None:
            changed = connection.execute(update(table).where(*same).values(**values))
            if changed.rowcount == 0:
                connection.execute(insert(table).values(**key, **values))
            also(connection)

        try:
            await self.run(update_or_insert)
        except KeyTaken:  # somebody inserted it between our update and our insert
            await self.run(update_or_insert)

    @asynccontextmanager
    async def only_one(self, what: str) -> AsyncIterator[bool]:
        """Whether nobody else does this now; then nobody can until the block ends, or the process.

        For what lasts longer than a transaction may.

        Raises:
            StateUnavailable: nobody knows.
        """
        async with AsyncExitStack() as stack:
            try:
                ours = await stack.enter_async_context(self._carrier.only_one(what))
            except OSError as error:
                raise StateUnavailable(_reason(error)) from error
            yield ours

    async def close(self) -> None:
        """Finish what has begun, and let go of every connection."""
        await self._carrier.close()

    def _shown(self, error: Exception) -> Exception | None:
        """PostgreSQL tells in its errors what stood in the row, which may be what people wrote."""
        return error if self.embedded else None


def sqlite_url(file: Path) -> str:
    """The address of an embedded database in this file."""
    return f"sqlite:///{file}"


def _read(url: str) -> URL:
    try:
        read = make_url(url)
    except ArgumentError:
        # Not shown: what cannot be read may hold a password.
        raise StateUnavailable(
            "database_url cannot be read; write postgresql+asyncpg://user:password@host/database"
        ) from None
    if read.get_backend_name() in _SERVERS:
        return read.set(drivername="postgresql+asyncpg")
    if read.get_backend_name() == "sqlite":
        return read
    raise StateUnavailable(f"no database is called {read.get_backend_name()!r}; known: postgresql")


def _carrier(url: URL) -> Carrier:
    if url.get_backend_name() == "sqlite":
        return OneThread(url)
    from bot.stores.server import OwnLoop

    return OwnLoop(url)


def _reason(error: Exception) -> str:
    text = str(error).lower()
    if any(sign in text for sign in _FULL_DISK):
        return "no space left on the disk of the state store: make room, then try again"
    origin = getattr(error, "orig", None) or error
    # SQLite's own words name no values: "disk I/O error", "attempt to write a readonly database".
    said = str(origin) if isinstance(origin, sqlite3.DatabaseError) else type(origin).__name__
    return f"the state store does not answer ({said}){_HINTS.get(said, '')}"
