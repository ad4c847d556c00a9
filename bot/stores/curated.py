"""Curated answers on SQL: nothing is overwritten, each change is a row of its own.

The audit log gets each change in the same transaction.
"""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection, Row, Select, func, insert, select

from bot.core.audit import AuditEntry, curated_entry
from bot.core.ports import Clock
from bot.stores.audit import append
from bot.stores.database import Database, KeyTaken
from bot.stores.tables import curated, storable
from bot.stores.wire import Unreadable, dump, load
from knowledge.model import CuratedAnswer, CuratedRevision


class SqlCurated:
    """The `CuratedLog` on SQL."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(
        self,
        answer: CuratedAnswer,
        *,
        key: str,
        by: str,
        reason: str = "",
        after: int | None = None,
    ) -> None:
        """Add an answer, or replace the one with its id. The same `key` again changes nothing."""
        await self._add(answer.id, dump(answer), key=key, by=by, reason=reason, after=after)

    async def withdraw(self, answer_id: str, *, key: str, by: str, reason: str = "") -> None:
        """Take an answer back; its history stays. The same `key` again changes nothing."""
        await self._add(answer_id, None, key=key, by=by, reason=reason)

    async def history(self, answer_id: str) -> tuple[CuratedRevision, ...]:
        """Its changes, oldest first; empty where there never was such an answer."""
        return await self._read(select(curated).where(curated.c.id == answer_id))

    async def mark(self) -> tuple[int, int]:
        """How many changes there are and the last one's number; cheap, and other after a change."""
        counted = select(func.count(), func.coalesce(func.max(curated.c.number), 0))
        row = await self._database.run(lambda sql: sql.execute(counted).one())
        return row[0], row[1]

    async def since(self, number: int) -> tuple[CuratedRevision, ...]:
        """The changes with a higher number, in their order."""
        return await self._read(select(curated).where(curated.c.number > number))

    async def _add(
        self,
        answer_id: str,
        payload: str | None,
        *,
        key: str,
        by: str,
        reason: str,
        after: int | None = None,
    ) -> None:
        row = {
            "key": key,
            "id": answer_id,
            "payload": payload,
            "by": by,
            "at": self._clock(),
            "reason": storable(reason),
        }

        def add(sql: Connection) -> None:
            if after is not None and _last(sql, answer_id) != after:
                return
            sql.execute(insert(curated).values(**row))
            append(sql, _entry(sql, key))

        with suppress(KeyTaken):  # it was done before a crash
            await self._database.run(add)

    async def _read(self, these: Select[tuple[object, ...]]) -> tuple[CuratedRevision, ...]:
        ordered = these.order_by(curated.c.number)
        rows = await self._database.run(lambda sql: sql.execute(ordered).all())
        return tuple(_revision(row) for row in rows)


def _last(sql: Connection, answer_id: str) -> int | None:
    latest = select(func.max(curated.c.number)).where(curated.c.id == answer_id)
    number: int | None = sql.scalar(latest)
    return number


def _entry(sql: Connection, key: str) -> AuditEntry:
    """What the audit log says of this change."""
    changed = sql.execute(select(curated).where(curated.c.key == key)).one()
    before = (
        select(curated.c.payload)
        .where(curated.c.id == changed.id, curated.c.number < changed.number)
        .order_by(curated.c.number.desc())
        .limit(1)
    )
    return curated_entry(_revision(changed), _readable(sql.scalar(before)))


def _readable(payload: str | None) -> CuratedAnswer | None:
    """One that another version wrote must not keep a new one from being kept."""
    try:
        return None if payload is None else load(CuratedAnswer, payload)
    except Unreadable:
        return None


def _revision(row: Row[tuple[object, ...]]) -> CuratedRevision:
    return CuratedRevision(
        number=row.number,
        id=row.id,
        answer=None if row.payload is None else load(CuratedAnswer, row.payload),
        by=row.by,
        at=row.at,
        reason=row.reason,
    )
