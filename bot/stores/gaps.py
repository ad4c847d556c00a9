"""Gaps and the asks in them, on SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, select, update

from bot.core.model import Ask, Gap, GapState
from bot.stores.database import Database, KeyTaken
from bot.stores.locks import one_by_one
from bot.stores.tables import asks, gaps
from bot.stores.wire import dump, load

_STANDING: Final = (GapState.OPEN, GapState.ASKED)
_STANDING_IDS: Final = select(gaps.c.id).where(gaps.c.state.in_(_STANDING))
_ASKS_OF: Final = (
    select(asks.c.gap_id, asks.c.payload)
    .where(asks.c.gap_id.in_(bindparam("gaps", expanding=True)))
    .order_by(asks.c.asked_at, asks.c.id)
)


class SqlGaps:
    """The `Gaps` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_ask(self, ask_id: str) -> Gap | None:
        """The gap that holds this ask."""
        holding = select(asks.c.gap_id).where(asks.c.id == ask_id).scalar_subquery()
        return await self._one(select(gaps).where(gaps.c.id == holding))

    async def find(self, gap_id: str) -> Gap | None:
        """One gap with all its asks."""
        return await self._one(select(gaps).where(gaps.c.id == gap_id))

    async def standing(self) -> tuple[Gap, ...]:
        """Every gap that is open or asked, oldest first."""
        oldest_first = gaps.c.opened_at, gaps.c.id
        these = select(gaps).where(gaps.c.state.in_(_STANDING)).order_by(*oldest_first)
        return await self._database.run(lambda sql: _read(sql, these))

    async def due(self, now: datetime) -> tuple[Gap, ...]:
        """Standing gaps about which somebody is to be asked or reminded by now, oldest first."""
        oldest_first = gaps.c.opened_at, gaps.c.id
        is_due = (gaps.c.state.in_(_STANDING), gaps.c.due_at <= now)
        these = select(gaps).where(*is_due).order_by(*oldest_first)
        return await self._database.run(lambda sql: _read(sql, these))

    async def add(self, gap: Gap, *, seen: Collection[str] | None = None) -> bool:
        """Keep a new gap with its asks; False where one stands that is not among those `seen`."""

        def put(sql: Connection) -> None:
            one_by_one(sql, "gaps")
            sql.execute(insert(gaps).values(**_row(gap)))
            if seen is not None and _unseen(sql, {*seen, gap.id}):
                raise _Unseen
            for ask in gap.asks:
                _join(sql, gap.id, ask)

        try:
            await self._database.run(put)
        except _Unseen:
            return False
        except KeyTaken:  # the same event, handled once more
            for ask in gap.asks:
                await self.join(gap.id, ask)
        return True

    async def join(self, gap_id: str, ask: Ask) -> None:
        """Add an ask; the same id again replaces it."""
        await self._database.run(lambda sql: _join(sql, gap_id, ask))

    async def change(self, gap: Gap) -> bool:
        """Keep everything but the asks, with the next version; False where that was too late."""
        same = (gaps.c.id == gap.id, gaps.c.version == gap.version)
        changed = update(gaps).where(*same).values(**_row(replace(gap, version=gap.version + 1)))
        return await self._database.run(lambda sql: sql.execute(changed).rowcount == 1)

    async def _one(self, these: Select[tuple[object, ...]]) -> Gap | None:
        found = await self._database.run(lambda sql: _read(sql, these))
        return found[0] if found else None


class _Unseen(Exception):
    """Takes the insert back."""


def _unseen(sql: Connection, seen: set[str]) -> bool:
    """Whether another replica has opened one; a file is ours alone, so nobody has."""
    return sql.dialect.name == "postgresql" and bool(set(sql.scalars(_STANDING_IDS)) - seen)


def _join(sql: Connection, gap_id: str, ask: Ask) -> None:
    row = {"id": ask.id, "gap_id": gap_id, "payload": dump(ask), "asked_at": ask.asked_at}
    sql.execute(delete(asks).where(asks.c.id == ask.id))
    sql.execute(insert(asks).values(**row))


def _row(gap: Gap) -> dict[str, object]:
    return {
        "id": gap.id,
        "state": gap.state,
        "version": gap.version,
        "payload": dump(replace(gap, asks=())),
        "opened_at": gap.opened_at,
        "due_at": gap.due_at,
    }


def _read(sql: Connection, these: Select[tuple[object, ...]]) -> tuple[Gap, ...]:
    rows = sql.execute(these).all()
    asked: defaultdict[str, list[Ask]] = defaultdict(list)
    for gap_id, payload in sql.execute(_ASKS_OF, {"gaps": [row.id for row in rows]}):
        asked[gap_id].append(load(Ask, payload))
    return tuple(_gap(row, tuple(asked[row.id])) for row in rows)


def _gap(row: Row[tuple[object, ...]], asked: tuple[Ask, ...]) -> Gap:
    return replace(load(Gap, row.payload), asks=asked, version=row.version)
