"""Which language to answer in."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bot.core.errors import StateUnavailable
from bot.core.model import Event, InboundMessage
from bot.core.ports import Memory
from knowledge.language import language_of
from knowledge.model import Language

log = logging.getLogger(__name__)


class Languages:
    """Finds the language of an event that may hold no sentence to tell it by.

    defaults: by platform, for people who have not said anything yet.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        defaults: Mapping[str, Language],
        otherwise: Language = "en",
    ) -> None:
        self._memory = memory
        self._defaults = defaults
        self._otherwise = otherwise

    def default(self, event: Event) -> Language:
        """The usual language where the event came from."""
        return self._defaults.get(event.conversation.platform, self._otherwise)

    async def of(self, event: Event) -> Language:
        """The language of what was written; for buttons and commands, of what came before."""
        if isinstance(event, InboundMessage) and _tells(event.text):
            return language_of(event.text)
        return await self._last_spoken(event) or self.default(event)

    async def _last_spoken(self, event: Event) -> Language | None:
        try:
            turns = await self._memory.turns(event.conversation, event.user)
        except StateUnavailable as error:
            log.warning("memory_unreadable", extra={"reason": str(error)})
            return None
        said = [turn.text for turn in turns if turn.speaker == "user"]
        return language_of(said[-1]) if said else None


def _tells(text: str) -> bool:
    """A command is typed in Latin letters by everybody; only Chinese in it says something.

    "👍" and "???" are written by everybody too.
    """
    if not text.lstrip().startswith(("/", "／")):
        return any(character.isalpha() for character in text)
    return language_of(text) == "zh"
