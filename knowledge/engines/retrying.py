"""Second tries for a Generator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from knowledge.engines.drafts import begin
from knowledge.errors import EngineUnavailable
from knowledge.model import Draft, Prompt
from knowledge.ports import Generator


class Retrying:
    """Tries again while nothing of the reply was shown; what was shown is never taken back."""

    def __init__(
        self,
        inner: Generator,
        *,
        attempts: int = 3,
        first_wait_s: float = 0.5,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inner = inner
        self._tries = AsyncRetrying(
            stop=stop_after_attempt(attempts),
            wait=wait_exponential_jitter(
                multiplier=first_wait_s, max=8 * first_wait_s, jitter=first_wait_s
            ),
            retry=retry_if_exception_type(EngineUnavailable),
            sleep=sleep,
            reraise=True,
        )

    @property
    def name(self) -> str:
        """The inner engine's."""
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply.

        Raises:
            EngineUnavailable: after the last try, or after the first draft.
        """
        rest, first = await self._begin(prompt)
        async with aclosing(rest) as drafts:
            if first:
                yield first
            async for draft in drafts:
                yield draft

    async def ping(self) -> None:
        """As the inner engine."""
        await self._inner.ping()

    async def close(self) -> None:
        """As the inner engine."""
        await self._inner.close()

    async def _begin(self, prompt: Prompt) -> tuple[AsyncGenerator[Draft, None], Draft | None]:
        return await self._tries.copy()(begin, self._inner, prompt)
