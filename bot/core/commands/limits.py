"""`/deskmate limits`."""

from __future__ import annotations

from typing import Final

from bot.core.commands.table import Caller
from bot.core.limits import QuestionLimit
from bot.core.model import Card, Invocation, Role
from bot.core.people_cards import limits_card
from bot.core.texts_people import PEOPLE
from knowledge.model import Language

_TOP: Final = 10


class ShowLimits:
    """Shows how much may be asked, and who asks most."""

    names = ("limits", "限额")
    role = Role.ADMIN

    def __init__(self, *, limit: QuestionLimit, votes_per_day: int) -> None:
        self._limit = limit
        self._votes_per_day = votes_per_day

    def summary(self, language: Language) -> str:
        """What it does."""
        return PEOPLE[language].limits_command

    async def run(self, _invocation: Invocation, caller: Caller) -> Card:
        """The limits and the people."""
        askers = self._limit.askers
        return limits_card(
            self._limit.shares,
            self._votes_per_day,
            askers.top(_TOP),
            since=askers.since,
            language=caller.language,
        )
