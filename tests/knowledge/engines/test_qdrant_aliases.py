"""Which collection counts is said by an alias, and changed in one request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest

from knowledge.engines.qdrant_aliases import Aliases
from knowledge.engines.qdrant_cluster import Cluster
from knowledge.engines.qdrant_remote import Remote
from tests.contracts.passages import DENSE, READERS, SPARSE, indexed, probe
from tests.simulators.published import Published
from tests.simulators.qdrant import QdrantSimulator

OPENAPI = Path("../shared/qdrant/openapi.json")


@cache
def published() -> Published | None:
    return Published(OPENAPI) if OPENAPI.exists() else None


@pytest.fixture
async def server() -> AsyncIterator[QdrantSimulator]:
    async with QdrantSimulator.running(published()) as simulator:
        yield simulator


@pytest.fixture
async def aliases(server: QdrantSimulator) -> AsyncIterator[Aliases]:
    opened = Aliases(server.url, api_key=None, cluster=Cluster())
    yield opened
    await opened.close()


async def holding(server: QdrantSimulator, passage: str, collection: str) -> None:
    store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE, collection=collection)
    await store.put([indexed(passage)])
    await store.close()


async def found(server: QdrantSimulator) -> list[str]:
    store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE, alias="deskmate-live")
    hits = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=5)
    await store.close()
    return [hit.passage.id for hit in hits["e5"]]


async def test_nothing_counts_before_there_is_anything(aliases: Aliases) -> None:
    assert await aliases.current("deskmate") is None


async def test_without_an_alias_the_configured_collection_counts(
    server: QdrantSimulator, aliases: Aliases
) -> None:
    await holding(server, "a", "deskmate")

    kept = await aliases.current("deskmate")

    assert kept is not None
    assert (kept.name, dict(kept.layout.dense)) == ("deskmate", DENSE)
    assert await found(server) == ["a"]


async def test_the_alias_decides_and_moves_in_one_request(
    server: QdrantSimulator, aliases: Aliases
) -> None:
    for passage, collection in (("a", "deskmate"), ("b", "deskmate-1"), ("c", "deskmate-2")):
        await holding(server, passage, collection)

    await aliases.point("deskmate", "deskmate-1")
    assert await found(server) == ["b"]
    server.requests.clear()
    await aliases.point("deskmate", "deskmate-2")

    assert server.requests == [("GET", "/aliases"), ("POST", "/collections/aliases")]
    assert await found(server) == ["c"]


async def test_who_reads_already_goes_on_with_what_they_began_with(
    server: QdrantSimulator, aliases: Aliases
) -> None:
    await holding(server, "a", "deskmate")
    await holding(server, "b", "deskmate-1")
    store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE, alias="deskmate-live")
    await store.ping()

    await aliases.point("deskmate", "deskmate-1")

    assert await store.passage("a", audience=READERS) is not None
    await store.close()


async def test_a_collection_is_dropped_once_and_again(
    server: QdrantSimulator, aliases: Aliases
) -> None:
    await holding(server, "a", "deskmate-1")

    await aliases.drop("deskmate-1")
    await aliases.drop("deskmate-1")

    assert await aliases.names("deskmate") == ()
