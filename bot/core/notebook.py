"""What is written down about an answered question, and found again later.

A store that fails must not cost anybody their answer: writing is logged and skipped instead.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from bot.core.errors import StateUnavailable
from bot.core.gaps import GapDesk
from bot.core.model import AnswerRecord, Conversation, Gap, InboundMessage, MessageRef, User
from bot.core.ports import AnswerLog, Clock, Memory
from knowledge.model import Outcome, Turn

log = logging.getLogger(__name__)


class Notebook:
    """Keeps answers, turns and gaps.

    heard: is told of each answer that was kept.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        answers: AnswerLog,
        gaps: GapDesk,
        clock: Clock,
        heard: Callable[[AnswerRecord], Awaitable[None]] | None = None,
    ) -> None:
        self._heard = heard
        self._memory = memory
        self._answers = answers
        self._gaps = gaps
        self.clock = clock

    async def history(self, message: InboundMessage) -> tuple[Turn, ...]:
        """What this person and the bot said before in this thread; nothing if the store fails."""
        try:
            return await self._memory.turns(message.conversation, message.user)
        except StateUnavailable as error:
            log.warning("memory_unreadable", extra={"reason": str(error)})
            return ()

    async def find(self, ref: MessageRef) -> AnswerRecord | None:
        """The answer shown in this message, if it is still kept."""
        return await self._answers.find(ref)

    async def has_answered_in(self, conversation: Conversation) -> bool:
        """Whether the bot has answered anybody in this thread; no if the store fails."""
        try:
            return await self._answers.any_in(conversation)
        except StateUnavailable as error:
            log.warning("answers_unreadable", extra={"reason": str(error)})
            return False

    async def write(self, record: AnswerRecord) -> None:
        """Keep an answer, remember what was said, and open a gap where nothing was known."""
        try:
            await self._answers.add(record)
            await self._memory.remember(record.conversation, record.asker, *_turns(record))
            if record.answer.outcome is Outcome.UNKNOWN:
                await self.open_gap(record, record.asker)
            if self._heard is not None:
                await self._heard(record)
        except StateUnavailable as error:
            log.warning("answer_not_kept", extra={"ref": record.ref.id, "reason": str(error)})

    async def keep(self, record: AnswerRecord) -> None:
        """Keep a record under its message, and nothing else."""
        try:
            await self._answers.add(record)
        except StateUnavailable as error:
            log.warning("answer_not_kept", extra={"ref": record.ref.id, "reason": str(error)})

    async def open_gap(
        self, record: AnswerRecord, asker: User, *, wants_person: bool = False
    ) -> Gap:
        """The gap of this question, with this person among those who asked it.

        Raises:
            StateUnavailable: it was not kept.
        """
        return await self._gaps.open(record, asker, wants_person=wants_person)


def _turns(record: AnswerRecord) -> tuple[Turn, ...]:
    asked = Turn(speaker="user", text=record.question)
    if not record.answer.text:
        return (asked,)
    return asked, Turn(speaker="assistant", text=record.answer.text)
