"""The Stream connection: DingTalk's own client, kept connected and kept honest.

The client routes and acknowledges frames. Connecting is ours: its own `start` blocks the loop with
calls that never time out, cannot be cancelled, and logs the ticket. A frame is acknowledged when
its events are stored, and not at all where they could not be, so that it comes again; what nobody
can read is acknowledged, so that it does not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias
from urllib.parse import quote_plus, urlsplit

from adapters.dingtalk.api import Api
from adapters.dingtalk.inbound import CARD_TOPIC, ROBOT_TOPIC, Frame
from adapters.dingtalk.settings import DingTalkSettings
from bot.core.errors import ChannelError, ChannelUnavailable

log = logging.getLogger(__name__)

Take: TypeAlias = Callable[[Frame], Awaitable[bool]]
"""Stores what a frame means; False where it could not be stored."""

_LONGEST_PAUSE_S: Final = 30.0
_HELD_S: Final = 60.0
_CLOSING_S: Final = 3.0
_MAX_FRAME_BYTES: Final = 2_097_152


class NotStored(Exception):
    """The frame must come again, so it gets no acknowledgement."""


class Connection:
    """A connection that comes back until it is closed.

    take: is called with one frame after the other, in the order they came.
    ping_s: how often the other side must show that it is alive, and how long it may take.
    """

    def __init__(
        self,
        settings: DingTalkSettings,
        api: Api,
        *,
        take: Take,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        ping_s: float = 20.0,
    ) -> None:
        self._settings = settings
        self._api = api
        self._take = take
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._ping_s = ping_s
        self._connected = False
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether frames can arrive now."""
        return self._connected

    def open(self) -> None:
        """Begin to connect; returns at once."""
        self._task = asyncio.create_task(self._run(), name="dingtalk-stream")

    async def close(self) -> None:
        """Disconnect and stay so; takes a few seconds at most."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CLOSING_S)

    async def _run(self) -> None:
        # Half a second; in a thread others get their turn meanwhile.
        await asyncio.to_thread(import_module, "dingtalk_stream")
        from websockets.exceptions import WebSocketException

        client = _client(self._settings, self._take)
        pause_s = 0.5
        while True:
            began = self._now()
            try:
                await self._serve(client)
                log.info("stream_ended")
            except (ChannelError, WebSocketException, OSError, TimeoutError) as error:
                log.warning("stream_lost", extra={"reason": type(error).__name__})
            finally:
                self._connected = False
            held = self._now() - began >= _HELD_S
            pause_s = 0.5 if held else min(_LONGEST_PAUSE_S, pause_s * 2)
            await self._sleep(pause_s * (0.5 + self._jitter() / 2))

    async def _serve(self, client: Any) -> None:
        from websockets.asyncio.client import connect

        said = await self._api.open_connection(self._request(client))
        address = _address(said)
        # No proxy: one named in the environment must not see the ticket.
        async with connect(
            address,
            proxy=None,
            open_timeout=10,
            close_timeout=1,
            ping_interval=self._ping_s,
            ping_timeout=self._ping_s,
            max_size=_MAX_FRAME_BYTES,
        ) as socket:
            client.websocket = socket
            self._connected = True
            log.info("stream_connected")
            async for raw in socket:
                await _handle(client, raw)

    def _request(self, client: Any) -> Mapping[str, object]:
        callbacks = [{"type": "CALLBACK", "topic": topic} for topic in client.callback_handler_map]
        return {
            "clientId": self._settings.client_id,
            "clientSecret": self._settings.client_secret.get_secret_value(),
            "subscriptions": [{"type": "EVENT", "topic": "*"}, *callbacks],
            "ua": "deskmate",
            "localIp": "",
        }


def _address(said: Mapping[str, Any]) -> str:
    endpoint, ticket = said.get("endpoint"), said.get("ticket")
    if not isinstance(endpoint, str) or not isinstance(ticket, str):
        raise ChannelUnavailable("an answer without an address")
    if urlsplit(endpoint).scheme not in {"ws", "wss"}:
        raise ChannelUnavailable("an address that is no websocket")
    return f"{endpoint}?ticket={quote_plus(ticket)}"


def _client(settings: DingTalkSettings, take: Take) -> Any:
    """DingTalk's client with our handlers. It is driven from outside; its `start` is never used."""
    import dingtalk_stream as sdk  # type: ignore[import-untyped] # ships no types

    class OnCallback(sdk.CallbackHandler):  # type: ignore[misc] # an untyped class
        async def process(self, message: Any) -> tuple[int, object]:
            await _store(take, message)
            return sdk.AckMessage.STATUS_OK, "OK" if message.headers.topic == ROBOT_TOPIC else {}

    class OnEvent(sdk.EventHandler):  # type: ignore[misc] # an untyped class
        async def process(self, message: Any) -> tuple[int, str]:
            await _store(take, message)
            return sdk.AckMessage.STATUS_OK, "OK"

    secret = settings.client_secret.get_secret_value()
    # A logger of its own that says nothing: the client logs whole frames, people's words in them.
    silent = logging.Logger("dingtalk_stream", level=logging.CRITICAL + 1)
    client = sdk.DingTalkStreamClient(sdk.Credential(settings.client_id, secret), logger=silent)
    client.register_all_event_handler(OnEvent())
    client.register_callback_handler(ROBOT_TOPIC, OnCallback())
    client.register_callback_handler(CARD_TOPIC, OnCallback())
    return client


async def _store(take: Take, message: Any) -> None:
    headers = message.headers
    frame = Frame(
        topic=str(headers.topic or "") if message.type == "CALLBACK" else "",
        payload=message.data if isinstance(message.data, dict) else {},
        id=str(headers.message_id or ""),
        time_ms=str(headers.time or ""),
        event_type=str(headers.event_type or ""),
        event_id=str(headers.event_id or ""),
        corp_id=str(headers.event_corp_id or ""),
    )
    if not await take(frame):
        raise NotStored


async def _handle(client: Any, raw: str | bytes) -> None:
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        frame = None
    if not isinstance(frame, dict):
        log.warning("frame_unreadable")
        return
    if _routable(client, frame):
        # Whatever goes wrong in there leaves the frame unacknowledged, and it comes again.
        await client.background_task(frame)
        return
    log.info("frame_unknown", extra={"kind": str(frame.get("type"))[:40]})
    await client.websocket.send(json.dumps(_acknowledgement(frame)))


def _routable(client: Any, frame: Mapping[str, Any]) -> bool:
    """The client can read the frame and has somewhere to bring it."""
    from dingtalk_stream import frames

    kinds = {
        "SYSTEM": frames.SystemMessage,
        "EVENT": frames.EventMessage,
        "CALLBACK": frames.CallbackMessage,
    }
    try:
        kind = kinds[frame["type"]]
        topic = kind.from_dict(frame).headers.topic
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return False
    return kind is not frames.CallbackMessage or topic in client.callback_handler_map


def _acknowledgement(frame: Mapping[str, Any]) -> Mapping[str, object]:
    headers = frame.get("headers")
    message_id = headers.get("messageId") if isinstance(headers, dict) else None
    return {
        "code": 200,
        "headers": {"contentType": "application/json", "messageId": message_id},
        "message": "OK",
        "data": json.dumps({"response": "OK"}),
    }
