"""Calls to a platform's web interface: bounded, timed, and tried again where that can help."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from bot.core.errors import ChannelUnavailable, FileTooLarge

log = logging.getLogger(__name__)

Result = TypeVar("Result")

TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5, sock_connect=5, sock_read=10)
MAX_RESPONSE_BYTES: Final = 1_048_576
_FILE_TIMEOUT: Final = aiohttp.ClientTimeout(total=300, connect=5, sock_connect=5, sock_read=15)
_PIECE_BYTES: Final = 65_536
LONGEST_WAIT_S: Final = 30.0
"""Waiting longer than this for a platform is left to whoever asked."""

_LONGEST_BELIEVED_S: Final = 3_600.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0

# Parsers disagree about blanks, backslashes and letters beyond ASCII in an address.
_PLAIN_ADDRESS: Final = re.compile(r"[!-\[\]-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a platform answered; `body` is {} where it was no JSON object."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What stands at an address, byte by byte, whatever its status."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Mapping[str, Any]:
        """The same as JSON: what a platform says in place of a file; {} where it is none."""
        return _json_object(self.content)


class Closed(ChannelUnavailable):
    """The channel was closed; for this process trying again cannot help."""

    def __init__(self) -> None:
        super().__init__("closed")


class Http:
    """A session for one platform, opened at the first call."""

    def __init__(self, *, timeout: aiohttp.ClientTimeout = TIMEOUT) -> None:
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Response:
        """Send JSON and read what comes back, whatever its status. Redirects are not followed.

        Raises:
            ChannelUnavailable: no answer within the time, or a broken or endless one.
            Closed: nothing was sent.
        """
        if self._closed:
            raise Closed
        try:
            async with self._open().request(
                method, url, headers=headers, params=params, json=body, allow_redirects=False
            ) as response:
                raw = await response.content.read(MAX_RESPONSE_BYTES + 1)
                while not response.content.at_eof() and len(raw) <= MAX_RESPONSE_BYTES:
                    raw += await response.content.read(MAX_RESPONSE_BYTES + 1 - len(raw))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ChannelUnavailable(f"no answer ({type(error).__name__})") from error
        if len(raw) > MAX_RESPONSE_BYTES:
            raise ChannelUnavailable(f"an answer of more than {MAX_RESPONSE_BYTES} bytes")
        return Response(status=response.status, headers=response.headers, body=_json_object(raw))

    async def load(
        self,
        url: str,
        *,
        most_bytes: int,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Loaded:
        """Read a file. Redirects are not followed.

        Raises:
            FileTooLarge: there is more in it; the rest was not read.
            ChannelUnavailable: no answer within the time, or a broken one.
            Closed: nothing was sent.
        """
        if self._closed:
            raise Closed
        # Packed bytes could become a thousand times as many.
        wanted = {"Accept-Encoding": "identity", **(headers or {})}
        try:
            async with self._open().get(
                url, headers=wanted, params=params, allow_redirects=False, timeout=_FILE_TIMEOUT
            ) as response:
                # What a platform says in place of a file is no part of it.
                most = most_bytes if response.status == 200 else MAX_RESPONSE_BYTES
                content = await _read(response, most)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ChannelUnavailable(f"no answer ({type(error).__name__})") from error
        return Loaded(status=response.status, headers=response.headers, content=content)

    async def close(self) -> None:
        """Let go of connections: calls under way end without an answer, and no other is made."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # trust_env stays off: a proxy named in the environment must not see the tokens.
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


async def persistently(
    attempt: Callable[[], Awaitable[Result]],
    *,
    attempts: int = 4,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Result:
    """Try again while the platform is only unavailable; how long it asks us to wait is obeyed.

    Raises:
        ChannelUnavailable: it still was after all attempts, or asks to wait past `LONGEST_WAIT_S`.
    """
    retrying = AsyncRetrying(
        retry=retry_if_exception(_may_pass),
        wait=_wait_s,
        stop=lambda state: stop_after_attempt(attempts)(state) or _wait_s(state) > LONGEST_WAIT_S,
        sleep=sleep,
        reraise=True,
    )
    async for one in retrying:
        with one:
            return await attempt()
    raise AssertionError("tenacity either returns or raises")


async def until_told(
    ask: Callable[[], Awaitable[Result]],
    *,
    platform: str,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Result:
    """What a platform answers, however long it is away; the pauses grow to half a minute.

    Raises:
        ChannelRefused: it said no.
        Closed: nobody is asked any more.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return await ask()
        except Closed:
            raise
        except ChannelUnavailable as error:
            log.warning("platform_away", extra={"platform": platform, "reason": str(error)})
            await sleep(max(pause_s, error.retry_after_s or 0.0))
            pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)


def retry_after_s(value: str | None, *, otherwise: float = 1.0) -> float:
    """Seconds out of a Retry-After header; a missing or senseless one means `otherwise`.

    After an hour it is asked again in any case: a slip of a gateway in between must not silence a
    conversation for days.
    """
    try:
        seconds = float(value or "")
    except ValueError:
        return otherwise
    if not math.isfinite(seconds) or seconds < 0:
        return otherwise
    return min(seconds, _LONGEST_BELIEVED_S)


def same_origin(url: str, *allowed: str) -> bool:
    """Whether an address that came from outside belongs to one of these origins.

    allowed: addresses whose scheme, host and port count, such as `https://slack.com`.
    """
    if not _PLAIN_ADDRESS.fullmatch(url):
        return False
    try:
        found = _origin(url)
        return found[1] != "" and any(found == _origin(one) for one in allowed)
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        return ("", "", None)
    scheme = parts.scheme.lower()
    usual = {"https": 443, "wss": 443, "http": 80, "ws": 80}.get(scheme)
    return (scheme, (parts.hostname or "").lower(), usual if parts.port is None else parts.port)


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    if (response.content_length or 0) > most_bytes:
        raise FileTooLarge
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE_BYTES):
        content += piece
        if len(content) > most_bytes:
            raise FileTooLarge
    return bytes(content)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ChannelUnavailable) and not isinstance(error, Closed)


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, ChannelUnavailable) and error.retry_after_s is not None:
        return error.retry_after_s
    return float(min(8.0, 0.5 * 2 ** (state.attempt_number - 1)))


def _json_object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
