"""`/deskmate ask question`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.core.cards import limit_card, said_card, too_long_card
from bot.core.commands.table import Caller
from bot.core.converse import Converse
from bot.core.limits import QuestionLimit
from bot.core.model import Card, Invocation, Role
from bot.core.smalltalk import said_in, small_talk_card
from bot.core.texts_commands import COMMAND_TEXTS
from knowledge.model import Language

LONGEST: Final = 4_000
"""Characters of a question, as of one that is not a command."""


class Ask:
    """Answers a question for nobody but who asks, from what they themselves may read."""

    names = ("ask", "问", "提问")
    role = Role.EVERYONE

    def __init__(self, *, converse: Converse, limit: QuestionLimit, care: str = "") -> None:
        self._converse = converse
        self._limit = limit
        self._care = care

    def summary(self, language: Language) -> str:
        """What it does."""
        return COMMAND_TEXTS[language].ask_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return COMMAND_TEXTS[language].ask_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The answer."""
        question = " ".join(invocation.arguments)
        if not question:
            return said_card(self.usage(caller.language), caller.language)
        if said := said_in(question):
            return small_talk_card(said, caller.language, care=self._care)
        if len(question) > LONGEST:
            return too_long_card(LONGEST, caller.language)
        refusal = await self._limit.admit(invocation.message.user)
        if refusal is not None:
            return limit_card(refusal, caller.language)
        return await self._converse.whisper(replace(invocation.message, text=question))
