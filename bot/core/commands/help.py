"""`/deskmate help`."""

from __future__ import annotations

from bot.core.cards import help_card
from bot.core.commands.table import Caller, help_rows
from bot.core.model import Card, Invocation, Role
from bot.core.texts import TEXTS
from knowledge.model import Language


class Help:
    """Says what the bot can do, and lists the commands this person may use."""

    names = ("help", "帮助", "?")
    role = Role.EVERYONE

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].help_command

    async def run(self, _invocation: Invocation, caller: Caller) -> Card:
        """The help."""
        return help_card(help_rows(caller), caller.language)
