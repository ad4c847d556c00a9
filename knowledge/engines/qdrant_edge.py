"""Passages in a folder, searched by Qdrant's own engine inside this process: the default store.

The folder holds `lock`, and `store/` with `layout.json` (which vectors it was made for) and
`shard/` (the engine's files).
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import qdrant_edge as engine

from knowledge.engines.folder_lock import FolderLock
from knowledge.engines.one_thread import OneThread
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import (
    Layout,
    as_json,
    from_json,
    tokens_name,
)
from knowledge.engines.qdrant_payload import INTEGERS, KEYWORDS
from knowledge.engines.qdrant_points import Found, Payload, Point, Search, Where, as_read
from knowledge.errors import KnowledgeError, StorageFull, StoreOutdated, StoreUnavailable
from knowledge.model import SparseVector

Result = TypeVar("Result")

RESERVE_BYTES = 256 * 1024**2
"""Room that must be free before a write.

The engine maps files that are larger than what is in them (32 MiB each); a disk that fills up
under such a file ends the process instead of raising.
"""

LAYOUT = "layout.json"

_PAGE = 1000
_PAGE_WITH_VECTORS = 32
"""Token vectors come as lists of numbers: of a passage a megabyte."""

_NO_GRAPH = engine.HnswIndexConfig(m=0, ef_construct=4, full_scan_threshold=10)
"""No graph, whatever the size: it takes minutes to build and finds less than a scan."""

_SCANNED_AS_BYTES_KB = 20_000
"""Where vectors take more than this, the next opening lays bytes beside them: a scan of bytes
finds candidates in a quarter of the time, and the vectors themselves then put these in order."""

_CANDIDATES = 3.0
"""So many times the wanted number are compared exactly. With 2 the best 80 of 100,000 vectors drawn
by chance, which are as near one another as can be, come out as in a scan of all; 1 loses 3 %."""

_FEW_VALUES = 8
"""The engine finds a value at once and a list of them by asking every passage, at 100,000 passages
for 6 ms; so a short list is asked as its values one by one."""


def kept_in(folder: Path) -> Layout | None:
    """The vectors of an embedded store, opened or not; None where there is none yet.

    Raises:
        StoreUnavailable: the folder cannot be read or is broken.
    """
    with our_errors(folder):
        try:
            return from_json((folder / "store" / LAYOUT).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None


class Edge:
    """The points of one folder.

    The engine is synchronous and keeps the interpreter for some milliseconds a query, so every
    call runs in one dedicated thread, in the order it came.
    """

    def __init__(self, shard: engine.EdgeShard, *, place: _Place, thread: OneThread) -> None:
        self._shard = shard
        self._place = place
        self._thread = thread

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        dense: Mapping[str, int],
        sparse: Sequence[str],
        tokens: Mapping[str, int] | None = None,
        reserve_bytes: int = RESERVE_BYTES,
    ) -> Qdrant:
        """Open the folder as a passage store; it is created where it is missing.

        dense: the dimension of each dense vector by name. sparse: names of the sparse vectors.
        tokens: the dimension of the token vectors by the name of their embedder.

        Raises:
            StoreLocked: another process has the folder open.
            StoreOutdated: the folder was made for other vectors.
            StorageFull: less than `reserve_bytes` are free.
            StoreUnavailable: the folder cannot be read or is broken.
        """
        layout = Layout(dense=dict(dense), sparse=tuple(sparse), tokens=dict(tokens or {}))
        place = _Place(folder, reserve_bytes=reserve_bytes)
        thread = OneThread("qdrant-edge")
        try:
            shard = await thread.run(lambda: place.open(layout))
        except BaseException:
            await thread.end(place.release)
            raise
        return Qdrant(cls(shard, place=place, thread=thread), layout=layout)

    async def upsert(self, points: Sequence[Point]) -> None:
        await self._write(
            lambda: engine.UpdateOperation.upsert_points([_point(point) for point in points])
        )

    async def set_payload(self, where: Where, payload: Payload) -> None:
        fields = dict(payload)
        await self._write(
            lambda: engine.UpdateOperation.set_payload_by_filter(_filter(where), fields)
        )

    async def delete(self, where: Where) -> None:
        await self._write(lambda: engine.UpdateOperation.delete_points_by_filter(_filter(where)))

    async def flush(self) -> None:
        await self._run(self._shard.flush)

    async def query(self, searches: Sequence[Search]) -> list[list[Found]]:
        def read() -> list[list[Found]]:
            asked = engine.QueryBatchRequest([_query(search) for search in searches])
            return [[_found(point) for point in page] for page in self._shard.query_batch(asked)]

        return await self._run(read)

    async def scroll(self, where: Where, fields: tuple[str, ...] | None = None) -> list[Payload]:
        return await self._run(lambda: list(self._scroll(where, fields)))

    async def read(self, where: Where) -> list[Point]:
        return await self._run(lambda: list(self._read(where)))

    async def count(self) -> int:
        return await self._run(lambda: self._shard.count(engine.CountRequest(exact=True)))

    async def close(self) -> None:
        await self._thread.end(lambda: self._place.close(self._shard))

    async def _write(self, make: Callable[[], engine.UpdateOperation]) -> None:
        def write() -> None:
            self._place.make_sure_of_room()
            self._shard.update(make())

        await self._run(write)

    async def _run(self, call: Callable[[], Result]) -> Result:
        def guarded() -> Result:
            with our_errors(self._place.folder):
                return call()

        return await self._thread.run(guarded)

    def _scroll(self, where: Where, fields: tuple[str, ...] | None) -> Iterator[Payload]:
        shown = True if fields is None else list(fields)
        for record in self._records(where, with_payload=shown):
            yield record.payload or {}

    def _read(self, where: Where) -> Iterator[Point]:
        for record in self._records(where, with_payload=True, with_vector=True):
            yield _ours(record)

    def _records(
        self, where: Where, *, with_payload: bool | list[str], with_vector: bool = False
    ) -> Iterator[engine.Record]:
        offset = None
        while True:
            records, offset = self._shard.scroll(
                engine.ScrollRequest(
                    offset=offset,
                    limit=_PAGE_WITH_VECTORS if with_vector else _PAGE,
                    filter=_filter(where),
                    with_payload=with_payload,
                    with_vector=with_vector,
                )
            )
            yield from records
            if offset is None:
                return


class _Place:
    """The folder: who holds it, what it was made for, how much room is left."""

    def __init__(self, folder: Path, *, reserve_bytes: int) -> None:
        self.folder = folder
        self._reserve_bytes = reserve_bytes
        self._lock: FolderLock | None = None

    def open(self, layout: Layout) -> engine.EdgeShard:
        with our_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(self.folder)
            if not (self.folder / "store").exists():
                self._create(layout)
            self._compare(layout)
            return self._load(layout)

    def close(self, shard: engine.EdgeShard) -> None:
        try:
            with our_errors(self.folder):
                shard.close()  # flushes by itself, as in _create
        finally:
            self.release()

    def release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def make_sure_of_room(self) -> None:
        if shutil.disk_usage(self.folder).free < self._reserve_bytes:
            raise StorageFull(str(self.folder))

    def _has_room_to_rewrite(self) -> bool:
        files = (file.stat() for file in self.folder.rglob("*") if file.is_file())
        needed = sum(file.st_size for file in files) + self._reserve_bytes
        return shutil.disk_usage(self.folder).free >= needed

    def _create(self, layout: Layout) -> None:
        """Build the store aside and move it into place: a crash leaves no half-made store."""
        self.make_sure_of_room()
        aside = self.folder / "unfinished"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        shard = engine.EdgeShard.create(str(aside / "shard"), _config(layout))
        kinds = dict.fromkeys(KEYWORDS, engine.PayloadSchemaType.Keyword)
        kinds |= dict.fromkeys(INTEGERS, engine.PayloadSchemaType.Integer)
        for field, kind in kinds.items():
            shard.update(engine.UpdateOperation.create_field_index(field, kind))
        shard.close()
        (aside / LAYOUT).write_text(as_json(layout), encoding="utf-8")
        aside.rename(self.folder / "store")

    def _compare(self, layout: Layout) -> None:
        stored = from_json((self.folder / "store" / LAYOUT).read_text(encoding="utf-8"))
        if not stored.same_as(layout):
            raise StoreOutdated(stored=str(stored), configured=str(layout))

    def _load(self, layout: Layout) -> engine.EdgeShard:
        shard = engine.EdgeShard.load(str(self.folder / "store" / "shard"), _config(layout))
        if self._has_room_to_rewrite():
            # Deleted points stay in the files until the engine rewrites them. It does so only
            # where a fifth of them is deleted, and here nobody waits for an answer yet.
            shard.optimize()
        return shard


@contextmanager
def our_errors(folder: Path) -> Iterator[None]:
    """Turn what the engine raises over a folder into the errors of `knowledge.errors`.

    That is bare `Exception`s, and on files it cannot make sense of a Rust panic: a
    `BaseException` of a class nobody can import.
    """
    try:
        yield
    except KnowledgeError:
        raise
    except OSError as error:
        raise _translated(error, folder, full=error.errno == errno.ENOSPC) from error
    except Exception as error:
        raise _translated(error, folder, full="os error 28" in str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _translated(error, folder, full=False) from error


def _translated(error: BaseException, folder: Path, *, full: bool) -> KnowledgeError:
    if full:
        return StorageFull(str(folder))
    return StoreUnavailable(
        f"{folder} cannot be used ({error}): check the disk and its permissions; "
        "if it is broken, move it away and ingest again"
    )


def _config(layout: Layout) -> engine.EdgeConfig:
    return engine.EdgeConfig(
        vectors=_dense_config(layout) | _tokens_config(layout),
        sparse_vectors={
            name: engine.EdgeSparseVectorParams(modifier=engine.Modifier.Idf)
            for name in layout.sparse
        },
        hnsw_config=_NO_GRAPH,
        optimizers=engine.EdgeOptimizersConfig(indexing_threshold=_SCANNED_AS_BYTES_KB),
        max_search_threads=2,
    )


def _dense_config(layout: Layout) -> dict[str, engine.EdgeVectorParams]:
    as_bytes = engine.ScalarQuantizationConfig(
        type=engine.ScalarType.Int8, quantile=0.99, always_ram=True
    )
    return {
        name: engine.EdgeVectorParams(
            size=size, distance=engine.Distance.Cosine, quantization_config=as_bytes
        )
        for name, size in layout.dense.items()
    }


def _tokens_config(layout: Layout) -> dict[str, engine.EdgeVectorParams]:
    """Four bits a number, read from the disk: only a question's candidates are looked at."""
    return {
        tokens_name(embedder): engine.EdgeVectorParams(
            size=size,
            distance=engine.Distance.Cosine,
            datatype=engine.VectorStorageDatatype.Turbo4,  # type: ignore[attr-defined]  # its stubs lack it
            multivector_config=engine.MultiVectorConfig(engine.MultiVectorComparator.MaxSim),
            memory=engine.Memory.Cold,
        )
        for embedder, size in layout.tokens.items()
    }


def _point(point: Point) -> engine.Point:
    vectors: dict[str, Any] = {name: vector.tolist() for name, vector in point.dense.items()}
    # The engine takes arrays as they are, which for so many numbers is ten times as fast.
    tokens = {tokens_name(name): v.astype(np.float32) for name, v in point.tokens.items()}
    sparse = {name: _sparse(vector) for name, vector in point.sparse.items()}
    return engine.Point(point.id, vectors | tokens | sparse, dict(point.payload))


def _sparse(vector: SparseVector) -> engine.SparseVector:
    return engine.SparseVector(indices=list(vector.indices), values=list(vector.values))


def _ours(record: engine.Record) -> Point:
    return as_read(record.id, record.vector, record.payload, sparse=engine.SparseVector)


def _query(search: Search) -> engine.QueryRequest:
    readable = _filter(search.where)
    shown = True if search.fields is None else list(search.fields)
    if isinstance(search.vector, SparseVector):
        return engine.QueryRequest(
            limit=search.limit,
            query=engine.Query.Nearest(_sparse(search.vector), using=search.using),
            filter=readable,
            with_payload=shown,
            params=engine.SearchParams(idf=engine.IdfParams(corpus=readable)),
        )
    return engine.QueryRequest(
        limit=search.limit,
        query=engine.Query.Nearest(search.vector.tolist(), using=search.using),
        filter=readable,
        with_payload=shown,
        params=None if search.passage_ids else _by_bytes(),
    )


def _by_bytes() -> engine.SearchParams:
    """Candidates by their bytes, in the order of their vectors; where there are none, a scan."""
    return engine.SearchParams(
        quantization=engine.QuantizationSearchParams(rescore=True, oversampling=_CANDIDATES)
    )


def _found(point: engine.ScoredPoint) -> Found:
    return Found(score=point.score, payload=point.payload or {})


def _filter(where: Where) -> engine.Filter:
    must: list[engine.ConditionType] = [
        _one_of(key, values) for key, values in where.any_of().items()
    ]
    if where.positions is not None:
        first, last = where.positions
        must.append(
            engine.FieldCondition(key="position", range=engine.RangeFloat(gte=first, lte=last))
        )
    kept: set[int | UUID | str] = {UUID(point) for point in where.except_points}
    return engine.Filter(must=must, must_not=[engine.HasIdCondition(kept)] if kept else None)


def _one_of(key: str, values: Sequence[str]) -> engine.ConditionType:
    """That a field has one of these values."""
    if not 0 < len(values) <= _FEW_VALUES:
        return engine.FieldCondition(key=key, match=engine.MatchAny(list(values)))
    each: list[engine.ConditionType] = [
        engine.FieldCondition(key=key, match=engine.MatchValue(value)) for value in values
    ]
    return each[0] if len(each) == 1 else engine.Filter(should=each)
