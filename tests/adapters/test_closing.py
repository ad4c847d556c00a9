"""After its end a channel calls nobody, whatever it was about to say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from adapters.dingtalk.settings import DingTalkSettings
from adapters.feishu.settings import FeishuSettings
from adapters.registry import PLATFORMS, Platform
from adapters.slack.settings import SlackSettings
from bot.core.errors import ChannelUnavailable
from bot.core.model import Card, Conversation, Event, Markdown, Reply

SECRET = SecretStr("secret")


@dataclass
class Silence:
    """A platform that takes calls and never answers."""

    url: str = ""
    calls: int = 0

    async def until_called(self) -> None:
        async with asyncio.timeout(10):
            while self.calls == 0:  # noqa: ASYNC110 -- it tells nobody
                await asyncio.sleep(0.002)


@asynccontextmanager
async def silence() -> AsyncIterator[Silence]:
    silent = Silence()
    wires: list[asyncio.StreamWriter] = []

    def take(_reader: asyncio.StreamReader, wire: asyncio.StreamWriter) -> None:
        silent.calls += 1
        wires.append(wire)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    silent.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield silent
    for wire in wires:
        wire.transport.abort()
    server.close()
    await server.wait_closed()


def channel_at(url: str, name: str) -> Platform:
    sections = {
        "slack": SlackSettings(bot_token=SECRET, signing_secret=SECRET, api_base_url=url),
        "feishu": FeishuSettings(app_id="cli_1", app_secret=SECRET, api_base_url=url),
        "dingtalk": DingTalkSettings(client_id="d", client_secret=SECRET, api_base_url=url),
    }

    async def accept(_event: Event) -> bool:
        return True

    return PLATFORMS[name](sections[name], accept=accept, clock=lambda: datetime.now(UTC))


def reply_on(platform: str) -> Reply:
    return Reply(
        key="k1",
        conversation=Conversation(platform=platform, id="oc_1"),
        card=Card(language="en", blocks=(Markdown(text="Ten days."),), summary="Ten days."),
    )


@pytest.mark.parametrize("name", PLATFORMS)
async def test_what_is_under_way_ends_with_the_channel(name: str) -> None:
    async with silence() as silent:
        channel = channel_at(silent.url, name)
        sending = asyncio.create_task(channel.send(reply_on(name)))
        await silent.until_called()

        began = time.monotonic()
        await channel.close()
        with pytest.raises(ChannelUnavailable):
            await sending

    assert time.monotonic() - began < 5
    assert silent.calls == 1


@pytest.mark.parametrize("name", PLATFORMS)
async def test_a_closed_channel_calls_nobody(name: str) -> None:
    async with silence() as silent:
        channel = channel_at(silent.url, name)
        starting = asyncio.create_task(channel.start())
        await silent.until_called()

        await channel.close()
        for call in (channel.send(reply_on(name)), channel.ping(), starting):
            with pytest.raises(ChannelUnavailable):
                await call

    assert silent.calls == 1


@pytest.mark.parametrize("name", PLATFORMS)
async def test_a_channel_that_never_called_stays_silent_too(name: str) -> None:
    async with silence() as silent:
        channel = channel_at(silent.url, name)

        await channel.close()
        with pytest.raises(ChannelUnavailable):
            await channel.send(reply_on(name))

    assert silent.calls == 0


@pytest.mark.parametrize("name", PLATFORMS)
async def test_a_channel_is_closed_as_often_as_one_likes(name: str) -> None:
    async with silence() as silent:
        channel = channel_at(silent.url, name)

        await channel.close()
        await channel.close()

    assert silent.calls == 0
