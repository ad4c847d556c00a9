"""Roles are given on every platform, by those who may, and nobody else reads of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bot.core.commands.whoami import WhoAmI
from bot.core.grants import Grant
from bot.core.model import Role
from bot.core.verifying import verify
from tests.fakes_core import knows
from tests.stories.bots import bot_with
from tests.stories.platforms import Stage, on_dingtalk, on_feishu, on_slack

ELSEWHERE = "slack:U777"


@pytest.fixture(params=[on_slack, on_feishu, on_dingtalk], ids=["slack", "feishu", "dingtalk"])
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)  # loopback is behind no proxy
    on: Callable[[], AbstractContextManager[Stage]] = request.param
    with on() as one:
        yield one


async def test_an_administrator_gives_a_role_in_a_group_and_alone_reads_of_it(
    stage: Stage, tmp_path: Path
) -> None:
    colleague = f"{stage.platform}:colleague_1"
    ways = stage.commands(f"role give {colleague} hr")
    admins = {stage.person.key}
    async with bot_with(WhoAmI(), stage, tmp_path, knows(), admins=admins) as bot:
        for way in ways:
            await bot.hear(way)
        _, grants = await bot.state.grants.all()
        entries = await bot.state.audit.latest(10)
        verified = await verify(bot.state)

    assert [(one.person, one.role, one.by) for one in grants] == [
        (colleague, Role.HR, stage.person.key)
    ]
    assert [one.what for one in entries].count("role.given") == 1
    assert {one.by for one in entries} == {stage.person.key}
    assert verified.fault is None
    assert {one.only_for for one in stage.seen()} == {stage.person.id}


async def test_who_is_none_gets_nothing_by_asking_and_it_is_on_record(
    stage: Stage, tmp_path: Path
) -> None:
    ways = stage.commands("role give me admin")
    async with bot_with(WhoAmI(), stage, tmp_path, knows(), admins={ELSEWHERE}) as bot:
        for way in ways:
            await bot.hear(way)
        grants: tuple[Grant, ...] = (await bot.state.grants.all())[1]
        entries = await bot.state.audit.latest(10)

    assert grants == ()
    assert [(one.what, one.by) for one in entries] == [("command.refused", stage.person.key)] * len(
        ways
    )
    assert all(one.where.startswith(f"{stage.platform}:") for one in entries)
    assert {one.only_for for one in stage.seen()} == {stage.person.id}
