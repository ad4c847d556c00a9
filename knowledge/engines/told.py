"""Telling how long a Generator takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from knowledge.model import Draft, Prompt
from knowledge.ports import Generator
from knowledge.steps import Steps


class Told:
    """Tells of each reply: its first token, its end, and how many tokens were read and written."""

    def __init__(self, inner: Generator, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    @property
    def name(self) -> str:
        """The inner engine's."""
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply, as the inner engine."""
        draft: Draft | None = None
        with self._steps.timing("model") as told:
            async with aclosing(self._inner.stream(prompt)) as drafts:
                async for later in drafts:
                    if draft is None:
                        told.note(first_token_s=told.so_far_s)
                    draft = later
                    yield draft
            if draft is not None:
                told.note(
                    prompt_tokens=draft.tokens.prompt, completion_tokens=draft.tokens.completion
                )

    async def ping(self) -> None:
        """As the inner engine."""
        await self._inner.ping()

    async def close(self) -> None:
        """As the inner engine."""
        await self._inner.close()
