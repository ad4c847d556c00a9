"""`/deskmate help`."""

from __future__ import annotations

from bot.core.cards import fields_card, help_card, said_card
from bot.core.commands.parse import normal
from bot.core.commands.table import Caller, Explained, help_rows
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
        named = next((one for one in caller.commands if wanted in one.names), None)
        if named is None:
            return help_card(help_rows(caller), caller.language, unknown=wanted)
        if isinstance(named, Explained):
            return said_card(named.usage(caller.language), caller.language)
        summary = named.summary(caller.language)
        return fields_card([(f"/deskmate {named.names[0]}", summary)], caller.language)
