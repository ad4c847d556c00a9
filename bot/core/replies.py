"""Cards on their way out: each reply is one message, however often it is tried."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bot.core.errors import ChannelError, ChannelRefused, ChannelUnavailable, StateUnavailable
from bot.core.model import (
    AnswerRecord,
    Card,
    CardAction,
    Conversation,
    Event,
    InboundMessage,
    MessageRef,
    Reply,
)
from bot.core.ports import Channel, Ledger
from knowledge.steps import UNTOLD, Steps

log = logging.getLogger(__name__)


def reply_key(event: Event) -> str:
    """The name of the one reply an event gets; the same after a restart."""
    return f"{event.conversation.platform}:{event.keys[0]}/reply"


class Replies:
    """Shows replies and remembers which message carries which.

    steps: is told of each card and what became of it.
    """

    def __init__(
        self, *, channels: Mapping[str, Channel], ledger: Ledger, steps: Steps = UNTOLD
    ) -> None:
        self._channels = channels
        self._ledger = ledger
        self.steps = steps

    def channel(self, platform: str) -> Channel:
        """The channel to this platform."""
        return self._channels[platform]

    def speaks_on(self, platform: str) -> bool:
        """Whether there is a channel to this platform."""
        return platform in self._channels

    async def sent(self, key: str) -> MessageRef | None:
        """The message that carries this reply, if it was sent."""
        return await self._ledger.sent(key)

    async def show(self, reply: Reply) -> MessageRef:
        """Send a card, or put it in place of the one shown under its key before.

        Where the platform cannot edit, the first card under a key stays.

        Raises:
            ChannelError: the platform did not take it.
        """
        ref = await self._shown(reply.key)
        if ref is None:
            # A key that was shown but not recorded comes back as the old card: so replace it too.
            ref = await self._send(reply)
        await self.replace(ref, reply)
        return ref

    async def once(self, reply: Reply) -> MessageRef:
        """Send a card unless one was sent under its key before."""
        return await self._shown(reply.key) or await self._send(reply)

    async def replace(self, ref: MessageRef, reply: Reply) -> None:
        """Change a shown card, where the platform can."""
        channel = self.channel(reply.conversation.platform)
        if channel.capabilities.edits:
            with self._telling("update", channel.platform):
                await channel.update(ref, reply)

    async def words_of(self, ref: MessageRef) -> str:
        """What somebody's message says; empty where the platform does not tell."""
        try:
            return await self.channel(ref.platform).words_of(ref)
        except ChannelError as error:
            log.info("quote_unreadable", extra={"reason": str(error)})
            return ""

    async def record(self, key: str, ref: MessageRef) -> None:
        """Remember what was sent; failing to must not take back what people already see."""
        try:
            await self._ledger.record(key, ref)
        except StateUnavailable as error:
            log.warning("reply_not_recorded", extra={"key": key, "reason": str(error)})

    async def _send(self, reply: Reply) -> MessageRef:
        channel = self.channel(reply.conversation.platform)
        with self._telling("send", channel.platform):
            ref = await channel.send(reply)
        await self.record(reply.key, ref)
        return ref

    @contextmanager
    def _telling(self, step: str, platform: str) -> Iterator[None]:
        """Tell how long a platform took, and its word where it did not take a card."""
        with self.steps.timing(step, platform=platform) as told:
            try:
                yield
            except ChannelRefused as refused:
                told.note(code=refused.code)
                raise
            except ChannelUnavailable as away:
                told.note(code="unavailable" if away.retry_after_s is None else "rate_limited")
                raise

    async def _shown(self, key: str) -> MessageRef | None:
        """Not knowing is no reason for silence: the channel itself shows no key twice."""
        try:
            return await self._ledger.sent(key)
        except StateUnavailable as error:
            log.warning("ledger_unreadable", extra={"key": key, "reason": str(error)})
            return None


def reply_place(action: CardAction, record: AnswerRecord | None) -> Conversation:
    """Where whoever pressed something on an answer is replied to.

    The record knows where the answer stands, a card's callback may not; but what belongs to one
    person's direct conversation is no place for another's reply.
    """
    if record is None or (record.conversation.direct and record.asker.key != action.user.key):
        return action.conversation
    return record.conversation


def private_reply(
    event: InboundMessage | CardAction, card: Card, conversation: Conversation | None = None
) -> Reply:
    """The reply to an event that concerns nobody but the person it came from."""
    place = conversation or event.conversation
    return Reply(
        key=reply_key(event),
        conversation=place,
        card=card,
        answers=event.ref,
        only_for=None if place.direct else event.user,
    )
