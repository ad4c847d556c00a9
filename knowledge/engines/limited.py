"""Back-pressure for a Generator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from knowledge.errors import EngineUnavailable
from knowledge.model import Draft, Prompt
from knowledge.ports import Generator
from knowledge.steps import UNTOLD, Steps


class Limited:
    """Lets `concurrent` prompts in at a time and `waiting` more wait; the others fail at once.

    steps: is told how long each waited, and behind how many.
    """

    def __init__(
        self,
        inner: Generator,
        *,
        concurrent: int = 1,
        waiting: int = 32,
        steps: Steps = UNTOLD,
    ) -> None:
        self._inner = inner
        self._steps = steps
        self._places = asyncio.Semaphore(concurrent)
        self._max_waiting = waiting
        self._waiting = 0

    @property
    def name(self) -> str:
        """The inner engine's."""
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply, when it is this prompt's turn.

        Raises:
            EngineUnavailable: also where too many wait already.
        """
        await self._enter()
        try:
            async with aclosing(self._inner.stream(prompt)) as drafts:
                async for draft in drafts:
                    yield draft
        finally:
            self._places.release()

    async def ping(self) -> None:
        """As the inner engine."""
        await self._inner.ping()

    async def close(self) -> None:
        """As the inner engine."""
        await self._inner.close()

    async def _enter(self) -> None:
        with self._steps.timing("queue", behind=self._waiting):
            if self._places.locked() and self._waiting >= self._max_waiting:
                raise EngineUnavailable(f"{self._waiting} prompts wait for {self.name} already")
            self._waiting += 1
            try:
                await self._places.acquire()
            finally:
                self._waiting -= 1
