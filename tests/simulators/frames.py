"""Frames that a platform sends over its websockets: each once, and over one connection."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum

from aiohttp import web


class Fate(StrEnum):
    """What became of a frame."""

    TAKEN = "acknowledged"
    REFUSED = "refused"
    LOST = "connection lost"
    NOWHERE = "no connection"


class Frames:
    """The frames sent so far, and whether they were acknowledged; lives on a simulator's loop."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[web.WebSocketResponse, asyncio.Future[Fate]]] = {}
        self._answered: set[str] = set()

    def __contains__(self, frame_id: str) -> bool:
        """Whether this frame was ever sent."""
        return frame_id in self._sent

    async def send(
        self,
        frame_id: str,
        sockets: Iterable[web.WebSocketResponse],
        write: Callable[[web.WebSocketResponse], Awaitable[None]],
    ) -> Fate:
        """Write a frame to one of these connections, and wait for as long as that one lasts."""
        up = [socket for socket in sockets if not socket.closed]
        if not up:
            return Fate.NOWHERE
        socket = random.choice(up)
        fate: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        self._sent[frame_id] = socket, fate
        try:
            await write(socket)
        except ConnectionError:
            return Fate.LOST
        return await fate

    def settle(self, frame_id: str, fate: Fate) -> bool:
        """Note what was answered, however late; False where that was said before."""
        if frame_id in self._answered:
            return False
        self._answered.add(frame_id)
        _, waiting = self._sent[frame_id]
        if not waiting.done():
            waiting.set_result(fate)
        return True

    def lose(self, gone: web.WebSocketResponse) -> None:
        """This connection is no more, and nobody waits for what was sent over it."""
        for socket, waiting in self._sent.values():
            if socket is gone and not waiting.done():
                waiting.set_result(Fate.LOST)
