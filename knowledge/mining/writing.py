"""What a language model writes, when nobody watches it grow."""

from __future__ import annotations

from contextlib import aclosing

from knowledge.model import Prompt
from knowledge.ports import Generator


async def written(generator: Generator, prompt: Prompt) -> str:
    """The whole reply.

    Raises:
        EngineUnavailable: it broke or was too slow.
        EngineRefused: the prompt is not one it takes.
    """
    text = ""
    async with aclosing(generator.stream(prompt)) as drafts:
        async for draft in drafts:
            text = draft.text
    return text
