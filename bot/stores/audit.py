"""The audit log on SQL: rows are added, each sealed over the one before; nothing changes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Row,
    SmallInteger,
    Table,
    Text,
    insert,
    select,
    update,
)

from bot.core.audit import AuditEntry
from bot.core.chain import START, Head, Link, forged_on, said_by, stored_key
from bot.core.errors import StateUnavailable
from bot.stores.database import Database, KeyTaken
from bot.stores.tables import Moment, Word, metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Word(256), unique=True),
    Column("at", Moment, nullable=False),
    Column("by", Word, nullable=False, index=True),
    Column("what", Word, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous", Word(64), nullable=False),
    Column("hash", Word(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", Word(64), nullable=False),
)

_THE_HEAD = audit_head.c.id == 1


class HeadMissing(StateUnavailable):
    """The end of the audit log is not where it was kept: nothing is put down any more."""


class SqlAudit:
    """The `AuditLog` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, *entries: AuditEntry) -> None:
        """Put entries down, in this order; one whose key is known is there already."""
        await self._database.run(lambda sql: append(sql, *entries))

    async def latest(self, count: int, *, by: str = "") -> tuple[AuditEntry, ...]:
        """The latest entries, newest first. by: only of this person, by their key."""
        these = select(audit_log).order_by(audit_log.c.number.desc()).limit(count)
        if by:
            these = these.where(audit_log.c.by == by)
        rows = await self._database.run(lambda sql: sql.execute(these).all())
        return tuple(_said(_link(row)) for row in rows)

    async def links(self, *, after: int | None, most: int) -> tuple[Link, ...]:
        """The links with a higher number, as they are stored, in their order.

        after: None: from the lowest number there is.
        """
        these = select(audit_log).order_by(audit_log.c.number).limit(most)
        if after is not None:
            these = these.where(audit_log.c.number > after)
        rows = await self._database.run(lambda sql: sql.execute(these).all())
        return tuple(map(_link, rows))

    async def head(self) -> Head | None:
        """The end of the chain as it is kept beside it."""
        return await self._database.run(_head)


def append(sql: Connection, *entries: AuditEntry) -> None:
    """Put entries down in this transaction, with whatever else it does.

    Whoever appends waits here for who does so already, so it comes last in a transaction.

    Raises:
        HeadMissing: nobody knows what to go on from.
    """
    head = lock(sql)
    before = head
    for entry in entries:
        if entry.key and _is_known(sql, stored_key(entry.key)):
            continue
        link = forged_on(head, entry)
        sql.execute(insert(audit_log).values(**_row(link)))
        head = Head(count=link.number, hash=link.hash)
    if head != before:
        moved = update(audit_head).where(_THE_HEAD)
        sql.execute(moved.values(number=head.count, hash=head.hash))


def lock(sql: Connection) -> Head:
    """The head of the chain; until the transaction ends nobody else gets it.

    Writing what is there already is what every database understands as a lock: of the row in
    PostgreSQL, of the file in SQLite.

    Raises:
        HeadMissing: it is not there.
    """
    sql.execute(update(audit_head).where(_THE_HEAD).values(number=audit_head.c.number))
    head = _head(sql)
    if head is None:
        raise HeadMissing("the audit log has lost its head: look with `deskmate audit verify`")
    return head


async def begin_chain(
    database: Database, earlier: Callable[[Connection], Iterable[AuditEntry]]
) -> None:
    """Make the head where there is no log yet. earlier: what was done before there was one."""

    def begin(sql: Connection) -> None:
        if _head(sql) is None and sql.scalar(select(audit_log.c.number).limit(1)) is None:
            sql.execute(insert(audit_head).values(id=1, number=START.count, hash=START.hash))
            append(sql, *earlier(sql))

    with suppress(KeyTaken):  # another replica did the same at the same moment
        await database.run(begin)


def _head(sql: Connection) -> Head | None:
    row = sql.execute(select(audit_head).where(_THE_HEAD)).one_or_none()
    return None if row is None else Head(count=row.number, hash=row.hash)


def _is_known(sql: Connection, key: str) -> bool:
    this = select(audit_log.c.number).where(audit_log.c.key == key)
    return sql.scalar(this) is not None


def _row(link: Link) -> dict[str, object]:
    return {
        "number": link.number,
        "key": link.key,
        "at": link.at,
        "by": link.by,
        "what": link.what,
        "payload": link.payload,
        "previous": link.previous,
        "hash": link.hash,
    }


def _link(row: Row[tuple[object, ...]]) -> Link:
    return Link(
        number=row.number,
        key=row.key,
        at=row.at,
        by=row.by,
        what=row.what,
        payload=row.payload,
        previous=row.previous,
        hash=row.hash,
    )


def _said(link: Link) -> AuditEntry:
    """What a link says; one that somebody spoilt hides no other."""
    try:
        return said_by(link)
    except (ValueError, TypeError, KeyError):
        return AuditEntry(
            at=link.at, what="audit.unreadable", by=link.by, about={"number": link.number}
        )
