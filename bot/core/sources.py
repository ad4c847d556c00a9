"""Cited passages in full, for those who may read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.core.access import Readers
from bot.core.cards import OPEN_SOURCE, passage_card, passage_gone_card
from bot.core.languages import Languages
from bot.core.model import AnswerRecord, CardAction
from bot.core.notebook import Notebook
from bot.core.replies import Replies, private_reply
from knowledge.model import Language
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
        passage = await self._answerer.passage(
            action.values.get("passage_id", ""), audience=self._audience(action, record)
        )
        card = passage_card(passage, language) if passage else passage_gone_card(language)
        # The record knows where the answer stands; a card's callback may not.
        conversation = record.conversation if record else action.conversation
        await self._replies.once(private_reply(action, card, conversation))

    def _audience(self, action: CardAction, record: AnswerRecord | None) -> frozenset[str]:
        """Both the answer's readers and today's: rights may have changed since."""
        names = self._readers(action)
        return names if record is None else names & record.audience

    async def _language(self, action: CardAction, record: AnswerRecord | None) -> Language:
        return record.answer.language if record else await self._languages.of(action)
