"""People on journeys, what stands on their lists and what they asked, on SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, Select, bindparam, delete, insert, select, update

from bot.core.onboarding.model import Entry, Joiner, JoinerState, Wondered
from bot.core.onboarding.plan import NUDGES
from bot.stores.database import Database, KeyTaken
from bot.stores.onboarding_tables import entries, job_lanes, jobs, joiners, wondered
from bot.stores.wire import dump, load

_FIRST_FIRST = (joiners.c.started_at, joiners.c.id)
_AS_SHOWN = (entries.c.shown_at, entries.c.joiner_id, entries.c.step_id)
_ONE = select(joiners.c.payload).where(joiners.c.id == bindparam("this"))
_ALL = select(joiners.c.payload).order_by(*_FIRST_FIRST)
_ENTRIES = select(entries.c.payload).order_by(*_AS_SHOWN)
_THEIR_LIST = _ENTRIES.where(entries.c.joiner_id == bindparam("this"))
_ONE_ENTRY = _THEIR_LIST.where(entries.c.step_id == bindparam("step"))
_NEW_ENTRY = insert(entries)


class SqlJoiners:
    """The `Joiners` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, joiner: Joiner) -> bool:
        """Keep somebody new; False where their id is known."""
        return await self._inserted(insert(joiners), _row(joiner))

    async def find(self, joiner_id: str) -> Joiner | None:
        """One of them."""
        payload = await self._database.run(lambda sql: sql.scalar(_ONE, {"this": joiner_id}))
        return None if payload is None else load(Joiner, payload)

    async def whole(self, joiner_id: str) -> tuple[Joiner, tuple[Entry, ...]] | None:
        """One of them with all that stands on their list."""
        this = {"this": joiner_id}

        def read(sql: Connection) -> tuple[str | None, Sequence[str]]:
            return sql.scalar(_ONE, this), sql.scalars(_THEIR_LIST, this).all()

        joiner, listed = await self._database.run(read)
        if joiner is None:
            return None
        return load(Joiner, joiner), tuple(load(Entry, one) for one in listed)

    async def of(self, person: str) -> tuple[Joiner, ...]:
        """All journeys of a person, the latest first."""
        return tuple(reversed(await self._these(_ALL.where(joiners.c.person == person))))

    async def all(self, *states: JoinerState) -> tuple[Joiner, ...]:
        """Everybody in these states, or everybody, in the order in which they started."""
        return await self._these(_ALL.where(joiners.c.state.in_(states)) if states else _ALL)

    async def change(self, joiner: Joiner) -> bool:
        """Keep them with the next version; False where that was too late."""
        same = (joiners.c.id == joiner.id, joiners.c.version == joiner.version)
        row = _row(replace(joiner, version=joiner.version + 1))
        changed = update(joiners).where(*same).values(**row)
        return await self._database.run(lambda sql: sql.execute(changed).rowcount == 1)

    async def add(self, entry: Entry) -> bool:
        """Put a step on a list; False where it stands there, or the list is gone."""
        return await self._inserted(_NEW_ENTRY, _entry_row(entry))

    async def entry(self, joiner_id: str, step_id: str) -> Entry | None:
        """One step on a list."""
        this = {"this": joiner_id, "step": step_id}
        payload = await self._database.run(lambda sql: sql.scalar(_ONE_ENTRY, this))
        return None if payload is None else load(Entry, payload)

    async def entries(self, *joiner_ids: str) -> tuple[Entry, ...]:
        """All that stands on these lists, in the order in which it was shown."""
        these = _ENTRIES.where(entries.c.joiner_id.in_(joiner_ids))
        payloads = await self._database.run(lambda sql: sql.scalars(these).all())
        return tuple(load(Entry, payload) for payload in payloads)

    async def amend(self, entry: Entry) -> bool:
        """Keep it with the next version; False where that was too late."""
        same = (
            entries.c.joiner_id == entry.joiner_id,
            entries.c.step_id == entry.step_id,
            entries.c.version == entry.version,
        )
        row = _entry_row(replace(entry, version=entry.version + 1))
        changed = update(entries).where(*same).values(**row)
        return await self._database.run(lambda sql: sql.execute(changed).rowcount == 1)

    async def wonder(self, asked: Wondered) -> None:
        """Keep a question; the same id again replaces it."""
        row = {
            "joiner_id": asked.joiner_id,
            "payload": dump(asked),
            "asked_at": asked.asked_at,
        }
        await self._database.put(wondered, key={"id": asked.id}, values=row)

    async def wondered(self, *, since: datetime) -> tuple[Wondered, ...]:
        """Questions asked since this moment, oldest first."""
        these = (
            select(wondered.c.payload)
            .where(wondered.c.asked_at >= since)
            .order_by(wondered.c.asked_at, wondered.c.id)
        )
        payloads = await self._database.run(lambda sql: sql.scalars(these).all())
        return tuple(load(Wondered, payload) for payload in payloads)

    async def forget(self, person: str) -> int:
        """Delete all there is of a person."""
        theirs = select(joiners.c.id).where(joiners.c.person == person)

        def erase(sql: Connection) -> int:
            sql.execute(delete(wondered).where(wondered.c.joiner_id.in_(theirs)))
            sql.execute(delete(entries).where(entries.c.joiner_id.in_(theirs)))
            ids = sql.scalars(theirs).all()
            lanes = [*ids, *(f"{joiner_id}{NUDGES}" for joiner_id in ids)]
            sql.execute(delete(jobs).where(jobs.c.lane.in_(lanes)))
            sql.execute(delete(job_lanes).where(job_lanes.c.lane.in_(lanes)))
            return sql.execute(delete(joiners).where(joiners.c.person == person)).rowcount

        return await self._database.run(erase)

    async def _inserted(self, new: Insert, row: dict[str, object]) -> bool:
        try:
            await self._database.run(lambda sql: sql.execute(new, row))
        except KeyTaken:
            return False
        return True

    async def _these(self, these: Select[Any]) -> tuple[Joiner, ...]:
        payloads = await self._database.run(lambda sql: sql.scalars(these).all())
        return tuple(load(Joiner, payload) for payload in payloads)


def _row(joiner: Joiner) -> dict[str, object]:
    return {
        "id": joiner.id,
        "person": joiner.user.key,
        "state": joiner.state,
        "payload": dump(joiner),
        "started_at": joiner.started_at,
        "version": joiner.version,
    }


def _entry_row(entry: Entry) -> dict[str, object]:
    return {
        "joiner_id": entry.joiner_id,
        "step_id": entry.step_id,
        "payload": dump(entry),
        "shown_at": entry.shown_at,
        "version": entry.version,
    }
