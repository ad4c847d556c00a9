"""How long `deskmate serve` takes until it is ready, with one platform enabled and models cached.

    python -m tests.benchmarks.starts [--times 3] [--platforms slack feishu dingtalk]
        [--engine extractive]

A process a start, against a simulated platform. Beside seconds on the wall it prints the processor
seconds that the process had used by then, which do not depend on who else is busy; then how much
memory it has once it is ready and idle. With `--engine extractive` that is the bot without a model.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from tests.simulators import dingtalk, feishu, slack
from tests.simulators.dingtalk import DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import SlackSimulator

_POLLED_EVERY_S = 0.02
_PATIENCE_S = 120.0
_IDLE_S = 20.0


@contextmanager
def keys_of(platform: str, *, sockets: bool) -> Iterator[Mapping[str, str]]:
    """A simulated platform, and what the configuration says about it."""
    if platform == "slack":
        with SlackSimulator.running() as workspace:
            yield {
                "mode": "socket" if sockets else "http",
                "bot_token": slack.BOT_TOKEN,
                "app_token": slack.APP_TOKEN,
                "signing_secret": slack.SECRET.get_secret_value(),
                "api_base_url": workspace.api_base_url,
            }
    elif platform == "feishu":
        with FeishuSimulator.running() as company:
            yield {
                "mode": "websocket" if sockets else "http",
                "app_id": feishu.APP_ID,
                "app_secret": feishu.APP_SECRET,
                "verification_token": "simulated",
                "api_base_url": company.origin,
            }
    else:
        with DingTalkServer() as organisation:
            yield {
                "mode": "stream" if sockets else "http",
                "client_id": dingtalk.CLIENT_ID,
                "client_secret": dingtalk.CLIENT_SECRET,
                "api_base_url": organisation.url,
            }


def write_config(
    folder: Path, platform: str, keys: Mapping[str, str], port: int, *, engine: str = "auto"
) -> Path:
    """Everything else as it ships."""
    lines = [f"[server]\nport = {port}", f'[storage]\ndata_dir = "{folder}/data"']
    lines += [f'[generation]\nengine = "{engine}"']
    lines += [f"[{platform}]\nenabled = true", *(f'{key} = "{keys[key]}"' for key in keys)]
    file = folder / "deskmate.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


async def measure(config: Path, port: int) -> Mapping[str, tuple[float, float]]:
    """Seconds on the wall and of a processor until /healthz and /readyz say yes, and in all."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", "--config", str(config),
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    took = {}
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(_PATIENCE_S):
            for path in ("healthz", "readyz"):
                while not await _says_yes(session, f"http://127.0.0.1:{port}/{path}"):
                    assert process.returncode is None, "it ended by itself"
                    await asyncio.sleep(_POLLED_EVERY_S)
                took[path] = (time.perf_counter() - began, _processor_s(process.pid))
        await asyncio.sleep(_IDLE_S)
        took["memory"] = (_memory_mb(process.pid), 0.0)
        ending = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), _PATIENCE_S)
        assert process.returncode == 0
        took["end"] = (time.perf_counter() - ending, 0.0)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return took


async def _says_yes(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False


def _processor_s(pid: int) -> float:
    """User and system time so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float:
    """What it holds of the machine's memory, without its child processes."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    (resident,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / 1024


def main() -> None:
    """Read the command line and measure."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--times", type=int, default=3)
    arguments.add_argument("--platforms", nargs="+", default=["slack", "feishu", "dingtalk"])
    arguments.add_argument("--engine", default="auto", help="of [generation]")
    arguments.add_argument("--sockets", action="store_true", help="not over HTTP")
    given = arguments.parse_args()
    print(f"{'seconds: wall (processor)':<28}{'healthz':>16}{'readyz':>16}{'SIGTERM':>10}{'MB':>8}")
    for platform in given.platforms:
        for _ in range(given.times):
            with (
                tempfile.TemporaryDirectory() as folder,
                keys_of(platform, sockets=given.sockets) as keys,
            ):
                with socket.create_server(("127.0.0.1", 0)) as probe:
                    port = probe.getsockname()[1]
                config = write_config(Path(folder), platform, keys, port, engine=given.engine)
                took = asyncio.run(measure(config, port))
            cells = (f"{took[path][0]:.2f} ({took[path][1]:.2f})" for path in ("healthz", "readyz"))
            print(
                f"{platform:<28}",
                *(f"{cell:>15}" for cell in cells),
                f"{took['end'][0]:9.2f}",
                f"{took['memory'][0]:7.0f}",
            )


if __name__ == "__main__":
    main()
