"""`/deskmate audit`, `/deskmate audit 20 @someone`."""

from __future__ import annotations

from typing import Final

from bot.core.cards import said_card
from bot.core.commands.parse import normal
from bot.core.commands.table import Caller
from bot.core.commands.who import people_in, without_people
from bot.core.model import Card, Invocation, Role
from bot.core.people_cards import audit_card
from bot.core.ports import AuditLog
from bot.core.texts_people import PEOPLE
from knowledge.model import Language

_USUAL: Final = 10
_MOST: Final = 40


class Audit:
    """Shows the latest entries of the audit log."""

    names = ("audit", "审计")
    role = Role.ADMIN

    def __init__(self, *, audit: AuditLog) -> None:
        self._audit = audit

    def summary(self, language: Language) -> str:
        """What it does."""
        return PEOPLE[language].audit_command

    def usage(self, language: Language) -> str:
        """How it is typed, with an example."""
        return PEOPLE[language].audit_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The entries, newest first; only of whoever is named."""
        message, words = invocation.message, invocation.arguments
        people = people_in(message, words)
        rest = [normal(word) for word in without_people(message, words)]
        count = _count(rest)
        if count is None or len(people) > 1:
            return said_card(self.usage(caller.language), caller.language)
        by = people[0].key if people else ""
        return audit_card(await self._audit.latest(count, by=by), caller.language)


def _count(words: list[str]) -> int | None:
    """How many are wanted; None where that is no number."""
    if not words:
        return _USUAL
    word = words[0]
    if len(words) > 1 or not (word.isascii() and word.isdigit()) or len(word) > 9:
        return None
    return min(max(int(word), 1), _MOST)
