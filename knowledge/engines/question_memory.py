"""Vectors of the latest questions."""

from __future__ import annotations

from collections import OrderedDict

from knowledge.model import Vector

MAX_QUESTIONS = 1_024
"""Two megabytes at most; people ask the same things on the same morning."""


class QuestionMemory:
    """Keeps the vectors of the questions asked most recently."""

    def __init__(self, max_questions: int = MAX_QUESTIONS) -> None:
        self._max_questions = max_questions
        self._vectors: OrderedDict[str, Vector] = OrderedDict()

    def find(self, text: str) -> Vector | None:
        """The question's vector, if it was asked lately."""
        if text in self._vectors:
            self._vectors.move_to_end(text)
        return self._vectors.get(text)

    def keep(self, text: str, vector: Vector) -> None:
        """Remember a vector; the one unused for longest goes."""
        vector.setflags(write=False)  # many will hold the same array
        self._vectors[text] = vector
        self._vectors.move_to_end(text)
        if len(self._vectors) > self._max_questions:
            self._vectors.popitem(last=False)
