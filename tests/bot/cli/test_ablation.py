"""Parts of the search left out, over an index that has them all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.cli.ablation import leaving_out
from bot.knowledge_base import Search, build_ingest
from knowledge.engines.qdrant_edge import Edge
from knowledge.errors import PartNeeded, PartUnknown
from knowledge.model import EVERYONE, Hit, Passage
from tests.fakes import HashedEmbedder, HashedTerms

READERS = frozenset({EVERYONE})
COPIES = ("Vacation is twelve days.", "Vacation is twelve days!")


class ShortestFirst:
    """A reranker that likes few words."""

    async def rerank(self, question: str, passages: Sequence[Passage]) -> list[float]:
        return [-float(len(passage.text)) for passage in passages]


SEARCH = Search(
    embedders=(HashedEmbedder(name="e5"), HashedEmbedder(name="use", dimension=16)),
    sparse=(HashedTerms(),),
    reranker=ShortestFirst(),
)


async def hits(folder: Path, question: str, *left_out: str) -> tuple[Hit, ...]:
    """What is found in three small pages; the index is always the whole one."""
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    texts = {"leave": COPIES[0], "copy": COPIES[1], "travel": "Trains are booked by the desk."}
    for name, text in texts.items():
        (pages / f"{name}.md").write_text(text, encoding="utf-8")
    dense = {embedder.name: embedder.dimension for embedder in SEARCH.embedders}
    store = await Edge.open(folder / "store", dense=dense, sparse=("bm25",), reserve_bytes=0)
    try:
        await build_ingest(store, SEARCH.embedders, SEARCH.sparse).run([pages])
        retriever = leaving_out(left_out)(SEARCH).on(store)
        return await retriever.retrieve(question, audience=READERS)
    finally:
        await store.close()


@pytest.mark.parametrize(
    ("name", "signal"),
    [("dense-e5", "e5"), ("dense-use", "use"), ("bm25", "bm25"), ("reranker", "rerank")],
)
async def test_a_part_that_is_left_out_says_nothing_of_any_hit(
    tmp_path: Path, name: str, signal: str
) -> None:
    whole = await hits(tmp_path, "vacation days")
    without = await hits(tmp_path, "vacation days", name)

    assert any(signal in hit.signals for hit in whole)
    assert without
    assert not any(signal in hit.signals for hit in without)


async def test_near_copies_stay_where_nobody_drops_them(tmp_path: Path) -> None:
    whole = await hits(tmp_path, "vacation days")
    without = await hits(tmp_path, "vacation days", "near-copies")

    assert (len(whole), len(without)) == (2, 3)


def test_no_places_are_kept_for_further_documents_without_variety() -> None:
    assert leaving_out(["variety"])(SEARCH).shape.least_documents == 0


def test_nothing_is_compared_token_by_token_without_late() -> None:
    assert not leaving_out(["late"])(SEARCH).shape.late


def test_passages_are_read_alone_without_their_surroundings() -> None:
    assert leaving_out(["surroundings"])(SEARCH).shape.stretch_tokens == 0


def test_several_parts_can_be_left_out_at_once() -> None:
    search = leaving_out(["dense-use", "reranker", "bm25"])(SEARCH)

    assert [embedder.name for embedder in search.embedders] == ["e5"]
    assert search.sparse == ()
    assert search.reranker is None


def test_an_unknown_part_is_answered_with_the_known_ones() -> None:
    with pytest.raises(PartUnknown, match=r"'dense-e6'.*dense-e5, dense-use, bm25, reranker"):
        leaving_out(["dense-e6"])(SEARCH)


def test_a_part_that_is_not_configured_is_unknown() -> None:
    without_reranker = Search(embedders=SEARCH.embedders, sparse=())

    with pytest.raises(PartUnknown):
        leaving_out(["reranker"])(without_reranker)


def test_something_must_be_left_to_search_with() -> None:
    with pytest.raises(PartNeeded, match="'dense-use'"):
        leaving_out(["bm25", "dense-e5", "dense-use"])(SEARCH)
