"""Calls kept at the pace a platform allows."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from adapters.http import LONGEST_WAIT_S
from bot.core.errors import ChannelUnavailable


@dataclass(slots=True)
class _Lane:
    """Those who wait for one key; the lock lets them go in the order they came."""

    next_at: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pace:
    """At most one call an interval for each key, such as a channel or a card.

    Who comes too early waits; calls of one key go in the order they came. Beyond `keys`, those
    are forgotten that nobody waits for and that were not used for the longest time.
    """

    def __init__(
        self,
        interval_s: float,
        *,
        keys: int = 4_096,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval_s = interval_s
        self._keys = keys
        self._now = now
        self._sleep = sleep
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()

    async def turn(self, key: str) -> None:
        """Wait until this key may call.

        Raises:
            ChannelUnavailable: the platform asked for a longer wait than anybody waits here.
        """
        lane = self._lane(key)
        async with lane.lock:
            # Again after each sleep: the platform may have asked for a longer wait meanwhile.
            while (wait_s := lane.next_at - self._now()) > 0:
                if wait_s > max(LONGEST_WAIT_S, self._interval_s):
                    raise ChannelUnavailable("asked to wait", retry_after_s=wait_s)
                await self._sleep(wait_s)
            lane.next_at = self._now() + self._interval_s

    def hold(self, key: str, wait_s: float) -> None:
        """The platform asked this key to wait; those who wait already wait longer."""
        lane = self._lane(key)
        lane.next_at = max(lane.next_at, self._now() + wait_s)

    def _lane(self, key: str) -> _Lane:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(next_at=self._now())
        self._lanes.move_to_end(key)
        if len(self._lanes) > self._keys:
            self._forget_one(lane)
        return lane

    def _forget_one(self, used: _Lane) -> None:
        for key, lane in self._lanes.items():
            if lane is not used and not lane.lock.locked():
                del self._lanes[key]
                return
