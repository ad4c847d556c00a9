"""Passages in memory, searched by the Python engine inside `qdrant_client`: for tests.

On disk that engine keeps pickles, which Deskmate does not read; in a folder use `Edge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from knowledge.engines import qdrant_wire as wire
from knowledge.engines.one_thread import OneThread
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import Layout
from knowledge.engines.qdrant_points import Found, Payload, Point, Search, Where

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

_COLLECTION = "deskmate"
_EVERYTHING = 2**31


class Local:
    """The points of one process, gone when it ends.

    The engine is Python loops that block, so it runs in a thread of its own.
    """

    def __init__(self, client: QdrantClient, *, thread: OneThread) -> None:
        self._client = client
        self._thread = thread

    @classmethod
    async def open(
        cls,
        *,
        dense: Mapping[str, int],
        sparse: Sequence[str],
        tokens: Mapping[str, int] | None = None,
    ) -> Qdrant:
        """An empty passage store.

        dense: the dimension of each dense vector by name. sparse: names of the sparse vectors.
        tokens: the dimension of the token vectors by the name of their embedder.
        """
        layout = Layout(dense=dict(dense), sparse=tuple(sparse), tokens=dict(tokens or {}))
        return Qdrant(await cls.points(layout=layout), layout=layout)

    @classmethod
    async def points(cls, *, layout: Layout) -> Local:
        """An empty place for points, without the rules of the store around it."""
        thread = OneThread("qdrant-local")
        return cls(await thread.run(lambda: _create(layout)), thread=thread)

    async def upsert(self, points: Sequence[Point]) -> None:
        written = wire.points(points)
        await self._thread.run(lambda: self._client.upsert(_COLLECTION, written))

    async def set_payload(self, where: Where, payload: Payload) -> None:
        fields, which = dict(payload), wire.condition(where)
        await self._thread.run(lambda: self._client.set_payload(_COLLECTION, fields, which))

    async def delete(self, where: Where) -> None:
        from qdrant_client import models

        gone = models.FilterSelector(filter=wire.condition(where))
        await self._thread.run(lambda: self._client.delete(_COLLECTION, gone))

    async def flush(self) -> None:
        """Nothing to do: memory does not outlive the process."""

    async def query(self, searches: Sequence[Search]) -> list[list[Found]]:
        asked = wire.queries(searches)
        pages = await self._thread.run(lambda: self._client.query_batch_points(_COLLECTION, asked))
        return wire.found(pages)

    async def scroll(self, where: Where, fields: tuple[str, ...] | None = None) -> list[Payload]:
        shown = True if fields is None else list(fields)
        records, _ = await self._thread.run(
            lambda: self._client.scroll(
                _COLLECTION, wire.condition(where), limit=_EVERYTHING, with_payload=shown
            )
        )
        return [record.payload or {} for record in records]

    async def read(self, where: Where) -> list[Point]:
        records, _ = await self._thread.run(
            lambda: self._client.scroll(
                _COLLECTION, wire.condition(where), limit=_EVERYTHING, with_vectors=True
            )
        )
        return [wire.ours(record) for record in records]

    async def count(self) -> int:
        counted = await self._thread.run(lambda: self._client.count(_COLLECTION, exact=True))
        return counted.count

    async def close(self) -> None:
        await self._thread.end(self._client.close)


def _create(layout: Layout) -> QdrantClient:
    from qdrant_client import QdrantClient

    client = QdrantClient(location=":memory:")
    client.create_collection(
        _COLLECTION,
        vectors_config=wire.dense_config(layout) | wire.tokens_config(layout),
        sparse_vectors_config=wire.sparse_config(layout),
    )
    return client
