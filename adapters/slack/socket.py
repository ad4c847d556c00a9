"""Socket Mode through Slack's own client: connected again when it breaks, and closed at once."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import aiohttp

from adapters.slack.api import SlackApi, quiet_logger
from bot.core.errors import ChannelRefused, ChannelUnavailable

if TYPE_CHECKING:
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
    from slack_bolt.response import BoltResponse

log = logging.getLogger(__name__)

Keep: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, object] | None]]
"""Stores what a payload means: the acknowledgement's body, or None where there must be none."""

_LONGEST_PAUSE_S: Final = 30.0
_CONNECT_WITHIN_S: Final = 8.0
_GIVEN_UP_AFTER: Final = 3
"""Looks at a connection that is gone; the client replaces one that Slack asks to refresh."""


class Socket:
    """Brings every envelope to `keep`; it is acknowledged when that says so, and not before.

    What was not acknowledged Slack sends again, over the next connection.

    look_every_s: how often the connection is looked at.
    """

    def __init__(
        self,
        api: SlackApi,
        keep: Keep,
        *,
        app_token: str,
        look_every_s: float = 1.0,
        ping_every_s: float = 10.0,
        close_within_s: float = 2.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._keep = keep
        self._app_token = app_token
        self._look_every_s = look_every_s
        self._ping_every_s = ping_every_s
        self._close_within_s = close_within_s
        self._sleep = sleep
        self._connected = False

    @property
    def connected(self) -> bool:
        """Whether envelopes arrive now."""
        return self._connected

    async def run(self) -> None:
        """Stay connected until cancelled."""
        # Half a second; in a thread others get their turn meanwhile.
        await asyncio.to_thread(import_module, "slack_bolt.adapter.socket_mode.aiohttp")
        failures = 0
        while True:
            # gather: an error nobody expected must not make the bot deaf.
            (failure,) = await asyncio.gather(self._stay(), return_exceptions=True)
            failures = failures + 1 if isinstance(failure, BaseException) else 0
            if isinstance(failure, BaseException):
                level = logging.ERROR if isinstance(failure, ChannelRefused) else logging.WARNING
                log.log(level, "socket_not_connected", extra={"reason": _reason(failure)})
            await self._sleep(_pause_s(failures))

    async def _stay(self) -> None:
        """Connect, and return when the connection is lost."""
        url = await self._api.socket_url(self._app_token)
        door = self._door()
        try:
            await self._connect(door, url)
            self._connected = True
            log.info("socket_connected")
            await self._watch(door)
            log.info("socket_lost")
        finally:
            self._connected = False
            await self._close(door)

    def _door(self) -> AsyncSocketModeHandler:
        from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
        from slack_bolt.app.async_app import AsyncApp

        # What stands before the authorisation is all there is: Bolt asks Slack nothing, finds no
        # payload "unhandled", and what it answers is what we say.
        app = AsyncApp(
            client=self._api.client,
            logger=quiet_logger(),
            name="deskmate",
            before_authorize=self._answer,
        )
        door = AsyncSocketModeHandler(
            app, self._app_token, logger=app.logger, ping_interval=self._ping_every_s
        )
        door.client.proxy = None
        # The client would try the same address again and again, and an address is good once.
        door.client.default_auto_reconnect_enabled = False
        door.client.auto_reconnect_enabled = False
        return door

    async def _answer(self, body: dict[str, Any]) -> BoltResponse:
        from slack_bolt.response import BoltResponse

        acknowledgement = await self._keep(body)
        if acknowledgement is None:
            return BoltResponse(status=503)
        return BoltResponse(status=200, body=dict(acknowledgement) if acknowledgement else "")

    async def _connect(self, door: AsyncSocketModeHandler, url: str) -> None:
        door.client.wss_uri = url
        # Shorter than the client's pause between tries, so that there is only one.
        async with asyncio.timeout(min(_CONNECT_WITHIN_S, 0.9 * self._ping_every_s)):
            await door.connect_async()  # type: ignore[no-untyped-call] # Bolt left it without types
        if not await door.client.is_connected():
            raise ChannelUnavailable("the connection was lost at once")

    async def _watch(self, door: AsyncSocketModeHandler) -> None:
        missing = 0
        while missing < _GIVEN_UP_AFTER:
            await self._sleep(self._look_every_s)
            missing = 0 if await door.client.is_connected() else missing + 1

    async def _close(self, door: AsyncSocketModeHandler) -> None:
        """In time, also where the other side no longer answers."""
        client = door.client
        try:
            async with asyncio.timeout(self._close_within_s):
                await door.close_async()  # type: ignore[no-untyped-call] # Bolt left it without types
        except (TimeoutError, aiohttp.ClientError, OSError):
            await client.aiohttp_client_session.close()
        # What it could not come to, where it was not closed in time.
        tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
        work = {task for task in tasks if task is not None}
        for task in work:
            task.cancel()
        if work:
            await asyncio.wait(work, timeout=self._close_within_s)


def _pause_s(failures: int) -> float:
    """Longer after each failure, and never the same for two of us."""
    longest = min(_LONGEST_PAUSE_S, 0.5 * 2.0 ** min(failures, 10))
    return random.uniform(0.5, 1.0) * longest


def _reason(error: BaseException) -> str:
    """Without the address of the socket, which is a key to it."""
    if isinstance(error, ChannelRefused):
        return error.code
    return type(error).__name__
