"""Who is in which conversation, asked seldom and never believed for long."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Generic, TypeVar

from bot.core.errors import ChannelRefused
from bot.core.model import Event, Member, MemberJoined, MemberLeft, User
from bot.core.ports import Membership

Kept = TypeVar("Kept")

_MOST_KEPT: Final = 5_000


class Remembered:
    """A platform's `Membership`, with what it told a short while ago.

    Somebody who comes or goes makes it ask again at once. What is told while somebody comes or goes
    is used for the question at hand and not kept. What could not be told is never remembered.

    fresh: how long what was told is believed.
    """

    def __init__(
        self,
        inner: Membership,
        *,
        fresh: timedelta = timedelta(seconds=60),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._changes = 0
        self._members: _Fresh[tuple[Member, ...]] = _Fresh(fresh, now)
        self._open: _Fresh[bool] = _Fresh(fresh, now)
        self._outside: _Fresh[bool] = _Fresh(fresh, now)

    def heed(self, event: Event) -> None:
        """Somebody may have come or gone: what was told about it is forgotten."""
        if not isinstance(event, MemberJoined | MemberLeft):
            return
        self._changes += 1
        self._outside.forget(event.user.id)
        if event.conversation.direct:  # of the company: any group may have changed
            self._members.forget_all()
        else:
            self._members.forget(event.conversation.id)
            self._open.forget(event.conversation.id)

    def is_group(self, group_id: str) -> bool:
        """Whether an id is that of a group of people."""
        return self._inner.is_group(group_id)

    async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
        """As the platform says, or said a short while ago."""
        known = self._members.get(group_id)
        if known is None:
            changes = self._changes
            known = await self._inner.members(group_id, most=most)
            if changes == self._changes:
                self._members.put(group_id, known)
        if len(known) > most:
            raise ChannelRefused("too_many")
        return known

    async def is_open(self, group_id: str) -> bool:
        """As the platform says, or said a short while ago."""
        known = self._open.get(group_id)
        if known is None:
            changes = self._changes
            known = await self._inner.is_open(group_id)
            if changes == self._changes:
                self._open.put(group_id, known)
        return known

    async def is_outside(self, user: User) -> bool:
        """As the platform says, or said a short while ago."""
        known = self._outside.get(user.id)
        if known is None:
            changes = self._changes
            known = await self._inner.is_outside(user)
            if changes == self._changes:
                self._outside.put(user.id, known)
        return known


class _Fresh(Generic[Kept]):
    """The newest values by name, each for a short while."""

    def __init__(self, fresh: timedelta, now: Callable[[], float]) -> None:
        self._fresh_s = fresh.total_seconds()
        self._now = now
        self._kept: OrderedDict[str, tuple[float, Kept]] = OrderedDict()

    def get(self, name: str) -> Kept | None:
        until, value = self._kept.get(name, (0.0, None))
        if value is not None and self._now() >= until:
            self.forget(name)
            return None
        return value

    def put(self, name: str, value: Kept) -> None:
        self._kept[name] = (self._now() + self._fresh_s, value)
        self._kept.move_to_end(name)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def forget(self, name: str) -> None:
        self._kept.pop(name, None)

    def forget_all(self) -> None:
        self._kept.clear()
