"""Documents taken in with a vector a token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_edge import Edge
from knowledge.ingest import Ingest
from knowledge.model import EVERYONE, IngestReport, TokenEmbedding, TokenVectors
from knowledge.parsers import parser_for
from knowledge.parsers.jsonl import parse_jsonl
from knowledge.ports import Embedder
from tests.fakes import HashedEmbedder, HashedTerms, hashed_vector

READERS = frozenset({EVERYONE})
DIMENSION = 64


class HashedByToken(HashedEmbedder):
    """Tells a vector a word too."""

    async def embed_passage_tokens(self, texts: Sequence[str]) -> list[TokenEmbedding]:
        vectors = await self.embed_passages(texts)
        return [
            TokenEmbedding(vector=vector, tokens=word_vectors(text))
            for vector, text in zip(vectors, texts, strict=True)
        ]

    async def embed_question_tokens(self, text: str) -> TokenEmbedding:
        return TokenEmbedding(vector=await self.embed_question(text), tokens=word_vectors(text))


def word_vectors(text: str) -> TokenVectors:
    rows = [hashed_vector(word.strip("."), DIMENSION) for word in text.split()]
    return np.array(rows, dtype=np.float16)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Qdrant]:
    opened = await Edge.open(
        tmp_path / "store",
        dense={"hashed": 32},
        sparse=["bm25"],
        tokens={"hashed": DIMENSION},
        reserve_bytes=0,
    )
    yield opened
    await opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pages = tmp_path / "handbook"
    pages.mkdir()
    (pages / "leave.md").write_text("Thirty days of leave.", encoding="utf-8")
    (pages / "travel.md").write_text("Trains are booked by the desk.", encoding="utf-8")
    return pages


async def take(store: Qdrant, folder: Path, embedder: Embedder) -> IngestReport:
    ingest = Ingest(
        store=store,
        embedders=(embedder,),
        sparse=(HashedTerms(),),
        parser_for=parser_for,
        parse_jsonl=parse_jsonl,
    )
    return await ingest.run([folder])


async def test_passages_are_stored_with_the_vectors_of_their_tokens(
    store: Qdrant, folder: Path
) -> None:
    await take(store, folder, HashedByToken())

    found = await store.max_sim(
        "hashed",
        word_vectors("Thirty days"),
        passage_ids=("leave#0", "travel#0"),
        audience=READERS,
    )

    assert found["leave#0"] == pytest.approx(1.0, abs=0.05)
    assert found["travel#0"] < 0.7


async def test_each_text_is_read_once_for_both_kinds_of_vectors(
    store: Qdrant, folder: Path
) -> None:
    embedder = HashedByToken()

    await take(store, folder, embedder)

    assert len(embedder.embedded) == len(set(embedder.embedded)) == 2


async def test_documents_are_read_again_once_token_vectors_are_wanted(
    store: Qdrant, folder: Path
) -> None:
    before = await take(store, folder, HashedEmbedder())

    after = await take(store, folder, HashedByToken())
    again = await take(store, folder, HashedByToken())

    assert (before.documents, after.documents) == (2, 2)
    assert (again.documents, again.unchanged) == (0, 2)
