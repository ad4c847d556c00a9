"""What answers came to, on SQL, without a word of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from bot.core.model import AnswerRecord
from bot.core.steering import Figure
from bot.stores.database import Database
from bot.stores.steering_tables import figures
from knowledge.model import Outcome

MOST = 100_000
"""The latest ones; far more than a company asks in some weeks."""


class SqlFigures:
    """The `Figures` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: AnswerRecord) -> None:
        """Count an answer; the same message again replaces it."""
        cited = record.answer.citations
        known = record.answer.outcome is not Outcome.UNKNOWN
        await self._database.put(
            figures,
            key={"platform": record.ref.platform, "message_id": record.ref.id},
            values={
                "outcome": record.answer.outcome.value,
                "document": cited[0].document_id if cited and known else "",
                "answered_at": record.answered_at,
            },
        )

    async def since(self, moment: datetime) -> tuple[Figure, ...]:
        """Those from this moment on, oldest first."""
        these = (
            select(figures.c.outcome, figures.c.document, figures.c.answered_at)
            .where(figures.c.answered_at >= moment)
            .order_by(figures.c.answered_at.desc(), figures.c.message_id)
            .limit(MOST)
        )
        rows = await self._database.run(lambda sql: sql.execute(these).all())
        return tuple(
            Figure(outcome=Outcome(row.outcome), document=row.document, answered_at=row.answered_at)
            for row in reversed(rows)
        )

    async def forget(self, *, before: datetime) -> None:
        """Drop what was so long ago that the answers are gone too."""
        old = delete(figures).where(figures.c.answered_at < before)
        await self._database.run(lambda sql: sql.execute(old))
