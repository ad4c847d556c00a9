"""Roles that were granted in chat, on SQL; each change goes into the audit log with it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    delete,
    insert,
    select,
    update,
)

from bot.core.audit import AuditEntry
from bot.core.grants import GRANTED, Grant, Taken
from bot.core.model import Role
from bot.stores.audit import append, lock
from bot.stores.database import Database
from bot.stores.tables import Moment, Word, counters, metadata

grants = Table(
    "grants",
    metadata,
    Column("person", Word(320), primary_key=True),
    Column("role", Word(16), primary_key=True),
    Column("topic", Word(256), primary_key=True),
    Column("by", Word(320), nullable=False),
    Column("at", Moment, nullable=False),
)

_COUNTER = "grants"
_MARK = select(counters.c.value).where(counters.c.name == _COUNTER)


class SqlGrants:
    """The `GrantLog` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self) -> int:
        """Another number after each change; cheap."""
        return await self._database.run(lambda sql: sql.scalar(_MARK)) or 0

    async def all(self) -> tuple[int, tuple[Grant, ...]]:
        """The mark, and every grant that stands, oldest first."""
        these = (
            select(grants)
            .where(grants.c.role.in_(GRANTED))
            .order_by(grants.c.at, grants.c.person, grants.c.role)
        )

        def read(sql: Connection) -> tuple[int, tuple[Grant, ...]]:
            # The mark first: what changes in between is read again the next time.
            mark = sql.scalar(_MARK) or 0
            return mark, tuple(map(_grant, sql.execute(these)))

        return await self._database.run(read)

    async def give(self, grant: Grant, *, entry: AuditEntry) -> bool:
        """Keep a grant; False, and nothing changed, where it stands already."""

        def write(sql: Connection) -> bool:
            lock(sql)  # of two replicas the second sees what the first has done
            if sql.execute(select(grants).where(_is(grant))).first() is not None:
                return False
            sql.execute(insert(grants).values(**_row(grant)))
            _changed(sql, entry)
            return True

        return await self._database.run(write)

    async def take(self, grant: Grant, *, entry: AuditEntry, others: Collection[str]) -> Taken:
        """Take a grant back, unless nobody would be left to administer the bot.

        others: the keys of administrators whom no grant made.
        """

        def write(sql: Connection) -> Taken:
            lock(sql)
            if sql.execute(select(grants).where(_is(grant))).first() is None:
                return Taken.NONE
            if grant.role is Role.ADMIN and not (set(others) | _admins(sql)) - {grant.person}:
                return Taken.LAST
            sql.execute(delete(grants).where(_is(grant)))
            _changed(sql, entry)
            return Taken.DONE

        return await self._database.run(write)


def _changed(sql: Connection, entry: AuditEntry) -> None:
    mine = counters.c.name == _COUNTER
    counted = sql.execute(update(counters).where(mine).values(value=counters.c.value + 1))
    if counted.rowcount == 0:
        sql.execute(insert(counters).values(name=_COUNTER, value=1))
    append(sql, entry)


def _admins(sql: Connection) -> set[str]:
    return set(sql.scalars(select(grants.c.person).where(grants.c.role == Role.ADMIN)))


def _is(grant: Grant) -> ColumnElement[bool]:
    return and_(
        grants.c.person == grant.person,
        grants.c.role == grant.role,
        grants.c.topic == grant.topic,
    )


def _row(grant: Grant) -> dict[str, object]:
    return {
        "person": grant.person,
        "role": grant.role,
        "topic": grant.topic,
        "by": grant.by,
        "at": grant.at,
    }


def _grant(row: Row[tuple[object, ...]]) -> Grant:
    return Grant(person=row.person, role=Role(row.role), topic=row.topic, by=row.by, at=row.at)
