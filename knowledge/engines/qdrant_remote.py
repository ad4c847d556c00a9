"""Passages on a Qdrant server or cluster, over HTTP."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from knowledge.engines import qdrant_wire as wire
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_calls import Calls, without_login
from knowledge.engines.qdrant_cluster import Cluster
from knowledge.engines.qdrant_layout import Layout
from knowledge.engines.qdrant_payload import INTEGERS, KEYWORDS
from knowledge.engines.qdrant_points import Found, Payload, Point, Search, Where
from knowledge.errors import StoreMissing, StoreOutdated, StoreUnavailable

if TYPE_CHECKING:
    from pydantic import SecretStr
    from qdrant_client import AsyncQdrantClient, models
    from qdrant_client.conversions.common_types import PointId

Result = TypeVar("Result")

_PAGE = 1000
_PAGE_WITH_VECTORS = 250
"""With two dense vectors some 5 MB of JSON."""

_PAGE_WITH_TOKENS = 8
"""With token vectors about as much."""


class Remote:
    """The points of one collection.

    The collection is looked for, and made where it is missing, at the first call that needs it:
    a server that starts later than we do is no reason to fail.
    """

    def __init__(
        self,
        client: AsyncQdrantClient,
        *,
        calls: Calls,
        collection: str,
        layout: Layout,
        cluster: Cluster,
        alias: str = "",
    ) -> None:
        self._client = client
        self._calls = calls
        self._collection = self._named = collection
        self._layout = layout
        self._cluster = cluster
        self._alias = alias
        self._ready = False
        self._preparing = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        dense: Mapping[str, int],
        sparse: Sequence[str],
        tokens: Mapping[str, int] | None = None,
        collection: str = "deskmate",
        api_key: SecretStr | None = None,
        cluster: Cluster | None = None,
        alias: str = "",
    ) -> Qdrant:
        """A passage store on the server at `url`; nothing is sent before the first call.

        dense: the dimension of each dense vector by name. sparse: names of the sparse vectors.
        tokens: the dimension of the token vectors by the name of their embedder.
        cluster: how collections are kept and requests sent; None: as fits one machine.
        alias: where it points somewhere, that collection in place of `collection`; it is looked up
            once, so that an alias that is moved changes nothing under those who read.

        Its calls raise StoreOutdated where the collection was made for other vectors, StorageFull
        where the server says so, StoreForbidden where it wants another key, StoreMissing where the
        collection is gone, and StoreUnavailable for whatever else goes wrong between us.
        """
        layout = Layout(dense=dict(dense), sparse=tuple(sparse), tokens=dict(tokens or {}))
        cluster = cluster or Cluster()
        points = cls(
            client_of(url, api_key=api_key, cluster=cluster),
            calls=Calls(url, cluster=cluster, secret=api_key),
            collection=collection,
            layout=layout,
            cluster=cluster,
            alias=alias,
        )
        return Qdrant(points, layout=layout)

    async def upsert(self, points: Sequence[Point]) -> None:
        written = wire.points(points)
        await self._run(lambda: self._client.upsert(self._collection, written, wait=True))

    async def set_payload(self, where: Where, payload: Payload) -> None:
        fields, which = dict(payload), wire.condition(where)
        await self._run(
            lambda: self._client.set_payload(self._collection, fields, which, wait=True)
        )

    async def delete(self, where: Where) -> None:
        from qdrant_client import models

        gone = models.FilterSelector(filter=wire.condition(where))
        await self._run(lambda: self._client.delete(self._collection, gone, wait=True))

    async def flush(self) -> None:
        """Nothing to do: the server answers a write after its log has it (`wait=true`)."""

    async def query(self, searches: Sequence[Search]) -> list[list[Found]]:
        asked = wire.queries(searches, self._cluster)
        pages = await self._run(lambda: self._client.query_batch_points(self._collection, asked))
        return wire.found(pages)

    async def scroll(self, where: Where, fields: tuple[str, ...] | None = None) -> list[Payload]:
        shown = True if fields is None else list(fields)
        records = await self._records(where, with_payload=shown)
        return [record.payload or {} for record in records]

    async def read(self, where: Where) -> list[Point]:
        return [wire.ours(record) for record in await self._records(where, with_vectors=True)]

    async def _records(
        self,
        where: Where,
        *,
        with_payload: bool | list[str] = True,
        with_vectors: bool = False,
    ) -> list[models.Record]:
        async def page(offset: PointId | None) -> tuple[list[models.Record], PointId | None]:
            # Named here: only the first call of all finds out where the alias points to.
            return await self._client.scroll(
                self._collection,
                wire.condition(where),
                limit=self._page(with_vectors=with_vectors),
                offset=offset,
                with_payload=with_payload,
                with_vectors=with_vectors,
            )

        found: list[models.Record] = []
        offset: PointId | None = None
        while True:
            records, offset = await self._run(partial(page, offset))
            found.extend(records)
            if offset is None:
                return found

    def _page(self, *, with_vectors: bool) -> int:
        if not with_vectors:
            return _PAGE
        return _PAGE_WITH_TOKENS if self._layout.tokens else _PAGE_WITH_VECTORS

    async def count(self) -> int:
        counted = await self._run(lambda: self._client.count(self._collection, exact=True))
        return counted.count

    async def close(self) -> None:
        await self._client.close()

    async def _run(self, call: Callable[[], Awaitable[Result]]) -> Result:
        if not self._ready:
            await self._make_ready()
        try:
            return await self._calls.send(call)
        except StoreMissing:
            self._ready = False  # somebody dropped it behind our back: look again the next time
            raise

    async def _make_ready(self) -> None:
        async with self._preparing:
            if not self._ready:
                await self._prepare()
                self._ready = True

    async def _prepare(self) -> None:
        if self._alias:
            aliases = await self._calls.send(self._client.get_aliases)
            self._collection = wire.behind(aliases, self._alias) or self._named
        there = partial(self._client.collection_exists, self._collection)
        if not await self._calls.send(there):
            await self._create()
        found = await self._calls.send(lambda: self._client.get_collection(self._collection))
        stored = wire.layout_of(found.config.params)
        if not stored.same_as(self._layout):
            raise StoreOutdated(stored=str(stored), configured=str(self._layout))
        await self._index(known=found.payload_schema)

    async def _index(self, *, known: Collection[str]) -> None:
        """Index what conditions name; a process that died half way left some without."""
        from qdrant_client import models

        kinds = dict.fromkeys(KEYWORDS, models.PayloadSchemaType.KEYWORD)
        kinds |= dict.fromkeys(INTEGERS, models.PayloadSchemaType.INTEGER)
        for field, kind in kinds.items():
            if field not in known:
                make = self._client.create_payload_index
                await self._calls.send(partial(make, self._collection, field, kind, wait=True))

    async def _create(self) -> None:
        from qdrant_client.http.exceptions import UnexpectedResponse

        async def create() -> None:
            try:
                await self._client.create_collection(
                    self._collection,
                    vectors_config=wire.dense_config(self._layout, self._cluster)
                    | wire.tokens_config(self._layout),
                    sparse_vectors_config=wire.sparse_config(self._layout),
                    shard_number=self._cluster.shards,
                    replication_factor=self._cluster.replicas,
                    write_consistency_factor=self._cluster.write_consistency,
                    on_disk_payload=self._cluster.payload_on_disk,
                )
            except UnexpectedResponse as error:
                if error.status_code != 409:  # another replica was faster
                    raise

        await self._calls.send(create)


def client_of(url: str, *, api_key: SecretStr | None, cluster: Cluster) -> AsyncQdrantClient:
    """A client for the server; nothing is sent.

    Raises:
        StoreUnavailable: this is nobody's address, or the certificates cannot be read.
    """
    from qdrant_client import AsyncQdrantClient

    try:
        return AsyncQdrantClient(
            url=url,
            api_key=(api_key.get_secret_value() or None) if api_key else None,
            timeout=math.ceil(cluster.timeout_s),
            check_compatibility=False,  # it would ask the server from a thread, and only warn
            verify=cluster.trusts(),
        )
    except ValueError as error:
        shown = without_login(url)
        raise StoreUnavailable(f"{shown} is not the address of a Qdrant: {error}") from error
