"""`deskmate doctor` asks every enabled platform whether it knows us."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from bot.cli.doctor import Finding, platforms
from bot.settings import Settings
from tests.adapters.dingtalk.desk import settings as dingtalk_settings
from tests.adapters.feishu.desk import settings as feishu_settings
from tests.adapters.slack.workspace import slack_settings
from tests.simulators.dingtalk import DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import SlackSimulator


async def findings(name: str, section: Any) -> list[Finding]:
    settings = Settings().model_copy(update={name: section})
    return [finding async for finding in platforms(settings)]


async def test_a_platform_that_is_not_enabled_is_not_asked() -> None:
    assert [one async for one in platforms(Settings())] == []


async def test_keys_that_say_nothing_are_named() -> None:
    (finding,) = await findings("feishu", feishu_settings("http://127.0.0.1:9", app_id=""))

    assert (finding.level, finding.found) == ("error", "nothing is said for app_id")
    assert "connect-feishu.md" in finding.to_do


async def test_slack_that_knows_us_is_fine() -> None:
    with SlackSimulator.running() as simulator:
        (finding,) = await findings("slack", slack_settings(simulator))

    assert finding == Finding(part="slack", level="ok", found="the platform knows us")


async def test_scopes_that_slack_did_not_grant_are_named() -> None:
    with SlackSimulator.running() as simulator:
        simulator.scopes = ("chat:write",)
        (finding,) = await findings("slack", slack_settings(simulator))

    assert finding.level == "warning"
    assert finding.found.startswith("not granted: scope app_mentions:read (app_mention), ")
    assert "connect-slack.md" in finding.to_do


async def test_feishu_that_knows_us_is_fine() -> None:
    with FeishuSimulator.running() as simulator:
        (finding,) = await findings("feishu", feishu_settings(simulator.origin))

    assert finding == Finding(part="feishu", level="ok", found="the platform knows us")


async def test_dingtalk_that_knows_us_is_fine() -> None:
    with DingTalkServer() as server:
        (finding,) = await findings("dingtalk", dingtalk_settings(server))

    assert finding == Finding(part="dingtalk", level="ok", found="the platform knows us")


async def test_a_platform_nobody_answers_for_is_an_error() -> None:
    (finding,) = await findings("feishu", feishu_settings("http://127.0.0.1:9"))

    assert finding.level == "error"
    assert finding.to_do == "check the network, or [feishu] api_base_url"


async def test_wrong_credentials_are_an_error() -> None:
    with DingTalkServer() as server:
        wrong = dingtalk_settings(server, client_secret=SecretStr("not-it"))
        (finding,) = await findings("dingtalk", wrong)

    assert finding.level == "error"
    assert "connect-dingtalk.md" in finding.to_do


async def test_what_was_not_granted_is_a_warning() -> None:
    with FeishuSimulator.running() as simulator:
        simulator.scopes = []
        (finding,) = await findings("feishu", feishu_settings(simulator.origin))

    assert finding.level == "warning"
    assert finding.found.startswith("not granted: ")
