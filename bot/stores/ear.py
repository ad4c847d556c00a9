"""What other replicas say, by PostgreSQL's LISTEN and NOTIFY."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import Any, Final, cast

from asyncpg import InterfaceError, PostgresError

from bot.core.replicas import Heard
from bot.stores.database import Database
from bot.stores.server import OwnLoop
from bot.stores.telling import CHANNEL

log = logging.getLogger(__name__)

_AGAIN_AFTER_S: Final = 1.0


class Ear:
    """Listens on a connection of its own for as long as it is open.

    Whoever wants to hear of a topic is also called, with nothing, whenever listening begins anew:
    something may have been said in between.
    """

    def __init__(self, database: Database) -> None:
        self._carrier = cast("OwnLoop", database.carrier)  # nobody else listens
        self._heard: defaultdict[str, list[Heard]] = defaultdict(list)
        self._bots_loop: asyncio.AbstractEventLoop | None = None
        self._listening: asyncio.Task[None] | None = None

    def hear(self, topic: str, heard: Heard) -> None:
        """Call this, on the bot's own loop."""
        self._heard[topic].append(heard)

    async def open(self) -> None:
        """Begin to listen."""
        self._bots_loop = asyncio.get_running_loop()
        await self._carrier.on_loop(self._begin())

    async def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            await self._carrier.on_loop(self._end(self._listening))
            self._listening = None

    # ── on the database's loop ────────────────────────────────────────────────────────────────

    async def _begin(self) -> None:
        self._listening = asyncio.create_task(self._listen(), name="ear")

    async def _end(self, listening: asyncio.Task[None]) -> None:
        listening.cancel()
        await asyncio.wait({listening})

    async def _listen(self) -> None:
        while True:
            try:
                await self._until_lost()
            except (PostgresError, InterfaceError, OSError) as lost:
                log.warning("not_listening", extra={"reason": type(lost).__name__})
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _until_lost(self) -> None:
        lost = asyncio.Event()
        async with self._carrier.driver_connection() as connection:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._take)
            self._pass_on_nothing()
            await lost.wait()

    def _take(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        topic, _, said = payload.partition(" ")
        self._pass_on(topic, said)

    def _pass_on_nothing(self) -> None:
        for topic in tuple(self._heard):
            self._pass_on(topic, "")

    def _pass_on(self, topic: str, said: str) -> None:
        for heard in self._heard.get(topic, ()):
            if self._bots_loop is not None:
                self._bots_loop.call_soon_threadsafe(heard, said)
