"""An embedder that reads the same text alike, however it was written."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.model import Vector
from knowledge.ports import Embedder
from knowledge.quantities import in_digits
from knowledge.script import simplified


class OneForm:
    """Gives an embedder simplified characters and no shouting.

    Models read 報銷 and 报销, or WHO PAYS and Who pays, as different words; full-width letters they
    fold themselves.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return await self._embedder.embed_passages([in_digits(simplified(text)) for text in texts])

    async def embed_question(self, text: str) -> Vector:
        return await self._embedder.embed_question(_calm(in_digits(simplified(text))))


def _calm(text: str) -> str:
    """A question all in capitals, as a sentence; one word in capitals is a name."""
    shouted = text.isascii() and text.isupper() and len(text.split()) > 1
    return text.capitalize() if shouted else text
