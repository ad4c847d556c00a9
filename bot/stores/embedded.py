"""Transactions on SQLite: one connection, on a thread of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, create_engine, event

from bot.core.errors import StateUnavailable
from knowledge.engines.folder_lock import FolderLock
from knowledge.errors import StoreLocked

Result = TypeVar("Result")

_BUSY_TIMEOUT_MS = 5_000
_MOST_WAITS = 5


class OneThread:
    """Runs transactions one after the other.

    SQLite takes one writer at a time, and whoever finds it busy sleeps and may starve. With one
    connection transactions wait in a line instead. A whole transaction is one hop to the thread
    and back: hopping for each statement takes several times as long as the statements do.
    """

    def __init__(self, url: URL) -> None:
        """Nothing is opened before the first transaction."""
        self._folder = Path(url.database or "").parent
        # hide_parameters: a failed statement is logged, what people wrote is not.
        self._engine = create_engine(url, hide_parameters=True, pool_size=1, max_overflow=0)
        event.listen(self._engine, "connect", _prepare)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """One transaction; errors are those of the database."""
        try:
            done = asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)
        except RuntimeError as error:
            raise StateUnavailable("the state store is closed") from error
        return await done

    @asynccontextmanager
    async def only_one(self, what: str) -> AsyncIterator[bool]:
        """Whether nobody else does this now, by a lock in a folder beside the database."""
        try:
            lock = await asyncio.to_thread(_taken, self._folder / what)
        except StoreLocked:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    async def close(self) -> None:
        """Finish what has begun, and let go of the connection."""
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()

    def _begin(self) -> AbstractContextManager[Connection]:
        return self._engine.begin()

    def _transact(self, work: Callable[[Connection], Result]) -> Result:
        with self._begin() as connection:
            return work(connection)


def _taken(folder: Path) -> FolderLock:
    folder.mkdir(exist_ok=True)
    return FolderLock(folder)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    _write_ahead(cursor)
    # An acknowledged event must survive a power cut, so every commit waits for the disk.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Let reads and a write go on side by side; once one has said so it stays with the file.

    Of two that open a new file at once SQLite refuses one without waiting, so that one waits here.
    """
    for _ in range(_MOST_WAITS):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            cursor.execute("BEGIN IMMEDIATE")  # this waits until the other one has written
            cursor.execute("ROLLBACK")
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")
