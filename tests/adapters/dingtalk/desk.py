"""A desk that takes events, and a DingTalk that is connected to a simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from adapters.dingtalk.channel import DingTalk
from adapters.dingtalk.settings import DingTalkSettings
from bot.core.errors import IntakeFull
from bot.core.model import Card, Conversation, Event, Markdown, Reply, User
from tests.simulators.dingtalk import (
    CLIENT_ID,
    CLIENT_SECRET,
    EVENT_KEY,
    EVENT_TOKEN,
    TEMPLATE,
    DingTalkServer,
    card_headers,
    robot_headers,
)

NOW = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
"""When the recorded payloads were made; their reply addresses are good for 90 minutes more."""

GROUP = Conversation(platform="dingtalk", id="cid6KeBBLoveMJOGXoYKF5x7EeiodoA==")
DIRECT = Conversation(platform="dingtalk", id="manager1", direct=True)
ANN = User(platform="dingtalk", id="manager1", name="Ann")


@dataclass
class Clock:
    """Stands still until it is moved; sleeping moves it."""

    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def move(self, by: timedelta) -> None:
        self.now += by

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(timedelta(seconds=seconds))


@dataclass
class Desk:
    """Takes each event once, as the intake does."""

    events: list[Event] = field(default_factory=list)
    full: bool = False
    _keys: set[str] = field(default_factory=set)

    async def accept(self, event: Event) -> bool:
        if self.full:
            raise IntakeFull("no room")
        if not self._keys.isdisjoint(event.keys):
            return False
        self._keys.update(event.keys)
        self.events.append(event)
        return True


@dataclass
class Office:
    """DingTalk, its simulator, and an HTTP client that plays its callbacks."""

    server: DingTalkServer
    channel: DingTalk
    desk: Desk
    clock: Clock
    client: TestClient[web.Request, web.Application]

    async def robot(self, body: Any, **headers: str) -> ClientResponse:
        signed = {**robot_headers(self.clock()), **headers}
        return await self.client.post("/dingtalk/robot", json=body, headers=signed)

    async def card(self, body: Any, **headers: str) -> ClientResponse:
        signed = {**card_headers(self.clock()), **headers}
        return await self.client.post("/dingtalk/cards", json=body, headers=signed)


def settings(server: DingTalkServer, **changes: Any) -> DingTalkSettings:
    return DingTalkSettings(
        **{
            "enabled": True,
            "client_id": CLIENT_ID,
            "client_secret": SecretStr(CLIENT_SECRET),
            "robot_code": CLIENT_ID,
            "corp_id": "dingcorp",
            "card_template_id": TEMPLATE,
            "event_token": SecretStr(EVENT_TOKEN),
            "event_aes_key": SecretStr(EVENT_KEY),
            "api_base_url": server.url,
            **changes,
        }
    )


@asynccontextmanager
async def office(server: DingTalkServer, **changes: Any) -> AsyncIterator[Office]:
    desk, clock = Desk(), Clock()
    channel = DingTalk(
        settings=settings(server, **changes),
        accept=desk.accept,
        clock=clock,
        now=clock.monotonic,
        sleep=clock.sleep,
    )
    app = web.Application()
    app.add_routes(channel.routes())
    async with TestClient(TestServer(app)) as client:
        try:
            yield Office(server, channel, desk, clock, client)
        finally:
            await channel.close()


def reply(
    text: str = "Hello", *, key: str = "k1", streaming: bool = False, **changes: Any
) -> Reply:
    card = Card(
        language="en", blocks=(Markdown(text=text),), summary=text[:100], streaming=streaming
    )
    return Reply(**{"key": key, "conversation": GROUP, "card": card, **changes})
