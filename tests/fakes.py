"""Small deterministic engines: they know no language, but equal texts are near each other."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import numpy as np

from knowledge.errors import EngineRefused, StorageFull
from knowledge.model import (
    Hit,
    IndexedPassage,
    Passage,
    Probe,
    SparseVector,
    StoredDocument,
    Tally,
    TokenVectors,
    Vector,
)
from knowledge.ports import PassageStore


@dataclass(slots=True)
class HashedEmbedder:
    """Counts hashed pairs of letters: texts that share words or characters point the same way.

    embedded: every text that was embedded for storage, in order.
    refused: a text that holds this is refused, as an engine does with what it cannot read.
    """

    name: str = "hashed"
    dimension: int = 32
    refused: str = ""
    embedded: list[str] = field(default_factory=list)

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        if self.refused and any(self.refused in text for text in texts):
            raise EngineRefused("the text cannot be embedded")
        self.embedded += texts
        return [hashed_vector(text, self.dimension) for text in texts]

    async def embed_question(self, text: str) -> Vector:
        return hashed_vector(text, self.dimension)


def hashed_vector(text: str, dimension: int) -> Vector:
    """A vector of length 1 made of the text's pairs of letters, small and capital alike."""
    letters = f" {' '.join(text.lower().split())} "
    vector = np.zeros(dimension, dtype=np.float32)
    for first, second in pairwise(letters):
        vector[zlib.crc32((first + second).encode()) % dimension] += 1
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class HashedTerms:
    """A sparse encoder: words, and pairs of letters where a script has no spaces, by hash."""

    name: str = "bm25"

    def encode_passage(self, text: str) -> SparseVector:
        counts = Counter(zlib.crc32(term.encode()) for term in _terms(text))
        values = tuple(count / (count + 1.2) for count in counts.values())
        return SparseVector(indices=tuple(counts), values=values)

    def encode_question(self, text: str) -> SparseVector:
        terms = tuple(dict.fromkeys(zlib.crc32(term.encode()) for term in _terms(text)))
        return SparseVector(indices=terms, values=(1.0,) * len(terms))


def _terms(text: str) -> list[str]:
    lowered = text.lower()
    pairs = [a + b for a, b in pairwise(lowered) if a > "\u2e7f" < b]
    return [word for word in lowered.split() if word.isascii()] + pairs


@dataclass(slots=True)
class FillingStore:
    """A passage store on a disk with room for so many more documents.

    replaced: the ids of the documents that were stored, in order. writes: in how many goes.
    """

    inside: PassageStore
    room: int = 1_000_000
    replaced: list[str] = field(default_factory=list)
    writes: int = 0

    async def put(self, passages: Sequence[IndexedPassage]) -> None:
        await self.inside.put(passages)

    async def replace(self, passages: Sequence[IndexedPassage]) -> None:
        self.writes += 1
        by_document = groupby(passages, key=lambda indexed: indexed.passage.document_id)
        for document_id, own in by_document:
            if len(self.replaced) >= self.room:
                raise StorageFull("the store's folder")
            await self.inside.replace(list(own))
            self.replaced.append(document_id)

    async def delete(self, document_ids: Collection[str]) -> None:
        await self.inside.delete(document_ids)

    async def search(
        self, probe: Probe, *, audience: frozenset[str], limit: int
    ) -> Mapping[str, tuple[Hit, ...]]:
        return await self.inside.search(probe, audience=audience, limit=limit)

    async def max_sim(
        self,
        name: str,
        tokens: TokenVectors,
        *,
        passage_ids: Collection[str],
        audience: frozenset[str],
    ) -> Mapping[str, float]:
        return await self.inside.max_sim(name, tokens, passage_ids=passage_ids, audience=audience)

    async def neighbours(self, passage: Passage, *, reach: int) -> tuple[Passage, ...]:
        return await self.inside.neighbours(passage, reach=reach)

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        return await self.inside.passage(passage_id, audience=audience)

    async def passages(self, document_ids: Collection[str]) -> tuple[Passage, ...]:
        return await self.inside.passages(document_ids)

    async def tally(self, tallies: Mapping[str, Tally]) -> None:
        await self.inside.tally(tallies)

    async def documents(self) -> Mapping[str, StoredDocument]:
        return await self.inside.documents()

    async def count(self) -> int:
        return await self.inside.count()

    async def ping(self) -> None:
        await self.inside.ping()

    async def close(self) -> None:
        await self.inside.close()
