"""`/deskmate stale`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.core.cards import said_card
from bot.core.commands.table import Caller
from bot.core.model import Card, InboundMessage, Invocation, Role
from bot.core.owners import Owners
from bot.core.ports import Clock, Freshness
from bot.core.replies import Replies, private_reply, reply_key
from bot.core.stale_cards import stale_card
from bot.core.teaching import Teaching
from bot.core.texts import TEXTS
from bot.core.upkeep import concerning
from knowledge.freshness import Findings
from knowledge.model import CuratedAnswer, Language

PATIENCE_S: Final = 1.5
"""Who waits longer is told that the list follows."""


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
        replies: Replies,
        clock: Clock,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._freshness = freshness
        self._teaching = teaching
        self._owners = owners
        self._replies = replies
        self._clock = clock
        self._patience_s = patience_s

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].stale_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The list: everything for administrators, for others what they answer for."""
        curated = await self._teaching.all_standing()
        findings = await self._findings(curated, invocation.message, caller.language)
        if Role.ADMIN not in caller.roles:
            findings = concerning(findings, invocation.message.user.key, self._owners)
        return stale_card(findings, caller.language)

    async def _findings(
        self, curated: Sequence[CuratedAnswer], message: InboundMessage, language: Language
    ) -> Findings:
        looking = asyncio.create_task(self._freshness.findings(curated, today=self._clock().date()))
        try:
            await asyncio.wait({looking}, timeout=self._patience_s)
            if not looking.done():
                await self._say_that_it_follows(message, language)
            return await looking
        finally:
            looking.cancel()

    async def _say_that_it_follows(self, message: InboundMessage, language: Language) -> None:
        told = private_reply(message, said_card(TEXTS[language].stale_looking, language))
        await self._replies.once(replace(told, key=f"{reply_key(message)}/looking"))
