"""An embedder that reads the same text alike, however it was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from knowledge.language import HAN
from knowledge.model import TokenEmbedding, Vector
from knowledge.plain import plain
from knowledge.ports import Embedder, TokenEmbedder
from knowledge.quantities import in_digits
from knowledge.script import simplified

_CHINESE = re.compile(f"[{HAN}]")
_FIRST_WORD = re.compile(r"^[a-z]['’a-z]*(?=[\s,:]+\w)")
_LONE_I = re.compile(r"\bi\b(?=['’\s?]|$)")


class OneForm:
    """Gives an embedder simplified characters, whole sentences and no doubled marks.

    Models read 報銷 and 报销, or WHO PAYS, who pays and Who pays, as different words; full-width
    letters they fold themselves.
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
    asked = plain(text)
    return in_digits(simplified(asked)) if _CHINESE.search(asked) else _sentence(asked)


def _sentence(text: str) -> str:
    """English as it stands in books, with a capital at its start and an I; of capitals only one.

    A lone word may be a name, in capitals or without.
    """
    narrow = unicodedata.normalize("NFKC", text)
    shouted = narrow.isupper() and len(narrow.split()) > 1
    calm = narrow.lower() if shouted else narrow
    begun = _FIRST_WORD.sub(lambda word: word.group().capitalize(), calm)
    return _LONE_I.sub("I", begun)
