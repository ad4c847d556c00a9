from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from multidict import CIMultiDictProxy

from adapters.ingress import MAX_BODY_BYTES, Received, RequestRefused, receive, take
from bot.core.errors import IntakeFull, StateUnavailable
from bot.core.model import Event
from tests.fakes_core import message

EVENT = message("How many days of leave?")


@dataclass
class Door:
    """A platform's route: what it read, what it took, and what it answers."""

    received: Received = field(default_factory=Received)
    refused: RequestRefused | None = None
    full: Exception | None = None
    body_deadline_s: float = 10.0
    bodies: list[bytes] = field(default_factory=list)
    taken: list[Event] = field(default_factory=list)
    port: int = 0

    def read(self, body: bytes, headers: CIMultiDictProxy[str]) -> Received:
        self.bodies.append(body)
        if self.refused is not None:
            raise self.refused
        return self.received

    async def accept(self, event: Event) -> bool:
        if self.full is not None:
            raise self.full
        self.taken.append(event)
        return True

    async def answer(self, request: web.Request) -> web.Response:
        return await receive(request, self.read, self.accept, body_deadline_s=self.body_deadline_s)

    async def post(self, body: bytes, *, encoding: str = "", length: int | None = None) -> Answer:
        """Send raw bytes; what comes back until the other side hangs up, or half a second."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        encoded = f"Content-Encoding: {encoding}\r\n" if encoding else ""
        size = len(body) if length is None else length
        writer.write(f"POST / HTTP/1.1\r\nHost: x\r\n{encoded}".encode())
        writer.write(f"Content-Length: {size}\r\n\r\n".encode() + body)
        try:
            return await Answer.read(reader)
        finally:
            writer.close()


@dataclass
class Answer:
    status: int
    body: bytes
    closed: bool

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> Answer:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        lines = head.decode().lower().split("\r\n")
        length = next(line for line in lines if line.startswith("content-length:"))
        body = await reader.readexactly(int(length.split(":")[1]))
        try:
            closed = await asyncio.wait_for(reader.read(1), 0.1) == b""
        except TimeoutError:
            closed = False
        return cls(int(lines[0].split()[1]), body, closed)


@asynccontextmanager
async def opened(door: Door) -> AsyncIterator[Door]:
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.add_routes([web.post("/", door.answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    door.port = runner.addresses[0][1]
    yield door
    await runner.cleanup()


# ── what is answered ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("received", "body"),
    [
        (Received(), b"{}"),
        (Received(reply=None), b""),
        (Received(reply={"challenge": 'a "quoted"\n挑战'}), None),
        (Received(event=EVENT), b"{}"),
    ],
)
async def test_what_was_read_is_acknowledged(received: Received, body: bytes | None) -> None:
    async with opened(Door(received=received)) as door:
        answer = await door.post(b"{}")

    assert answer.status == 200
    assert answer.body == body if body is not None else json.loads(answer.body) == received.reply


async def test_an_event_is_taken_before_the_acknowledgement() -> None:
    async with opened(Door(received=Received(event=EVENT))) as door:
        await door.post(b"raw \xff bytes")

    assert door.bodies == [b"raw \xff bytes"]
    assert door.taken == [EVENT]


async def test_a_request_that_means_nothing_takes_nothing() -> None:
    async with opened(Door(full=IntakeFull("no room"))) as door:
        answer = await door.post(b"{}")

    assert answer.status == 200


@pytest.mark.parametrize("full", [IntakeFull("no room"), StateUnavailable("no disk")])
async def test_an_event_that_cannot_be_stored_is_not_acknowledged(full: Exception) -> None:
    async with opened(Door(received=Received(event=EVENT), full=full)) as door:
        answer = await door.post(b"{}")

    assert (answer.status, json.loads(answer.body)) == (503, {"error": "busy"})


async def test_what_finds_no_room_is_not_told_once_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with opened(Door(received=Received(event=EVENT), full=IntakeFull("no room"))) as door:
        await door.post(b"{}")

    assert [one for one in caplog.records if one.name.startswith("adapters")] == []


async def test_where_the_platform_never_repeats_it_the_person_is_told() -> None:
    busy = Received(event=EVENT, busy={"toast": "Later, please"})
    async with opened(Door(received=busy, full=IntakeFull("no room"))) as door:
        answer = await door.post(b"{}")

    assert (answer.status, json.loads(answer.body)) == (200, {"toast": "Later, please"})


async def test_a_refusal_says_one_word_and_logs_nothing_that_was_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened(Door(refused=RequestRefused(401, "bad_signature"))) as door:
        answer = await door.post(b"my salary")

    assert (answer.status, json.loads(answer.body)) == (401, {"error": "bad_signature"})
    assert "salary" not in caplog.text


# ── bodies ────────────────────────────────────────────────────────────────────────────────────


async def test_a_body_of_the_largest_size_is_read_and_the_connection_kept() -> None:
    async with opened(Door()) as door:
        answer = await door.post(b"x" * MAX_BODY_BYTES)

    assert (answer.status, answer.closed) == (200, False)
    assert len(door.bodies[0]) == MAX_BODY_BYTES


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 2 * MAX_BODY_BYTES, 20 * MAX_BODY_BYTES])
async def test_t11_a_larger_body_is_refused_and_the_connection_closed(size: int) -> None:
    async with opened(Door()) as door:
        answer = await door.post(b"x" * size)

    assert (answer.status, answer.closed) == (413, True)
    assert json.loads(answer.body) == {"error": "too_large"}
    assert door.bodies == []


async def test_a_compressed_body_is_inflated() -> None:
    async with opened(Door()) as door:
        answer = await door.post(gzip.compress(b'{"a": 1}'), encoding="gzip")

    assert (answer.status, door.bodies) == (200, [b'{"a": 1}'])


def bomb(mebibytes: int) -> bytes:
    return gzip.compress(bytes(MAX_BODY_BYTES)) * mebibytes


@pytest.mark.parametrize("mebibytes", [2, 400])
async def test_t11_a_body_that_inflates_too_far_is_refused_unread(mebibytes: int) -> None:
    async with opened(Door()) as door, asyncio.timeout(5):
        answer = await door.post(bomb(mebibytes), encoding="gzip")

    assert (answer.status, answer.closed) == (413, True)
    assert door.bodies == []


async def test_a_broken_encoding_is_malformed(caplog: pytest.LogCaptureFixture) -> None:
    async with opened(Door()) as door:
        answer = await door.post(b"not compressed", encoding="gzip")

    assert (answer.status, answer.closed) == (400, True)
    assert json.loads(answer.body) == {"error": "malformed"}
    assert "Traceback" not in caplog.text


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async with opened(Door(body_deadline_s=0.05)) as door:
        answer = await door.post(b"half", length=8)

    assert (answer.status, answer.closed) == (400, True)
    assert json.loads(answer.body) == {"error": "late"}


async def test_who_hangs_up_in_the_middle_leaves_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened(Door()) as door:
        _, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.transport.abort()
        await asyncio.sleep(0.02)
        answer = await door.post(b"{}")

    assert answer.status == 200
    assert door.bodies == [b"{}"]
    assert "Traceback" not in caplog.text


async def test_who_never_stops_sending_is_cut_off() -> None:
    async with opened(Door()) as door, asyncio.timeout(8):
        _, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")

        with pytest.raises(ConnectionError):
            await send_without_end(writer)


async def send_without_end(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await writer.drain()


# ── frames ────────────────────────────────────────────────────────────────────────────────────


async def test_a_frame_without_an_event_may_be_acknowledged() -> None:
    assert await take(None, Door(full=IntakeFull("no room")).accept)


async def test_a_frame_is_acknowledged_once_its_event_is_taken() -> None:
    door = Door()

    assert await take(EVENT, door.accept)
    assert door.taken == [EVENT]


async def test_a_frame_seen_before_is_acknowledged_again() -> None:
    async def seen_before(event: Event) -> bool:
        return False

    assert await take(EVENT, seen_before)


@pytest.mark.parametrize("full", [IntakeFull("no room"), StateUnavailable("no disk")])
async def test_a_frame_that_cannot_be_stored_is_not_acknowledged(full: Exception) -> None:
    assert not await take(EVENT, Door(full=full).accept)
