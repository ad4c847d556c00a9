"""An embedder that reads the same text alike, however it was written."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.model import TokenEmbedding, Vector
from knowledge.plain import plain
from knowledge.ports import Embedder, TokenEmbedder
from knowledge.quantities import in_digits
from knowledge.script import simplified


class OneForm:
    """Gives an embedder simplified characters, no shouting and no doubled marks.

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
        return await self._embedder.embed_passages(_passages(texts))

    async def embed_question(self, text: str) -> Vector:
        return await self._embedder.embed_question(_question(text))


class OneFormByToken:
    """The same for an embedder whose token vectors are wanted too."""

    def __init__(self, embedder: TokenEmbedder) -> None:
        self._embedder = embedder
        self._pooled = OneForm(embedder)

    @property
    def name(self) -> str:
        return self._pooled.name

    @property
    def dimension(self) -> int:
        return self._pooled.dimension

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return await self._pooled.embed_passages(texts)

    async def embed_question(self, text: str) -> Vector:
        return await self._pooled.embed_question(text)

    async def embed_passage_tokens(self, texts: Sequence[str]) -> list[TokenEmbedding]:
        return await self._embedder.embed_passage_tokens(_passages(texts))

    async def embed_question_tokens(self, text: str) -> TokenEmbedding:
        return await self._embedder.embed_question_tokens(_question(text))


def _passages(texts: Sequence[str]) -> list[str]:
    return [in_digits(simplified(text)) for text in texts]


def _question(text: str) -> str:
    return _calm(in_digits(simplified(plain(text))))


def _calm(text: str) -> str:
    """A question all in capitals, as a sentence; one word in capitals is a name."""
    shouted = text.isascii() and text.isupper() and len(text.split()) > 1
    return text.capitalize() if shouted else text
