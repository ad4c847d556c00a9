"""A store that becomes the same as another answers the same, votes and vectors included."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_edge import Edge
from knowledge.engines.qdrant_local import Local
from knowledge.engines.qdrant_remote import Remote
from knowledge.model import Hit, Tally
from tests.contracts.passages import DENSE, READERS, SPARSE, TOKENS, indexed, probe, tokens
from tests.simulators.qdrant import QdrantSimulator

Open = Callable[[str], Awaitable[Qdrant]]


@asynccontextmanager
async def in_folders(folder: Path) -> AsyncIterator[Open]:
    yield lambda name: Edge.open(
        folder / name, dense=DENSE, sparse=SPARSE, tokens=TOKENS, reserve_bytes=0
    )


@asynccontextmanager
async def in_memory(_: Path) -> AsyncIterator[Open]:
    yield lambda _name: Local.open(dense=DENSE, sparse=SPARSE, tokens=TOKENS)


@asynccontextmanager
async def on_a_server(_: Path) -> AsyncIterator[Open]:
    async with QdrantSimulator.running() as server:
        yield lambda name: Remote.open(
            server.url, dense=DENSE, sparse=SPARSE, tokens=TOKENS, collection=name
        )


@pytest.fixture(params=[in_folders, in_memory, on_a_server], ids=lambda made: made.__name__)
async def stores(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[Qdrant, Qdrant]]:
    async with request.param(tmp_path) as opened:
        one, other = await opened("one"), await opened("other")
        yield one, other
        await one.close()
        await other.close()


async def found(store: Qdrant) -> Mapping[str, tuple[Hit, ...]]:
    asked = probe(e5=(1, 0.5, 0), use=(1, 0), bm25={1: 1})
    return await store.search(asked, audience=READERS, limit=10)


async def test_a_mirror_finds_the_same_and_carries_the_same_votes(
    stores: tuple[Qdrant, Qdrant],
) -> None:
    live, copy = stores
    pages = [indexed(f"p{n}", document_id=f"d{n}", e5=(1, n, 0), bm25={1: n / 9}) for n in range(9)]
    await live.put(pages)
    await live.tally({"p1": Tally(helpful=3)})

    await copy.mirror(live)

    assert await found(copy) == await found(live)
    assert await copy.documents() == await live.documents()


async def test_a_mirror_compares_token_by_token_to_the_same_figures(
    stores: tuple[Qdrant, Qdrant],
) -> None:
    live, copy = stores
    ids = [f"p{n}" for n in range(40)]
    await live.put(
        [
            replace(indexed(id_, of=40), tokens={"e5": tokens(n, n + 1, 99)})
            for n, id_ in enumerate(ids)
        ]
    )

    await copy.mirror(live)

    asked = tokens(3, 4, 20, 99)
    scores = await live.max_sim("e5", asked, passage_ids=ids, audience=READERS)
    assert len(scores) == 40
    assert await copy.max_sim("e5", asked, passage_ids=ids, audience=READERS) == scores


async def test_a_mirror_forgets_what_the_other_no_longer_holds(
    stores: tuple[Qdrant, Qdrant],
) -> None:
    live, copy = stores
    await copy.put([indexed("old", document_id="gone"), indexed("a", digest="old")])
    await live.put([indexed("a", digest="new"), indexed("b", document_id="same")])
    await copy.mirror(live)
    await live.tally({"b": Tally(not_helpful=1)})

    await copy.mirror(live)

    assert sorted(await copy.documents()) == ["handbook", "same"]
    assert (await copy.documents())["handbook"].digest == "new"
    assert await copy.count() == 2
    kept = await copy.passage("b", audience=READERS)
    assert kept is not None
    assert kept.votes == Tally(not_helpful=1)
