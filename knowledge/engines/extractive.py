"""No language model: answers are made of the evidence itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from knowledge.errors import EngineUnavailable
from knowledge.model import Draft, Prompt


class Extractive:
    """A Generator that always declines, so that whoever asked quotes the evidence instead."""

    name = "extractive"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Decline.

        Raises:
            EngineUnavailable: always.
        """
        yield _absent(prompt)

    async def ping(self) -> None:
        """Return: nothing that this engine needs can be missing."""

    async def close(self) -> None:
        """Return."""


def _absent(_: Prompt) -> Draft:
    raise EngineUnavailable("no language model is configured")
