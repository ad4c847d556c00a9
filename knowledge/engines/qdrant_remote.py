"""Passages on a Qdrant server or cluster, over HTTP."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from knowledge.engines import qdrant_wire as wire
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import Layout
from knowledge.engines.qdrant_points import (
    INTEGERS,
    KEYWORDS,
    Found,
    Payload,
    Point,
    Search,
    Where,
)
from knowledge.errors import KnowledgeError, StorageFull, StoreOutdated, StoreUnavailable

if TYPE_CHECKING:
    from pydantic import SecretStr
    from qdrant_client import AsyncQdrantClient, models

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
        url: str,
        collection: str,
        layout: Layout,
        timeout_s: float,
    ) -> None:
        self._client = client
        self._url = url
        self._collection = collection
        self._layout = layout
        self._timeout_s = timeout_s
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
        timeout_s: float = 10.0,
    ) -> Qdrant:
        """A passage store on the server at `url`; nothing is sent before the first call.

        dense: the dimension of each dense vector by name. sparse: names of the sparse vectors.
        tokens: the dimension of the token vectors by the name of their embedder.
        timeout_s: for every single request, and for each part of it.

        Its calls raise StoreOutdated where the collection was made for other vectors, StorageFull
        where the server says so, and StoreUnavailable for whatever else goes wrong between us.
        """
        from qdrant_client import AsyncQdrantClient

        layout = Layout(dense=dict(dense), sparse=tuple(sparse), tokens=dict(tokens or {}))
        try:
            client = AsyncQdrantClient(
                url=url,
                api_key=api_key.get_secret_value() if api_key else None,
                timeout=math.ceil(timeout_s),
                check_compatibility=False,  # it would ask the server from a thread, and only warn
            )
        except ValueError as error:
            raise StoreUnavailable(f"{url} is not the address of a Qdrant: {error}") from error
        points = cls(client, url=url, collection=collection, layout=layout, timeout_s=timeout_s)
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
        asked = wire.queries(searches)
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
        page = partial(
            self._client.scroll,
            self._collection,
            wire.condition(where),
            limit=self._page(with_vectors=with_vectors),
            with_payload=with_payload,
            with_vectors=with_vectors,
        )
        found: list[models.Record] = []
        offset = None
        while True:
            records, offset = await self._run(partial(page, offset=offset))
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
        return await self._sent(call)

    async def _make_ready(self) -> None:
        async with self._preparing:
            if not self._ready:
                await self._sent(self._prepare)
                self._ready = True

    async def _sent(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Send one request and wait for its answer, in our errors."""
        from qdrant_client.common.client_exceptions import QdrantException
        from qdrant_client.http.exceptions import ApiException

        try:
            async with asyncio.timeout(self._timeout_s):
                return await call()
        except TimeoutError as error:
            raise StoreUnavailable(
                f"{self._url} did not answer within {self._timeout_s:g} s"
            ) from error
        except (ApiException, QdrantException, ValueError, AssertionError) as error:
            # The last two are how the client takes an answer that is no JSON, or has no result.
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> KnowledgeError:
        from qdrant_client.http.exceptions import (
            ResponseHandlingException,
            UnexpectedResponse,
        )

        if isinstance(error, UnexpectedResponse):
            # Somebody dropped the collection behind our back: the next call makes it again.
            self._ready = self._ready and error.status_code != 404
            if b"No space left" in error.content:
                return StorageFull(self._url)
        cause = error.source if isinstance(error, ResponseHandlingException) else error
        return StoreUnavailable(f"{self._url}: {cause or type(cause).__name__}")

    async def _prepare(self) -> None:
        if not await self._client.collection_exists(self._collection):
            await self._create()
        found = await self._client.get_collection(self._collection)
        stored = wire.layout_of(found.config.params)
        if not stored.same_as(self._layout):
            raise StoreOutdated(stored=str(stored), configured=str(self._layout))

    async def _create(self) -> None:
        from qdrant_client import models
        from qdrant_client.http.exceptions import UnexpectedResponse

        try:
            await self._client.create_collection(
                self._collection,
                vectors_config=wire.dense_config(self._layout) | wire.tokens_config(self._layout),
                sparse_vectors_config=wire.sparse_config(self._layout),
            )
        except UnexpectedResponse as error:
            if error.status_code != 409:  # another replica was faster
                raise
        kinds = dict.fromkeys(KEYWORDS, models.PayloadSchemaType.KEYWORD)
        kinds |= dict.fromkeys(INTEGERS, models.PayloadSchemaType.INTEGER)
        for field, kind in kinds.items():
            await self._client.create_payload_index(self._collection, field, kind, wait=True)
