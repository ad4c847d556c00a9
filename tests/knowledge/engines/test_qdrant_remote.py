"""The store on a server: what goes wrong between us, and what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from qdrant_client import models

from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_remote import Remote
from knowledge.errors import StorageFull, StoreUnavailable
from tests.contracts.passages import DENSE, READERS, SPARSE, indexed, probe
from tests.simulators.published import Published
from tests.simulators.qdrant import QdrantSimulator

OPENAPI = Path("../shared/qdrant/openapi.json")
COLLECTION = "/collections/deskmate"


@pytest.fixture
async def server() -> AsyncIterator[QdrantSimulator]:
    async with QdrantSimulator.running() as simulator:
        yield simulator


@pytest.fixture
async def store(server: QdrantSimulator) -> AsyncIterator[Qdrant]:
    opened = await Remote.open(server.url, dense=DENSE, sparse=SPARSE)
    await opened.put([indexed("a")])
    yield opened
    await opened.close()


async def search(store: Qdrant) -> list[str]:
    found = await store.search(
        probe(e5=(1, 0, 0), use=(1, 0), bm25={1: 1}), audience=READERS, limit=5
    )
    return [hit.passage.id for hit in found["e5"]]


async def test_opening_sends_nothing(server: QdrantSimulator) -> None:
    store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE)
    await store.close()

    assert server.requests == []


async def test_a_search_is_one_request(store: Qdrant, server: QdrantSimulator) -> None:
    server.requests.clear()

    await search(store)

    assert server.requests == [("POST", f"{COLLECTION}/points/query/batch")]


async def test_the_first_call_makes_the_collection_and_its_indexes_once(
    server: QdrantSimulator,
) -> None:
    store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE)

    await asyncio.gather(store.count(), store.count(), store.count())
    await store.close()

    made = [request for request in server.requests if request[0] == "PUT"]
    assert made == [("PUT", COLLECTION), *[("PUT", f"{COLLECTION}/index")] * 4]


async def test_a_replica_that_was_faster_is_no_trouble(server: QdrantSimulator) -> None:
    first = await Remote.open(server.url, dense=DENSE, sparse=SPARSE)
    await first.put([indexed("a")])
    second = await Remote.open(server.url, dense=DENSE, sparse=SPARSE)
    server.say_next({"exists": False})

    assert await second.count() == 1
    await first.close()
    await second.close()


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
async def test_a_refusal_is_an_unavailable_store(
    store: Qdrant, server: QdrantSimulator, status: int
) -> None:
    server.refuse_next(status)

    with pytest.raises(StoreUnavailable, match=str(status)):
        await search(store)

    assert await search(store) == ["a"]


async def test_too_many_requests_with_a_pause_is_an_unavailable_store(
    store: Qdrant, server: QdrantSimulator
) -> None:
    server.refuse_next(429, "slow down", **{"Retry-After": "3"})

    with pytest.raises(StoreUnavailable, match="slow down"):
        await search(store)


async def test_a_server_without_room_says_so(store: Qdrant, server: QdrantSimulator) -> None:
    server.refuse_next(500, "Service internal error: No space left on device")

    with pytest.raises(StorageFull) as refused:
        await store.put([indexed("b")])

    assert refused.value.path == server.url


async def test_a_dropped_connection_is_an_unavailable_store(
    store: Qdrant, server: QdrantSimulator
) -> None:
    server.drop_next()

    with pytest.raises(StoreUnavailable, match=server.url):
        await search(store)

    assert await search(store) == ["a"]


async def test_a_slow_answer_is_an_unavailable_store(server: QdrantSimulator) -> None:
    store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE, timeout_s=0.05)
    server.hang_next()

    with pytest.raises(StoreUnavailable, match=r"within 0\.05 s"):
        await search(store)
    await store.close()


async def test_an_answer_that_is_no_qdrants_is_an_unavailable_store(
    store: Qdrant, server: QdrantSimulator
) -> None:
    server.babble_next()

    with pytest.raises(StoreUnavailable):
        await search(store)


async def test_an_answer_without_a_result_is_an_unavailable_store(
    store: Qdrant, server: QdrantSimulator
) -> None:
    server.say_next(None)

    with pytest.raises(StoreUnavailable):
        await search(store)


async def test_a_server_that_comes_later_is_waited_for() -> None:
    async with QdrantSimulator.running() as server:
        server.refuse_next(503)
        store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE)

        with pytest.raises(StoreUnavailable):
            await store.ping()

        await store.ping()
        await store.close()


async def test_nobody_listening_is_an_unavailable_store() -> None:
    async with QdrantSimulator.running() as server:
        url = server.url
    store = await Remote.open(url, dense=DENSE, sparse=SPARSE)

    with pytest.raises(StoreUnavailable, match=url):
        await store.ping()

    await store.close()


async def test_a_collection_dropped_behind_our_back_is_made_again(
    store: Qdrant, server: QdrantSimulator
) -> None:
    server.forget("deskmate")

    with pytest.raises(StoreUnavailable, match="404"):
        await search(store)

    assert await search(store) == []


async def test_points_of_somebody_else_are_not_taken_for_passages(
    store: Qdrant, server: QdrantSimulator
) -> None:
    foreign = models.PointStruct(
        id=1, vector={"e5": [1.0, 0.0, 0.0]}, payload={"audience": ["everyone"]}
    )
    server.write("deskmate", [foreign])

    with pytest.raises(StoreUnavailable, match="did not write"):
        await search(store)
    with pytest.raises(StoreUnavailable, match="did not write"):
        await store.documents()


async def test_a_collection_with_an_unnamed_vector_is_somebody_elses(
    server: QdrantSimulator,
) -> None:
    server.make("deskmate", models.VectorParams(size=3, distance=models.Distance.COSINE))
    store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE)

    with pytest.raises(StoreUnavailable, match="fresh"):
        await store.ping()
    await store.close()


async def test_an_address_nobody_can_have_is_refused() -> None:
    with pytest.raises(StoreUnavailable, match="not the address"):
        await Remote.open("ftp://qdrant", dense=DENSE, sparse=SPARSE)


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning")
async def test_the_key_goes_with_every_request(server: QdrantSimulator) -> None:
    store = await Remote.open(
        server.url, dense=DENSE, sparse=SPARSE, api_key=SecretStr("open sesame")
    )
    await store.ping()
    await store.close()

    assert set(server.keys) == {"open sesame"}


@pytest.mark.shared
def test_what_is_not_published_does_not_pass_the_simulator() -> None:
    if not OPENAPI.exists():
        pytest.skip("the description of Qdrant's API is not here")
    from jsonschema import ValidationError

    published = Published(OPENAPI)
    points = f"{'/collections/{collection_name}'}/points"

    with pytest.raises(ValidationError):
        published.check_request("put", points, {"points": [{"vector": {}}]})
    with pytest.raises(ValidationError):
        published.check_response("post", f"{points}/count", {"result": {"count": "many"}})
