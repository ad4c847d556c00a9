"""Small passages to store and questions to ask, for the tests of stores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from knowledge.model import (
    EVERYONE,
    IndexedPassage,
    Passage,
    Probe,
    SparseVector,
    TokenVectors,
    Vector,
)

DENSE = {"e5": 3, "use": 2}
SPARSE = ("bm25",)
TOKENS = {"e5": 128}
READERS = frozenset({EVERYONE})


def unit(*numbers: float) -> Vector:
    """A vector of length 1 in this direction."""
    vector = np.array(numbers, dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def tokens(*words: int) -> TokenVectors:
    """A vector a token: the same word has the same, others are nearly at right angles."""
    rows = [np.random.default_rng(word).normal(size=TOKENS["e5"]) for word in words]
    units = [row / np.linalg.norm(row) for row in rows]
    return np.array(units, dtype=np.float16).reshape(-1, TOKENS["e5"])


def terms(weights: Mapping[int, float]) -> SparseVector:
    """Weights by term."""
    return SparseVector(indices=tuple(weights), values=tuple(weights.values()))


def indexed(
    passage_id: str,
    *,
    document_id: str = "handbook",
    e5: tuple[float, float, float] = (1, 0, 0),
    use: tuple[float, float] = (1, 0),
    bm25: Mapping[int, float] | None = None,
    position: int = 0,
    audience: frozenset[str] = READERS,
    digest: str = "first",
    of: int = 1,
    text: str = "",
) -> IndexedPassage:
    """A passage with vectors; `of` is how many passages its document has."""
    return IndexedPassage(
        passage=Passage(
            id=passage_id,
            document_id=document_id,
            title=f"The {document_id}",
            uri=f"file:///{document_id}.md",
            language="en",
            text=text or f"Text of {passage_id}",
            position=position,
            audience=audience,
        ),
        dense={"e5": unit(*e5), "use": unit(*use)},
        sparse={"bm25": terms({1: 1.0} if bm25 is None else bm25)},
        document_digest=digest,
        document_root="/srv/handbook",
        document_passages=of,
    )


def probe(
    *,
    e5: tuple[float, float, float] | None = None,
    use: tuple[float, float] | None = None,
    bm25: Mapping[int, float] | None = None,
) -> Probe:
    """A question, with the vectors that are given."""
    dense = {name: unit(*v) for name, v in (("e5", e5), ("use", use)) if v is not None}
    return Probe(dense=dense, sparse={} if bm25 is None else {"bm25": terms(bm25)})
