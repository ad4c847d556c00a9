"""Changes that were tried out before they count, on SQL; each decision goes into the audit log."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, insert, select, update

from bot.core.audit import gate_entry
from bot.core.model import GateTrial, TrialState
from bot.stores.audit import append, lock
from bot.stores.database import Database, KeyTaken
from bot.stores.tables import trials
from bot.stores.wire import dump, load


class SqlTrials:
    """The `Trials` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, trial: GateTrial) -> None:
        """Keep a trial; the same id again replaces it."""
        values = {"payload": dump(trial), "at": trial.at}
        entry = gate_entry(trial)

        def put_down(sql: Connection) -> None:
            if entry is not None:
                append(sql, entry)

        await self._database.put(trials, key={"id": trial.id}, values=values, also=put_down)

    async def change(self, trial: GateTrial, *, was: TrialState | None) -> bool:
        """Keep a trial whose state is still `was`; None: nobody has kept it yet."""
        work = (lambda sql: _add(sql, trial)) if was is None else lambda sql: _swap(sql, trial, was)
        try:
            return await self._database.run(work)
        except KeyTaken:
            return False

    async def find(self, change_id: str) -> GateTrial | None:
        """The trial of one change."""
        this = select(trials.c.payload).where(trials.c.id == change_id)
        payload = await self._database.run(lambda sql: sql.scalar(this))
        return None if payload is None else load(GateTrial, payload)

    async def all(self) -> tuple[GateTrial, ...]:
        """Every trial there was, oldest first."""
        these = select(trials).order_by(trials.c.at, trials.c.id)
        rows = await self._database.run(lambda sql: sql.execute(these).all())
        return tuple(replace(load(GateTrial, row.payload), id=row.id) for row in rows)


def _add(sql: Connection, trial: GateTrial) -> bool:
    row = {"id": trial.id, "payload": dump(trial), "at": trial.at}
    sql.execute(insert(trials).values(**row))
    return True


def _swap(sql: Connection, trial: GateTrial, was: TrialState) -> bool:
    lock(sql)  # whoever decides puts it down in the log: so they come one after the other
    this = trials.c.id == trial.id
    kept = sql.scalar(select(trials.c.payload).where(this))
    if kept is None or load(GateTrial, kept).state is not was:
        return False
    sql.execute(update(trials).where(this).values(payload=dump(trial), at=trial.at))
    entry = gate_entry(trial)
    if entry is not None:
        append(sql, entry)
    return True
