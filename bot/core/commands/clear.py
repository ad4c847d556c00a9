"""`/deskmate clear`."""

from __future__ import annotations

from bot.core.cards import said_card
from bot.core.commands.table import Caller
from bot.core.model import Card, Invocation, Role
from bot.core.ports import Memory
from bot.core.texts import TEXTS
from knowledge.model import Language


class Clear:
    """Forgets what this person and the bot said to each other in this thread."""

    names = ("clear", "new", "清空", "新对话")
    role = Role.EVERYONE

    def __init__(self, *, memory: Memory) -> None:
        self._memory = memory

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].clear_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Forget, then confirm."""
        message = invocation.message
        await self._memory.clear(message.conversation, message.user)
        return said_card(TEXTS[caller.language].cleared, caller.language)
