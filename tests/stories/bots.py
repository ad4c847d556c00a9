"""The whole bot behind a simulated platform, reached as the platform reaches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.registry import PLATFORMS
from bot.app import build_app
from bot.core.access import Access
from bot.core.commands.table import Command
from bot.core.desks import build_desks
from bot.core.intake import Intake
from bot.core.model import Event
from bot.settings import Settings, StorageSettings
from bot.stores.state import State, open_state
from tests.fakes_core import PATIENT, FakeClock, ScriptedAnswerer, knowing
from tests.stories.platforms import NOW, Letter, Stage


@dataclass(frozen=True, kw_only=True)
class Bot:
    """A running bot, reached as a platform reaches it."""

    intake: Intake
    state: State
    client: TestClient[web.Request, web.Application]

    async def post(self, letter: Letter) -> int:
        """Deliver a request; the status of what the platform is told."""
        response = await self.client.post(letter.path, data=letter.body, headers=letter.headers)
        return response.status

    async def hear(self, *letters: Letter) -> None:
        """Deliver requests at once and let everything be done."""
        statuses = await asyncio.gather(*(self.post(letter) for letter in letters))
        assert set(statuses) == {200}
        await until(lambda: self.intake.pending == 0)


@asynccontextmanager
async def bot_on(
    stage: Stage, folder: Path, answerer: ScriptedAnswerer, *, drain_s: float = 5.0
) -> AsyncIterator[Bot]:
    """The bot as it is shipped; its database stays in the folder."""
    sections: Any = {stage.platform: stage.section}
    settings = Settings(storage=StorageSettings(data_dir=folder), **sections)
    async with (
        build_app(
            settings, knowledge=knowing(answerer), clock=FakeClock(NOW), drain_s=drain_s
        ) as app,
        TestClient(TestServer(app.web)) as client,
    ):
        yield Bot(intake=app.intake, state=app.state, client=client)


@dataclass
class _Later:
    """A channel is made before the intake whose events it brings."""

    intake: list[Intake] = field(default_factory=list)

    async def accept(self, event: Event) -> bool:
        return await self.intake[0].accept(event)


@asynccontextmanager
async def bot_with(
    command: Command, stage: Stage, folder: Path, answerer: ScriptedAnswerer, *, admins: set[str]
) -> AsyncIterator[Bot]:
    """A bot with one command more than the shipped one has, which has none for admins."""
    later, clock = _Later(), FakeClock(NOW)
    platform = PLATFORMS[stage.platform](stage.section, accept=later.accept, clock=clock)
    state = await open_state(data_dir=folder, clock=clock)
    desks = build_desks(
        stores=state,
        channels={platform.platform: platform},
        knowledge=knowing(answerer),
        clock=clock,
        rules=replace(PATIENT, access=Access(admins=frozenset(admins))),
        commands=(command,),
    )
    intake = Intake(state.inbox, desks.dispatcher.dispatch, clock=clock)
    later.intake.append(intake)
    app = web.Application()
    app.add_routes(platform.routes())
    try:
        await platform.start()
        await intake.start()
        async with TestClient(TestServer(app)) as client:
            yield Bot(intake=intake, state=state, client=client)
    finally:
        await intake.drain(5)
        await platform.close()
        await state.close()


async def until(condition: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Wait for what nobody tells us of."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- the intake tells nobody
            await asyncio.sleep(0.002)
