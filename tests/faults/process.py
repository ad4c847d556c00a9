"""The server as a process: started, killed, started again, at one address."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Self

import aiohttp

from tests.faults.people import ENCRYPT_KEY, VERIFICATION_TOKEN
from tests.faults.sights import Onlooker
from tests.faults.transport import Way
from tests.simulators import dingtalk, feishu, slack

_STARTED_WITHIN_S = 60.0
_ALIVE_WITHIN = aiohttp.ClientTimeout(total=1)


_MODES = {
    "http": {"slack": "http", "feishu": "http", "dingtalk": "http"},
    "socket": {"slack": "socket", "feishu": "websocket", "dingtalk": "stream"},
}


def write_config(
    folder: Path,
    platforms: Onlooker,
    way: Way = "http",
    *,
    database_url: str = "",
    name: str = "deskmate",
) -> Path:
    """A configuration with all three platforms, pointed at the simulators."""
    modes = _MODES[way]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    sections: dict[str, dict[str, object]] = {
        "server": {"port": port},
        "storage": {"data_dir": str(folder / name), "database_url": database_url},
        # People here ask faster than people do; what happens to those who do is tested elsewhere.
        "limits": {
            "questions_per_minute": 1_000_000,
            "channel_questions_per_minute": 1_000_000,
            "all_questions_per_minute": 1_000_000,
        },
        "slack": {
            "enabled": True,
            "mode": modes["slack"],
            "bot_token": slack.BOT_TOKEN,
            "app_token": slack.APP_TOKEN,
            "signing_secret": slack.SECRET.get_secret_value(),
            "api_base_url": platforms.slack.api_base_url,
        },
        "feishu": {
            "enabled": True,
            "mode": modes["feishu"],
            "app_id": feishu.APP_ID,
            "app_secret": feishu.APP_SECRET,
            "verification_token": VERIFICATION_TOKEN,
            "encrypt_key": ENCRYPT_KEY,
            "api_base_url": platforms.feishu.origin,
        },
        "dingtalk": {
            "enabled": True,
            "mode": modes["dingtalk"],
            "client_id": dingtalk.CLIENT_ID,
            "client_secret": dingtalk.CLIENT_SECRET,
            "card_template_id": dingtalk.TEMPLATE,
            "event_token": dingtalk.EVENT_TOKEN,
            "event_aes_key": dingtalk.EVENT_KEY,
            "api_base_url": platforms.dingtalk.url,
        },
    }
    lines = []
    for section, keys in sections.items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    file = folder / f"{name}.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


class Server:
    """One server process at a time. Use as a context: nothing runs before or after.

    up: it answered since it was started. kills: how often it was killed while it ran.
    """

    def __init__(self, config: Path, clock: Path, *, log: Path) -> None:
        port = next(line for line in config.read_text("utf-8").splitlines() if "port" in line)
        self.base = f"http://127.0.0.1:{port.partition('=')[2].strip()}"
        self.up = False
        self.kills = 0
        self._command = ["--config", str(config), "--clock", str(clock), "--standby"]
        self.log = log
        self._standby: asyncio.subprocess.Process | None = None
        self._pid: int | None = None
        self._starting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        with self.log.open("ab") as log:
            self._standby = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.faults.server", *self._command,
                stdin=PIPE, stdout=PIPE, stderr=log,
            )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        assert self._standby is not None
        assert self._standby.stdin is not None
        self._standby.stdin.close()
        await self._standby.wait()

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._pid

    async def start(self, *, wait: bool = True) -> None:
        """Start it unless it runs, and wait until it serves, if so wished."""
        if self._pid is None:
            assert self._standby is not None
            assert self._standby.stdin is not None
            assert self._standby.stdout is not None
            self._standby.stdin.write(b"\n")
            self._pid = int(await self._standby.stdout.readline())
            self._starting = asyncio.create_task(self._until_up(self._pid))
        if wait and self._starting is not None:
            await asyncio.shield(self._starting)

    async def kill(self) -> None:
        """End it at once; it gets no chance to tidy up."""
        if self._pid is not None:
            self.kills += 1
            await self._end(signal.SIGKILL)

    async def stall(self, seconds: float) -> None:
        """Let it stand still, as a machine that swaps or a process that hangs."""
        if self._pid is not None:
            pid = self._pid
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
            if _lives(pid):  # else it was killed meanwhile
                os.kill(pid, signal.SIGCONT)

    async def stop(self) -> None:
        """Ask it to finish."""
        if self._pid is not None:
            await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        assert self._pid is not None
        self.up = False
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        assert _lives(self._pid), "the server ended by itself"
        os.kill(self._pid, number)
        while _lives(self._pid):  # noqa: ASYNC110 -- it is not our child
            await asyncio.sleep(0.005)
        self._pid = None

    async def _until_up(self, pid: int) -> None:
        async with (
            asyncio.timeout(_STARTED_WITHIN_S),
            aiohttp.ClientSession(timeout=_ALIVE_WITHIN) as session,
        ):
            while not self.up:
                assert _lives(pid), "the server ended by itself"
                try:
                    async with session.get(f"{self.base}/healthz") as response:
                        self.up = response.status == 200
                except (aiohttp.ClientError, TimeoutError, OSError):
                    await asyncio.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
