"""Answers are told like every other step."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from knowledge.model import Answer, Draft, Outcome, Passage, Question
from knowledge.ports import Answerer
from knowledge.steps import Steps


class ToldAnswerer:
    """An `Answerer` that tells of each answer: how it came out, and when its first words came."""

    def __init__(self, inner: Answerer, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """The inner answerer's drafts and answer."""
        quiet = True
        with self._steps.timing("answer") as told:
            # Closing us must stop the model at once, not when the garbage collector comes by.
            async with aclosing(self._inner.stream(question)) as parts:
                async for part in parts:
                    if quiet:
                        told.note(first_words_s=told.so_far_s)
                        quiet = False
                    if isinstance(part, Answer):
                        told.note(outcome=part.outcome.value, language=part.language)
                        self._tell_refusal(part)
                    yield part

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """The inner answerer's passage."""
        return await self._inner.passage(passage_id, audience=audience)

    def _tell_refusal(self, answer: Answer) -> None:
        if answer.outcome is Outcome.UNKNOWN:
            self._steps.tell("refused", reason="unsure" if answer.hits else "nothing_found")
