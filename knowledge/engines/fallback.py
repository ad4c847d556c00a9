"""A second Generator for when the first cannot."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from knowledge.engines.drafts import begin
from knowledge.errors import EngineRefused, EngineUnavailable, PromptTooLong
from knowledge.model import Draft, Prompt
from knowledge.ports import Generator


class Fallback:
    """Asks the second engine where the first fails before its first draft."""

    def __init__(self, first: Generator, second: Generator) -> None:
        self._first = first
        self._second = second

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self._first.name}, else {self._second.name}"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply, all of it by the same engine.

        Raises:
            PromptTooLong: by the first engine; who asked can send less.
            EngineRefused, EngineUnavailable: by the second, or after the first draft.
        """
        rest, draft = await self._begin(prompt)
        async with aclosing(rest) as drafts:
            if draft:
                yield draft
            async for later in drafts:
                yield later

    async def ping(self) -> None:
        """Return if either engine works."""
        with suppress(EngineUnavailable):
            return await self._first.ping()
        return await self._second.ping()

    async def close(self) -> None:
        """Close both."""
        try:
            await self._first.close()
        finally:
            await self._second.close()

    async def _begin(self, prompt: Prompt) -> tuple[AsyncGenerator[Draft, None], Draft | None]:
        try:
            return await begin(self._first, prompt)
        except PromptTooLong:
            raise
        except (EngineRefused, EngineUnavailable):
            return await begin(self._second, prompt)
