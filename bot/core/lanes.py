"""Events wait in lanes: of each lane one at a time, and the lanes take turns."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.model import Event, lane_of
from bot.core.telling import Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event in its lane.

    resumed: a crash left it behind.
    tried: how often it was put off. since: when that was first.
    arrival: None where it came to an earlier process.
    """

    event: Event
    resumed: bool = False
    tried: int = 0
    since: datetime | None = None
    arrival: Arrival | None = None


class Lanes:
    """Hands out the first event of each lane; what is behind it waits until that one is done.

    A lane whose first event is put off rests for a while and is then handed out by `take_again`
    alone, so that events which may fail slowly never keep all workers from those that do not.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Waiting]] = {}
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._again: asyncio.Queue[str] = asyncio.Queue()
        self._resting: set[str] = set()
        self._taken: set[str] = set()

    @property
    def resting(self) -> int:
        """How many events were put off, or wait behind one that was."""
        return sum(len(self._lanes[lane]) for lane in self._resting)

    @property
    def oldest(self) -> datetime | None:
        """When the event arrived that is not done for longest; None where all are."""
        return min((line[0].event.received_at for line in self._lanes.values()), default=None)

    def add(self, waiting: Waiting) -> None:
        """To the end of its lane."""
        lane = lane_of(waiting.event)
        line = self._lanes.setdefault(lane, deque())
        line.append(waiting)
        if len(line) == 1:
            self._ready.put_nowait(lane)

    async def take(self) -> Waiting:
        """The next event that is ready; `done` or `put_off` must follow."""
        while True:
            lane = await self._ready.get()
            if lane in self._lanes and lane not in self._taken | self._resting:  # else it left
                return self._handed_out(lane)

    async def take_again(self) -> Waiting:
        """The next event that was put off and whose time has come; likewise."""
        while True:
            lane = await self._again.get()
            if lane in self._resting:  # else it left meanwhile
                self._resting.discard(lane)
                return self._handed_out(lane)

    def done(self, waiting: Waiting) -> None:
        """The lane goes to the end of the line, so that a busy one cannot starve the others."""
        lane = lane_of(waiting.event)
        self._taken.discard(lane)
        line = self._lanes[lane]
        line.popleft()
        if line:
            self._ready.put_nowait(lane)
        else:
            del self._lanes[lane]

    def put_off(self, waiting: Waiting, pause_s: float, *, now: datetime) -> None:
        """The event comes again after a pause, and its lane waits for it."""
        lane = lane_of(waiting.event)
        self._taken.discard(lane)
        since = waiting.since or now
        self._lanes[lane][0] = replace(waiting, tried=waiting.tried + 1, since=since)
        self._resting.add(lane)
        asyncio.get_running_loop().call_later(pause_s, self._again.put_nowait, lane)

    def drop_resting(self) -> int:
        """Forget the lanes that rest; how many events that were."""
        dropped = sum(len(self._lanes.pop(lane)) for lane in self._resting)
        self._resting.clear()
        return dropped

    def drop_waiting(self) -> int:
        """Forget all that is not handed out, or rests; how many events that were."""
        dropped = self.drop_resting()
        for lane in [*self._lanes]:
            line = self._lanes[lane]
            kept = 1 if lane in self._taken else 0
            dropped += len(line) - kept
            del self._lanes[lane]
            if kept:
                self._lanes[lane] = deque([line[0]])
        return dropped

    def _handed_out(self, lane: str) -> Waiting:
        self._taken.add(lane)
        return self._lanes[lane][0]
