"""The store on a server: what goes wrong between us, and what is sent."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from qdrant_client import models

from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_aliases import Aliases, alias_of
from knowledge.engines.qdrant_cluster import Cluster
from knowledge.engines.qdrant_remote import Remote
from knowledge.errors import StorageFull, StoreForbidden, StoreUnavailable
from tests.contracts.passages import DENSE, READERS, SPARSE, indexed, probe
from tests.simulators.published import Published
from tests.simulators.qdrant import QdrantSimulator

OPENAPI = Path("../shared/qdrant/openapi.json")
COLLECTION = "/collections/deskmate"


@pytest.fixture
async def server() -> AsyncIterator[QdrantSimulator]:
    async with QdrantSimulator.running() as simulator:
        yield simulator


async def opened(url: str, **cluster: Any) -> Qdrant:
    """A store that asks once, where nothing else is said."""
    of = Cluster(**{"retries": 0, "first_wait_s": 0.0, **cluster})
    return await Remote.open(url, dense=DENSE, sparse=SPARSE, cluster=of)


@pytest.fixture
async def store(server: QdrantSimulator) -> AsyncIterator[Qdrant]:
    """It asks once."""
    store = await opened(server.url)
    await store.put([indexed("a")])
    yield store
    await store.close()


@pytest.fixture
async def patient(server: QdrantSimulator) -> AsyncIterator[Qdrant]:
    """It asks twice more where that may help."""
    store = await opened(server.url, retries=2)
    await store.put([indexed("a")])
    server.requests.clear()
    yield store
    await store.close()


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


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 502, 503])
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
    store = await opened(server.url, timeout_s=0.05)
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
        store = await opened(server.url)

        with pytest.raises(StoreUnavailable):
            await store.ping()

        await store.ping()
        await store.close()


async def test_nobody_listening_is_an_unavailable_store() -> None:
    async with QdrantSimulator.running() as server:
        url = server.url
    store = await opened(url, retries=1)

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


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_busy_server_is_asked_again(
    patient: Qdrant, server: QdrantSimulator, status: int
) -> None:
    server.refuse_next(status)
    server.refuse_next(status)

    assert await search(patient) == ["a"]
    assert len(server.requests) == 3


async def test_a_connection_that_broke_is_tried_again(
    patient: Qdrant, server: QdrantSimulator
) -> None:
    server.drop_next()
    server.halve_next()

    assert await search(patient) == ["a"]


async def test_a_write_that_met_a_broken_connection_is_done_once(
    patient: Qdrant, server: QdrantSimulator
) -> None:
    server.halve_next()

    await patient.put([indexed("b")])

    assert await patient.count() == 2


async def test_a_server_that_stays_busy_is_given_up(
    patient: Qdrant, server: QdrantSimulator
) -> None:
    for _ in range(3):
        server.refuse_next(503, "busy")

    with pytest.raises(StoreUnavailable, match="503 busy"):
        await search(patient)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
async def test_what_would_be_refused_again_is_not_asked_again(
    patient: Qdrant, server: QdrantSimulator, status: int
) -> None:
    server.refuse_next(status)

    with pytest.raises(StoreUnavailable):
        await search(patient)

    assert len(server.requests) == 1


async def test_a_pause_longer_than_the_deadline_is_not_waited_for(server: QdrantSimulator) -> None:
    store = await opened(server.url, retries=2, timeout_s=0.2)
    await store.ping()
    server.refuse_next(429, "slow down", **{"Retry-After": "3600"})

    with pytest.raises(StoreUnavailable, match=r"within 0\.2 s"):
        await store.ping()
    await store.close()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_key_is_named_as_such(
    store: Qdrant, server: QdrantSimulator, status: int
) -> None:
    server.refuse_next(status, "Invalid API key or JWT")

    with pytest.raises(StoreForbidden, match="qdrant_api_key"):
        await search(store)


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning")
async def test_no_error_shows_the_key_or_a_login_in_the_address(server: QdrantSimulator) -> None:
    url = server.url.replace("http://", "http://me:hunter2@")
    store = await Remote.open(
        url, dense=DENSE, sparse=SPARSE, api_key=SecretStr("open sesame"), cluster=Cluster()
    )
    server.refuse_next(400, "Wrong input: header api-key: open sesame")

    with pytest.raises(StoreUnavailable) as refused:
        await store.ping()
    await store.close()

    told = "".join(traceback.format_exception(refused.value))
    assert "400 Wrong input" in told
    assert "open sesame" not in told
    assert "hunter2" not in told


async def test_a_new_collection_is_kept_as_the_operator_says(server: QdrantSimulator) -> None:
    store = await opened(
        server.url,
        shards=6,
        replicas=3,
        write_consistency=2,
        quantization="int8",
        vectors_on_disk=True,
    )
    await store.put([indexed("a")])
    (made,) = (body for sent, body in sent_to(server) if sent == ("PUT", COLLECTION))

    assert (made["shard_number"], made["replication_factor"]) == (6, 3)
    assert (made["write_consistency_factor"], made["on_disk_payload"]) == (2, True)
    assert made["vectors"]["e5"]["quantization_config"]["scalar"]["type"] == "int8"
    assert made["vectors"]["e5"]["quantization_config"]["scalar"]["always_ram"] is True
    assert made["vectors"]["e5"]["on_disk"] is True
    await store.close()


async def test_bytes_for_the_first_look_are_compared_again_by_the_vectors(
    server: QdrantSimulator,
) -> None:
    store = await opened(server.url, quantization="int8", oversampling=3.0)
    await store.put([indexed("a")])

    assert await search(store) == ["a"]

    _, asked = sent_to(server)[-1]
    by_name = {search["using"]: search.get("params") or {} for search in asked["searches"]}
    assert by_name["e5"]["quantization"] == {"rescore": True, "oversampling": 3.0}
    assert "quantization" not in by_name["bm25"]
    await store.close()


async def test_an_index_that_is_missing_is_made(store: Qdrant, server: QdrantSimulator) -> None:
    server.lose_index("deskmate", "audience")
    again = await opened(server.url)
    server.requests.clear()

    await again.ping()

    assert server.requests.count(("PUT", f"{COLLECTION}/index")) == 1
    await again.close()


async def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    nothing = tmp_path / "ca.pem"

    with pytest.raises(StoreUnavailable, match=r"ca\.pem has no certificates"):
        await Remote.open(
            "https://qdrant", dense=DENSE, sparse=SPARSE, cluster=Cluster(ca_file=nothing)
        )


def sent_to(server: QdrantSimulator) -> list[tuple[tuple[str, str], Any]]:
    return list(zip(server.requests, server.bodies, strict=True))


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


async def test_a_first_look_at_what_is_stored_follows_the_alias(server: QdrantSimulator) -> None:
    """Documents are listed before anything else is asked, as an ingest after a reindex does."""
    anew = await Remote.open(server.url, dense=DENSE, sparse=SPARSE, collection="anew")
    await anew.put([indexed("a")])
    await anew.close()
    aliases = Aliases(server.url, api_key=None, cluster=Cluster())
    await aliases.point("deskmate", "anew")
    await aliases.close()

    store = await Remote.open(server.url, dense=DENSE, sparse=SPARSE, alias=alias_of("deskmate"))
    known = await store.documents()
    await store.close()

    assert len(known) == 1
