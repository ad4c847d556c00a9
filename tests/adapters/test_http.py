from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from adapters.http import (
    LONGEST_WAIT_S,
    MAX_RESPONSE_BYTES,
    Closed,
    Http,
    persistently,
    retry_after_s,
    same_origin,
    until_told,
)
from bot.core.errors import ChannelError, ChannelRefused, ChannelUnavailable

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

IMPATIENT = aiohttp.ClientTimeout(total=0.3, connect=0.2)


@asynccontextmanager
async def platform(answer: Answer) -> AsyncIterator[str]:
    """A platform's interface on loopback, by its address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api"
    await runner.cleanup()


@asynccontextmanager
async def calling(**options: aiohttp.ClientTimeout) -> AsyncIterator[Http]:
    http = Http(**options)
    yield http
    await http.close()


# ── calls ─────────────────────────────────────────────────────────────────────────────────────


async def test_json_is_sent_and_read() -> None:
    async def echo(request: web.Request) -> web.Response:
        sent = {"path": request.path_qs, "auth": request.headers["Authorization"]}
        return web.json_response(sent | {"body": await request.json()}, headers={"X-Left": "3"})

    async with platform(echo) as url, calling() as http:
        response = await http.call(
            "POST",
            url,
            headers={"Authorization": "Bearer t"},
            params={"type": "open_id"},
            body={"text": "年假 \ud800"},
        )

    assert (response.status, response.headers["x-left"]) == (200, "3")
    assert response.body == {
        "path": "/api?type=open_id",
        "auth": "Bearer t",
        "body": {"text": "年假 \ud800"},
    }


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 503])
async def test_every_status_is_an_answer(status: int) -> None:
    async def say(request: web.Request) -> web.Response:
        return web.json_response({"code": 7}, status=status)

    async with platform(say) as url, calling() as http:
        response = await http.call("GET", url)

    assert (response.status, response.body) == (status, {"code": 7})


@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad gateway</html>", b"[1]", b"\xff\xfe{", b'{"a":' * 100_000]
)
async def test_what_is_no_json_object_is_empty(body: bytes) -> None:
    async def say(request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async with platform(say) as url, calling() as http:
        response = await http.call("GET", url)

    assert (response.status, response.body) == (200, {})


async def test_a_redirection_is_not_followed() -> None:
    seen: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        seen.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async with platform(redirect) as url, calling() as http:
        response = await http.call("POST", url, headers={"Authorization": "Bearer t"}, body={})

    assert (response.status, seen) == (302, ["/api"])


async def test_cookies_are_not_kept() -> None:
    seen: list[str] = []

    async def set_cookie(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie", ""))
        return web.json_response({}, headers={"Set-Cookie": "a=b"})

    async with platform(set_cookie) as url, calling() as http:
        await http.call("GET", url.replace("127.0.0.1", "localhost"))
        await http.call("GET", url.replace("127.0.0.1", "localhost"))

    assert seen == ["", ""]


async def test_a_proxy_in_the_environment_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def say(request: web.Request) -> web.Response:
        return web.json_response({"direct": True})

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with platform(say) as url, calling() as http:
        response = await http.call("GET", url)

    assert response.body == {"direct": True}


# ── calls that fail ───────────────────────────────────────────────────────────────────────────


async def slow(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.Response()


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65_536)


async def dripping(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.01)


async def cut_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"{")
    request.protocol.force_close()
    return response


async def hung_up(request: web.Request) -> web.StreamResponse:
    request.protocol.force_close()
    return web.Response()


async def badly_packed(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"not gzip", headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("answer", [slow, endless, dripping, cut_off, hung_up, badly_packed])
async def test_a_broken_answer_is_a_passing_failure(answer: Answer) -> None:
    async with platform(answer) as url, calling(timeout=IMPATIENT) as http, asyncio.timeout(3):
        with pytest.raises(ChannelUnavailable):
            await http.call("GET", url)


async def test_an_answer_of_the_largest_size_is_read() -> None:
    async def say(request: web.Request) -> web.Response:
        return web.Response(body=b'"' + b"x" * (MAX_RESPONSE_BYTES - 2) + b'"')

    async with platform(say) as url, calling() as http:
        response = await http.call("GET", url)

    assert response.status == 200


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://127.0.0.1:99999/", "nowhere", ""])
async def test_an_address_nobody_answers_at_is_a_passing_failure(url: str) -> None:
    async with calling() as http:
        with pytest.raises(ChannelUnavailable):
            await http.call("GET", url)


async def test_after_closing_no_call_is_made() -> None:
    http = Http()
    await http.close()

    with pytest.raises(ChannelUnavailable):
        await http.call("GET", "http://127.0.0.1:1/")


# ── trying again ──────────────────────────────────────────────────────────────────────────────


class Attempts:
    """A call that fails in the given ways and then succeeds; and how long was slept between."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.slept: list[float] = []
        self.made = 0

    async def __call__(self) -> str:
        self.made += 1
        if self._failures:
            raise self._failures.pop(0)
        return "done"

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def unavailable(wait_s: float | None = None) -> ChannelUnavailable:
    return ChannelUnavailable("busy", retry_after_s=wait_s)


async def test_a_passing_failure_passes() -> None:
    attempts = Attempts(unavailable(), unavailable())

    assert await persistently(attempts, sleep=attempts.sleep) == "done"
    assert attempts.slept == [0.5, 1.0]


async def test_the_wait_a_platform_asks_for_is_obeyed() -> None:
    attempts = Attempts(unavailable(7.0), unavailable(0.0))

    await persistently(attempts, sleep=attempts.sleep)

    assert attempts.slept == [7.0, 0.0]


async def test_after_all_attempts_the_last_failure_is_raised() -> None:
    last = unavailable()
    attempts = Attempts(unavailable(), unavailable(), last)

    with pytest.raises(ChannelUnavailable) as raised:
        await persistently(attempts, attempts=3, sleep=attempts.sleep)

    assert raised.value is last
    assert attempts.made == 3


async def test_a_refusal_is_not_tried_again() -> None:
    attempts = Attempts(ChannelRefused("not_in_channel"))

    with pytest.raises(ChannelRefused):
        await persistently(attempts, sleep=attempts.sleep)

    assert attempts.made == 1


async def test_a_wait_that_is_too_long_is_left_to_the_caller() -> None:
    attempts = Attempts(unavailable(LONGEST_WAIT_S + 1))

    with pytest.raises(ChannelUnavailable) as raised:
        await persistently(attempts, sleep=attempts.sleep)

    assert raised.value.retry_after_s == LONGEST_WAIT_S + 1
    assert attempts.slept == []


async def test_trying_again_can_be_cancelled() -> None:
    async def forever(seconds: float) -> None:
        await asyncio.Event().wait()

    trying = asyncio.create_task(persistently(Attempts(unavailable()), sleep=forever))
    await asyncio.sleep(0)
    trying.cancel()

    with pytest.raises(asyncio.CancelledError):
        await trying


async def test_a_closed_channel_is_not_tried_again() -> None:
    attempts = Attempts(Closed())

    with pytest.raises(Closed):
        await persistently(attempts, sleep=attempts.sleep)

    assert attempts.made == 1


async def test_a_platform_is_asked_until_it_tells_with_longer_and_longer_pauses() -> None:
    attempts = Attempts(*(unavailable() for _ in range(7)))

    assert await until_told(attempts, platform="slack", sleep=attempts.sleep) == "done"
    assert attempts.slept == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


async def test_it_is_asked_no_sooner_than_it_wishes() -> None:
    attempts = Attempts(unavailable(7.0), unavailable(0.0))

    await until_told(attempts, platform="slack", sleep=attempts.sleep)

    assert attempts.slept == [7.0, 2.0]


@pytest.mark.parametrize("end", [ChannelRefused("invalid_auth"), Closed()])
async def test_it_is_not_asked_after_a_refusal_or_the_end(end: ChannelError) -> None:
    attempts = Attempts(unavailable(), end)

    with pytest.raises(type(end)):
        await until_told(attempts, platform="slack", sleep=attempts.sleep)

    assert attempts.made == 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("86400000", 3_600.0),
        ("1e300", 3_600.0),
        *((senseless, 1.0) for senseless in (None, "", "-1", "nan", "inf", "soon")),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1.0),
    ],
)
def test_the_wait_is_read_from_the_header(value: str | None, seconds: float) -> None:
    assert retry_after_s(value) == seconds


# ── addresses ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com/actions/T1/2/3?x=y#z",
        "HTTPS://HOOKS.SLACK.COM:443/a",
        "http://127.0.0.1:8080/robot/send?session=1",
    ],
)
def test_an_address_of_the_platform_is_its_own(url: str) -> None:
    assert same_origin(url, "https://hooks.slack.com", "http://127.0.0.1:8080/api/")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com.evil.example/a",
        "https://evil.example/hooks.slack.com",
        "https://hooks.slack.com@evil.example/",
        "https://hooks.slack.com:x@evil.example/",
        "https://evil.example#@hooks.slack.com/",
        "https://evil.example\\@hooks.slack.com/",
        "https://hooks.slack.com\\.evil.example/",
        "https://hooks.slac\u212a.com/",
        "https://hooks.sl\tack.com/",
        " https://hooks.slack.com/",
        "http://hooks.slack.com/",
        "https://hooks.slack.com:444/",
        "https://hooks.slack.com:0/",
        "https://hooks.slack.com:port/",
        "https://hooks.slack.com./",
        "https://[::1/",
        "http://169.254.169.254/latest/meta-data",
        "//hooks.slack.com/",
        "hooks.slack.com",
        "https://",
        "",
    ],
)
def test_any_other_address_is_not(url: str) -> None:
    assert not same_origin(url, "https://hooks.slack.com", "")
