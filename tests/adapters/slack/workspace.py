"""A Slack channel of ours connected to the simulated workspace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from adapters.slack.channel import PATH, Slack
from adapters.slack.settings import SlackSettings
from bot.core.errors import IntakeFull
from bot.core.model import Block, Card, Conversation, Event, Markdown, MessageRef, Progress, Reply
from tests.simulators.slack import APP, APP_TOKEN, BOT_TOKEN, SECRET, SlackSimulator, signed

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass
class Desk:
    """Takes events as the intake does: each once, whichever of its ids it comes under.

    room: how many it still takes.
    """

    room: int = 1_000
    events: list[Event] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, event: Event) -> bool:
        if len(self.events) >= self.room:
            raise IntakeFull("no room")
        if self.keys & set(event.keys):
            return False
        self.keys |= set(event.keys)
        self.events.append(event)
        self.arrived.set()
        return True


@dataclass
class Seconds:
    """Time that passes only when somebody sleeps, and then at once."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


async def hundredfold(seconds: float) -> None:
    """Time that passes a hundred times as fast."""
    await asyncio.sleep(seconds / 100)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


@dataclass
class Workspace:
    """Both sides of the connection.

    client: calls our own server, as Slack does.
    """

    slack: Slack
    simulator: SlackSimulator
    desk: Desk
    seconds: Seconds
    clock: Clock
    client: TestClient[web.Request, web.Application]

    async def deliver(self, payload: dict[str, Any], *, form: bool = False) -> ClientResponse:
        """Slack sends us something."""
        raw, headers = signed(payload, at=self.clock(), form=form)
        return await self.client.post(PATH, data=raw, headers=headers)

    async def ask(self, text: str = "How many days?", *, channel: str = "C1") -> MessageRef:
        """Somebody writes to us and we hear it; the message."""
        ts = self.simulator.write(text, channel=channel)
        inner = {
            "type": "message",
            "channel": channel,
            "channel_type": "im" if channel.startswith("D") else "channel",
            "user": "U1",
            "ts": ts,
            "text": f"<@W99BOT> {text}",
        }
        response = await self.deliver(envelope(inner, event_id=f"Ev{ts.replace('.', '')}"))
        assert response.status == 200
        return message_ref(f"{channel}:{ts}")


def envelope(inner: dict[str, Any], *, event_id: str = "Ev1", **outer: Any) -> dict[str, Any]:
    """An event as the workspace sends it."""
    return {
        "type": "event_callback",
        "team_id": "T111",
        "api_app_id": APP,
        "event_id": event_id,
        "event": inner,
        **outer,
    }


def slack_settings(simulator: SlackSimulator, mode: str = "http", **fields: Any) -> SlackSettings:
    """What an operator would have written."""
    return SlackSettings.model_validate(
        {
            "enabled": True,
            "mode": mode,
            "bot_token": SecretStr(BOT_TOKEN),
            "app_token": SecretStr(APP_TOKEN),
            "signing_secret": SECRET,
            "api_base_url": simulator.api_base_url,
            **fields,
        }
    )


@asynccontextmanager
async def connected(
    simulator: SlackSimulator,
    *,
    desk: Desk | None = None,
    start: bool = True,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    **fields: Any,
) -> AsyncIterator[Workspace]:
    """Our channel, started, with its server listening."""
    desk = desk or Desk()
    seconds, clock = Seconds(), Clock()
    slack = Slack(
        settings=slack_settings(simulator, **fields),
        accept=desk.accept,
        clock=clock,
        now=seconds,
        sleep=sleep or seconds.sleep,
    )
    app = web.Application()
    app.add_routes(list(slack.routes()))
    async with TestClient(TestServer(app)) as client:
        try:
            if start:
                await slack.start()
            yield Workspace(slack, simulator, desk, seconds, clock, client)
        finally:
            await slack.close()


def reply_to(
    asked: MessageRef, *blocks: Block, key: str = "", streaming: bool = False, **fields: Any
) -> Reply:
    """A reply in the thread a message in a channel begins, or beside one in a direct one."""
    channel, _, ts = asked.id.rpartition(":")
    direct = channel.startswith("D")
    place = Conversation(
        platform="slack", id=channel, thread_id="" if direct else ts, direct=direct
    )
    return Reply(
        key=key or f"slack:{asked.id}/reply",
        conversation=fields.pop("conversation", place),
        card=Card(language="en", blocks=blocks, summary="An answer", streaming=streaming),
        answers=asked,
        **fields,
    )


def first_card(asked: MessageRef) -> Reply:
    """The card the core shows at once."""
    return reply_to(asked, Progress(text="Looking it up…"), streaming=True)


def draft(asked: MessageRef, text: str) -> Reply:
    """The answer so far."""
    return reply_to(asked, Markdown(text=text), Progress(text="Writing…"), streaming=True)


def final(asked: MessageRef, text: str = "Ten days. [1]") -> Reply:
    """The answer."""
    return reply_to(asked, Markdown(text=text))


def message_ref(ref_id: str) -> MessageRef:
    """A message on Slack."""
    return MessageRef(platform="slack", id=ref_id)


async def until(condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
    """Wait for what happens on the other side of a socket."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- the other side lives in another thread
            await asyncio.sleep(0.005)
