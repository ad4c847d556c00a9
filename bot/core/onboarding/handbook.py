"""What the knowledge base says to a step's question, for the one who is shown the step."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import Final

from bot.core.onboarding.model import Joiner
from knowledge.errors import EngineUnavailable, StoreUnavailable
from knowledge.model import Answer, Outcome, Question
from knowledge.ports import Answerer

log = logging.getLogger(__name__)

_DEADLINE_S: Final = 60.0
_KEPT: Final = 500


class Handbook:
    """Answers with sources that this joiner may read; nothing where it is not known.

    What was answered once is remembered while the process lives: a hundred people who begin on the
    same day are shown the same. deadline_s: for one answer.
    """

    def __init__(self, answerer: Answerer, *, deadline_s: float = _DEADLINE_S) -> None:
        self._answerer = answerer
        self._deadline_s = deadline_s
        self._said: dict[tuple[str, str, frozenset[str]], Answer] = {}

    async def says(self, question: str, joiner: Joiner) -> Answer | None:
        """The answer; None where there is none, or not in time."""
        if not question:
            return None
        key = (question, joiner.language, joiner.audiences)
        if key not in self._said:
            found = await self._ask(question, joiner)
            if found is None or found.outcome is Outcome.UNKNOWN:
                log.warning("handbook_silent", extra={"journey": joiner.journey})
                return None
            if len(self._said) >= _KEPT:
                self._said.clear()
            self._said[key] = found
        return self._said[key]

    def forget(self) -> None:
        """Ask anew from now on: documents may have changed."""
        self._said.clear()

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
        return answer
