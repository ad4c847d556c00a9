"""The web server: health, readiness, metrics, and whatever routes the platforms bring."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bot.core.errors import CoreError
from bot.core.machine import PartState
from knowledge.errors import KnowledgeError

Ping: TypeAlias = Callable[[], Awaitable[None]]
"""Returns if the part works; raises an error of our tree otherwise."""

_Answer: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

MAX_BODY_BYTES: Final = 1_048_576

_ERRORS: Final[Mapping[int, str]] = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    500: "internal",
}


def build_web(
    *,
    routes: Iterable[web.AbstractRouteDef],
    pings: Mapping[str, Ping],
    registry: CollectorRegistry,
    before_metrics: Callable[[], None] = lambda: None,
    on_shutdown: Iterable[Ping] = (),
    ping_timeout_s: float = 2.0,
) -> web.Application:
    """The application: the given routes beside /healthz, /readyz and /metrics.

    before_metrics: called before metrics are shown, so that they tell of now.
    on_shutdown: called before connections are closed, so that endless responses can end.
    """
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_tell_refusals_briefly])
    app.add_routes(routes)
    app.add_routes(
        [
            web.get("/healthz", _health),
            web.get("/readyz", _readiness(pings, ping_timeout_s)),
            web.get("/metrics", _metrics(registry, before_metrics)),
        ]
    )
    app.on_response_prepare.append(_tell_failures_briefly)
    app.on_shutdown.extend(_hook(step) for step in on_shutdown)
    return app


async def check(pings: Mapping[str, Ping], *, timeout_s: float) -> Mapping[str, PartState]:
    """Ask every part at once whether it works; none waits for longer than `timeout_s`."""
    states = await asyncio.gather(*(_state(ping, timeout_s) for ping in pings.values()))
    return dict(zip(pings, states, strict=True))


@asynccontextmanager
async def serve(
    app: web.Application, host: str, port: int, *, drain_s: float = 5.0
) -> AsyncIterator[int]:
    """Serve inside the block and yield the port, the real one where 0 was asked for.

    Requests under way get `drain_s` seconds to finish when the block is left.

    Raises:
        OSError: the address cannot be used; `errno` says why (EADDRINUSE: somebody else has it).
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=drain_s)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def _readiness(pings: Mapping[str, Ping], timeout_s: float) -> _Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        states = await check(pings, timeout_s=timeout_s)
        ready = all(state == "ok" for state in states.values())
        return web.json_response(dict(states), status=200 if ready else 503)

    return answer


def _metrics(registry: CollectorRegistry, before: Callable[[], None]) -> _Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        before()
        # Reading process statistics touches /proc.
        body = await asyncio.to_thread(generate_latest, registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return answer


async def _state(ping: Ping, timeout_s: float) -> PartState:
    try:
        await asyncio.wait_for(ping(), timeout_s)
    except TimeoutError:
        return "late"
    except (CoreError, KnowledgeError, OSError):
        return "unavailable"
    return "ok"


@web.middleware
async def _tell_refusals_briefly(request: web.Request, handler: _Answer) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPError as error:
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        code = _ERRORS.get(error.status, "refused")
        return web.json_response({"error": code}, status=error.status, headers=allowed)


async def _tell_failures_briefly(_: web.Request, response: web.StreamResponse) -> None:
    """What broke is in the log, written by aiohttp; its own page says so in HTML."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if response.status < 500 or not isinstance(response, web.Response):
        return
    if response.content_type == "application/json" or not isinstance(response.body, bytes):
        return
    # The length is announced already. Blanks may follow JSON, so a longer page can be replaced.
    body = json.dumps({"error": _ERRORS[500]}).encode()
    response.body = body.ljust(len(response.body))
    response.headers["Content-Type"] = "application/json"


def _hook(step: Ping) -> Callable[[web.Application], Awaitable[None]]:
    async def run(_: web.Application) -> None:
        await step()

    return run
