"""The tables by which several bots share a database, beside the others."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ColumnElement, Index, Table, func, literal_column, select

from bot.stores.database import Database
from bot.stores.tables import ROW_ID, Moment, Word, metadata

# alive_until: microseconds since 1970 by the database's own clock, which all replicas share.
replicas = Table(
    "replicas",
    metadata,
    Column("id", Word(32), primary_key=True),
    Column("alive_until", BigInteger, nullable=False),
)

duties = Table(
    "duties",
    metadata,
    Column("work", Word(128), primary_key=True),
    Column("replica", Word(32), nullable=False),
)

recent_uses = Table(
    "recent_uses",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("name", Word(320), nullable=False),
    Column("at", Moment, nullable=False),
    Index("uses_of_a_name", "name", "at"),
)

OF_PROCESSES: Final = frozenset({replicas.name, duties.name, recent_uses.name})
"""Tables that only say who runs, and what they did a moment ago: nothing to keep."""

_NOW: Final[ColumnElement[int]] = literal_column("extract(epoch FROM clock_timestamp()) * 1000000")


async def alive_on(database: Database) -> int:
    """How many bots are at work on this PostgreSQL, without those that ended untold.

    Raises:
        StateUnavailable: it does not answer.
    """
    alive = select(func.count()).select_from(replicas).where(replicas.c.alive_until >= _NOW)
    return await database.run(lambda sql: sql.scalar(alive)) or 0


async def replicas_of(database: Database) -> int:
    """How many bots are at work on it; one that has it to itself is not counted.

    Raises:
        StateUnavailable: it does not answer.
    """
    counted = select(func.count()).select_from(replicas)
    return await database.run(lambda sql: sql.scalar(counted)) or 0
