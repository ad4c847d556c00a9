from __future__ import annotations

import asyncio
import errno
import io
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, ClientTimeout, web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry, Counter

from bot.core.errors import ChannelUnavailable
from bot.web import Ping, build_web, serve
from knowledge.errors import StoreUnavailable

Client = TestClient[web.Request, web.Application]


async def well() -> None:
    """A part that works."""


async def down() -> None:
    raise ChannelUnavailable("10.0.0.7:443 with token xoxb-1 refused")


async def gone() -> None:
    raise StoreUnavailable("no such file")


async def stuck() -> None:
    await asyncio.Event().wait()


async def broken(_: web.Request) -> web.Response:
    raise RuntimeError("the password is hunter2")


async def echo(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.read())))


@asynccontextmanager
async def site(
    *, pings: Mapping[str, Ping] | None = None, routes: Iterable[web.AbstractRouteDef] = ()
) -> AsyncIterator[Client]:
    registry = CollectorRegistry()
    Counter("deskmate_questions", "Questions", registry=registry).inc(3)
    app = build_web(routes=routes, pings=pings or {}, registry=registry, ping_timeout_s=0.01)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_living_process_says_so_whatever_its_parts_do():
    async with site(pings={"store": gone}) as client:
        response = await client.get("/healthz")

        assert (response.status, await response.json()) == (200, {"status": "ok"})


async def test_it_is_ready_when_every_part_is():
    async with site(pings={"store": well, "slack": well}) as client:
        response = await client.get("/readyz")

        assert (response.status, await response.json()) == (200, {"store": "ok", "slack": "ok"})


async def test_it_is_not_ready_while_a_part_is_down_or_late_and_says_which_without_details():
    async with site(pings={"store": gone, "slack": down, "model": stuck, "x": well}) as client:
        response = await client.get("/readyz")

        assert response.status == 503
        assert await response.json() == {
            "store": "unavailable",
            "slack": "unavailable",
            "model": "late",
            "x": "ok",
        }


async def test_metrics_come_as_prometheus_reads_them():
    async with site() as client:
        response = await client.get("/metrics")

        assert response.headers["Content-Type"].startswith("text/plain; version=")
        assert "deskmate_questions_total 3.0" in await response.text()


async def test_errors_are_short_json_without_internals(caplog: pytest.LogCaptureFixture):
    async with site(routes=[web.get("/broken", broken), web.post("/echo", echo)]) as client:
        html = {"Accept": "text/html"}
        missing = await client.get("/nowhere", headers=html)
        wrong = await client.post("/healthz")
        large = await client.post("/echo", data=io.BytesIO(b"x" * 1_048_577))
        failed = await client.get("/broken", headers=html)

        assert (missing.status, await missing.json()) == (404, {"error": "not_found"})
        assert (wrong.status, await wrong.json()) == (405, {"error": "method_not_allowed"})
        assert (large.status, await large.json()) == (413, {"error": "too_large"})
        assert (failed.status, await failed.json()) == (500, {"error": "internal"})
        assert wrong.headers["Allow"] == "GET,HEAD"
        assert failed.headers["X-Content-Type-Options"] == "nosniff"
    assert "hunter2" in caplog.text  # the operator sees what the visitor does not


async def test_an_error_that_is_json_already_is_left_alone():
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"error": "stale"}, status=401)

    async with site(routes=[web.get("/refuse", refuse)]) as client:
        assert await (await client.get("/refuse")).json() == {"error": "stale"}


async def test_an_error_of_another_kind_is_refused():
    async def refuse(_: web.Request) -> web.Response:
        raise web.HTTPForbidden(text="internal reason")

    async with site(routes=[web.get("/refuse", refuse)]) as client:
        response = await client.get("/refuse")

        assert (response.status, await response.json()) == (403, {"error": "refused"})


async def test_it_serves_on_a_free_port_and_stops_with_the_block():
    app = build_web(routes=(), pings={}, registry=CollectorRegistry())

    async with (
        serve(app, "127.0.0.1", 0) as port,
        ClientSession() as client,
        client.get(f"http://127.0.0.1:{port}/healthz") as response,
    ):
        assert response.status == 200

    with pytest.raises(OSError, match=str(port)):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_port_that_is_taken_is_an_error_that_names_it():
    first, second = (build_web(routes=(), pings={}, registry=CollectorRegistry()) for _ in range(2))
    async with serve(first, "127.0.0.1", 0) as port:
        with pytest.raises(OSError, match=str(port)) as taken:
            async with serve(second, "127.0.0.1", port):
                pass

    assert taken.value.errno == errno.EADDRINUSE


async def test_endless_responses_end_when_the_server_stops():
    stopping = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"begun ")
        await stopping.wait()
        await response.write(b"ended")
        return response

    async def stop() -> None:
        stopping.set()

    app = build_web(
        routes=[web.get("/endless", endless)],
        pings={},
        registry=CollectorRegistry(),
        on_shutdown=(stop,),
    )
    async with ClientSession(timeout=ClientTimeout(total=10)) as client:
        async with serve(app, "127.0.0.1", 0) as port:
            response = await client.get(f"http://127.0.0.1:{port}/endless")
            await response.content.readexactly(6)

        assert await response.content.read() == b"ended"
