"""What the asker may read and the others in a group may not, said to the asker alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from bot.core.access import Readers
from bot.core.cards import answer_card, plain
from bot.core.errors import ChannelRefused
from bot.core.model import AnswerRecord, Card, Conversation, InboundMessage, Markdown, Reply, User
from bot.core.notebook import Notebook
from bot.core.replies import Replies, reply_key
from bot.core.texts_private import PRIVATE
from bot.core.withdrawals import Withdrawals
from knowledge.errors import EngineUnavailable, StoreUnavailable
from knowledge.model import EVERYONE, Answer, Outcome, Question
from knowledge.ports import Answerer

log = logging.getLogger(__name__)

_QUESTION_CHARACTERS: Final = 300


class Aside:
    """Asks once more for the asker alone, after the group has its answer.

    Nothing of it is shown, remembered or counted where others are: not that it was looked for, not
    that there is more. What is kept of it belongs to the asker's direct conversation.
    """

    def __init__(
        self,
        *,
        answerer: Answerer,
        replies: Replies,
        notebook: Notebook,
        readers: Readers,
        withdrawals: Withdrawals,
        deadline_s: float,
    ) -> None:
        self._answerer = answerer
        self._replies = replies
        self._notebook = notebook
        self._readers = readers
        self._withdrawals = withdrawals
        self._deadline_s = deadline_s

    async def tell(
        self, message: InboundMessage, for_all: Callable[[], Awaitable[Question]]
    ) -> None:
        """Give the asker what only they may read, if it answers the question.

        for_all: the question as it is asked for everybody there.

        Raises:
            ChannelUnavailable: it did not arrive, and is to be tried again.
        """
        key = f"{reply_key(message)}/aside"
        names = await self._readers.alone(message.user)
        if names <= frozenset({EVERYONE}) or await self._replies.sent(key) is not None:
            return
        asked = await for_all()
        if names <= asked.audience:
            return
        answer = await self._answer(message, replace(asked, audience=names))
        if answer is None or not _only_for_some(answer, asked.audience):
            return
        place = message.conversation
        if not self._replies.channel(place.platform).capabilities.private:
            place = _home(message.user)
        card = _card(answer, message.text, asked)
        reply = Reply(key=key, conversation=place, card=card, only_for=message.user)
        try:
            ref = await self._replies.once(reply)
        except ChannelRefused as error:
            log.warning("aside_refused", extra={"key": key, "code": error.code})
            return
        await self._notebook.keep(
            AnswerRecord(
                ref=ref,
                conversation=_home(message.user),
                asker=message.user,
                question=message.text,
                answer=answer,
                audience=names,
                answered_at=self._notebook.clock(),
            )
        )

    async def _answer(self, message: InboundMessage, question: Question) -> Answer | None:
        """The answer if there is one; nobody waits for it, so what breaks is only logged."""
        answer: Answer | None = None
        try:
            async with asyncio.timeout(self._deadline_s) as deadline:
                with self._withdrawals.ending(message.ref, deadline):
                    if self._withdrawals.has(message.ref):
                        return None
                    async with aclosing(self._answerer.stream(question)) as stream:
                        async for said in stream:
                            if isinstance(said, Answer):
                                answer = said
        except (TimeoutError, EngineUnavailable, StoreUnavailable) as error:
            log.warning("aside_not_given", extra={"reason": type(error).__name__})
            return None
        if answer is None or answer.outcome is Outcome.UNKNOWN:
            return None
        return answer


def _only_for_some(answer: Answer, others: frozenset[str]) -> bool:
    """Whether it is made of anything that the others may not read; else they were told already."""
    if answer.curated is not None and not answer.curated.audience & others:
        return True
    cited = {citation.passage_id for citation in answer.citations}
    sources = (hit.passage for hit in answer.hits if hit.passage.id in cited)
    return any(not source.audience & others for source in sources)


def _card(answer: Answer, question: str, asked: Question) -> Card:
    card = answer_card(answer, asked.language)
    first = PRIVATE[asked.language].only_you.format(question=plain(question, _QUESTION_CHARACTERS))
    return replace(card, blocks=(Markdown(text=first), *card.blocks))


def _home(user: User) -> Conversation:
    return Conversation(platform=user.platform, id=user.id, direct=True)
