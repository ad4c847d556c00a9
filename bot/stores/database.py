"""SQL for callers on an event loop, with the settings and errors the stores rely on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.core.errors import StateUnavailable

Result = TypeVar("Result")

_BUSY_TIMEOUT_MS = 5_000
_CONNECTIONS = 8
_FULL_DISK = ("database or disk is full", "no space left on device")


class KeyTaken(StateUnavailable):
    """A row with this key is there already; the store that inserts decides what that means."""


class Database:
    """Runs transactions on threads of its own, one thread a connection.

    A whole transaction is one function and one hop to a thread and back: hopping for each
    statement takes several times as long as the statements do.
    """

    def __init__(self, url: str) -> None:
        """Nothing is opened before the first transaction."""
        embedded = url.startswith("sqlite")
        # SQLite takes one writer at a time, and whoever finds it busy sleeps and may starve. With
        # one connection transactions wait in a line instead.
        connections = 1 if embedded else _CONNECTIONS
        self._engine = _engine(url, connections)
        if embedded:
            event.listen(self._engine, "connect", _prepare_sqlite)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="database")

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """Everything `work` does becomes true at once, or nothing does; `work` runs in a thread.

        It should start with the write where there is one: SQLite cannot turn a read into a write
        while somebody else writes. Cancelling the call does not undo work that has begun.

        Raises:
            KeyTaken: an inserted row was there already; nothing was changed.
            StateUnavailable: the database did not answer, or there is no room on the disk.
        """
        try:
            done = asyncio.get_running_loop().run_in_executor(self._threads, self._transact, work)
        except RuntimeError as error:
            raise StateUnavailable("the state store is closed") from error
        return await done

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

    async def close(self) -> None:
        """Finish what has begun, and let go of every connection."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    def _begin(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()

    def _transact(self, work: Callable[[Connection], Result]) -> Result:
        try:
            with self._begin() as connection:
                return work(connection)
        except IntegrityError as error:
            raise KeyTaken("a row with this key exists") from error
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise StateUnavailable(_reason(error)) from error


def sqlite_url(file: Path) -> str:
    """The address of an embedded database in this file."""
    return f"sqlite:///{file}"


def _engine(url: str, connections: int) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,  # a failed statement is logged, what people wrote is not
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=not url.startswith("sqlite"),
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # An acknowledged event must survive a power cut, so every commit waits for the disk.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    cursor.close()


def _reason(error: Exception) -> str:
    text = str(error).lower()
    if any(sign in text for sign in _FULL_DISK):
        return "no space left on the disk of the state store: make room, then try again"
    return f"the state store does not answer ({type(error).__name__})"
