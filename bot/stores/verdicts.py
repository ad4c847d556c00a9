"""What people thought of answers, on SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select

from bot.core.model import MessageRef, Verdict
from bot.stores.database import Database
from bot.stores.tables import verdicts
from bot.stores.wire import dump, load


class SqlVerdicts:
    """The `Verdicts` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(self, verdict: Verdict) -> None:
        """One verdict a person and answer: the last one counts, value 0 withdraws it."""
        if verdict.value == 0:
            await self._withdraw(verdict)
            return
        await self._database.put(
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
        payloads = await self._database.run(lambda sql: sql.scalars(standing).all())
        return tuple(load(Verdict, payload) for payload in payloads)

    async def _withdraw(self, verdict: Verdict) -> None:
        hers = (*_on(verdict.ref), verdicts.c.person == verdict.user.key)
        await self._database.run(lambda sql: sql.execute(delete(verdicts).where(*hers)))


def _on(ref: MessageRef) -> tuple[ColumnElement[bool], ...]:
    return verdicts.c.platform == ref.platform, verdicts.c.message_id == ref.id
