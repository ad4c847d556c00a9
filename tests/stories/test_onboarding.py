"""Somebody joins on each platform, with the whole bot behind it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.app import App, build_app
from bot.settings import Settings, StorageSettings
from bot.settings_onboarding import OfficeSettings, OnboardingSettings
from tests.adapters.dingtalk import desk as dingtalk
from tests.adapters.dingtalk.recorded import payload as dingtalk_payload
from tests.adapters.feishu import desk as feishu
from tests.adapters.feishu.test_codec import payload as feishu_payload
from tests.adapters.slack.payloads import payload as slack_payload
from tests.fakes_core import FakeClock, knowing, knows
from tests.simulators.dingtalk import sealed_event
from tests.simulators.feishu import callback
from tests.simulators.slack import APP, TEAM, signed
from tests.stories.bots import until
from tests.stories.platforms import Letter, Stage, on_dingtalk, on_feishu, on_slack

NOW = dingtalk.NOW


def slack_join() -> Letter:
    payload = {**slack_payload("team_join"), "team_id": TEAM, "api_app_id": APP}
    payload["authorizations"] = []
    body, headers = signed(payload, at=NOW)
    return Letter(path="/slack/events", body=body, headers=headers)


def feishu_join() -> Letter:
    payload = feishu_payload("contact_user_created")
    payload["event"]["object"]["join_time"] = int(NOW.timestamp())
    body, headers = callback(payload, feishu.KEY, at=NOW.timestamp())
    return Letter(path="/feishu/events", body=body, headers=headers)


def dingtalk_join() -> Letter:
    query, sealed = sealed_event(dingtalk_payload("event_user_add_org_http"), NOW)
    path = f"/dingtalk/events?{urlencode(query)}"
    headers = {"Content-Type": "application/json"}
    return Letter(path=path, body=json.dumps(sealed).encode(), headers=headers)


@dataclass(frozen=True, kw_only=True)
class Door:
    """A platform, and how somebody comes in there."""

    on: Callable[[], AbstractContextManager[Stage]]
    join: Callable[[], Letter]
    welcome: str


DOORS = {
    "slack": Door(on=on_slack, join=slack_join, welcome="Welcome to Starbridge"),
    "feishu": Door(on=on_feishu, join=feishu_join, welcome="欢迎加入星桥"),
    "dingtalk": Door(on=on_dingtalk, join=dingtalk_join, welcome="欢迎加入星桥"),
}


@pytest.fixture(params=DOORS.values(), ids=tuple(DOORS))
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Door:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)  # loopback is behind no proxy
    found: Door = request.param
    return found


@asynccontextmanager
async def bot_at(
    stage: Stage, folder: Path, clock: FakeClock
) -> AsyncIterator[tuple[App, TestClient[Any, Any]]]:
    sections: Any = {stage.platform: stage.section}
    office = OfficeSettings(names=("Hangzhou",), time_zone="Asia/Shanghai", country="CN")
    settings = Settings(
        storage=StorageSettings(data_dir=folder),
        onboarding=OnboardingSettings(enabled=True, offices=(office,)),
        **sections,
    )
    async with (
        build_app(settings, knowledge=knowing(knows()), clock=clock) as app,
        TestClient(TestServer(app.web)) as client,
    ):
        yield app, client


async def test_who_joins_is_welcomed_once_in_a_native_card_in_the_morning(
    door: Door, tmp_path: Path
) -> None:
    clock = FakeClock(NOW)
    with door.on() as stage:
        async with bot_at(stage, tmp_path, clock) as (app, client):
            letter = door.join()
            for _ in range(2):
                posted = await client.post(letter.path, data=letter.body, headers=letter.headers)
                assert posted.status == 200
            await until(lambda: app.intake.pending == 0)
            assert app.onboarding is not None
            await app.onboarding.tick()
            early = len(stage.seen())
            clock.move(timedelta(hours=3))  # it was six in the morning in Hangzhou
            for _ in range(2):
                await app.onboarding.tick()

        welcomes = [one for one in stage.seen() if door.welcome in one.words]
        assert early == 0
        assert len(welcomes) == 1
        assert welcomes[0].only_for or stage.platform == "slack"
