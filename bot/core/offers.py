"""A verified question that was offered and taken is asked, by whoever took it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.core.access import Readers
from bot.core.cards import TAKE_OFFERED, answer_gone_card, limit_card
from bot.core.converse import Converse
from bot.core.languages import Languages
from bot.core.limits import QuestionLimit
from bot.core.model import AnswerRecord, Card, CardAction, InboundMessage
from bot.core.notebook import Notebook
from bot.core.replies import Replies, private_reply, reply_key, reply_place
from knowledge.model import CuratedAnswer


class Offers:
    """Answers the question somebody took.

    It is asked like any other: by today's rights, with whatever is the answer by now, and not where
    the bot keeps silent. Whoever may not read the offered answer cannot take it: their question
    would be its words, which a gap or a notice could show.

    hushed: whether a message gets no answer where it was written.
    """

    def __init__(
        self,
        *,
        converse: Converse,
        limit: QuestionLimit,
        notebook: Notebook,
        replies: Replies,
        languages: Languages,
        readers: Readers,
        hushed: Callable[[InboundMessage], Awaitable[bool]],
    ) -> None:
        self._readers = readers
        self._hushed = hushed
        self._converse = converse
        self._limit = limit
        self._notebook = notebook
        self._replies = replies
        self._languages = languages

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button does, by its name."""
        return {TAKE_OFFERED: self._take}

    async def _take(self, action: CardAction) -> None:
        language = await self._languages.of(action)
        record = await self._notebook.find(action.ref)
        taken = _taken(action, record)
        if record is None or taken is None or not await self._reads(action, record, taken):
            await self._say(action, answer_gone_card(language))
            return
        message = _asked(action, record, taken)
        if await self._replies.sent(reply_key(message)) or await self._hushed(message):
            return
        refusal = await self._limit.admit(action.user, action.conversation)
        if refusal is None:
            await self._converse.answer(message)
        elif refusal.first:
            await self._say(action, limit_card(refusal, language))

    async def _reads(self, action: CardAction, record: AnswerRecord, taken: CuratedAnswer) -> bool:
        """Whether it is for all who will read it, and was for those it was offered to."""
        place = reply_place(action, record)
        names = await self._readers.together(place, action.user)
        return bool(taken.audience & names & record.audience)

    async def _say(self, action: CardAction, card: Card) -> None:
        await self._replies.once(private_reply(action, card))


def _taken(action: CardAction, record: AnswerRecord | None) -> CuratedAnswer | None:
    offered = record.answer.offered if record else ()
    return next((one for one in offered if one.id == action.values.get("curated")), None)


def _asked(action: CardAction, record: AnswerRecord, taken: CuratedAnswer) -> InboundMessage:
    """One question a person and offer: pressing again asks nothing new."""
    key = f"{action.ref.id}/offered/{taken.id}/{action.user.key}"
    return InboundMessage(
        keys=(key,),
        conversation=reply_place(action, record),
        user=action.user,
        received_at=action.received_at,
        ref=record.asked or action.ref,
        text=taken.question,
        addressed=True,
    )
