"""Pages are fetched from where everybody could, and from nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.core.library import NotTaken
from bot.fetching import Fetch, Fetched, Limits, is_public

PAGE = "<html><title>Leave</title><body>Twelve days.</body></html>"


@dataclass
class Names:
    """A name server that says what it was told to, and remembers what it was asked."""

    known: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        answers = self.known[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


Answer = Callable[[web.Request], web.StreamResponse]


@asynccontextmanager
async def site(**pages: Answer) -> AsyncIterator[tuple[int, list[str]]]:
    """A web server on this machine: its port, and the paths that it was asked for."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return pages[request.match_info["page"]](request)

    app = web.Application()
    app.router.add_get("/{page}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        assert server.port
        yield server.port, asked


def page(_request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")


def ours(names: Names, **limits: object) -> Fetch:
    """Fetches from the company's own host `wiki.corp` too."""
    return Fetch(Limits(hosts=frozenset({"wiki.corp"}), **limits), resolve=names)  # type: ignore[arg-type] -- limits are named in each test


async def refused(fetch: Fetch, address: str) -> str:
    with pytest.raises(NotTaken) as refusal:
        await fetch(address)
    return refusal.value.why


async def test_a_page_of_a_host_that_is_allowed_is_fetched() -> None:
    names = Names({"wiki.corp": [["127.0.0.1"]]})
    async with site(leave=page) as (port, _):
        got = await ours(names)(f"http://wiki.corp:{port}/leave#top")

    assert got == Fetched(
        address=f"http://wiki.corp:{port}/leave", suffix=".html", content=PAGE.encode()
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.8", "172.16.4.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0",  # noqa: S104 -- to be refused
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::",
        "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "::127.0.0.1", "no address", "",
    ],
)  # fmt: skip
async def test_an_address_of_the_house_is_refused_whatever_name_it_has(address: str) -> None:
    names = Names({"docs.example": [[address]]})

    assert not is_public(address)
    assert await refused(Fetch(Limits(), resolve=names), "http://docs.example/x") == "address"


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_an_address_of_everybody_is_public(address: str) -> None:
    assert is_public(address)


async def test_one_address_of_the_house_among_others_is_enough_to_refuse() -> None:
    names = Names({"docs.example": [["93.184.216.34", "127.0.0.1"]]})

    assert await refused(Fetch(Limits(), resolve=names), "https://docs.example/") == "address"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://127.0.0.1/", "address"),
        ("http://１２７.０.０.１/", "address"),
        ("http://[::1]/", "address"),
        ("http://[::ffff:169.254.169.254]/latest", "address"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://docs.example/x", "scheme"),
        ("gopher://docs.example/x", "scheme"),
        ("http://user:secret@docs.example/", "scheme"),
        ("http://user@docs.example/", "scheme"),
        ("http:///x", "scheme"),
        ("http://docs.example:22/", "port"),
        ("http://docs.example:6333/", "port"),
        ("http://[not an address", "unreachable"),
    ],
)
async def test_what_is_no_public_web_address_is_refused_before_anything_is_asked(
    address: str, why: str
) -> None:
    names = Names()

    assert await refused(Fetch(Limits(), resolve=names), address) == why
    assert names.asked == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost", "localhost."])
async def test_other_spellings_of_this_machine_are_judged_by_what_they_mean(host: str) -> None:
    assert await refused(Fetch(Limits()), f"http://{host}/") in {"address", "unreachable"}


async def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """A name that means this machine at the second look is not looked up a second time."""
    names = Names({"wiki.corp": [["127.0.0.1"], ["192.0.2.1"]]})
    async with site(leave=page) as (port, _):
        await ours(names)(f"http://wiki.corp:{port}/leave")

    assert names.asked == ["wiki.corp"]


async def test_a_redirect_into_the_house_is_not_followed() -> None:
    names = Names({"wiki.corp": [["127.0.0.1"]], "docs.example": [["10.0.0.1"]]})

    def by_name(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://docs.example/admin"})

    def by_number(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "http://169.254.169.254/"})

    def to_file(_request: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "file:///etc/passwd"})

    async with site(name=by_name, number=by_number, file=to_file) as (port, asked):
        fetch = ours(names)
        assert await refused(fetch, f"http://wiki.corp:{port}/name") == "address"
        assert await refused(fetch, f"http://wiki.corp:{port}/number") == "address"
        assert await refused(fetch, f"http://wiki.corp:{port}/file") == "scheme"

    assert asked == ["/name", "/number", "/file"]


async def test_a_redirect_to_where_one_may_go_is_followed_but_not_for_ever() -> None:
    names = Names({"wiki.corp": [["127.0.0.1"]]})

    def moved(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/leave"})

    def round_and_round(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/round"})

    async with site(moved=moved, leave=page, round=round_and_round) as (port, asked):
        got = await ours(names)(f"http://wiki.corp:{port}/moved")
        assert got.address.endswith("/leave")
        assert await refused(ours(names), f"http://wiki.corp:{port}/round") == "redirects"

    assert len(asked) == 2 + 6


async def test_what_is_too_large_is_refused_whether_it_says_so_or_not() -> None:
    names = Names({"wiki.corp": [["127.0.0.1"]]})

    def says_so(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 5_000, content_type="text/plain")

    async with site(large=says_so, endless=_endless) as (port, _):
        fetch = ours(names, max_bytes=2_000)
        assert await refused(fetch, f"http://wiki.corp:{port}/large") == "large"
        assert await refused(fetch, f"http://wiki.corp:{port}/endless") == "large"


def _endless(_request: web.Request) -> web.Response:
    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_000

    return web.Response(body=pieces(), content_type="text/plain")


async def test_what_takes_too_long_is_given_up() -> None:
    names = Names({"wiki.corp": [["127.0.0.1"]]})

    def slow(_request: web.Request) -> web.Response:
        async def never() -> AsyncIterator[bytes]:
            await asyncio.Event().wait()
            yield b""

        return web.Response(body=never(), content_type="text/plain")

    async with site(slow=slow) as (port, _):
        assert await refused(ours(names, total_s=0.15), f"http://wiki.corp:{port}/slow") == "late"


async def test_packed_pages_and_formats_we_do_not_read_are_refused() -> None:
    names = Names({"wiki.corp": [["127.0.0.1"]]})

    def packed(_request: web.Request) -> web.Response:
        return web.Response(body=b"x", content_type="text/html", headers={"Content-Encoding": "br"})

    def program(_request: web.Request) -> web.Response:
        return web.Response(body=b"x", content_type="application/x-sh")

    def missing(_request: web.Request) -> web.Response:
        return web.Response(status=404, text="the secret of the intranet")

    async with site(packed=packed, program=program, missing=missing) as (port, _):
        fetch, start = ours(names), f"http://wiki.corp:{port}"
        assert await refused(fetch, f"{start}/packed") == "format"
        assert await refused(fetch, f"{start}/program") == "format"
        assert await refused(fetch, f"{start}/missing") == "status"


async def test_the_name_tells_the_format_where_the_server_does_not() -> None:
    names = Names({"wiki.corp": [["127.0.0.1"]]})

    def unnamed(_request: web.Request) -> web.Response:
        return web.Response(body=b"# Leave", content_type="application/octet-stream")

    app = web.Application()

    async def answer(request: web.Request) -> web.Response:
        return unnamed(request)

    app.router.add_get("/a/leave.MD", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        got = await ours(names)(f"http://wiki.corp:{server.port}/a/leave.MD?x=1.pdf")

    assert got.suffix == ".md"
