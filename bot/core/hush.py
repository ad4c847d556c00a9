"""Silence in channels where somebody asked for it."""

from __future__ import annotations

import logging

from bot.core.cards import said_card
from bot.core.errors import StateUnavailable
from bot.core.languages import Languages
from bot.core.model import InboundMessage, Reply
from bot.core.replies import Replies
from bot.core.steering import Mute, Mutes
from bot.core.texts_steering import STEERING_TEXTS

log = logging.getLogger(__name__)


class Hush:
    """Knows where the bot keeps silent; it looks anew at each message, so it is silent at once."""

    def __init__(self, *, mutes: Mutes, replies: Replies, languages: Languages) -> None:
        self._mutes = mutes
        self._replies = replies
        self._languages = languages

    async def over(self, message: InboundMessage) -> bool:
        """Whether this message gets no answer. Who addressed us is told why, once a mute."""
        if message.conversation.direct:
            return False
        try:
            mute = await self._mutes.of(message.conversation)
        except StateUnavailable as error:
            log.warning("mutes_unreadable", extra={"reason": str(error)})
            # Nobody waits for what was not asked of us; who asked should not be left alone.
            return not message.addressed
        if mute is None:
            return False
        if message.addressed:
            await self._note(message, mute)
        return True

    async def _note(self, message: InboundMessage, mute: Mute) -> None:
        language = await self._languages.of(message)
        card = said_card(STEERING_TEXTS[language].mute_note, language)
        since = f"{mute.at:%Y%m%dT%H%M%S}"
        key = f"mute:{mute.platform}:{mute.channel}:{since}/{message.user.id}"
        await self._replies.once(
            Reply(
                key=key,
                conversation=message.conversation,
                card=card,
                answers=message.ref,
                only_for=message.user,
            )
        )
