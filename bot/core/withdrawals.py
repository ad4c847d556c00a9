"""Questions that were taken back, and the work on them that has to stop."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from bot.core.errors import StateUnavailable
from bot.core.model import MessageRef
from bot.core.replicas import Others

log = logging.getLogger(__name__)

_TOPIC: Final = "deleted"


class Withdrawals:
    """Remembers deleted messages and ends the work on them.

    messages: how many are remembered; a deletion matters only while its message is worked on or
        waits in its lane.
    """

    def __init__(self, *, messages: int = 1_000) -> None:
        self._messages = messages
        self._gone: OrderedDict[MessageRef, None] = OrderedDict()
        # Two people may take what was offered under one message, and are answered side by side.
        self._working: defaultdict[MessageRef, list[asyncio.Timeout]] = defaultdict(list)

    def add(self, ref: MessageRef) -> None:
        """This message was deleted; work on it ends now."""
        self._gone[ref] = None
        if len(self._gone) > self._messages:
            self._gone.popitem(last=False)
        for deadline in self._working.get(ref, ()):
            deadline.reschedule(asyncio.get_running_loop().time())

    def has(self, ref: MessageRef) -> bool:
        """Whether this message was deleted."""
        return ref in self._gone

    @contextmanager
    def ending(self, ref: MessageRef, deadline: asyncio.Timeout) -> Iterator[None]:
        """While the block runs, deleting the message moves its deadline to now."""
        self._working[ref].append(deadline)
        try:
            yield
        finally:
            self._working[ref].remove(deadline)
            if not self._working[ref]:
                del self._working[ref]


class _Withdraws(Protocol):
    def withdraw(self, ref: MessageRef) -> None: ...


class TakenBack:
    """Ends the work on a deleted message wherever it is done: the deletion may come elsewhere."""

    def __init__(self, others: Others, work: _Withdraws) -> None:
        self._others = others
        self._work = work
        others.hear(_TOPIC, self._heard)

    async def told(self, ref: MessageRef) -> None:
        """This message was deleted."""
        self._work.withdraw(ref)
        try:
            await self._others.tell(_TOPIC, f"{ref.platform} {ref.id}")
        except StateUnavailable as error:
            log.warning("deletion_not_told", extra={"reason": str(error)})

    def _heard(self, said: str) -> None:
        platform, _, name = said.partition(" ")
        if name:
            self._work.withdraw(MessageRef(platform=platform, id=name))
