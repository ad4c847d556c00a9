"""Reads questions with the embedders there are, and tells which of them ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from knowledge.courtesy import without_courtesy
from knowledge.ports import Embedder
from knowledge.sameness import Match, Reading, Sameness, Stored, read


class Likeness(Protocol):
    """Tells whether questions ask the same."""

    @property
    def serve(self) -> float:
        """From this probability on, an answer given to the one may be served to the other."""
        ...

    @property
    def join(self) -> float:
        """From this probability on, two questions are one gap."""
        ...

    async def read(self, question: str) -> Reading:
        """A question as it is compared.

        Raises:
            EngineUnavailable: an embedder does not answer.
        """
        ...

    def best(self, asked: Reading, stored: Stored) -> Match | None:
        """The stored question most likely the same; None where nothing is stored."""
        ...

    def ranked(self, asked: Reading, stored: Stored) -> tuple[Match, ...]:
        """The stored questions nearest to it, a dozen at most, most likely the same first."""
        ...


class Embedded:
    """The `Likeness` of embedders and a model fitted for them."""

    def __init__(self, embedders: Sequence[Embedder], sameness: Sameness) -> None:
        self._embedders = tuple(embedders)
        self._sameness = sameness

    @property
    def serve(self) -> float:
        """As the model says."""
        return self._sameness.serve

    @property
    def join(self) -> float:
        """As the model says."""
        return self._sameness.join

    async def read(self, question: str) -> Reading:
        """With one vector of each embedder; greetings and thanks ask nothing."""
        asked = without_courtesy(question)
        vectors = {one.name: await one.embed_question(asked) for one in self._embedders}
        return read(asked, vectors)

    def best(self, asked: Reading, stored: Stored) -> Match | None:
        """The first of `ranked`."""
        return self._sameness.best(asked, stored)

    def ranked(self, asked: Reading, stored: Stored) -> tuple[Match, ...]:
        """The nearest by one embedder, weighed by the model."""
        return self._sameness.ranked(asked, stored)
