"""The one way in: verify, parse, claim and store, acknowledge; the work comes later.

Every platform's request goes through `receive`, every frame of a socket through `take`. What a
platform says is never trusted before its signature is, and never acknowledged before it is on disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from aiohttp import web
from multidict import CIMultiDictProxy

from bot.core.errors import IntakeFull, StateUnavailable
from bot.core.model import Event

log = logging.getLogger(__name__)

Accept: TypeAlias = Callable[[Event], Awaitable[bool]]
"""Takes an event for good; False where it was taken before. Raises IntakeFull, StateUnavailable,
and has told the log why.
"""

MAX_BODY_BYTES: Final = 1_048_576
BODY_DEADLINE_S: Final = 10.0

_DRAIN_DEADLINE_S: Final = 2.0
_MOST_DRAINED_BYTES: Final = 64 * MAX_BODY_BYTES


class RequestRefused(Exception):
    """A request that is answered with an error.

    status: 400 malformed, 401 bad signature or stale, 413 too large, 503 full.
    code: one word for whoever reads the response; never a part of the request.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a request means.

    event: to be stored before the request is acknowledged; None where it is nothing to us.
    events: further ones of the same request; it is acknowledged when all are stored.
    reply: the JSON body of the acknowledgement; an empty mapping says `{}`, None says nothing.
    busy: the body instead, where the event cannot be stored and the platform never repeats it.
    """

    event: Event | None = None
    events: tuple[Event, ...] = ()
    reply: Mapping[str, object] | None = field(default_factory=dict)
    busy: Mapping[str, object] | None = None


Read: TypeAlias = Callable[[bytes, CIMultiDictProxy[str]], Received]
"""Verifies and parses a request, in this order; pure. Raises RequestRefused."""


async def receive(
    request: web.Request, read: Read, accept: Accept, *, body_deadline_s: float = BODY_DEADLINE_S
) -> web.Response:
    """Answer a platform's request; never with a traceback, and never before the event is kept."""
    try:
        received = read(await _body(request, body_deadline_s), request.headers)
        return await _acknowledged(received, accept)
    except RequestRefused as refused:
        # Of what found no room the log was told; a line for each would make room scarcer.
        if refused.status != 503:
            log.info("request_refused", extra={"path": request.path, "reason": refused.code})
        response = web.json_response({"error": refused.code}, status=refused.status)
        if refused.status == 413 or not request.content.is_eof():
            await _answer_and_hang_up(request, response)
        return response


async def take(event: Event | None, accept: Accept) -> bool:
    """Store what came in a frame: True where the frame may be acknowledged."""
    if event is None:
        return True
    try:
        await accept(event)
    except (IntakeFull, StateUnavailable):
        return False
    return True


async def _acknowledged(received: Received, accept: Accept) -> web.Response:
    for event in (received.event, *received.events):
        if await take(event, accept):
            continue
        if received.busy is None:
            raise RequestRefused(503, "busy")
        return web.json_response(received.busy)
    if received.reply is None:
        return web.Response()
    return web.json_response(received.reply)


async def _body(request: web.Request, deadline_s: float) -> bytes:
    try:
        async with asyncio.timeout(deadline_s):
            return await _bounded_body(request)
    except TimeoutError as error:
        raise RequestRefused(400, "late") from error
    except ConnectionError as error:
        raise RequestRefused(400, "incomplete") from error
    except web.RequestPayloadError as error:  # a broken Content-Encoding or Transfer-Encoding
        raise RequestRefused(400, "malformed") from error


async def _bounded_body(request: web.Request) -> bytes:
    # aiohttp inflates compressed bodies piece by piece, so what is counted is what would be kept.
    body = bytearray()
    async for piece in request.content.iter_chunked(65_536):
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise RequestRefused(413, "too_large")
    return bytes(body)


async def _answer_and_hang_up(request: web.Request, response: web.Response) -> None:
    """Answer at once, and end the connection.

    aiohttp would read on for ten seconds, inflating whatever comes without giving others a turn.
    Closing at once would be no better: who is still sending would see a reset, not our answer.
    So what comes is taken as it is and forgotten.
    """
    response.force_close()
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write_eof()
    transport = request.transport
    if not isinstance(transport, asyncio.Transport):
        return
    drain = _Drain(request.protocol)
    transport.set_protocol(drain)
    try:
        transport.resume_reading()
        if transport.can_write_eof():
            transport.write_eof()
        await asyncio.wait({drain.over}, timeout=_DRAIN_DEADLINE_S)
    finally:
        transport.set_protocol(request.protocol)
        request.protocol.force_close()


class _Drain(asyncio.Protocol):
    """Takes the rest of a connection in place of who read it before."""

    def __init__(self, before: asyncio.BaseProtocol) -> None:
        self._before = before
        self._left = _MOST_DRAINED_BYTES
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._end()

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self._before.connection_lost(exc)

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)
