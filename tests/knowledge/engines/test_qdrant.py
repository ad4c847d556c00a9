"""The rules of the store where a write stops half-way."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import Layout
from knowledge.engines.qdrant_local import Local
from knowledge.engines.qdrant_points import Found, Payload, Point, Points, Search, Where
from knowledge.errors import StoreUnavailable
from tests.contracts.passages import DENSE, READERS, SPARSE, indexed, probe


class DiesBeforeDeleting:
    """Points that take every write, and vanish when something is to be deleted."""

    def __init__(self, points: Points) -> None:
        self.points = points

    async def upsert(self, points: Sequence[Point]) -> None:
        await self.points.upsert(points)

    async def delete(self, where: Where) -> None:
        raise StoreUnavailable("died")

    async def flush(self) -> None:
        await self.points.flush()

    async def query(self, searches: Sequence[Search]) -> list[list[Found]]:
        return await self.points.query(searches)

    async def scroll(self, where: Where, fields: tuple[str, ...] | None = None) -> list[Payload]:
        return await self.points.scroll(where, fields)

    async def count(self) -> int:
        return await self.points.count()

    async def close(self) -> None:
        await self.points.close()


@pytest.fixture
async def points() -> Points:
    return await Local.points(layout=Layout(dense=DENSE, sparse=SPARSE))


def store_on(points: Points, *, time_ns: int) -> Qdrant:
    layout = Layout(dense=DENSE, sparse=SPARSE)
    return Qdrant(points, layout=layout, clock_ns=lambda: time_ns)


async def replaced_half_way(points: Points) -> Qdrant:
    """A store with both versions of a passage, the second stored later."""
    await store_on(points, time_ns=1).replace([indexed("a", text="old")])
    dying = store_on(DiesBeforeDeleting(points), time_ns=2)
    with pytest.raises(StoreUnavailable):
        await dying.replace([indexed("a", text="new", digest="second", e5=(1, 1, 0))])
    return store_on(points, time_ns=3)


async def test_after_an_interrupted_replacement_only_the_new_version_is_found(
    points: Points,
) -> None:
    store = await replaced_half_way(points)

    found = await store.search(
        probe(e5=(1, 0, 0), use=(1, 0), bm25={1: 1}), audience=READERS, limit=5
    )

    texts = [[hit.passage.text for hit in hits] for hits in found.values()]
    assert texts == [["new"]] * 3


async def test_two_versions_take_the_place_of_one(points: Points) -> None:
    store = await replaced_half_way(points)
    await store.put([indexed("b", document_id="other", e5=(0, 1, 0), use=(0, 1))])

    found = await store.search(probe(e5=(1, 0, 0), use=(1, 0)), audience=READERS, limit=2)

    ids = [[hit.passage.id for hit in hits] for hits in found.values()]
    assert ids == [["a", "b"]] * 2


async def test_an_interrupted_replacement_shows_as_incomplete(points: Points) -> None:
    store = await replaced_half_way(points)

    document = (await store.documents())["handbook"]

    assert (document.digest, document.complete) == ("second", False)


async def test_replacing_again_mends_an_interrupted_replacement(points: Points) -> None:
    store = await replaced_half_way(points)

    await store.replace([indexed("a", text="new", digest="second")])

    assert (await store.documents())["handbook"].complete
    assert await store.count() == 1


async def test_a_passage_and_its_neighbours_come_in_the_new_version(points: Points) -> None:
    store = await replaced_half_way(points)

    passage = await store.passage("a", audience=READERS)
    assert passage is not None
    near = await store.neighbours(passage, reach=1)

    assert [passage.text, *[other.text for other in near]] == ["new", "new"]


async def test_a_passage_without_its_text_is_somebody_elses(points: Points) -> None:
    payload = {"passage_id": "a", "audience": ["everyone"], "stored": 1}
    await points.upsert([Point(id=str(UUID(int=1)), dense={}, sparse={}, payload=payload)])

    with pytest.raises(StoreUnavailable, match="did not write"):
        await store_on(points, time_ns=2).passage("a", audience=READERS)
