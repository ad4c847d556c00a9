"""The embedded store: one process a folder, and nothing lost."""

from __future__ import annotations

import asyncio
import errno
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_edge import Edge
from knowledge.engines.qdrant_folder import our_errors
from knowledge.errors import StorageFull, StoreLocked, StoreOutdated, StoreUnavailable
from knowledge.model import IndexedPassage, Probe
from tests.contracts.passages import DENSE, READERS, SPARSE, TOKENS, indexed, probe

ROOT = Path(__file__).parents[3]
MORE_THAN_ANY_DISK = 2**62

OPENS = """
import asyncio, os, signal, sys
from pathlib import Path
from knowledge.engines.qdrant_edge import Edge
from knowledge.model import IndexedPassage, Probe
from tests.contracts.passages import DENSE, SPARSE, indexed

async def main():
    store = await Edge.open(Path(sys.argv[1]), dense=DENSE, sparse=SPARSE)
    {then}

asyncio.run(main())
"""
WAITS = OPENS.format(then='print("open", flush=True); sys.stdin.read()')
DIES_AFTER_PUT = OPENS.format(
    then='await store.put([indexed("a"), indexed("b")]); os.kill(os.getpid(), signal.SIGKILL)'
)


@asynccontextmanager
async def opened(folder: Path, **more: int) -> AsyncIterator[Qdrant]:
    store = await Edge.open(folder, dense=DENSE, sparse=SPARSE, **more)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def another_process(script: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        str(folder),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_folder_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    async with another_process(WAITS, tmp_path) as other:
        assert other.stdout is not None
        assert await other.stdout.readline() == b"open\n"

        with pytest.raises(StoreLocked) as refused:
            await Edge.open(tmp_path, dense=DENSE, sparse=SPARSE)

    assert refused.value.folder == str(tmp_path)


async def test_a_folder_is_opened_only_once_in_a_process(tmp_path: Path) -> None:
    async with opened(tmp_path):
        with pytest.raises(StoreLocked):
            await Edge.open(tmp_path, dense=DENSE, sparse=SPARSE)


async def test_a_killed_process_leaves_the_folder_free(tmp_path: Path) -> None:
    async with another_process(WAITS, tmp_path) as other:
        assert other.stdout is not None
        await other.stdout.readline()
        other.kill()
        await other.wait()

        async with opened(tmp_path) as store:
            await store.ping()


async def test_what_was_put_survives_the_death_of_the_process(tmp_path: Path) -> None:
    async with another_process(DIES_AFTER_PUT, tmp_path) as other:
        assert await other.wait() == -signal.SIGKILL

    async with opened(tmp_path) as store:
        found = await store.search(probe(e5=(1, 0, 0), bm25={1: 1}), audience=READERS, limit=5)
        assert [hit.passage.id for hit in found["e5"]] == ["a", "b"]
        assert [hit.passage.id for hit in found["bm25"]] == ["a", "b"]


async def test_a_store_half_made_when_the_process_died_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "unfinished" / "shard").mkdir(parents=True)
    (tmp_path / "unfinished" / "shard" / "edge_config.json").write_text("{")

    async with opened(tmp_path) as store:
        await store.put([indexed("a")])
        assert await store.count() == 1


@pytest.mark.parametrize(
    "file",
    [
        "store/layout.json",
        "store/shard/edge_config.json",
        "store/shard/wal/first-index",
        "store/shard/segments/*/segment.json",
    ],
)
async def test_a_broken_folder_says_what_to_do_and_is_let_go(tmp_path: Path, file: str) -> None:
    async with opened(tmp_path) as store:
        await store.put([indexed("a")])
    _break(tmp_path, file)

    with pytest.raises(StoreUnavailable, match="move it away and ingest again") as refused:
        await Edge.open(tmp_path, dense=DENSE, sparse=SPARSE)
    with pytest.raises(StoreUnavailable) as again:
        await Edge.open(tmp_path, dense=DENSE, sparse=SPARSE)

    assert not isinstance(refused.value, StoreLocked)
    assert not isinstance(again.value, StoreLocked)


async def test_a_store_from_before_token_vectors_is_to_be_filled_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.put([indexed("a")])
    made_for = tmp_path / "store" / "layout.json"
    made_for.write_text(json.dumps({"dense": DENSE, "sparse": SPARSE}), encoding="utf-8")

    async with opened(tmp_path) as without:
        assert await without.count() == 1
    with pytest.raises(StoreOutdated, match=r"e5 by token.*fresh"):
        await Edge.open(tmp_path, dense=DENSE, sparse=SPARSE, tokens=TOKENS)


async def test_a_payload_that_cannot_be_read_is_an_unavailable_store(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.put([indexed(name) for name in "abcd"])
    _scribble(tmp_path, "store/shard/segments/*/payload_storage/page_0.dat")

    async with opened(tmp_path) as store:
        with pytest.raises(StoreUnavailable, match="move it away"):
            await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=5)


def test_a_panic_of_the_engine_is_an_unavailable_store() -> None:
    class PanicException(BaseException):
        """As the engine's binding calls it."""

    with pytest.raises(StoreUnavailable, match="byte_offset"), our_errors(Path("knowledge")):
        raise PanicException("assertion failed: byte_offset < page_size_bytes")


def test_an_interrupt_stays_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), our_errors(Path("knowledge")):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        Exception("Service runtime error: IO Error: No space left on device (os error 28)"),
    ],
)
def test_a_write_that_finds_no_room_says_so(error: Exception) -> None:
    with pytest.raises(StorageFull), our_errors(Path("knowledge")):
        raise error


async def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "knowledge").write_text("not a folder")

    with pytest.raises(StoreUnavailable, match="knowledge"):
        await Edge.open(tmp_path / "knowledge", dense=DENSE, sparse=SPARSE)


async def test_a_full_disk_makes_no_new_store(tmp_path: Path) -> None:
    with pytest.raises(StorageFull):
        await Edge.open(tmp_path, dense=DENSE, sparse=SPARSE, reserve_bytes=MORE_THAN_ANY_DISK)

    async with opened(tmp_path) as store:
        assert await store.count() == 0


async def test_on_a_full_disk_what_is_there_is_still_found(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.put([indexed("a")])

    async with opened(tmp_path, reserve_bytes=MORE_THAN_ANY_DISK) as store:
        with pytest.raises(StorageFull) as refused:
            await store.put([indexed("b")])
        with pytest.raises(StorageFull):
            await store.delete(["handbook"])
        found = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=5)

    assert refused.value.path == str(tmp_path)
    assert [hit.passage.id for hit in found["e5"]] == ["a"]


async def test_room_of_deleted_passages_is_given_back_at_the_next_opening(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        passages = [indexed(f"p{n}", document_id=f"doc{n % 2}") for n in range(1, 2400)]
        await store.put([indexed("best", document_id="doc0", bm25={1: 2}), *passages])
        await store.delete(["doc1"])
    before = _segment(tmp_path)

    async with opened(tmp_path) as store:
        assert await store.count() == 1200
        found = await store.search(probe(e5=(1, 0, 0), bm25={1: 1}), audience=READERS, limit=1)

    assert _segment(tmp_path) != before
    assert [hit.passage.id for hit in found["bm25"]] == ["best"]


async def test_searches_and_writes_at_the_same_time_do_not_disturb_each_other(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store, asyncio.TaskGroup() as tasks:
        for n in range(10):
            tasks.create_task(store.replace([indexed("a", digest=f"version {n}")]))
            tasks.create_task(_finds_one_version_at_most(store))

    async with opened(tmp_path) as store:
        assert await store.count() == 1


async def _finds_one_version_at_most(store: Qdrant) -> None:
    found = await store.search(probe(e5=(1, 0, 0)), audience=READERS, limit=5)
    assert len(found["e5"]) <= 1


def _break(folder: Path, pattern: str) -> None:
    (broken,) = folder.glob(pattern)
    broken.write_bytes(b"\xff not what was here")


def _scribble(folder: Path, pattern: str) -> None:
    (scribbled,) = folder.glob(pattern)
    with scribbled.open("r+b") as file:
        file.write(b"\xff\x13\x00garbage" * 20_000)


def _segment(folder: Path) -> set[str]:
    return {segment.name for segment in (folder / "store/shard/segments").iterdir()}


WIDE = 4_096
"""So wide that few passages are enough to be scanned as bytes."""


def wide(name: str, chance: np.random.Generator) -> IndexedPassage:
    vector = chance.standard_normal(WIDE).astype(np.float32)
    vector /= np.linalg.norm(vector)
    return replace(indexed(name), dense={"wide": vector}, sparse={})


def _holds_bytes(folder: Path) -> bool:
    return any("quantized" in file.name for file in folder.rglob("*"))


async def test_passages_scanned_as_bytes_are_found_as_in_a_scan_of_everything(
    tmp_path: Path,
) -> None:
    chance = np.random.default_rng(1)
    stored = [wide(f"p{number}", chance) for number in range(1_500)]
    asked = Probe(dense={"wide": stored[7].dense["wide"] + stored[8].dense["wide"]}, sparse={})
    store = await Edge.open(tmp_path, dense={"wide": WIDE}, sparse=())
    await store.put(stored)
    scanned = await store.search(asked, audience=READERS, limit=40)
    await store.close()

    store = await Edge.open(tmp_path, dense={"wide": WIDE}, sparse=())
    as_bytes = await store.search(asked, audience=READERS, limit=40)
    await store.close()

    assert _holds_bytes(tmp_path)
    assert [hit.passage.id for hit in as_bytes["wide"]] == [
        hit.passage.id for hit in scanned["wide"]
    ]
    assert [hit.score for hit in as_bytes["wide"]] == [hit.score for hit in scanned["wide"]]


@pytest.mark.parametrize("others", [0, 1, 30])
async def test_one_audience_of_many_is_enough_to_read(tmp_path: Path, others: int) -> None:
    readers = frozenset({"staff", *(f"group-{number}" for number in range(others))})
    async with opened(tmp_path) as store:
        staff, board = frozenset({"staff"}), frozenset({"board"})
        await store.put([indexed("a", audience=staff), indexed("b", audience=board)])

        found = await store.search(probe(e5=(1, 0, 0)), audience=readers, limit=5)

        assert {hit.passage.id for hits in found.values() for hit in hits} == {"a"}
