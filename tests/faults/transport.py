"""The two ways of an event to the server: signed requests, and frames over its own connections."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Final, Literal, Protocol, Self, TypeAlias

import aiohttp

from tests.faults.people import Envelope
from tests.faults.sights import Onlooker
from tests.simulators.frames import Fate

Way: TypeAlias = Literal["http", "socket"]

_ACKNOWLEDGED_WITHIN_S: Final = 3.0


class Transport(AbstractAsyncContextManager["Transport"], Protocol):
    """Carries events to the server.

    outcomes: what came of the tries so far.
    """

    outcomes: Counter[str]

    @property
    def ready(self) -> bool:
        """Whether a server that is up can be reached."""
        ...

    async def carry(self, envelope: Envelope, *, at: datetime, tries: int) -> bool:
        """Try once; whether it was acknowledged in time. tries: how many there were before."""
        ...


class Requests:
    """Signed requests to one of the addresses, by chance, as through a balancer."""

    def __init__(self, bases: Sequence[str], *, chance: random.Random) -> None:
        self.outcomes: Counter[str] = Counter()
        self._bases = bases
        self._chance = chance
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=_ACKNOWLEDGED_WITHIN_S)
        self._session = aiohttp.ClientSession(timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    @property
    def ready(self) -> bool:
        """At any time."""
        return True

    async def carry(self, envelope: Envelope, *, at: datetime, tries: int) -> bool:
        """Acknowledged is what was answered with 200."""
        assert self._session is not None
        raw, headers = envelope.seal(at, tries)
        try:
            url = f"{self._chance.choice(self._bases)}{envelope.path}"
            async with self._session.post(url, data=raw, headers=headers) as response:
                await response.read()
                outcome = str(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError):
            outcome = "no answer"
        self.outcomes[outcome] += 1
        return outcome == "200"


class Sockets:
    """Frames over the connections that the server keeps to the platforms."""

    def __init__(self, onlooker: Onlooker) -> None:
        self.outcomes: Counter[str] = Counter()
        self._platforms = (onlooker.slack, onlooker.feishu, onlooker.dingtalk)
        self._deliver: Mapping[str, Callable[[dict[str, Any], int], Future[Fate]]] = {
            "slack": onlooker.slack.deliver,
            "feishu": onlooker.feishu.deliver,
            "dingtalk": onlooker.dingtalk.deliver,
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    @property
    def ready(self) -> bool:
        """Each platform has a connection; before, all it sends is lost."""
        return all(platform.connected for platform in self._platforms)

    async def carry(self, envelope: Envelope, *, at: datetime, tries: int) -> bool:
        """Acknowledged is what was, before its connection was lost; frames have no time."""
        told = asyncio.wrap_future(self._deliver[envelope.platform](envelope.payload, tries))
        try:
            outcome = str(await asyncio.wait_for(told, _ACKNOWLEDGED_WITHIN_S))
        except TimeoutError:
            outcome = "no answer"
        self.outcomes[outcome] += 1
        return outcome == Fate.TAKEN
