"""Deadlines for a Generator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from knowledge.errors import EngineUnavailable
from knowledge.model import Draft, Prompt
from knowledge.ports import Generator


class Deadlined:
    """Stops an engine that is late with its first draft, or with the whole reply.

    first_draft_s: from its turn; how long a prompt may wait for that, the line before it knows.
    """

    def __init__(self, inner: Generator, *, first_draft_s: float, total_s: float) -> None:
        self._inner = inner
        self._first_draft_s = first_draft_s
        self._total_s = total_s

    @property
    def name(self) -> str:
        """The inner engine's."""
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply, in time.

        Raises:
            EngineUnavailable: also where the engine was too slow.
        """
        clock = asyncio.get_running_loop().time
        ends_at = clock() + self._total_s
        due_at = min(ends_at, clock() + self._first_draft_s)
        async with aclosing(self._inner.stream(prompt)) as drafts:
            while draft := await self._next(drafts, due_at):
                yield draft
                waits = draft.place is not None
                due_at = min(ends_at, clock() + self._first_draft_s) if waits else ends_at

    async def ping(self) -> None:
        """As the inner engine."""
        await self._inner.ping()

    async def close(self) -> None:
        """As the inner engine."""
        await self._inner.close()

    async def _next(self, drafts: AsyncGenerator[Draft, None], due_at: float) -> Draft | None:
        try:
            async with asyncio.timeout_at(due_at):
                return await anext(drafts, None)
        except TimeoutError:
            raise EngineUnavailable(f"{self.name} was too slow") from None
