"""Answers given, by their message, on SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select

from bot.core.model import AnswerRecord, Conversation, MessageRef
from bot.stores.database import Database
from bot.stores.figures import SqlFigures
from bot.stores.tables import answers
from bot.stores.wire import dump, load

# Asked for whatever is said in a thread, so it is put together only once.
_ANY_IN: Final = select(answers.c.message_id).where(answers.c.lane == bindparam("lane")).limit(1)


class SqlAnswerLog:
    """The `AnswerLog` on SQL."""

    def __init__(self, database: Database, *, figures: SqlFigures) -> None:
        self._database = database
        self._figures = figures

    async def add(self, record: AnswerRecord) -> None:
        """Keep an answer; the same message again replaces it."""
        await self._database.put(
            answers,
            key={"platform": record.ref.platform, "message_id": record.ref.id},
            values={
                "lane": record.conversation.lane,
                "payload": dump(record),
                "answered_at": record.answered_at,
            },
        )
        await self._figures.add(record)

    async def find(self, ref: MessageRef) -> AnswerRecord | None:
        """The answer shown in this message."""
        this = (answers.c.platform == ref.platform, answers.c.message_id == ref.id)
        shown = select(answers.c.payload).where(*this)
        payload = await self._database.run(lambda sql: sql.scalar(shown))
        return None if payload is None else load(AnswerRecord, payload)

    async def any_in(self, conversation: Conversation) -> bool:
        """Whether an answer was given in exactly this thread."""
        this = {"lane": conversation.lane}
        return await self._database.run(lambda sql: sql.scalar(_ANY_IN, this)) is not None

    async def forget(self, *, before: datetime) -> None:
        """Drop answers given before this moment."""
        old = answers.c.answered_at < before
        await self._database.run(lambda sql: sql.execute(delete(answers).where(old)))
