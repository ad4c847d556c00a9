"""`/deskmate help`."""

from __future__ import annotations

from bot.core.cards import fields_card, help_card, said_card
from bot.core.commands.parse import normal
from bot.core.commands.table import Caller, Command, Explained, help_rows
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

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The help; of one command that this person may use, how it is typed."""
        wanted = normal(invocation.arguments[0]).lstrip("/") if invocation.arguments else ""
        for command in caller.commands:
            if wanted in command.names:
                return _about(command, caller.language)
        return help_card(help_rows(caller), caller.language, unknown=wanted)


def _about(command: Command, language: Language) -> Card:
    """How one command is typed, or at least what it does."""
    if isinstance(command, Explained):
        return said_card(command.usage(language), language)
    return fields_card([(f"/deskmate {command.names[0]}", command.summary(language))], language)
