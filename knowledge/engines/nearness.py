"""How near statements are to a question, remembered: the same ones come up again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from knowledge.model import Vector
from knowledge.ports import Embedder

_REMEMBERED = 20_000
"""Statements; 512 numbers each make some 40 MB."""


class Nearness:
    """A similarity measure on an embedder, with a memory for statements."""

    def __init__(self, embedder: Embedder, *, remembered: int = _REMEMBERED) -> None:
        self._embedder = embedder
        self._remembered = remembered
        self._vectors: OrderedDict[str, Vector] = OrderedDict()

    async def __call__(self, question: str, texts: Sequence[str]) -> list[float]:
        """How near each text is to a question: the cosine, in the same order."""
        asked = await self._embedder.embed_question(question)
        known = await self._known(texts)
        return [float(known[text] @ asked) for text in texts]

    async def _known(self, texts: Sequence[str]) -> dict[str, Vector]:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        vectors = await self._embedder.embed_passages(fresh) if fresh else []
        self._vectors.update(zip(fresh, vectors, strict=True))
        known = {text: self._vectors[text] for text in texts}
        for text in known:
            self._vectors.move_to_end(text)
        while len(self._vectors) > self._remembered:
            self._vectors.popitem(last=False)
        return known
