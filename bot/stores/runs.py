"""Runs of the test set, on SQL."""

from __future__ import annotations

from sqlalchemy import select

from bot.core.model import EvalRun
from bot.stores.database import Database
from bot.stores.tables import eval_runs
from bot.stores.wire import dump, load


class SqlEvalRuns:
    """The `EvalRuns` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, run: EvalRun) -> None:
        """Keep a run; the same id again replaces it."""
        await self._database.put(
            eval_runs, key={"id": run.id}, values={"payload": dump(run), "at": run.at}
        )

    async def latest(self, count: int = 12) -> tuple[EvalRun, ...]:
        """The latest runs, oldest first."""
        newest_first = eval_runs.c.at.desc(), eval_runs.c.id.desc()
        these = select(eval_runs.c.payload).order_by(*newest_first).limit(count)
        payloads = await self._database.run(lambda sql: sql.scalars(these).all())
        return tuple(load(EvalRun, payload) for payload in reversed(payloads))
