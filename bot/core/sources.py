"""Cited passages in full, for those who may read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.core.access import Readers
from bot.core.cards import OPEN_SOURCE, passage_card, passage_gone_card
from bot.core.languages import Languages
from bot.core.model import AnswerRecord, CardAction
from bot.core.notebook import Notebook
from bot.core.replies import Replies, private_reply, reply_place
from knowledge.model import Language, Passage
from knowledge.ports import Answerer


class Sources:
    """Opens a source."""

    def __init__(
        self,
        *,
        answerer: Answerer,
        notebook: Notebook,
        replies: Replies,
        languages: Languages,
        readers: Readers,
    ) -> None:
        self._answerer = answerer
        self._notebook = notebook
        self._replies = replies
        self._languages = languages
        self._readers = readers

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button does, by its name."""
        return {OPEN_SOURCE: self._open}

    async def _open(self, action: CardAction) -> None:
        record = await self._notebook.find(action.ref)
        language = await self._language(action, record)
        passage = await self._passage(action, record)
        card = passage_card(passage, language) if passage else passage_gone_card(language)
        await self._replies.once(private_reply(action, card, reply_place(action, record)))

    async def _passage(self, action: CardAction, record: AnswerRecord | None) -> Passage | None:
        """What the card itself showed, for those who may read it; nothing more of it opens.

        Both the answer's readers and whoever presses count: rights may have changed since.
        """
        passage_id = action.values.get("passage_id", "")
        if record is None:
            names = await self._readers.together(action.conversation, action.user)
            return await self._answerer.passage(passage_id, audience=names)
        if passage_id not in {cited.passage_id for cited in record.answer.citations}:
            return None
        names = await self._seeing(action, record) & record.audience
        return await self._answerer.passage(passage_id, audience=names)

    async def _seeing(self, action: CardAction, record: AnswerRecord) -> frozenset[str]:
        """The source is shown to whoever pressed alone, where the platform can do that."""
        if self._replies.channel(action.ref.platform).capabilities.private:
            return await self._readers.alone(action.user)
        return await self._readers.together(record.conversation, action.user)

    async def _language(self, action: CardAction, record: AnswerRecord | None) -> Language:
        return record.answer.language if record else await self._languages.of(action)
