"""Back-pressure for a Generator, with fair shares."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from typing import Final

from knowledge.engines.line import FairLine, Lines, Place
from knowledge.errors import EngineBusy
from knowledge.model import Draft, Prompt
from knowledge.ports import Generator
from knowledge.steps import UNTOLD, Steps

_NEWEST: Final = 0.3
"""What the latest reply counts in how long replies usually take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much a model takes on.

    concurrent: prompts at a time. waiting: how many more may wait; each: of one asker.
    longest_wait_s: whoever would wait longer, or did, is turned away.
    told_every_s: who waits hears of their place at most so often.
    """

    concurrent: int = 1
    waiting: int = 16
    each: int = 2
    longest_wait_s: float = 30.0
    told_every_s: float = 3.0


class Limited:
    """Lets a few prompts in at a time, everybody's in turn; the others wait, or are turned away.

    A prompt for one token is a judgement, or warms the model. It takes a tenth of a reply's time
    and often shows that there is nothing to reply: so it goes before replies, yet not for ever.

    steps: is told how long each waited, and behind how many.
    """

    def __init__(
        self,
        inner: Generator,
        room: Room | None = None,
        *,
        steps: Steps = UNTOLD,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._steps = steps
        self._room = room or Room()
        self._clock_s = clock_s
        self._lines = Lines()
        self._running = 0
        self._usual_s = 0.0

    @property
    def name(self) -> str:
        """The inner engine's."""
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply, when it is this prompt's turn; until then drafts tell its place.

        Raises:
            EngineBusy: too many wait already, or it waited too long.
        """
        with ExitStack() as stack:
            with self._steps.timing("queue", behind=len(self._line(prompt))):
                place = self._join(prompt)
                stack.callback(self._leave, place)
                async with aclosing(self._waiting(place)) as waiting:
                    async for draft in waiting:
                        yield draft
            began_s = self._clock_s()
            async with aclosing(self._inner.stream(prompt)) as drafts:
                async for draft in drafts:
                    yield draft
            self._took(place, self._clock_s() - began_s)

    async def ping(self) -> None:
        """As the inner engine."""
        await self._inner.ping()

    async def close(self) -> None:
        """As the inner engine."""
        await self._inner.close()

    def _line(self, prompt: Prompt) -> FairLine:
        return self._lines.line(quick=_quick(prompt))

    def _join(self, prompt: Prompt) -> Place:
        quick, line = _quick(prompt), self._line(prompt)
        if self._running >= self._room.concurrent:
            self._check(len(line), line.of(prompt.asker) if prompt.asker else 0, quick=quick)
        place = line.join(prompt.asker, quick=quick)
        self._call()
        return place

    def _check(self, waiting: int, own: int, *, quick: bool) -> None:
        """Whether one more may wait.

        Raises:
            EngineBusy: they may not.
        """
        each_s = 0.0 if quick else self._usual_s
        expected_s = (waiting + 1) * each_s / self._room.concurrent
        if waiting >= self._room.waiting or expected_s > self._room.longest_wait_s:
            raise EngineBusy(f"{waiting} prompts wait for {self.name} already")
        if own >= self._room.each:
            raise EngineBusy(f"{own} prompts of the same asker wait for {self.name} already")

    async def _waiting(self, place: Place) -> AsyncGenerator[Draft, None]:
        """Drafts without text, whenever its place is another; the last one when its turn comes."""
        line = self._lines.line(quick=place.quick)
        until_s = self._clock_s() + self._room.longest_wait_s
        told = 0
        while not place.called.is_set():
            if self._clock_s() >= until_s:
                raise EngineBusy(f"it took too long until {self.name} was free")
            number = line.number(place)
            if number != told:
                told = number
                yield Draft(text="", place=number)
            await self._called(place, until_s)
        if told:
            yield Draft(text="", place=0)

    async def _called(self, place: Place, until_s: float) -> None:
        """Return when it is its turn, or when it is time to look at the line again."""
        patience_s = min(self._room.told_every_s, max(0.0, until_s - self._clock_s()))
        try:
            async with asyncio.timeout(patience_s):
                await place.called.wait()
        except TimeoutError:
            return

    def _took(self, place: Place, seconds: float) -> None:
        if not place.quick:
            newest = _NEWEST if self._usual_s else 1.0
            self._usual_s += newest * (seconds - self._usual_s)

    def _leave(self, place: Place) -> None:
        if not self._lines.line(quick=place.quick).leave(place):
            self._running -= 1
        self._call()

    def _call(self) -> None:
        while self._running < self._room.concurrent and self._lines.call():
            self._running += 1


def _quick(prompt: Prompt) -> bool:
    """Whether it is a reading of one token, not a reply."""
    return prompt.max_tokens == 1
