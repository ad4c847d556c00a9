"""What every passage store does with a vector a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import StoreOutdated
from knowledge.model import EVERYONE, IndexedPassage
from knowledge.ports import PassageStore
from tests.contracts.passages import DENSE, READERS, SPARSE, TOKENS, indexed, tokens
from tests.contracts.test_passage_store import PLACES, Place

NEAR = 0.05
"""Four bits a number are not exact."""


@pytest.fixture(params=PLACES, ids=lambda made: made.__name__)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    async with request.param(tmp_path) as found:
        yield found


@pytest.fixture
async def store(place: Place) -> AsyncIterator[PassageStore]:
    opened = await place.open(dense=DENSE, sparse=SPARSE, tokens=TOKENS)
    yield opened
    await opened.close()


def told(passage_id: str, *words: int, **more: object) -> IndexedPassage:
    """A passage of these words."""
    return replace(indexed(passage_id, **more), tokens={"e5": tokens(*words)})  # type: ignore[arg-type]  # passed on


async def scores(
    store: PassageStore, *words: int, of: tuple[str, ...], audience: frozenset[str] = READERS
) -> dict[str, float]:
    found = await store.max_sim("e5", tokens(*words), passage_ids=of, audience=audience)
    return dict(found)


async def test_each_token_of_the_question_counts_by_its_nearest_in_the_passage(
    store: PassageStore,
) -> None:
    await store.put([told("both", 1, 2, 3), told("half", 2, 4, 5), told("none", 7)])

    found = await scores(store, 1, 2, of=("both", "half", "none"))

    cosines = tokens(1, 2).astype(np.float32) @ tokens(2, 4, 5).astype(np.float32).T
    assert found["both"] == pytest.approx(1.0, abs=NEAR)
    assert found["half"] == pytest.approx(cosines.max(axis=1).mean(), abs=NEAR)
    assert found["none"] < found["half"] < found["both"]


async def test_only_the_passages_asked_for_have_scores(store: PassageStore) -> None:
    await store.put([told("a", 1), told("b", 1)])

    assert set(await scores(store, 1, of=("a", "unknown"))) == {"a"}
    assert await scores(store, 1, of=()) == {}


async def test_passages_outside_the_audience_have_no_score(store: PassageStore) -> None:
    await store.put([told("secret", 1, audience=frozenset({"hr"})), told("open", 1)])
    both = ("secret", "open")

    assert set(await scores(store, 1, of=both)) == {"open"}
    assert set(await scores(store, 1, of=both, audience=frozenset({EVERYONE, "hr"}))) == set(both)
    assert await scores(store, 1, of=both, audience=frozenset()) == {}


async def test_a_passage_without_token_vectors_has_no_score(store: PassageStore) -> None:
    await store.put([indexed("a"), told("b"), told("c", 1)])

    assert set(await scores(store, 1, of=("a", "b", "c"))) == {"c"}
    assert await store.count() == 3


async def test_a_question_without_tokens_compares_nothing(store: PassageStore) -> None:
    await store.put([told("a", 1)])

    assert await scores(store, of=("a",)) == {}


async def test_a_new_version_is_compared_with_its_own_words(store: PassageStore) -> None:
    await store.put([told("a", 1)])

    await store.replace([told("a", 2, digest="second")])

    found = await scores(store, 2, of=("a",))
    assert found == {"a": pytest.approx(1.0, abs=NEAR)}


async def test_more_token_vectors_than_one_write_takes_all_arrive(
    store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.engines.qdrant._BATCH_TOKENS", 100)
    many = [told(f"p{n}", *range(n, n + 13), of=9, position=n) for n in range(9)]

    await store.replace(many)

    assert (await store.documents())["handbook"].complete
    assert len(await scores(store, 5, of=tuple(f"p{n}" for n in range(9)))) == 9


async def test_token_vectors_the_store_was_not_made_for_are_refused(store: PassageStore) -> None:
    wrong = np.ones((1, 5), dtype=np.float16)

    with pytest.raises(StoreOutdated, match=r"e5 by token \(128\)"):
        await store.max_sim("e5", wrong, passage_ids=("a",), audience=READERS)
    with pytest.raises(StoreOutdated, match="use by token"):
        await store.max_sim("use", tokens(1), passage_ids=("a",), audience=READERS)
    with pytest.raises(StoreOutdated):
        await store.put([told("a", 1), replace(indexed("b"), tokens={"e5": wrong})])
    assert await store.count() == 0


async def test_token_vectors_are_there_after_reopening(place: Place) -> None:
    if not place.keeps:
        pytest.skip("memory forgets")
    store = await place.open(dense=DENSE, sparse=SPARSE, tokens=TOKENS)
    await store.put([told("a", 1)])
    before = await scores(store, 1, 2, of=("a",))
    await store.close()

    again = await place.open(dense=DENSE, sparse=SPARSE, tokens=TOKENS)

    assert await scores(again, 1, 2, of=("a",)) == before
    await again.close()


@pytest.mark.parametrize(("made_with", "opened_with"), [({}, TOKENS), (TOKENS, {})])
async def test_a_store_made_with_or_without_them_stays_so(
    place: Place, made_with: dict[str, int], opened_with: dict[str, int]
) -> None:
    if not place.keeps:
        pytest.skip("memory forgets")
    store = await place.open(dense=DENSE, sparse=SPARSE, tokens=made_with)
    await store.put([indexed("a")])
    await store.close()

    with pytest.raises(StoreOutdated, match="fresh"):
        await _open_and_ping(place, opened_with)


async def _open_and_ping(place: Place, opened_with: dict[str, int]) -> None:
    store = await place.open(dense=DENSE, sparse=SPARSE, tokens=opened_with)
    try:
        await store.ping()
    finally:
        await store.close()
