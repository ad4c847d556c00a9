"""`/deskmate forget question`."""

from __future__ import annotations

from bot.core.cards import said_card
from bot.core.commands.table import Caller
from bot.core.loop_cards import forget_card
from bot.core.model import Card, Invocation, Role
from bot.core.teaching import Teaching
from bot.core.texts import TEXTS
from knowledge.model import CuratedAnswer, Language
from knowledge.words import content_words, coverage


class Forget:
    """Shows the verified answers that may be meant, each with a button to take it back."""

    names = ("forget", "忘记")
    role = Role.OWNER

    def __init__(self, *, teaching: Teaching) -> None:
        self._teaching = teaching

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].forget_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Those whose question has the most of these words; without words the latest."""
        wanted = content_words(" ".join(invocation.arguments))
        standing = tuple(reversed(await self._teaching.all_standing()))
        found = [answer for answer in standing if not wanted or _fit(answer, wanted)]
        found.sort(key=lambda answer: -_fit(answer, wanted))
        if not found:
            return said_card(TEXTS[caller.language].forget_none, caller.language)
        return forget_card(found, caller.language)


def _fit(answer: CuratedAnswer, wanted: frozenset[str]) -> float:
    return max(coverage(wanted, content_words(wording)) for wording in answer.asked_as)
