"""`/deskmate review`."""

from __future__ import annotations

from bot.core.commands.table import Caller
from bot.core.model import Card, Invocation, Role
from bot.core.review import Review
from bot.core.texts import TEXTS
from knowledge.model import Language


class ReviewNext:
    """Shows the oldest proposal that waits for a decision."""

    names = ("review", "审核")
    role = Role.OWNER

    def __init__(self, *, review: Review) -> None:
        self._review = review

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].review_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The proposal."""
        return await self._review.next_card(caller.language, to=invocation.message.user)
