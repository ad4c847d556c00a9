"""What wrappers around a Generator share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from knowledge.model import Draft, Prompt
from knowledge.ports import Generator


@asynccontextmanager
async def closing(drafts: AsyncIterator[Draft]) -> AsyncIterator[AsyncIterator[Draft]]:
    """Drafts whose engine is stopped when the block is left, not when memory is cleaned up."""
    try:
        yield drafts
    finally:
        if close := getattr(drafts, "aclose", None):
            await close()


async def begin(generator: Generator, prompt: Prompt) -> tuple[AsyncIterator[Draft], Draft | None]:
    """The reply's first draft, None where it has none, and the rest; raises what prevents it."""
    drafts = generator.stream(prompt)
    return drafts, await anext(drafts, None)


async def warm(generator: Generator, prompt: Prompt) -> None:
    """Load the model and let it read everything before the prompt's last turn.

    Later prompts with the same turns before the last give their first draft sooner.

    Raises:
        EngineRefused, EngineUnavailable: the next prompt will most likely fail as well.
    """
    async with closing(generator.stream(replace(prompt, max_tokens=1))) as drafts:
        async for _ in drafts:
            pass
