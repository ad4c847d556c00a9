"""A Feishu channel on a simulated Feishu, with a small core behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application
from pydantic import SecretStr

from adapters.feishu.channel import Feishu
from adapters.feishu.settings import FeishuSettings
from bot.core.model import Card, Conversation, Event, Markdown, MessageRef, Reply
from tests.simulators.feishu import APP_ID, APP_SECRET, FeishuSimulator, callback

KEY = "an encrypt key"
TOKEN = "my-verif-token"
NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)

GROUP = Conversation(platform="feishu", id="oc_grp", thread_id="om_1")
QUESTION = MessageRef(platform="feishu", id="om_q")
FIRST_KEY = "feishu:om_q/reply"


def settings(origin: str, **more: Any) -> FeishuSettings:
    known = FeishuSettings(
        enabled=True,
        app_id=APP_ID,
        app_secret=SecretStr(APP_SECRET),
        verification_token=SecretStr(TOKEN),
        encrypt_key=SecretStr(KEY),
        api_base_url=origin,
    )
    return known.model_copy(update=more)


def said(text: str, *, streaming: bool = False) -> Card:
    return Card(language="en", blocks=(Markdown(text=text),), streaming=streaming, summary=text)


def reply(card: Card, *, key: str = FIRST_KEY, **more: Any) -> Reply:
    known = Reply(key=key, conversation=GROUP, card=card, answers=QUESTION)
    return replace(known, **more)


@dataclass
class Core:
    """Takes events as the intake does: once for each key, and not at all while `failure` is set."""

    taken: list[Event] = field(default_factory=list)
    failure: Exception | None = None
    gate: asyncio.Event | None = None
    _keys: set[str] = field(default_factory=set)

    async def accept(self, event: Event) -> bool:
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        if self._keys & set(event.keys):
            return False
        self._keys |= set(event.keys)
        self.taken.append(event)
        return True


@dataclass
class Desk:
    """slept: every pause the channel made, in seconds; none of them took any time."""

    feishu: Feishu
    core: Core
    simulator: FeishuSimulator
    client: TestClient[Any, Any]
    slept: list[float]

    async def post(
        self, payload: Any, *, path: str = "/feishu/events", key: str = KEY, at: float | None = None
    ) -> ClientResponse:
        """Deliver a callback as Feishu does."""
        raw, headers = callback(payload, key, at=NOW.timestamp() if at is None else at)
        return await self.client.post(path, data=raw, headers=headers)


@asynccontextmanager
async def desk_on(
    simulator: FeishuSimulator, *, core: Core | None = None, **more: Any
) -> AsyncIterator[Desk]:
    """A channel that was not started yet; closed in the end."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    def now() -> float:
        return sum(slept)

    core = core or Core()
    feishu = Feishu(
        settings=settings(simulator.origin, **more),
        accept=core.accept,
        clock=lambda: NOW,
        now=now,
        sleep=sleep,
    )
    app = Application()
    app.add_routes(feishu.routes())
    async with TestClient(TestServer(app)) as client:
        yield Desk(feishu, core, simulator, client, slept)
    await feishu.close()
