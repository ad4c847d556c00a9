"""Changes that were tried out before they count, on SQL; each decision goes into the audit log."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from bot.core.audit import gate_entry
from bot.core.model import GateTrial
from bot.stores.audit import append
from bot.stores.database import Database
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
