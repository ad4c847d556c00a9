"""A Qdrant on loopback: its REST API, as far as we use it, over the Python engine of its client.

It shows that what we send and understand is what Qdrant publishes; how a real server ranks,
stores and fails is not its subject.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter
from qdrant_client import QdrantClient, models

from tests.simulators.published import Published

COLLECTION = "/collections/{collection_name}"
KEPT = ("shard_number", "replication_factor", "write_consistency_factor", "on_disk_payload")
"""What a server says of a collection as it was made; the engine in Python forgets it."""

WRITTEN = {"operation_id": 0, "status": "completed"}

Answer = Callable[[str, Any], Any]
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


class QdrantSimulator:
    """A server that keeps its collections until it is stopped.

    requests: method and path of everything that arrived, in order.
    bodies: what was sent with each. keys: the api-key header of each.
    """

    def __init__(self, published: Published | None = None) -> None:
        self.url = ""
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.keys: list[str | None] = []
        self._published = published
        self._client = QdrantClient(location=":memory:")
        self._made: dict[str, dict[str, Any]] = {}
        self._indexed: dict[str, dict[str, Any]] = {}
        self._faults: deque[Fault] = deque()
        self._stopping = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def running(cls, published: Published | None = None) -> AsyncIterator[QdrantSimulator]:
        """Serve on a free port of 127.0.0.1."""
        simulator = cls(published)
        runner = web.AppRunner(simulator._app(), shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        simulator.url = f"http://{host}:{port}"
        try:
            yield simulator
        finally:
            simulator._stopping.set()
            await runner.cleanup()
            simulator._client.close()

    def refuse_next(self, status: int, error: str = "injected", **headers: str) -> None:
        """Answer the next request with this status."""

        async def refuse(_: web.Request) -> web.StreamResponse:
            return _refusal(status, error, headers)

        self._faults.append(refuse)

    def hang_next(self) -> None:
        """Leave the next request without an answer."""

        async def hang(request: web.Request) -> web.StreamResponse:
            await self._stopping.wait()
            return _refusal(503, "stopping")

        self._faults.append(hang)

    def drop_next(self) -> None:
        """Cut the connection of the next request."""

        async def drop(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.close()
            return web.Response()

        self._faults.append(drop)

    def halve_next(self) -> None:
        """Cut the connection of the next request in the middle of the answer."""

        async def halve(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            response.content_length = 1000
            await response.prepare(request)
            await response.write(b'{"result": ')
            assert request.transport is not None
            request.transport.close()
            return response

        self._faults.append(halve)

    def babble_next(self) -> None:
        """Answer the next request with something no Qdrant says."""

        async def babble(_: web.Request) -> web.StreamResponse:
            return web.Response(text="<html>a proxy's greeting</html>", content_type="text/html")

        self._faults.append(babble)

    def say_next(self, result: Any) -> None:
        """Answer the next request with this result."""

        async def say(_: web.Request) -> web.StreamResponse:
            return web.json_response({"result": result, "status": "ok", "time": 0.0})

        self._faults.append(say)

    def make(self, collection: str, vectors: models.VectorParams) -> None:
        """Make a collection of our own, as another program may."""
        self._client.create_collection(collection, vectors_config=vectors)

    def forget(self, collection: str) -> None:
        """Drop a collection, as an operator may."""
        self._client.delete_collection(collection)
        self._indexed.pop(collection, None)

    def lose_index(self, collection: str, field: str) -> None:
        """Forget an index, as if somebody had died before making it."""
        del self._indexed[collection][field]

    def write(self, collection: str, points: list[models.PointStruct]) -> None:
        """Put points there that did not come over the network."""
        self._client.upsert(collection, points)

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024**2)
        for method, path, answer in (
            ("GET", f"{COLLECTION}/exists", self._exists),
            ("GET", COLLECTION, self._collection),
            ("PUT", COLLECTION, self._create),
            ("DELETE", COLLECTION, self._drop),
            ("GET", "/collections", self._collections),
            ("GET", "/aliases", self._aliases),
            ("POST", "/collections/aliases", self._move_aliases),
            ("PUT", f"{COLLECTION}/index", self._index),
            ("PUT", f"{COLLECTION}/points", self._upsert),
            ("POST", f"{COLLECTION}/points/delete", self._delete),
            ("POST", f"{COLLECTION}/points/payload", self._set_payload),
            ("POST", f"{COLLECTION}/points/query/batch", self._query),
            ("POST", f"{COLLECTION}/points/scroll", self._scroll),
            ("POST", f"{COLLECTION}/points/count", self._count),
        ):
            app.router.add_route(method, path, self._route(path, answer))
        return app

    def _route(
        self, path: str, answer: Answer
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def respond(request: web.Request) -> web.StreamResponse:
            body = await request.json() if request.can_read_body else None
            self.requests.append((request.method, request.path))
            self.bodies.append(body)
            self.keys.append(request.headers.get("api-key"))
            if self._faults:
                return await self._faults.popleft()(request)
            return self._answered(request, path, body, answer)

        return respond

    def _answered(
        self, request: web.Request, path: str, body: Any, answer: Answer
    ) -> web.StreamResponse:
        method, name = request.method.lower(), request.match_info.get("collection_name", "")
        if self._published is not None:
            self._published.check_request(method, path, body)
            self._published.check_parameters(method, path, request.query, request.match_info)
        if name and not path.endswith("/exists") and method == "post" and not self._there(name):
            return _refusal(404, f"Not found: Collection `{name}` doesn't exist!")
        if path == COLLECTION and method == "get" and not self._there(name):
            return _refusal(404, f"Not found: Collection `{name}` doesn't exist!")
        if path == COLLECTION and method == "put" and self._there(name):
            return _refusal(409, f"Wrong input: Collection `{name}` already exists!")
        response = {"result": _plain(answer(name, body)), "status": "ok", "time": 0.0}
        if self._published is not None:
            self._published.check_response(method, path, response)
        return web.json_response(response)

    def _there(self, name: str) -> bool:
        return self._client.collection_exists(name)

    def _exists(self, name: str, _: Any) -> Any:
        return {"exists": self._there(name)}

    def _collection(self, name: str, _: Any) -> Any:
        told = _plain(self._client.get_collection(name))
        told["config"]["params"] |= self._made.get(name, {})
        return told | {"payload_schema": self._indexed.get(name, {})}

    def _create(self, name: str, body: Any) -> Any:
        asked = models.CreateCollection.model_validate(body)
        self._made[name] = {field: body[field] for field in KEPT if body.get(field) is not None}
        return self._client.create_collection(
            name,
            vectors_config=asked.vectors or {},
            sparse_vectors_config=asked.sparse_vectors,
        )

    def _drop(self, name: str, _: Any) -> Any:
        self._indexed.pop(name, None)
        return self._client.delete_collection(name)

    def _collections(self, _name: str, _: Any) -> Any:
        return self._client.get_collections()

    def _aliases(self, _name: str, _: Any) -> Any:
        return self._client.get_aliases()

    def _move_aliases(self, _name: str, body: Any) -> Any:
        asked = models.ChangeAliasesOperation.model_validate(body)
        return self._client.update_collection_aliases(asked.actions)

    def _index(self, name: str, body: Any) -> Any:
        # The engine in Python has no indexes and warns that it does nothing.
        asked = models.CreateFieldIndex.model_validate(body)
        kind = {"data_type": str(body["field_schema"]), "points": 0}
        self._indexed.setdefault(name, {})[asked.field_name] = kind
        return WRITTEN

    def _upsert(self, name: str, body: Any) -> Any:
        self._client.upsert(name, models.PointsList.model_validate(body).points)
        return WRITTEN

    def _delete(self, name: str, body: Any) -> Any:
        self._client.delete(name, TypeAdapter(models.PointsSelector).validate_python(body))
        return WRITTEN

    def _set_payload(self, name: str, body: Any) -> Any:
        asked = models.SetPayload.model_validate(body)
        self._client.set_payload(name, asked.payload, asked.filter or asked.points or [])
        return WRITTEN

    def _query(self, name: str, body: Any) -> Any:
        asked = models.QueryRequestBatch.model_validate(body)
        for search in asked.searches:  # the engine in Python compares by the vectors anyway
            if search.params is not None and search.params.quantization is not None:
                search.params = None
        return self._client.query_batch_points(name, asked.searches)

    def _scroll(self, name: str, body: Any) -> Any:
        asked = models.ScrollRequest.model_validate(body)
        points, following = self._client.scroll(
            name,
            asked.filter,
            limit=asked.limit or 10,
            offset=asked.offset,
            with_payload=True if asked.with_payload is None else asked.with_payload,
            with_vectors=asked.with_vector or False,
        )
        return {"points": _plain(points), "next_page_offset": following}

    def _count(self, name: str, body: Any) -> Any:
        asked = models.CountRequest.model_validate(body)
        return self._client.count(name, asked.filter, exact=True)


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_plain(item) for item in answer]
    if hasattr(answer, "model_dump"):
        return answer.model_dump(mode="json", exclude_none=True)
    return answer


def _refusal(status: int, error: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(
        {"status": {"error": error}, "time": 0.0}, status=status, headers=headers
    )
