"""`/deskmate learn`, said in a thread; or just "learn this thread"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.core.access import Access, Readers
from bot.core.cards import plain, said_card
from bot.core.clearance import Clearance
from bot.core.commands.phrases import LEARN, asks_to_learn
from bot.core.commands.table import Caller
from bot.core.errors import ChannelRefused
from bot.core.loop_cards import proposal_card
from bot.core.mining import Fate, Mining, Result
from bot.core.model import Card, InboundMessage, Invocation, Remark, Role, User
from bot.core.ports import MinesThreads, ReadsThreads
from bot.core.replies import Replies
from bot.core.texts_mining import MINING
from knowledge.mining.threads import Spoken
from knowledge.model import EVERYONE, Language

_COMMAND = re.compile(r"\s*[/／]deskmate\b", re.IGNORECASE)


class Learn:
    """Proposes what a thread came to as a verified answer."""

    names = (LEARN, "学习")
    role = Role.OWNER

    def __init__(
        self,
        *,
        replies: Replies,
        miner: MinesThreads,
        mining: Mining,
        access: Access,
        readers: Readers,
        clearance: Clearance,
    ) -> None:
        self._replies = replies
        self._miner = miner
        self._mining = mining
        self._access = access
        self._readers = readers
        self._clearance = clearance

    def summary(self, language: Language) -> str:
        """What it does."""
        return MINING[language].learn_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Read the thread, and show what it came to for a decision."""
        message, texts = invocation.message, MINING[caller.language]
        channel = self._replies.channel(message.conversation.platform)
        if not isinstance(channel, ReadsThreads):
            return said_card(texts.not_here, caller.language)
        if not message.conversation.thread_id:
            return said_card(texts.no_thread, caller.language)
        try:
            remarks = await channel.thread(message.conversation)
        except ChannelRefused as refused:
            return said_card(texts.refused.format(code=plain(refused.code)), caller.language)
        said = [one for one in remarks if one.ref != message.ref and not _is_for_bot(one)]
        if not said:
            return said_card(texts.no_thread, caller.language)
        result = await self._propose(said, message)
        return await self._card(result, message.user, caller.language)

    async def _propose(self, said: Sequence[Remark], message: InboundMessage) -> Result | None:
        names = {name for one in said for name in one.called}
        mined = await self._miner.mine([self._spoken(one) for one in said], names=names)
        if mined is None:
            return None
        # What was said among some is for them, until somebody teaches it to everybody.
        shared = await self._readers.together(message.conversation, message.user)
        some = shared - frozenset({EVERYONE})
        return await self._mining.propose(
            mined,
            kind="thread",
            by=message.user,
            audience=some or frozenset({EVERYONE}),
            origin=message.conversation.lane,
        )

    def _spoken(self, remark: Remark) -> Spoken:
        return Spoken(
            speaker=remark.user.key,
            text=remark.text,
            trusted=Role.OWNER in self._access.roles(remark.user),
            approvals=remark.approvals,
        )

    async def _card(self, result: Result | None, user: User, language: Language) -> Card:
        texts = MINING[language]
        if result is None:
            return said_card(texts.nothing, language)
        if result.proposal is not None:
            waiting = await self._mining.waiting()
            sight = await self._clearance.of(user.key)
            seen = [one for one in waiting if await sight.proposal(one)]
            return proposal_card(result.proposal, language, waiting=len(seen))
        if result.fate is Fate.REJECTED:
            return said_card(texts.rejected, language)
        return said_card(texts.known.format(question=plain(result.known)), language)


def _is_for_bot(remark: Remark) -> bool:
    """Ours, another program's, or an order to us."""
    return remark.by_bot or bool(_COMMAND.match(remark.text)) or asks_to_learn(remark.text)
