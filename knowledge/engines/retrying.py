"""Second tries for a Generator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from knowledge.engines.drafts import begin
from knowledge.errors import EngineBusy, EngineUnavailable
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
        self._longest_wait_s = 8 * first_wait_s
        self._growing = wait_exponential_jitter(
            multiplier=first_wait_s, max=self._longest_wait_s, jitter=first_wait_s
        )
        self._tries = AsyncRetrying(
            stop=stop_after_attempt(attempts),
            wait=self._wait_s,
            retry=retry_if_exception(self._may_help),
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

    def _may_help(self, error: BaseException) -> bool:
        """Whether a second try may; not where the engine wants more time than an asker has."""
        if isinstance(error, EngineBusy) and error.retry_after_s is not None:
            return error.retry_after_s <= self._longest_wait_s
        return isinstance(error, EngineUnavailable)

    def _wait_s(self, state: RetryCallState) -> float:
        """As long as the engine asks for, else longer each time."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, EngineBusy) and error.retry_after_s is not None:
            return error.retry_after_s
        return self._growing(state)

    async def _begin(self, prompt: Prompt) -> tuple[AsyncGenerator[Draft, None], Draft | None]:
        return await self._tries.copy()(begin, self._inner, prompt)
