"""What people thought of answers, on SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.model import MessageRef, Verdict
from bot.stores.engine import put, transaction
from bot.stores.tables import verdicts
from bot.stores.wire import dump, load


class SqlVerdicts:
    """The `Verdicts` on SQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def give(self, verdict: Verdict) -> None:
        """One verdict a person and answer: the last one counts, value 0 withdraws it."""
        if verdict.value == 0:
            await self._withdraw(verdict)
            return
        await put(
            self._engine,
            verdicts,
            key={
                "platform": verdict.ref.platform,
                "message_id": verdict.ref.id,
                "person": verdict.user.key,
            },
            values={
                "value": verdict.value,
                "payload": dump(verdict),
                "given_at": verdict.given_at,
            },
        )

    async def of(self, ref: MessageRef) -> tuple[Verdict, ...]:
        """All standing verdicts on one answer, oldest first."""
        standing = (
            select(verdicts.c.payload)
            .where(*_on(ref))
            .order_by(verdicts.c.given_at, verdicts.c.person)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(standing)).all()
        return tuple(load(Verdict, row.payload) for row in rows)

    async def _withdraw(self, verdict: Verdict) -> None:
        hers = (*_on(verdict.ref), verdicts.c.person == verdict.user.key)
        async with transaction(self._engine) as connection:
            await connection.execute(delete(verdicts).where(*hers))


def _on(ref: MessageRef) -> tuple[ColumnElement[bool], ...]:
    return verdicts.c.platform == ref.platform, verdicts.c.message_id == ref.id
