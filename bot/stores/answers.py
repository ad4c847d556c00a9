"""Answers given, by their message, on SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.model import AnswerRecord, Conversation, MessageRef
from bot.stores.engine import put, transaction
from bot.stores.tables import answers
from bot.stores.wire import dump, load


class SqlAnswerLog:
    """The `AnswerLog` on SQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, record: AnswerRecord) -> None:
        """Keep an answer; the same message again replaces it."""
        await put(
            self._engine,
            answers,
            key={"platform": record.ref.platform, "message_id": record.ref.id},
            values={
                "lane": record.conversation.lane,
                "payload": dump(record),
                "answered_at": record.answered_at,
            },
        )

    async def find(self, ref: MessageRef) -> AnswerRecord | None:
        """The answer shown in this message."""
        this = (answers.c.platform == ref.platform, answers.c.message_id == ref.id)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(select(answers).where(*this))).one_or_none()
        return None if row is None else load(AnswerRecord, row.payload)

    async def any_in(self, conversation: Conversation) -> bool:
        """Whether an answer was given in exactly this thread."""
        given = select(answers.c.message_id).where(answers.c.lane == conversation.lane).limit(1)
        async with transaction(self._engine) as connection:
            return (await connection.execute(given)).first() is not None

    async def forget(self, *, before: datetime) -> None:
        """Drop answers given before this moment."""
        async with transaction(self._engine) as connection:
            await connection.execute(delete(answers).where(answers.c.answered_at < before))
