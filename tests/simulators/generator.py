"""A Generator that does what a test wrote down for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import TypeAlias

from knowledge.model import Draft, Prompt

Step: TypeAlias = str | Exception | asyncio.Event


class ScriptedGenerator:
    """Plays one script a prompt, the last one again and again.

    A script's strings are drafts, its exceptions are raised, its events are waited for.
    """

    def __init__(self, *scripts: Sequence[Step], name: str = "scripted") -> None:
        self.name = name
        self.prompts: list[Prompt] = []
        self.stopped = 0
        self.closed = False
        self.ailing: Exception | None = None
        self._scripts = deque(scripts)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        self.prompts.append(prompt)
        script = self._scripts.popleft() if len(self._scripts) > 1 else self._scripts[0]
        try:
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    yield Draft(text=step)
        finally:
            self.stopped += 1

    async def ping(self) -> None:
        if self.ailing:
            raise self.ailing

    async def close(self) -> None:
        self.closed = True
