"""Vectors of the latest questions."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Kept = TypeVar("Kept")

MAX_QUESTIONS = 1_024
"""Two megabytes of single vectors at most; people ask the same things on the same morning."""

MAX_BYTES = 16 * 1024**2
"""Room for token vectors: a usual question has some ten kilobytes of them."""


class QuestionMemory(Generic[Kept]):
    """Keeps what was computed of the questions asked most recently."""

    def __init__(self, max_questions: int = MAX_QUESTIONS, max_bytes: int = MAX_BYTES) -> None:
        self._max_questions = max_questions
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, tuple[Kept, int]] = OrderedDict()
        self._bytes = 0

    def find(self, text: str) -> Kept | None:
        """What was computed of the question, if it was asked lately."""
        if text not in self._kept:
            return None
        self._kept.move_to_end(text)
        return self._kept[text][0]

    def keep(self, text: str, computed: Kept, *, size: int) -> None:
        """Remember what was computed, of so many bytes; what is unused for longest goes.

        Many will hold the same arrays, so they should be read-only.
        """
        _, before = self._kept.pop(text, (None, 0))
        self._kept[text] = (computed, size)
        self._bytes += size - before
        while len(self._kept) > self._max_questions or self._bytes > self._max_bytes:
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed
