"""Events on their way, as platforms deliver them: twice, at once, and again until acknowledged."""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from tests.faults.clock import SharedClock
from tests.faults.people import Envelope, Question
from tests.faults.transport import Transport

_AT_ONCE = 24


@dataclass(order=True, slots=True)
class _Due:
    at: datetime
    number: int
    question: Question = field(compare=False)
    envelope: Envelope = field(compare=False)
    tries: int = field(compare=False)


@dataclass
class Deliveries:
    """Sends what is due on the shared clock, and lets time pass where nothing is.

    may_pass: whether time may jump to the next delivery; not while the server is down or busy,
        or platforms would give up sooner than in real time.
    given_up: events no try of which was acknowledged.
    """

    transport: Transport
    clock: SharedClock
    chance: random.Random
    may_pass: Callable[[], bool]
    given_up: list[Question] = field(default_factory=list)
    _due: list[_Due] = field(default_factory=list)
    _numbers: Iterable[int] = field(default_factory=count)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def idle(self) -> bool:
        """Nothing is due, now or later."""
        return not self._due and not self._under_way

    def put(self, question: Question, envelope: Envelope, *, at: datetime, tries: int = 0) -> None:
        """Deliver this when its time has come."""
        heapq.heappush(self._due, _Due(at, next(iter(self._numbers)), question, envelope, tries))

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with self.transport:
            try:
                while True:
                    await self._step()
            finally:
                for task in self._under_way:
                    task.cancel()
                if self._under_way:
                    await asyncio.wait(self._under_way)

    async def _step(self) -> None:
        if len(self._under_way) >= _AT_ONCE:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        elif self._due and self._due[0].at <= self.clock():
            task = asyncio.create_task(self._deliver(heapq.heappop(self._due)))
            self._under_way.add(task)
            task.add_done_callback(self._done)
        elif self._due and not self._under_way and self.may_pass():
            # Nothing is on its way, so no signature grows stale by this.
            self.clock.move(self._due[0].at - self.clock())
        else:
            await asyncio.sleep(0.01)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.result()

    async def _deliver(self, due: _Due) -> None:
        """One try, at times as several at the same moment, or once more a little later."""
        copies = self.chance.choice((2, 3)) if self.chance.random() < 0.08 else 1
        acked = await asyncio.gather(*(self._carry(due) for _ in range(copies)))
        if any(acked):
            if due.tries == 0 and self.chance.random() < 0.08:
                later = timedelta(seconds=self.chance.uniform(0.1, 400.0))
                self.put(due.question, due.envelope, at=self.clock() + later, tries=1)
            return
        if due.tries < len(due.envelope.again_after):
            at = self.clock() + due.envelope.again_after[due.tries]
            self.put(due.question, due.envelope, at=at, tries=due.tries + 1)
        elif due.question.acked_at_s is None:
            self.given_up.append(due.question)

    async def _carry(self, due: _Due) -> bool:
        question = due.question
        if question.sent_at_s is None:
            question.sent_at_s = time.monotonic()
        if not await self.transport.carry(due.envelope, at=self.clock(), tries=due.tries):
            return False
        if question.acked_at_s is None:
            question.acked_at_s = time.monotonic()
        return True
