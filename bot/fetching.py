"""Pages and files of the web, without becoming anybody's way into the house.

Whoever names an address decides what this machine connects to. So a name is resolved once, every
address it has is judged, and the connection goes to just these addresses: a name that means
another machine a moment later changes nothing. Each redirect is judged like the first address.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias
from urllib.parse import unquote

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.core.library import NotTaken

_MOST_REDIRECTS: Final = 5
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_PORTS: Final = frozenset({80, 443})
_READ_BYTES: Final = 65_536
_CONNECT_S: Final = 5.0
# Addresses that carry an IPv4 address inside, by which a gateway could be asked to go on.
_GATEWAYS: Final = tuple(ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))

_SUFFIXES: Final = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_TELLS_NOTHING: Final = frozenset({"", "text/plain", "application/octet-stream"})

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""Every address a host has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page or file. address: where it was in the end. suffix: of its format, as `.pdf`."""

    address: str
    suffix: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be fetched. hosts: may have private addresses and any port."""

    hosts: frozenset[str] = frozenset()
    max_bytes: int = 20_000_000
    total_s: float = 30.0


async def looked_up(host: str, port: int) -> list[str]:
    """Every address a host has, as this machine sees it.

    Raises:
        OSError: there is no such host.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to a machine that everybody may reach."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return _is_global(ip.ipv4_mapped)
        if ip.sixtofour or ip.teredo or any(ip in net for net in _GATEWAYS):
            return False
    return _is_global(ip)


def _is_global(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


class Fetch:
    """Fetches what anybody could, and nothing that only this machine could."""

    def __init__(self, limits: Limits, *, resolve: Resolve = looked_up) -> None:
        self._limits = limits
        self._resolve = resolve

    async def __call__(self, address: str) -> Fetched:
        """What is at an address.

        Raises:
            NotTaken: it may not be fetched, is too large, came too late, or is of no use.
        """
        try:
            async with asyncio.timeout(self._limits.total_s):
                return await self._followed(address)
        except TimeoutError as late:
            raise NotTaken("late", f"{self._limits.total_s:g} s") from late
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # No words of the error: they may tell what answers inside the house.
            raise NotTaken("unreachable", _host_in(address)) from error

    async def _followed(self, address: str) -> Fetched:
        url = self._judged(address)
        resolver = _Judging(self._resolve, self._limits.hosts)
        connector = aiohttp.TCPConnector(
            resolver=resolver, use_dns_cache=False, force_close=True, limit=1
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=self._limits.total_s, sock_connect=_CONNECT_S),
            # Packed pages could be a thousand times larger than what is counted on the way.
            headers={"Accept-Encoding": "identity", "User-Agent": "Deskmate"},
        ) as session:
            for _ in range(_MOST_REDIRECTS + 1):
                async with session.get(url, allow_redirects=False) as response:
                    if response.status not in _MOVED:
                        return await self._read(response, url)
                    url = self._judged(_moved_to(response, url), before=url)
        raise NotTaken("redirects", str(_MOST_REDIRECTS))

    def _judged(self, address: str, *, before: URL | None = None) -> URL:
        """The address, if one may connect there as far as can be told without resolving it."""
        url = URL(address)
        host = (url.host or "").rstrip(".").lower()
        if url.scheme not in ("http", "https") or not host or url.user or url.password:
            raise NotTaken("scheme", url.scheme[:20])
        if before is not None and before.scheme == "https" and url.scheme == "http":
            raise NotTaken("scheme", "http")
        ours = host in self._limits.hosts
        if url.port not in _PORTS and not ours:
            raise NotTaken("port", str(url.port))
        # What is an address already is never resolved, so nobody would judge it later.
        if _is_address(host) and not ours and not is_public(host):
            raise NotTaken("address", host)
        return url.with_fragment(None)

    async def _read(self, response: aiohttp.ClientResponse, url: URL) -> Fetched:
        if response.status != 200:
            raise NotTaken("status", str(response.status))
        suffix = _suffix(response, url)
        most = self._limits.max_bytes
        if (response.content_length or 0) > most:
            raise NotTaken("large", f"{most:,}")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise NotTaken("format", "Content-Encoding")
        content = bytearray()
        async for piece in response.content.iter_chunked(_READ_BYTES):
            content += piece
            if len(content) > most:
                raise NotTaken("large", f"{most:,}")
        return Fetched(address=str(url), suffix=suffix, content=bytes(content))


class _Judging(AbstractResolver):
    """Resolves names, and refuses those with any address that is not everybody's."""

    def __init__(self, resolve: Resolve, hosts: frozenset[str]) -> None:
        self._resolve = resolve
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._resolve(host, port)
        name = host.rstrip(".").lower()
        # One bad address among good ones is refused too: which one is used is not ours to say.
        if not addresses or (name not in self._hosts and not all(map(is_public, addresses))):
            raise NotTaken("address", name[:100])
        usable = [one for one in addresses if family in (socket.AF_UNSPEC, _family_of(one))]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=_family_of(address),
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in usable
        ]

    async def close(self) -> None:
        return None


def _family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _moved_to(response: aiohttp.ClientResponse, url: URL) -> str:
    place = response.headers.get("Location", "")
    if not place:
        raise NotTaken("status", str(response.status))
    return str(url.join(URL(place)))


def _suffix(response: aiohttp.ClientResponse, url: URL) -> str:
    """The format: as the server says, unless it says nothing and the name does."""
    said = response.content_type.lower() if "Content-Type" in response.headers else ""
    name = unquote(url.path).rpartition("/")[2]
    named = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
    known = {*_SUFFIXES.values(), ".htm", ".markdown", ".text"}
    if said in _TELLS_NOTHING and named in known:
        return named
    suffix = _SUFFIXES.get(said, "")
    if not suffix:
        raise NotTaken("format", said[:60])
    return suffix


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _host_in(address: str) -> str:
    try:
        return (URL(address).host or "")[:100]
    except ValueError:
        return ""
