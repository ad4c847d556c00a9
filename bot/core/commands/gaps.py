"""`/deskmate gaps`."""

from __future__ import annotations

from bot.core.clearance import Clearance
from bot.core.commands.table import Caller
from bot.core.loop_cards import gaps_card
from bot.core.model import Card, Invocation, Role
from bot.core.ports import Gaps
from bot.core.texts import TEXTS
from knowledge.model import Language


class ListGaps:
    """Shows what nobody could answer, the most asked first."""

    names = ("gaps", "缺口")
    role = Role.OWNER

    def __init__(self, *, gaps: Gaps, clearance: Clearance) -> None:
        self._gaps = gaps
        self._clearance = clearance

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].gaps_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The list."""
        sight = await self._clearance.of(invocation.message.user.key)
        standing = await sight.gaps(await self._gaps.standing())
        most_asked = sorted(standing, key=lambda gap: (-len(gap.asks), gap.opened_at))
        return gaps_card(most_asked, caller.language)
