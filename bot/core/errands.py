"""What takes long is announced at once, done beside everything else, and reported once."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol, TypeAlias, runtime_checkable

from bot.core.cards import error_card, said_card
from bot.core.errors import ChannelError, ChannelUnavailable, CoreError, StateUnavailable
from bot.core.model import Card, Errand, InboundMessage
from bot.core.ports import Clock, Errands
from bot.core.replicas import ALONE
from bot.core.replies import Replies, private_reply, reply_key
from bot.core.texts import TEXTS
from knowledge.errors import KnowledgeError
from knowledge.model import Language

log = logging.getLogger(__name__)

Work: TypeAlias = Callable[[Errand], Awaitable[Card]]
"""Does an errand: its report."""

Refusal: TypeAlias = Callable[[Errand], Awaitable[Card | None]]
"""What is told instead to somebody who may not have it done any more; None: they may."""


async def nobody_is_refused(_errand: Errand) -> Card | None:
    """Where nobody loses a role."""
    return None


@runtime_checkable
class Works(Protocol):
    """A command whose work is left for later."""

    names: tuple[str, ...]

    async def report(self, errand: Errand) -> Card:
        """Do the work, and say what came of it."""
        ...


MOST_BEGUN: Final = 5
"""What was begun more often most likely takes the process down each time."""

_PATIENCE = timedelta(hours=6)
"""So long a platform or a store that does not answer is tried again."""

_AGAIN_S = 20.0

ERRANDS: Final = "errands"
"""The topic by which replicas tell each other of new ones."""


class ErrandDesk:
    """Takes errands on: they are on disk before anybody is told that the report follows."""

    def __init__(self, *, errands: Errands, replies: Replies, clock: Clock) -> None:
        self._errands = errands
        self._replies = replies
        self._clock = clock
        self._wanted: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def entrust(
        self, name: str, message: InboundMessage, language: Language, *, started: Card
    ) -> Card:
        """Take it on and say so; the same message again changes nothing.

        Raises:
            StateUnavailable: it was not kept.
            ChannelError: nobody could be told yet.
        """
        errand = Errand(
            id=f"{reply_key(message)}/report",
            name=name,
            message=message,
            language=language,
            asked_at=self._clock(),
        )
        await self._errands.add(errand)
        # Said before the work begins: a quick report must not come first.
        await self._replies.once(private_reply(message, started))
        self._wanted[name].set()
        return started

    def wake(self, _said: str = "") -> None:
        """Another replica took one on, of whatever name."""
        for event in self._wanted.values():
            event.set()

    async def wanted(self, name: str, *, within_s: float) -> None:
        """Return when an errand of this name was taken on, or after this time."""
        event = self._wanted[name]
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await event.wait()
        event.clear()


class Runner:
    """Does errands, of each name one after the other, and posts each report once.

    What a crash interrupts is begun again after the next start; where that happens too often, and
    where the work breaks, the report says that it could not be done. Whether it may be done is
    asked when it is: hours may lie between.
    """

    def __init__(
        self,
        *,
        desk: ErrandDesk,
        errands: Errands,
        works: Mapping[str, Work],
        replies: Replies,
        clock: Clock,
        refusal: Refusal = nobody_is_refused,
        turn: Callable[[str], Awaitable[bool]] = ALONE.turn,
    ) -> None:
        """turn: whether errands of a name are ours to do: of several replicas one does them."""
        self._turn = turn
        self._desk = desk
        self._refusal = refusal
        self._errands = errands
        self._works = works
        self._replies = replies
        self._clock = clock
        # Reports that are made and could not be posted yet: making them anew takes long.
        self._made: dict[str, Card] = {}

    async def run(self) -> None:
        """Do errands until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._works:
                tasks.create_task(self._serve(name), name=f"errands-{name}")

    async def work(self) -> None:
        """Do all that waits now, oldest first.

        Raises:
            StateUnavailable: the store does not answer.
        """
        for name in self._works:
            await self._do_all(name)

    async def _serve(self, name: str) -> None:
        while True:
            try:
                if await self._turn(f"{ERRANDS}/{name}"):
                    await self._do_all(name)
            except CoreError as error:
                log.warning("errands_put_off", extra={"errand": name, "reason": str(error)})
            await self._desk.wanted(name, within_s=_AGAIN_S)

    async def _do_all(self, name: str) -> None:
        for errand in await self._errands.waiting():
            if errand.name == name:
                await self._do(errand)

    async def _do(self, errand: Errand) -> None:
        if await self._replies.sent(errand.id) is None:  # else a crash came after the report
            report = self._made.get(errand.id) or await self._report(errand)
            if report is None or not await self._posted(errand, report):
                return
        await self._errands.done(errand.id)
        self._made.pop(errand.id, None)

    async def _report(self, errand: Errand) -> Card | None:
        """The report, or what is said instead; None where it should be tried again."""
        if await self._errands.begin(errand.id) > MOST_BEGUN:
            log.error("errand_given_up", extra={"errand": errand.name, "key": errand.id})
            return error_card(errand.language)
        # gather, because an error that nobody expected must cost this errand only.
        (made,) = await asyncio.gather(self._allowed(errand), return_exceptions=True)
        if not isinstance(made, BaseException):
            return made
        log.error("errand_failed", extra={"errand": errand.name}, exc_info=made)
        self._replies.steps.tell("work_failed", work="errands")
        if isinstance(made, StateUnavailable):
            return None if self._is_young(errand) else error_card(errand.language)
        if isinstance(made, KnowledgeError):
            return said_card(TEXTS[errand.language].busy, errand.language)
        return error_card(errand.language)

    async def _allowed(self, errand: Errand) -> Card:
        return await self._refusal(errand) or await self._works[errand.name](errand)

    async def _posted(self, errand: Errand, report: Card) -> bool:
        reply = replace(private_reply(errand.message, report), key=errand.id)
        try:
            await self._replies.once(reply)
        except (ChannelError, KeyError) as error:
            # KeyError: of a platform that is not enabled any more.
            log.warning("report_not_posted", extra={"key": errand.id, "reason": str(error)})
            if isinstance(error, ChannelUnavailable) and self._is_young(errand):
                self._made[errand.id] = report
                return False
        return True

    def _is_young(self, errand: Errand) -> bool:
        return self._clock() - errand.asked_at < _PATIENCE
