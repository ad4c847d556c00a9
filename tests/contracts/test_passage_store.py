"""What every passage store does, whichever Qdrant it speaks to."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_edge import Edge
from knowledge.engines.qdrant_local import Local
from knowledge.engines.qdrant_remote import Remote
from knowledge.errors import StoreOutdated, StoreUnavailable
from knowledge.model import EVERYONE, Hit, IndexedPassage, Tally
from knowledge.ports import PassageStore
from tests.contracts.passages import DENSE, READERS, SPARSE, indexed, probe, terms, unit
from tests.simulators.published import Published
from tests.simulators.qdrant import QdrantSimulator

OPENAPI = Path("../shared/qdrant/openapi.json")
HR = frozenset({EVERYONE, "hr"})

Open = Callable[..., Awaitable[PassageStore]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a store lies.

    open: opens what lies there, with `dense` and `sparse` as in the store's own `open`.
    keeps: whether what was stored outlives the closing.
    """

    open: Open
    keeps: bool = True


@asynccontextmanager
async def in_a_folder(folder: Path) -> AsyncIterator[Place]:
    async def open_edge(**vectors: object) -> PassageStore:
        return await Edge.open(folder / "knowledge", **vectors)

    yield Place(open=open_edge)


@asynccontextmanager
async def in_memory(_: Path) -> AsyncIterator[Place]:
    async def open_local(**vectors: object) -> PassageStore:
        return await Local.open(**vectors)

    yield Place(open=open_local, keeps=False)


@asynccontextmanager
async def over_http(_: Path) -> AsyncIterator[Place]:
    async with QdrantSimulator.running(_published()) as simulator:

        async def open_remote(**vectors: object) -> PassageStore:
            return await Remote.open(simulator.url, **vectors)

        yield Place(open=open_remote)


@asynccontextmanager
async def on_a_real_server(_: Path) -> AsyncIterator[Place]:
    url = os.environ["QDRANT_URL"]
    from qdrant_client import AsyncQdrantClient

    collection = f"deskmate-test-{uuid4()}"

    async def open_remote(**vectors: object) -> PassageStore:
        return await Remote.open(url, collection=collection, **vectors)

    yield Place(open=open_remote)
    client = AsyncQdrantClient(url=url, check_compatibility=False)
    await client.delete_collection(collection)
    await client.close()


@cache
def _published() -> Published | None:
    return Published(OPENAPI) if OPENAPI.exists() else None


PLACES = [in_a_folder, in_memory, over_http]
if "QDRANT_URL" in os.environ:
    PLACES.append(on_a_real_server)


@pytest.fixture(params=PLACES, ids=lambda made: made.__name__)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with request.param(tmp_path) as found:
        yield found


@pytest.fixture
async def store(place: Place) -> AsyncIterator[PassageStore]:
    opened = await place.open(dense=DENSE, sparse=SPARSE)
    yield opened
    await opened.close()


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.passage.id for hit in hits]


class TestSearch:
    async def test_each_vector_ranks_by_its_own_nearness(self, store: PassageStore) -> None:
        await store.put(
            [
                indexed("a", e5=(1, 0, 0), use=(0, 1), bm25={1: 0.2, 9: 1}),
                indexed("b", e5=(1, 1, 0), use=(1, 1), bm25={1: 0.9, 9: 1}),
                indexed("c", e5=(0, 1, 0), use=(1, 0), bm25={1: 0.5, 9: 1}),
            ]
        )

        found = await store.search(
            probe(e5=(1, 0, 0), use=(1, 0), bm25={1: 1}), audience=READERS, limit=3
        )

        assert {name: ids(hits) for name, hits in found.items()} == {
            "e5": ["a", "b", "c"],
            "use": ["c", "b", "a"],
            "bm25": ["b", "c", "a"],
        }

    async def test_a_dense_score_is_the_cosine(self, store: PassageStore) -> None:
        await store.put([indexed("a", e5=(1, 1, 0))])

        found = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=1)

        assert found["e5"][0].score == pytest.approx(0.5**0.5, abs=1e-3)
        assert found["e5"][0].signals == {"e5": found["e5"][0].score}

    async def test_a_rare_term_counts_more_than_a_common_one(self, store: PassageStore) -> None:
        await store.put([indexed(name, bm25={1: 1}) for name in "abcd"])
        await store.put([indexed("rare", bm25={2: 1})])

        found = await store.search(probe(bm25={1: 1, 2: 1}), audience=READERS, limit=5)

        # ln(1 + (N - n + 0.5) / (n + 0.5)) with N = 5 passages, n = 1 of them with the term
        assert ids(found["bm25"]) == ["rare", "a", "b", "c", "d"]
        assert found["bm25"][0].score == pytest.approx(np.log(1 + 4.5 / 1.5), abs=1e-3)

    async def test_passages_outside_the_audience_are_never_returned(
        self, store: PassageStore
    ) -> None:
        await store.put([indexed("secret", audience=frozenset({"hr"}))])

        found = await store.search(
            probe(e5=(1, 0, 0), use=(1, 0), bm25={1: 1}), audience=READERS, limit=5
        )

        assert found == {"e5": (), "use": (), "bm25": ()}

    async def test_passages_outside_the_audience_take_nobodys_place(
        self, store: PassageStore
    ) -> None:
        secrets = [indexed(f"secret{n}", audience=frozenset({"hr"})) for n in range(40)]
        await store.put([*secrets, indexed("open", e5=(1, 5, 0), use=(1, 5), bm25={1: 0.1})])

        found = await store.search(
            probe(e5=(1, 0, 0), use=(1, 0), bm25={1: 1}), audience=READERS, limit=1
        )

        assert [ids(hits) for hits in found.values()] == [["open"]] * 3

    async def test_passages_outside_the_audience_do_not_make_a_term_common(
        self, store: PassageStore
    ) -> None:
        await store.put([indexed("a", bm25={1: 1}), indexed("b", bm25={2: 1})])
        before = await store.search(probe(bm25={1: 1}), audience=READERS, limit=1)

        await store.put([indexed(f"s{n}", audience=frozenset({"hr"})) for n in range(9)])
        after = await store.search(probe(bm25={1: 1}), audience=READERS, limit=1)

        assert after["bm25"][0].score == pytest.approx(before["bm25"][0].score)

    async def test_one_shared_name_is_enough_to_read(self, store: PassageStore) -> None:
        await store.put([indexed("a", audience=frozenset({"hr", "finance"}))])

        found = await store.search(probe(e5=(1, 0, 0)), audience=HR, limit=5)

        assert ids(found["e5"]) == ["a"]

    async def test_nobody_finds_nothing(self, store: PassageStore) -> None:
        await store.put([indexed("a")])

        found = await store.search(probe(e5=(1, 0, 0)), audience=frozenset(), limit=5)

        assert found == {"e5": ()}

    async def test_equal_scores_are_ordered_by_passage_id(self, store: PassageStore) -> None:
        await store.put([indexed(name) for name in ("d", "b", "a", "c")])

        found = await store.search(probe(e5=(1, 1, 0), bm25={1: 1}), audience=READERS, limit=3)

        assert ids(found["e5"]) == ids(found["bm25"]) == ["a", "b", "c"]

    async def test_a_crowd_of_equal_scores_still_gives_the_smallest_ids(
        self, store: PassageStore
    ) -> None:
        await store.put([indexed(f"p{n:02}") for n in reversed(range(30))])

        found = await store.search(probe(e5=(1, 1, 0), bm25={1: 1}), audience=READERS, limit=2)

        assert ids(found["e5"]) == ids(found["bm25"]) == ["p00", "p01"]

    async def test_an_empty_store_finds_nothing(self, store: PassageStore) -> None:
        found = await store.search(probe(e5=(1, 0, 0), bm25={1: 1}), audience=READERS, limit=5)

        assert found == {"e5": (), "bm25": ()}

    @pytest.mark.parametrize("limit", [0, -1])
    async def test_a_limit_below_one_finds_nothing(self, store: PassageStore, limit: int) -> None:
        await store.put([indexed("a")])

        found = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=limit)

        assert found == {"e5": ()}

    async def test_no_more_than_the_limit_come_back(self, store: PassageStore) -> None:
        await store.put([indexed(f"p{n}", e5=(1, n, 0)) for n in range(20)])

        found = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=3)

        assert ids(found["e5"]) == ["p0", "p1", "p2"]

    async def test_a_question_without_terms_finds_nothing_by_terms(
        self, store: PassageStore
    ) -> None:
        await store.put([indexed("a")])

        found = await store.search(probe(e5=(1, 0, 0), bm25={}), audience=READERS, limit=5)

        assert (ids(found["e5"]), found["bm25"]) == (["a"], ())

    async def test_a_passage_without_terms_is_found_by_its_meaning(
        self, store: PassageStore
    ) -> None:
        await store.put([indexed("a", bm25={})])

        found = await store.search(probe(e5=(1, 0, 0), bm25={1: 1}), audience=READERS, limit=5)

        assert (ids(found["e5"]), found["bm25"]) == (["a"], ())

    async def test_terms_with_the_largest_hashes_are_found(self, store: PassageStore) -> None:
        await store.put([indexed("a", bm25={2**31: 1}), indexed("b", bm25={2**32 - 1: 1})])

        found = await store.search(probe(bm25={2**32 - 1: 1}), audience=READERS, limit=5)

        assert ids(found["bm25"]) == ["b"]

    async def test_a_vector_the_store_was_not_made_for_is_refused(
        self, store: PassageStore
    ) -> None:
        with pytest.raises(StoreOutdated, match=r"e5 \(3\)"):
            await store.search(
                replace(probe(), dense={"e5": unit(1, 0)}), audience=READERS, limit=1
            )
        with pytest.raises(StoreOutdated, match="splade"):
            await store.search(
                replace(probe(), sparse={"splade": terms({1: 1})}), audience=READERS, limit=1
            )


class TestPut:
    async def test_a_passage_comes_back_as_it_was_stored(self, store: PassageStore) -> None:
        stored = replace(
            indexed("handbook#3").passage,
            title="员工手册",
            language="zh",
            text="年假为 15 天。\n\n| 工龄 | 天数 |\n",
            heading_path=("假期", "年假"),
            page=7,
            position=3,
            audience=frozenset({"hr", EVERYONE}),
            owner="slack:U1",
            review_on=date(2027, 1, 31),
        )

        await store.put([replace(indexed("handbook#3"), passage=stored)])

        assert await store.passage("handbook#3", audience=READERS) == stored

    @pytest.mark.parametrize(
        "passage_id", ["员工手册__假期#1", "a/b c", "ＡＢＣ", "😀", "O'Neill\"; --", "x" * 500]
    )
    async def test_any_text_can_be_an_id(self, store: PassageStore, passage_id: str) -> None:
        await store.put([indexed(passage_id, document_id=f"doc of {passage_id}")])

        found = await store.passage(passage_id, audience=READERS)

        assert found is not None
        assert found.document_id == f"doc of {passage_id}"

    async def test_putting_twice_changes_nothing(self, store: PassageStore) -> None:
        await store.put([indexed("a"), indexed("b")])
        before = await store.documents()

        await store.put([indexed("a"), indexed("b")])

        assert await store.count() == 2
        assert await store.documents() == before

    async def test_a_known_id_replaces_what_was_there(self, store: PassageStore) -> None:
        await store.put([indexed("a", text="old"), indexed("b")])

        await store.put([indexed("a", text="new", digest="second")])

        found = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=5)
        assert [hit.passage.text for hit in found["e5"]] == ["new", "Text of b"]
        assert await store.count() == 2

    async def test_more_passages_than_one_write_takes_all_arrive(self, store: PassageStore) -> None:
        await store.put([indexed(f"p{n}", of=1100, position=n) for n in range(1100)])

        assert await store.count() == 1100
        assert (await store.documents())["handbook"].complete

    async def test_nothing_can_be_put(self, store: PassageStore) -> None:
        await store.put([])

        assert await store.count() == 0

    async def test_a_wrong_vector_is_refused_before_anything_is_written(
        self, store: PassageStore
    ) -> None:
        wrong = replace(indexed("b"), dense={"e5": unit(1, 0)})

        with pytest.raises(StoreOutdated):
            await store.put([indexed("a"), wrong])

        assert await store.count() == 0


class TestReplace:
    async def test_the_new_version_takes_the_place_of_the_old(self, store: PassageStore) -> None:
        await store.replace([indexed(name, of=3) for name in "abc"])
        await store.put([indexed("other", document_id="other", e5=(0, 1, 0))])

        await store.replace([indexed(name, of=2, digest="second", text="new") for name in "ab"])

        found = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=9)
        assert ids(found["e5"]) == ["a", "b", "other"]
        assert [hit.passage.text for hit in found["e5"][:2]] == ["new", "new"]
        assert await store.count() == 3

    async def test_a_document_that_became_secret_is_secret(self, store: PassageStore) -> None:
        await store.replace([indexed("a")])

        await store.replace([indexed("a", audience=frozenset({"hr"}), digest="second")])

        assert await store.passage("a", audience=READERS) is None
        assert await store.passage("a", audience=HR) is not None

    async def test_the_same_version_can_be_cut_into_fewer_passages(
        self, store: PassageStore
    ) -> None:
        await store.replace([indexed(name, of=3) for name in "abc"])

        await store.replace([indexed("a", of=1)])

        assert (await store.documents())["handbook"].complete
        assert await store.count() == 1

    async def test_replacing_with_nothing_keeps_everything(self, store: PassageStore) -> None:
        await store.put([indexed("a")])

        await store.replace([])

        assert await store.count() == 1


class TestDelete:
    async def test_a_deleted_document_is_gone_with_its_passages(self, store: PassageStore) -> None:
        await store.put([indexed("a"), indexed("b"), indexed("c", document_id="other")])

        await store.delete(["handbook"])

        found = await store.search(probe(e5=(1, 0, 0), bm25={1: 1}), audience=READERS, limit=5)
        assert ids(found["e5"]) == ids(found["bm25"]) == ["c"]
        assert list(await store.documents()) == ["other"]

    async def test_deleting_what_is_not_there_changes_nothing(self, store: PassageStore) -> None:
        await store.put([indexed("a")])

        await store.delete(["unknown"])
        await store.delete([])

        assert await store.count() == 1

    async def test_deleted_passages_do_not_make_a_term_common(self, store: PassageStore) -> None:
        await store.put([indexed("a", bm25={1: 1}), indexed("b", bm25={2: 1})])
        before = await store.search(probe(bm25={1: 1}), audience=READERS, limit=1)
        await store.put([indexed(f"gone{n}", document_id="gone") for n in range(9)])

        await store.delete(["gone"])

        after = await store.search(probe(bm25={1: 1}), audience=READERS, limit=1)
        assert after["bm25"][0].score == pytest.approx(before["bm25"][0].score)


class TestTally:
    async def votes(self, store: PassageStore, passage_id: str) -> Tally:
        passage = await store.passage(passage_id, audience=READERS)
        assert passage is not None
        return passage.votes

    async def test_a_passage_carries_its_votes(self, store: PassageStore) -> None:
        await store.put([indexed("a"), indexed("b")])
        assert await self.votes(store, "a") == Tally()

        await store.tally({"a": Tally(helpful=3, not_helpful=1)})

        assert await self.votes(store, "a") == Tally(helpful=3, not_helpful=1)
        assert await self.votes(store, "b") == Tally()
        found = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=2)
        assert found["e5"][0].passage.votes == Tally(helpful=3, not_helpful=1)

    async def test_the_last_count_stands(self, store: PassageStore) -> None:
        await store.put([indexed("a")])
        await store.tally({"a": Tally(helpful=3)})

        await store.tally({"a": Tally(helpful=2, not_helpful=1)})

        assert await self.votes(store, "a") == Tally(helpful=2, not_helpful=1)

    async def test_passages_that_are_gone_are_ignored(self, store: PassageStore) -> None:
        await store.put([indexed("a")])

        await store.tally({"gone": Tally(helpful=1), "a": Tally(helpful=1)})
        await store.tally({})

        assert await store.count() == 1
        assert await self.votes(store, "a") == Tally(helpful=1)

    async def test_votes_stay_when_a_passage_is_stored_again(self, store: PassageStore) -> None:
        await store.replace([indexed("a", of=2), indexed("b", of=2)])
        await store.tally({"a": Tally(helpful=2), "b": Tally(not_helpful=1)})

        await store.replace([indexed("a", of=2, digest="second"), indexed("b", of=2)])
        await store.put([indexed("b", of=2, digest="second", text="new")])

        assert await self.votes(store, "a") == Tally(helpful=2)
        assert await self.votes(store, "b") == Tally(not_helpful=1)

    async def test_votes_change_nothing_else(self, store: PassageStore) -> None:
        await store.put([indexed("a", of=1)])
        before = await store.passage("a", audience=READERS)
        assert before is not None

        await store.tally({"a": Tally(helpful=1)})

        after = await store.passage("a", audience=READERS)
        assert after == replace(before, votes=Tally(helpful=1))
        assert (await store.documents())["handbook"].complete

    async def test_votes_outlive_the_closing(self, place: Place) -> None:
        if not place.keeps:
            pytest.skip("memory forgets")
        store = await place.open(dense=DENSE, sparse=SPARSE)
        await store.put([indexed("a")])
        await store.tally({"a": Tally(helpful=1)})
        await store.close()

        again = await place.open(dense=DENSE, sparse=SPARSE)

        assert await self.votes(again, "a") == Tally(helpful=1)
        await again.close()


class TestReading:
    async def test_neighbours_come_in_reading_order(self, store: PassageStore) -> None:
        passages = [indexed(f"p{9 - n}", position=n, of=6) for n in range(6)]
        await store.put([*passages, indexed("other", document_id="other", position=2)])

        near = await store.neighbours(passages[2].passage, reach=1)

        assert [passage.position for passage in near] == [1, 2, 3]
        assert {passage.document_id for passage in near} == {"handbook"}

    async def test_neighbours_stop_at_the_documents_ends(self, store: PassageStore) -> None:
        passages = [indexed(f"p{n}", position=n) for n in range(3)]
        await store.put(passages)

        near = await store.neighbours(passages[0].passage, reach=9)

        assert [passage.id for passage in near] == ["p0", "p1", "p2"]

    async def test_a_neighbour_not_every_reader_may_see_is_left_out(
        self, store: PassageStore
    ) -> None:
        seen = indexed("p0", position=0, audience=HR)
        secret = indexed("p1", position=1, audience=frozenset({"hr"}))
        wider = indexed("p2", position=2, audience=HR | {"finance"})
        await store.put([seen, secret, wider])

        near = await store.neighbours(seen.passage, reach=2)

        assert [passage.id for passage in near] == ["p0", "p2"]

    async def test_a_passage_for_others_is_not_there(self, store: PassageStore) -> None:
        await store.put([indexed("a", audience=frozenset({"hr"}))])

        assert await store.passage("a", audience=READERS) is None
        assert await store.passage("a", audience=frozenset()) is None
        assert await store.passage("a", audience=HR) is not None
        assert await store.passage("b", audience=HR) is None

    async def test_whole_documents_come_in_reading_order(self, store: PassageStore) -> None:
        await store.put([indexed(f"p{9 - n}", position=n, of=3) for n in (2, 0, 1)])
        await store.put([indexed("b", document_id="benefits"), indexed("x", document_id="other")])

        found = await store.passages(["handbook", "benefits", "unknown"])

        assert [passage.id for passage in found] == ["b", "p9", "p8", "p7"]
        assert await store.passages([]) == ()

    async def test_whole_documents_have_what_only_some_may_read(self, store: PassageStore) -> None:
        await store.put([indexed("a", audience=frozenset({"hr"})), indexed("b", position=1)])

        found = await store.passages(["handbook"])

        assert [passage.audience for passage in found] == [frozenset({"hr"}), READERS]

    async def test_a_large_document_comes_whole(self, store: PassageStore) -> None:
        await store.put([indexed(f"p{n}", of=1100, position=n) for n in range(1100)])

        found = await store.passages(["handbook"])

        assert [passage.position for passage in found] == list(range(1100))

    async def test_documents_tell_what_is_stored(self, store: PassageStore) -> None:
        await store.put([indexed("a", of=2), indexed("b", of=2, position=1)])

        (document,) = (await store.documents()).values()

        assert (document.id, document.digest, document.root) == (
            "handbook",
            "first",
            "/srv/handbook",
        )
        assert (document.title, document.passages, document.complete) == ("The handbook", 2, True)

    async def test_documents_tell_who_answers_for_them(self, store: PassageStore) -> None:
        one = indexed("a")
        await store.put([replace(one, passage=replace(one.passage, owner="slack:U1"))])

        assert (await store.documents())["handbook"].owner == "slack:U1"

    async def test_documents_tell_who_may_read_them_and_since_when(
        self, store: PassageStore
    ) -> None:
        one = indexed("a")
        await store.put([replace(one, passage=replace(one.passage, audience=frozenset({"hr"})))])

        document = (await store.documents())["handbook"]

        assert document.audience == frozenset({"hr"})
        assert document.stored_at is not None

    async def test_documents_are_listed_for_their_readers_only(self, store: PassageStore) -> None:
        assert isinstance(store, Qdrant)
        one = indexed("a")
        await store.put([replace(one, passage=replace(one.passage, audience=frozenset({"hr"})))])

        assert list(await store.documents(audience=frozenset({"hr", "x"}))) == ["handbook"]
        assert await store.documents(audience=frozenset({"everyone"})) == {}
        assert await store.documents(audience=frozenset()) == {}

    async def test_a_document_can_be_given_to_other_readers(self, store: PassageStore) -> None:
        assert isinstance(store, Qdrant)
        await store.put([indexed("a", of=2), indexed("b", of=2, position=1)])

        await store.assign({"handbook": frozenset({"hr"}), "gone": frozenset({"x"})})

        assert await store.passage("a", audience=frozenset({"everyone"})) is None
        found = await store.passage("a", audience=frozenset({"hr"}))
        assert found is not None
        assert found.audience == frozenset({"hr"})
        assert (await store.documents())["handbook"].complete

    async def test_a_document_that_half_arrived_is_incomplete(self, store: PassageStore) -> None:
        await store.put([indexed("a", of=3), indexed("b", of=3)])

        document = (await store.documents())["handbook"]

        assert (document.passages, document.complete) == (2, False)

    async def test_an_empty_store_has_no_documents(self, store: PassageStore) -> None:
        assert await store.documents() == {}
        assert await store.count() == 0
        await store.ping()


class TestLife:
    async def test_everything_is_there_after_reopening(self, place: Place) -> None:
        if not place.keeps:
            pytest.skip("memory forgets")
        store = await place.open(dense=DENSE, sparse=SPARSE)
        await store.put([indexed("a"), indexed("gone", document_id="gone")])
        await store.delete(["gone"])
        await store.close()

        again = await place.open(dense=DENSE, sparse=SPARSE)

        found = await again.search(probe(e5=(1, 0, 0), bm25={1: 1}), audience=READERS, limit=5)
        assert ids(found["e5"]) == ids(found["bm25"]) == ["a"]
        await again.close()

    async def test_other_vectors_want_a_fresh_place(self, place: Place) -> None:
        if not place.keeps:
            pytest.skip("memory forgets")
        store = await place.open(dense=DENSE, sparse=SPARSE)
        await store.put([indexed("a")])
        await store.close()

        with pytest.raises(StoreOutdated, match="fresh"):
            await _open_and_ping(place, dense={"e5": 4}, sparse=SPARSE)
        with pytest.raises(StoreOutdated, match="fresh"):
            await _open_and_ping(place, dense=DENSE, sparse=())

    async def test_the_order_of_vector_names_does_not_matter(self, place: Place) -> None:
        store = await place.open(dense=DENSE, sparse=SPARSE)
        await store.ping()
        await store.close()

        await _open_and_ping(place, dense=dict(reversed(DENSE.items())), sparse=SPARSE)

    async def test_a_closed_store_says_so(self, place: Place) -> None:
        store = await place.open(dense=DENSE, sparse=SPARSE)
        await store.close()
        await store.close()

        with pytest.raises(StoreUnavailable):
            await store.ping()


async def _open_and_ping(place: Place, **vectors: object) -> None:
    store = await place.open(**vectors)
    try:
        await store.ping()
    finally:
        await store.close()


async def test_all_stores_rank_a_corpus_alike(tmp_path: Path) -> None:
    corpus, questions = _random_corpus(), _random_questions()
    rankings = []

    for made in (in_a_folder, in_memory, over_http):
        async with made(tmp_path) as place:
            store = await place.open(dense={"e5": 16}, sparse=SPARSE)
            await store.put(corpus)
            await store.delete(["doc3"])
            rankings.append(
                [await store.search(asked, audience=HR, limit=10) for asked in questions]
            )
            await store.close()

    edge, *others = rankings
    for other in others:
        for ours, theirs in zip(edge, other, strict=True):
            for name in ("e5", "bm25"):
                assert ids(ours[name]) == ids(theirs[name])
                assert [hit.score for hit in ours[name]] == pytest.approx(
                    [hit.score for hit in theirs[name]], abs=1e-3
                )


def _random_corpus() -> list[IndexedPassage]:
    random = np.random.default_rng(7)
    return [
        replace(
            indexed(
                f"p{n}",
                document_id=f"doc{n % 10}",
                bm25={int(t): round(float(random.random()), 3) for t in set(random.zipf(1.5, 12))},
                audience=(READERS, frozenset({"hr"}), frozenset({"finance"}))[n % 3],
            ),
            dense={"e5": unit(*random.standard_normal(16))},
        )
        for n in range(120)
    ]


def _random_questions() -> list:
    random = np.random.default_rng(8)
    return [
        replace(
            probe(bm25={int(term): 1.0 for term in set(random.zipf(1.5, 5))}),
            dense={"e5": unit(*random.standard_normal(16))},
        )
        for _ in range(8)
    ]
