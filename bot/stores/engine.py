"""A database connection pool with the settings and errors the stores rely on."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event, insert, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.core.errors import StateUnavailable

_BUSY_TIMEOUT_MS = 5_000
_FULL_DISK = ("database or disk is full", "no space left on device")


class KeyTaken(StateUnavailable):
    """A row with this key is there already; the store that inserts decides what that means."""


def sqlite_url(file: Path) -> str:
    """The address of an embedded database in this file."""
    return f"sqlite+aiosqlite:///{file}"


def open_engine(url: str) -> AsyncEngine:
    """Make a pool for this address; nothing is opened before the first transaction."""
    embedded = url.startswith("sqlite")
    engine = create_async_engine(
        url,
        hide_parameters=True,  # a failed statement is logged, what people wrote is not
        # SQLite takes one writer at a time, and whoever finds it busy sleeps and may starve. With
        # one connection transactions wait in a line instead.
        **({"pool_size": 1, "max_overflow": 0} if embedded else {"pool_pre_ping": True}),
    )
    if embedded:
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # An acknowledged event must survive a power cut, so every commit waits for the disk.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    cursor.close()


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Everything inside becomes true at once, or nothing does.

    Start with the write where there is one: SQLite cannot turn a read into a write while
    somebody else writes.

    Raises:
        KeyTaken: an inserted row was there already; nothing was changed.
        StateUnavailable: the database did not answer, or there is no room on the disk.
    """
    try:
        async with engine.begin() as connection:
            yield connection
    except IntegrityError as error:
        raise KeyTaken("a row with this key exists") from error
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise StateUnavailable(_reason(error)) from error


async def put(
    engine: AsyncEngine, table: Table, *, key: Mapping[str, object], values: Mapping[str, object]
) -> None:
    """Insert a row, or change the one with this key; in SQL that every database understands."""
    try:
        await _update_or_insert(engine, table, key, values)
    except KeyTaken:  # somebody inserted it between our update and our insert
        await _update_or_insert(engine, table, key, values)


async def _update_or_insert(
    engine: AsyncEngine, table: Table, key: Mapping[str, object], values: Mapping[str, object]
) -> None:
    async with transaction(engine) as connection:
        same = [table.c[name] == value for name, value in key.items()]
        changed = await connection.execute(update(table).where(*same).values(**values))
        if changed.rowcount == 0:
            await connection.execute(insert(table).values(**key, **values))


def _reason(error: Exception) -> str:
    text = str(error).lower()
    if any(sign in text for sign in _FULL_DISK):
        return "no space left on the disk of the state store: make room, then try again"
    return f"the state store does not answer ({type(error).__name__})"
