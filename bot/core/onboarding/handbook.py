"""What the knowledge base says to a step's question, for the one who is shown the step."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.core.onboarding.model import Joiner
from knowledge.errors import EngineUnavailable, StoreUnavailable
from knowledge.model import Answer, Outcome, Question
from knowledge.ports import Answerer

log = logging.getLogger(__name__)

_DEADLINE_S: Final = 60.0
_KEPT: Final = 500

_Asked: TypeAlias = tuple[str, str, frozenset[str]]


@dataclass(slots=True)
class _Asking:
    """An answer that is on its way. waiting: how many wait for it."""

    task: asyncio.Task[Answer | None]
    waiting: int = 0


class Handbook:
    """Answers with sources that this joiner may read; nothing where it is not known.

    What was answered once is remembered while the process lives: a hundred people who begin on the
    same day are shown the same, and those who begin in the same moment wait for the same answer.
    deadline_s: for one answer.
    """

    def __init__(self, answerer: Answerer, *, deadline_s: float = _DEADLINE_S) -> None:
        self._answerer = answerer
        self._deadline_s = deadline_s
        self._said: dict[_Asked, Answer] = {}
        self._asking: dict[_Asked, _Asking] = {}

    async def says(self, question: str, joiner: Joiner) -> Answer | None:
        """The answer; None where there is none, or not in time."""
        if not question:
            return None
        key = (question, joiner.language, joiner.audiences)
        if key in self._said:
            return self._said[key]
        found = await self._together(key, question, joiner)
        if found is None:
            log.warning("handbook_silent", extra={"journey": joiner.journey})
        return found

    def forget(self) -> None:
        """Ask anew from now on: documents may have changed."""
        self._said.clear()
        self._asking.clear()

    async def _together(self, key: _Asked, question: str, joiner: Joiner) -> Answer | None:
        """Ask, or wait with whoever asked already; it goes on for as long as anybody waits."""
        asking = self._asking.get(key)
        if asking is None:
            asking = _Asking(asyncio.create_task(self._ask(question, joiner), name="handbook"))
            self._asking[key] = asking
        asking.waiting += 1
        try:
            found = await asyncio.shield(asking.task)
            if found is not None and self._asking.get(key) is asking:
                self._keep(key, found)
            return found
        finally:
            asking.waiting -= 1
            if asking.waiting == 0:
                asking.task.cancel()
                if self._asking.get(key) is asking:
                    del self._asking[key]

    def _keep(self, key: _Asked, answer: Answer) -> None:
        if len(self._said) >= _KEPT:
            self._said.clear()
        self._said[key] = answer

    async def _ask(self, question: str, joiner: Joiner) -> Answer | None:
        asked = Question(text=question, language=joiner.language, audience=joiner.audiences)
        answer: Answer | None = None
        try:
            async with (
                asyncio.timeout(self._deadline_s),
                aclosing(self._answerer.stream(asked)) as stream,
            ):
                async for said in stream:
                    if isinstance(said, Answer):
                        answer = said
        except (TimeoutError, EngineUnavailable, StoreUnavailable) as error:
            log.warning("handbook_unavailable", extra={"reason": type(error).__name__})
            return None
        return None if answer is None or answer.outcome is Outcome.UNKNOWN else answer
