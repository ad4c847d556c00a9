"""What wrappers around a Generator share."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from knowledge.model import Draft, Prompt
from knowledge.ports import Generator


async def begin(
    generator: Generator, prompt: Prompt
) -> tuple[AsyncGenerator[Draft, None], Draft | None]:
    """The reply's first draft, None where it has none, and the rest; raises what prevents it."""
    drafts = generator.stream(prompt)
    return drafts, await anext(drafts, None)


async def warm(generator: Generator, prompt: Prompt) -> None:
    """Load the model and let it read everything before the prompt's last turn.

    Later prompts with the same turns before the last give their first draft sooner.

    Raises:
        EngineRefused, EngineUnavailable: the next prompt will most likely fail as well.
    """
    async with aclosing(generator.stream(replace(prompt, max_tokens=1))) as drafts:
        async for _ in drafts:
            pass
