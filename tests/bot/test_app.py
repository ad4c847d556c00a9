"""The whole bot, plugged together: over HTTP, over a restart, over a real process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout

from adapters.playground.settings import PlaygroundSettings
from bot.app import build_app, opened_state, run_until_stopped
from bot.core.teaching import Lesson, Teaching
from bot.settings import Settings, SettingsInvalid, StorageSettings
from bot.stores.state import utc_now
from bot.web import serve
from knowledge.errors import StoreUnavailable
from tests.fakes_core import ADA, ScriptedAnswerer, knowing, knows
from tests.simulators.dingtalk import CLIENT_ID, CLIENT_SECRET, TOKEN, DingTalkServer, Fault
from tests.simulators.slack import BOT_TOKEN

CONVERSATION = "0123456789abcdef"
PAGE = PlaygroundSettings()
DINGTALK_KEYS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
WAIT = ClientTimeout(total=20)


def settings_in(folder: Path, **changes: Any) -> Settings:
    return Settings(storage=StorageSettings(data_dir=folder), **changes)


@asynccontextmanager
async def serving(folder: Path, answerer: ScriptedAnswerer) -> AsyncIterator[str]:
    async with (
        build_app(
            settings_in(folder), knowledge=knowing(answerer), playground=PlaygroundSettings()
        ) as app,
        serve(app.web, "127.0.0.1", 0) as port,
    ):
        yield f"http://127.0.0.1:{port}"


async def ask(session: ClientSession, base: str, text: str, number: int = 1) -> int:
    post = {
        "id": f"{number:016x}",
        "conversation": CONVERSATION,
        "text": text,
        "language": "en",
    }
    async with session.post(f"{base}/playground/messages", json=post) as response:
        return response.status


async def shown(session: ClientSession, base: str, wanted: str) -> Mapping[str, Any]:
    """The first entry of the stream that has these words and is not growing any more."""
    address = f"{base}/playground/stream?conversation={CONVERSATION}"
    async with session.get(address) as stream:
        async for line in stream.content:
            if not line.startswith(b"data: "):
                continue
            entry: Mapping[str, Any] = json.loads(line[6:])
            if wanted in line.decode() and not entry.get("card", {}).get("streaming"):
                return entry
    raise AssertionError(f"{wanted!r} was not shown")


async def test_a_question_over_http_becomes_an_answer_card(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, knows("Fifteen days. [1]")) as base,
        ClientSession(timeout=WAIT) as session,
    ):
        status = await ask(session, base, "How many days?")
        entry = await shown(session, base, "Fifteen days")

    assert status == 202
    assert entry["kind"] == "card"


async def test_the_same_post_twice_is_answered_once(tmp_path: Path) -> None:
    answerer = knows()
    async with serving(tmp_path, answerer) as base, ClientSession(timeout=WAIT) as session:
        await ask(session, base, "How many days?")
        await ask(session, base, "How many days?")
        await shown(session, base, "Fifteen days")

    assert len(answerer.asked) == 1


async def test_the_test_set_runs_by_itself_in_the_running_bot(tmp_path: Path) -> None:
    async def edition() -> str:
        return "the first"

    settings = settings_in(tmp_path)
    async with opened_state(settings) as state:
        lesson = Lesson(question="How many days?", text="Fifteen days.", language="en")
        teaching = Teaching(curated=state.curated, clock=utc_now)
        await teaching.teach(lesson, by=ADA, key="k", reason="teach")

    async with build_app(settings, knowledge=replace(knowing(knows()), edition=edition)) as app:
        async with asyncio.timeout(10):
            while not (runs := await app.state.runs.latest()):  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.01)

    assert runs[-1].edition == "the first"


async def test_a_question_that_a_stop_cut_off_is_answered_after_the_restart(
    tmp_path: Path,
) -> None:
    stuck = knows()
    stuck.gate = asyncio.Event()
    settings = settings_in(tmp_path)
    page = PlaygroundSettings()
    async with (
        build_app(settings, knowledge=knowing(stuck), playground=page, drain_s=0.05) as app,
        serve(app.web, "127.0.0.1", 0) as port,
        ClientSession(timeout=WAIT) as session,
    ):
        await ask(session, f"http://127.0.0.1:{port}", "How many days?")
        await asyncio.wait_for(stuck.reached.wait(), 10)

    async with (
        serving(tmp_path, knows("Back again. [1]")) as base,
        ClientSession(timeout=WAIT) as session,
    ):
        entry = await shown(session, base, "Back again")

    assert entry["kind"] == "card"


async def test_readiness_names_every_part_and_turns_when_one_breaks(tmp_path: Path) -> None:
    async def broken() -> None:
        raise StoreUnavailable("gone")

    settings, page = settings_in(tmp_path), PlaygroundSettings()
    async with (
        build_app(
            settings, knowledge=knowing(knows()), playground=page, pings={"store": broken}
        ) as app,
        serve(app.web, "127.0.0.1", 0) as port,
        ClientSession(timeout=WAIT) as session,
    ):
        async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
            status, ready = response.status, await response.json()
        async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
            metrics = await response.text()

    assert status == 503
    assert ready == {"store": "unavailable", "state": "ok", "playground": "ok"}
    assert "deskmate_answers" in metrics


async def test_a_platform_without_its_keys_is_refused_by_name(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, feishu={"enabled": True, "app_id": "cli_1"})

    with pytest.raises(
        SettingsInvalid, match=r"\[feishu\] .* nothing for app_secret, verification_token"
    ):
        async with build_app(settings, knowledge=knowing(knows())):
            pass


# ── platforms that are away ───────────────────────────────────────────────────────────────────


@asynccontextmanager
async def silent_platform() -> AsyncIterator[str]:
    """Takes calls and never answers."""
    wires: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, wire: wires.append(wire), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for wire in wires:
        wire.transport.abort()
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def closed_platform() -> AsyncIterator[str]:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


def every_platform(url: str, *, sockets: bool) -> dict[str, Any]:
    """What an operator says of three platforms at this address."""
    common = {"enabled": True, "api_base_url": url}
    slack = {"bot_token": BOT_TOKEN, "signing_secret": "s", "app_token": "xapp-1"}
    feishu = {"app_id": "cli_1", "app_secret": "s", "verification_token": "v"}
    dingtalk = {"client_id": "ding1", "client_secret": "s"}
    return {
        "slack": {**common, **slack, "mode": "socket" if sockets else "http"},
        # Its long connection begins in a thread, which would import 170 MB into the tests.
        "feishu": {**common, **feishu, "mode": "http"},
        "dingtalk": {**common, **dingtalk, "mode": "stream" if sockets else "http"},
    }


@pytest.mark.parametrize("sockets", [False, True])
@pytest.mark.parametrize("platform", [silent_platform, closed_platform])
async def test_it_serves_within_five_seconds_while_every_platform_is_away(
    tmp_path: Path, platform: Any, sockets: bool
) -> None:
    began = time.monotonic()
    async with platform() as url, ClientSession(timeout=WAIT) as session:
        settings, page = settings_in(tmp_path, **every_platform(url, sockets=sockets)), PAGE
        async with (
            build_app(settings, knowledge=knowing(knows()), playground=page, drain_s=0.1) as app,
            serve(app.web, "127.0.0.1", 0) as port,
        ):
            base = f"http://127.0.0.1:{port}"
            async with session.get(f"{base}/healthz") as response:
                assert response.status == 200
            took_s = time.monotonic() - began
            await ask(session, base, "How many days?")
            await shown(session, base, "Fifteen days")
            async with session.get(f"{base}/readyz") as response:
                status, ready = response.status, await response.json()

    assert took_s < 5
    assert status == 503
    assert ready["playground"] == "ok"
    assert {ready[name] for name in ("slack", "feishu", "dingtalk")} <= {"unavailable", "late"}


async def test_a_platform_that_comes_back_is_ready(tmp_path: Path) -> None:
    with DingTalkServer() as dingtalk:
        dingtalk.fail(TOKEN, *[Fault(status=503)] * 2)
        section = {**every_platform(dingtalk.url, sockets=False)["dingtalk"], **DINGTALK_KEYS}
        settings = settings_in(tmp_path, dingtalk=section)
        async with (
            build_app(settings, knowledge=knowing(knows()), start_s=0.01) as app,
            serve(app.web, "127.0.0.1", 0) as port,
            ClientSession(timeout=WAIT) as session,
            asyncio.timeout(20),
        ):
            status = 0
            while status != 200:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                    status = response.status


async def test_a_platform_that_does_not_know_us_stops_the_start_by_name(tmp_path: Path) -> None:
    with DingTalkServer() as dingtalk:
        sections = every_platform(dingtalk.url, sockets=False)
        settings = settings_in(tmp_path, dingtalk=sections["dingtalk"])

        with pytest.raises(SettingsInvalid, match=r"\[dingtalk\] .* invalidClientIdOrSecret"):
            async with build_app(settings, knowledge=knowing(knows())):
                pass


async def test_a_refusal_that_comes_late_is_logged_and_the_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with DingTalkServer() as dingtalk:
        dingtalk.fail(TOKEN, Fault(delay_s=0.1))
        sections = every_platform(dingtalk.url, sockets=False)
        settings = settings_in(tmp_path, dingtalk=sections["dingtalk"])
        async with (
            build_app(settings, knowledge=knowing(knows()), playground=PAGE, start_s=0.01) as app,
            serve(app.web, "127.0.0.1", 0) as port,
            ClientSession(timeout=WAIT) as session,
        ):
            async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                ready = await response.json()
            async with asyncio.timeout(10):
                while "platform_not_started" not in caplog.text:  # noqa: ASYNC110 -- only logged
                    await asyncio.sleep(0.01)

    assert ready == {"state": "ok", "playground": "ok", "dingtalk": "unavailable"}


async def test_a_signal_ends_serving_and_leaves_no_handler_behind(tmp_path: Path) -> None:
    async with build_app(settings_in(tmp_path), knowledge=knowing(knows())) as app:
        serving_task = asyncio.create_task(run_until_stopped(app, "127.0.0.1", 0))
        for _ in range(1_000):
            if signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
                break
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serving_task, 20)

    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.models
async def test_serve_runs_as_a_process_until_it_is_told_to_stop(tmp_path: Path, shelf: Any) -> None:
    for name in ("e5-small", "use-multilingual"):
        shelf.pull(name)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = tmp_path / "deskmate.toml"
    config.write_text(
        f'[server]\nport = {port}\n[storage]\ndata_dir = "{tmp_path}/data"\n'
        '[generation]\nengine = "extractive"\n[playground]\nenabled = true\n',
        encoding="utf-8",
    )

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", "--config", str(config),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await _ready(process, port)
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()

    assert process.returncode == 0, said.decode()
    assert b'"serving"' in said


async def _ready(process: asyncio.subprocess.Process, port: int) -> None:
    async with ClientSession(timeout=WAIT) as session:
        for _ in range(600):
            assert process.returncode is None
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                    if response.status == 200:
                        return
            except OSError:
                pass
            await asyncio.sleep(0.1)
    raise AssertionError("it was never ready")
