"""`/deskmate stale`."""

from __future__ import annotations

from bot.core.access import Access
from bot.core.cards import said_card
from bot.core.clearance import Clearance
from bot.core.commands.table import Caller
from bot.core.errands import ErrandDesk
from bot.core.model import Card, Errand, Invocation, Role
from bot.core.owners import Owners
from bot.core.ports import Clock, Freshness
from bot.core.stale_cards import stale_card
from bot.core.teaching import Teaching
from bot.core.texts import TEXTS
from bot.core.upkeep import concerning
from knowledge.model import Language


class Stale:
    """Shows what is overdue, said twice or contradicted, to those who answer for it."""

    names = ("stale", "过期")
    role = Role.OWNER

    def __init__(
        self,
        *,
        freshness: Freshness,
        teaching: Teaching,
        owners: Owners,
        access: Access,
        clearance: Clearance,
        errands: ErrandDesk,
        clock: Clock,
    ) -> None:
        self._freshness = freshness
        self._teaching = teaching
        self._owners = owners
        self._access = access
        self._clearance = clearance
        self._errands = errands
        self._clock = clock

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].stale_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """That the list follows: comparing all passages takes seconds after a change."""
        started = said_card(TEXTS[caller.language].stale_looking, caller.language)
        return await self._errands.entrust(
            self.names[0], invocation.message, caller.language, started=started
        )

    async def report(self, errand: Errand) -> Card:
        """The list: all they may read for administrators, for others what they answer for.

        Raises:
            StateUnavailable, StoreUnavailable: not everything could be read.
        """
        curated = await self._teaching.all_standing()
        findings = await self._freshness.findings(curated, today=self._clock().date())
        asker = errand.message.user
        findings = (await self._clearance.of(asker.key)).findings(findings)
        if Role.ADMIN not in self._access.roles(asker):
            findings = concerning(findings, asker.key, self._owners)
        return stale_card(findings, errand.language)
