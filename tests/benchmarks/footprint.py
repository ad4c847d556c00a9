"""What one bot needs: seconds to start, memory at rest and while people ask.

    python -m tests.benchmarks.footprint [--engine extractive] [--times 3] [--out FILE]

`deskmate serve` runs as a process against simulated platforms, with the sample handbook ingested.
Memory is that of the process and its children; pages that they share count once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from bot.cli.demo import handbook
from tests.benchmarks.machine import machine
from tests.benchmarks.spread import spread
from tests.benchmarks.starts import measure as measure_start
from tests.faults.clock import SharedClock
from tests.faults.people import SlackPeople
from tests.faults.process import write_config
from tests.faults.sights import Onlooker
from tests.simulators.dingtalk import DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import BOT_USER, SlackSimulator

_PATIENCE_S = 120.0
_AT_REST_S = 3.0
_QUESTIONS = 20


def help_s(times: int) -> float:
    """Seconds of `deskmate --help`, the median of some."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "bot", "--help"], check=True, capture_output=True)
        took.append(time.perf_counter() - began)
    return round(statistics.median(took), 3)


async def measure(folder: Path, engine: str, *, times: int) -> dict[str, object]:
    """Start times, then a bot at rest, then the same bot at work."""
    with (
        SlackSimulator.running() as slack,
        FeishuSimulator.running() as feishu,
        DingTalkServer() as ding,
    ):
        onlooker = Onlooker(slack=slack, feishu=feishu, dingtalk=ding)
        config = write_config(folder, onlooker)
        with config.open("a", encoding="utf-8") as file:
            file.write(f'\n[generation]\nengine = "{engine}"\n')
        port = int(config.read_text("utf-8").partition("port = ")[2].split()[0])
        starts = [await measure_start(config, port) for _ in range(times)]
        await _run("ingest", "--config", str(config), str(handbook()))
        at_work = await _at_work(config, port, onlooker, SharedClock(folder / "clock"))
    ready = [took["readyz"][0] for took in starts]
    return {"ready_s": round(statistics.median(ready), 2), **at_work}


async def _at_work(
    config: Path, port: int, onlooker: Onlooker, clock: SharedClock
) -> dict[str, object]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", "--config", str(config),
        stderr=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await _until_ready(f"http://127.0.0.1:{port}/readyz")
        await asyncio.sleep(_AT_REST_S)
        at_rest = memory_mb(process.pid)
        first_card = await _first_cards(f"http://127.0.0.1:{port}", onlooker, clock)
        return {
            "at_rest_mb": at_rest,
            "at_work_mb": memory_mb(process.pid),
            "first_card": spread(first_card),
        }
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), _PATIENCE_S)


async def _first_cards(base: str, onlooker: Onlooker, clock: SharedClock) -> list[float]:
    """Milliseconds from a signed event to the first card, one question after the other."""
    people = SlackPeople(onlooker.slack, random.Random(1), places=40)
    took = []
    async with aiohttp.ClientSession() as session:
        for number in range(_QUESTIONS):
            question = people.ask(f"case{number}z", clock())
            envelope = question.envelopes[0]
            raw, headers = envelope.seal(clock(), 0)
            before = _shown(onlooker)
            began = time.perf_counter()
            async with session.post(base + envelope.path, data=raw, headers=headers) as got:
                got.raise_for_status()
            async with asyncio.timeout(_PATIENCE_S):
                while _shown(onlooker) == before:  # noqa: ASYNC110 -- the simulator has no signal
                    await asyncio.sleep(0.002)
            took.append(1_000 * (time.perf_counter() - began))
            await asyncio.sleep(0.5)  # the answer itself is measured elsewhere
    return took


def _shown(onlooker: Onlooker) -> int:
    return sum(one.user == BOT_USER for one in tuple(onlooker.slack.messages.values()))


async def _until_ready(url: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(_PATIENCE_S):
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0


def memory_mb(pid: int) -> int:
    """Of a process and everything below it, shared pages divided among those who share them."""
    below = sum(memory_mb(child) for child in _children(pid))
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return own // 1024 + below


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(one) for one in (task / "children").read_text("ascii").split()]
    return found


def run(*, engine: str = "extractive", times: int = 3) -> dict[str, object]:
    """The figures as JSON has them."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(Path(folder), engine, times=times))
    return {
        "machine": machine(),
        "engine": engine,
        "help_s": help_s(times + 2),
        **found,
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="extractive", help="auto: with the language model")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = json.dumps(run(engine=given.engine, times=given.times), indent=1)
    print(found)
    if given.out:
        given.out.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main()
