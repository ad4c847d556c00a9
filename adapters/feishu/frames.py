"""Feishu's long connection: events through a websocket, by the official client.

The client wants a thread and an event loop of its own, calls back synchronously, and acknowledges
a frame when the call returns. So the call waits there until the event is stored on our loop.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, Final, TypeVar

from adapters.feishu.api import Api
from adapters.feishu.envelope import parse
from adapters.feishu.receiving import Receiving
from adapters.feishu.sdk import import_client
from adapters.feishu.settings import FeishuSettings
from adapters.ingress import Accept, Received, RequestRefused, take
from bot.core.errors import ChannelUnavailable

log = logging.getLogger(__name__)

Result = TypeVar("Result")

_ENDPOINT_WITHIN_S: Final = 20.0
_LONGEST_PAUSE_S: Final = 30.0
_FIRST_PAUSE_S: Final = 1.0
_GOODBYE_WITHIN_S: Final = 1.0
_ENDED_WITHIN_S: Final = 4.0


class NotStored(Exception):
    """An event could not be kept; raised into the client, which then asks for it again."""


class LongConnection:
    """Keeps a connection open from `start` to `close`, however often it breaks.

    Feishu gives each event to one connection of an app; what is not acknowledged comes again.

    stored_within_s: Feishu waits three seconds for an acknowledgement.
    """

    def __init__(
        self,
        *,
        api: Api,
        settings: FeishuSettings,
        receiving: Receiving,
        accept: Accept,
        stored_within_s: float = 2.5,
    ) -> None:
        self._api = api
        self._settings = settings
        self._receiving = receiving
        self._accept = accept
        self._stored_within_s = stored_within_s
        self._stopping = threading.Event()
        self._waiting: set[Future[Any]] = set()
        self._ours: asyncio.AbstractEventLoop | None = None
        self._theirs: asyncio.AbstractEventLoop | None = None
        self._client: Any = None
        self._leaving: asyncio.Task[None] | None = None
        # A daemon: the import of the client cannot be interrupted.
        self._thread = threading.Thread(target=self._run, name="feishu-frames", daemon=True)

    @property
    def open(self) -> bool:
        """Whether events can come in now."""
        client = self._client
        return client is not None and client._conn is not None

    def start(self) -> None:
        """Begin to connect; never blocks."""
        self._ours = asyncio.get_running_loop()
        self._thread.start()

    async def close(self) -> None:
        """Hang up. What was not acknowledged is delivered to the next connection."""
        self._stopping.set()
        for future in tuple(self._waiting):
            future.cancel()
        if self._theirs is not None:
            with suppress(RuntimeError):  # it ended by itself
                self._theirs.call_soon_threadsafe(self._hang_up)
        await asyncio.to_thread(self._thread.join, _ENDED_WITHIN_S)
        if self._thread.is_alive():
            log.warning("feishu_connection_abandoned")

    # ── on our loop ───────────────────────────────────────────────────────────────────────────

    async def _receive(self, payload: bytes) -> Mapping[str, object] | None:
        """Store what a frame holds; the answer is what its sender is shown, if anything."""
        try:
            received = self._receiving.understand(parse(payload))
        except RequestRefused as refused:
            log.warning("frame_senseless", extra={"reason": refused.code})
            return None  # acknowledged: it would make no more sense the next time
        return await self._stored(received)

    async def _stored(self, received: Received) -> Mapping[str, object] | None:
        for event in (received.event, *received.events):
            if await take(event, self._accept):
                continue
            if received.busy is None:
                raise NotStored
            return received.busy
        return received.reply or None

    # ── in the client's thread ────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        # The client leaves tasks behind that ended with an error it has already told us of.
        loop.set_exception_handler(lambda _loop, _context: None)
        try:
            sdk = import_client()
            sdk.loop = self._theirs = loop
            self._stay_connected(sdk, loop)
        finally:
            _end_tasks(loop)
            loop.close()

    def _stay_connected(self, sdk: Any, loop: asyncio.AbstractEventLoop) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            self._client = _new_client(sdk, self._settings, self)
            try:
                self._client.start()
            except asyncio.CancelledError:
                return
            except sdk.ClientException as error:
                log.warning("feishu_connection_refused", extra={"code": error.code})
            _end_tasks(loop)
            self._stopping.wait(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    def _do_without_validation(self, payload: bytes) -> object:
        """What the client calls with each event; its name is the client's."""
        return self._wait(self._receive(payload), self._stored_within_s)

    def endpoint(self) -> str:
        """Where to connect to, asked with a deadline; the client itself would ask without one."""
        answer = self._wait(self._api.socket_endpoint(), _ENDPOINT_WITHIN_S)
        url = answer.data.get("URL")
        if not isinstance(url, str):
            raise ChannelUnavailable("no address in the answer")
        return url

    def _wait(self, work: Coroutine[Any, Any, Result], deadline_s: float) -> Result:
        if self._ours is None or self._stopping.is_set():
            work.close()
            raise CancelledError
        future = asyncio.run_coroutine_threadsafe(work, self._ours)
        self._waiting.add(future)
        try:
            return future.result(deadline_s)
        finally:
            self._waiting.discard(future)

    def _hang_up(self) -> None:
        self._leaving = asyncio.get_running_loop().create_task(self._leave())

    async def _leave(self) -> None:
        client = self._client
        if client is not None:
            client._auto_reconnect = False
            try:
                async with asyncio.timeout(_GOODBYE_WITHIN_S):
                    await client._disconnect()
            except TimeoutError:
                pass  # it is just connecting, or the other side does not answer
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()


def _new_client(sdk: Any, settings: FeishuSettings, connection: LongConnection) -> Any:
    class Client(sdk.Client):  # type: ignore[misc]  # it ships no types
        """The official client with our pauses, and with an end to each wait."""

        def _get_conn_url(self) -> str:
            return connection.endpoint()

        def _configure(self, conf: Any) -> None:
            # Feishu may push other settings; of its pauses of minutes we take none.
            if isinstance(conf.PingInterval, int) and conf.PingInterval > 0:
                self._ping_interval = conf.PingInterval

        async def _try_connect(self, cnt: int) -> bool:
            try:
                connected = bool(await super()._try_connect(cnt))
            except sdk.ClientException as error:
                # The official client would never try again, and tell nobody.
                log.warning("feishu_connection_refused", extra={"code": error.code})
                connected = False
            pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(cnt, 10))
            self._reconnect_interval = pause_s * random.uniform(0.5, 1.0)
            return connected

    client = Client(
        settings.app_id,
        settings.app_secret.get_secret_value(),
        # It writes addresses with access keys into its log.
        log_level=sdk.LogLevel.CRITICAL,
        event_handler=connection,
        domain=settings.origin,
    )
    client._reconnect_nonce = _FIRST_PAUSE_S
    return client


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
