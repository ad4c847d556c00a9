"""Passages in a folder, searched by Qdrant's own engine inside this process: the default store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import qdrant_edge as engine

from knowledge.engines.one_thread import OneThread
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_folder import RESERVE_BYTES, Folder, our_errors
from knowledge.engines.qdrant_layout import Layout, tokens_name
from knowledge.engines.qdrant_points import Found, Payload, Point, Search, Where, as_read
from knowledge.model import SparseVector

Result = TypeVar("Result")

_PAGE = 1000
_PAGE_WITH_VECTORS = 32
"""Token vectors come as lists of numbers: of a passage a megabyte."""

_CANDIDATES = 3.0
"""So many times the wanted number are compared exactly. With 2 the best 80 of 100,000 vectors drawn
by chance, which are as near one another as can be, come out as in a scan of all; 1 loses 3 %."""

_FEW_VALUES = 8
"""The engine finds a value at once and a list of them by asking every passage, at 100,000 passages
for 6 ms; so a short list is asked as its values one by one."""


class Edge:
    """The points of one folder.

    The engine is synchronous and keeps the interpreter for some milliseconds a query, so every
    call runs in one dedicated thread, in the order it came.
    """

    def __init__(self, shard: engine.EdgeShard, *, folder: Folder, thread: OneThread) -> None:
        self._shard = shard
        self._folder = folder
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
        held = Folder(folder, reserve_bytes=reserve_bytes)
        thread = OneThread("qdrant-edge")
        try:
            shard = await thread.run(lambda: held.open(layout))
        except BaseException:
            await thread.end(held.release)
            raise
        return Qdrant(cls(shard, folder=held, thread=thread), layout=layout)

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
        await self._thread.end(lambda: self._folder.close(self._shard))

    async def _write(self, make: Callable[[], engine.UpdateOperation]) -> None:
        def write() -> None:
            self._folder.make_sure_of_room()
            self._shard.update(make())

        await self._run(write)

    async def _run(self, call: Callable[[], Result]) -> Result:
        def guarded() -> Result:
            with our_errors(self._folder.path):
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
