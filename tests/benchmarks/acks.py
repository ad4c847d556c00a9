"""How long a platform waits for its acknowledgement while the bot is busy answering.

    python -m tests.benchmarks.acks [--rate 200] [--seconds 20] [--questions 0.05] [--model NAME]

A real server process, as in tests/faults, takes signed events of three platforms at a steady rate.
A part of them are questions, the others are what people in groups say to each other, which costs
the bot everything but an answer. All the while the language model that ships writes, in a process
such as the bot's own. Then /healthz is asked while the token endpoints of two platforms hang.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import aiohttp

from bot.cli.options import models_folder
from bot.engines import choose_generator
from knowledge.engines.drafts import warm
from knowledge.errors import ModelError
from knowledge.model import Prompt, Turn
from knowledge.models import DEFAULT_GENERATOR
from knowledge.settings import GenerationSettings
from knowledge.weights import Shelf
from tests.benchmarks.machine import machine
from tests.benchmarks.spread import spread
from tests.faults.clock import SharedClock
from tests.faults.people import DingTalkPeople, FeishuPeople, SlackPeople
from tests.faults.process import Server, write_config
from tests.faults.sights import Onlooker
from tests.simulators import dingtalk
from tests.simulators.dingtalk import DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import SlackSimulator

HANGS_S = 10.0


async def measure_acks(
    server: Server, onlooker: Onlooker, clock: SharedClock, *, given: argparse.Namespace
) -> dict[str, list[float]]:
    """Seconds from the request to its acknowledgement, by platform; what is not 200 apart."""
    chance = random.Random(1)
    people = (
        SlackPeople(onlooker.slack, chance, places=40),
        FeishuPeople(chance, places=40),
        DingTalkPeople(onlooker.dingtalk, chance, places=40),
    )
    took: defaultdict[str, list[float]] = defaultdict(list)
    refused: Counter[int] = Counter()

    async def post(number: int, session: aiohttp.ClientSession) -> None:
        wanted = chance.random() < given.questions
        question = people[number % 3].ask(f"case{number}z", clock(), wanted=wanted)
        envelope = question.envelopes[0]
        raw, headers = envelope.seal(clock(), 0)
        began = time.perf_counter()
        async with session.post(server.base + envelope.path, data=raw, headers=headers) as got:
            await got.read()
        if got.status == 200:
            took[question.platform].append(time.perf_counter() - began)
        else:
            refused[got.status] += 1

    async def ask_health(session: aiohttp.ClientSession) -> None:
        while True:
            began = time.perf_counter()
            async with session.get(f"{server.base}/healthz") as got:
                await got.read()
            took["healthz"].append(time.perf_counter() - began)
            await asyncio.sleep(0.05)

    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        asyncio.TaskGroup() as tasks,
    ):
        health = tasks.create_task(ask_health(session))
        began = time.perf_counter()
        for number in range(int(given.rate * given.seconds)):
            await asyncio.sleep(max(0.0, began + number / given.rate - time.perf_counter()))
            tasks.create_task(post(number, session))
        health.cancel()
    print(f"posted {number + 1} in {time.perf_counter() - began:.1f} s, refused {dict(refused)}")
    return took


async def measure_health(server: Server, onlooker: Onlooker, clock: SharedClock) -> list[float]:
    """Seconds that /healthz takes while nobody gives tokens and answers wait for them."""
    onlooker.feishu.forget_tokens()
    onlooker.dingtalk.forget_tokens()
    login = "POST auth/v3/tenant_access_token/internal"
    onlooker.feishu.fail(login, status=500, delay_s=HANGS_S, times=100)
    hang = dingtalk.Fault(status=500, delay_s=HANGS_S)
    onlooker.dingtalk.fail(dingtalk.TOKEN, *[hang] * 100)
    chance = random.Random(2)
    people = (FeishuPeople(chance), DingTalkPeople(onlooker.dingtalk, chance))
    took = []
    async with aiohttp.ClientSession() as session:
        for number in range(8):
            question = people[number % 2].ask(f"case{900_000 + number}z", clock())
            raw, headers = question.envelopes[0].seal(clock(), 0)
            url = server.base + question.envelopes[0].path
            async with session.post(url, data=raw, headers=headers):
                pass
        until = time.perf_counter() + HANGS_S
        while time.perf_counter() < until:
            began = time.perf_counter()
            async with session.get(f"{server.base}/healthz") as got:
                await got.read()
            took.append(time.perf_counter() - began)
            await asyncio.sleep(0.05)
    return took


def row(name: str, took: Sequence[float]) -> str:
    """p50, p95, p99 and the worst, in milliseconds."""
    if not took:
        return f"{name:<10} nothing"
    ordered = sorted(took)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95, 0.99)]
    cells = "  ".join(f"{1_000 * value:8.1f}" for value in (*at, ordered[-1]))
    return f"{name:<10} n={len(took):<6} {cells}"


@asynccontextmanager
async def model_writing(model: str) -> AsyncIterator[Counter[str]]:
    """The language model writes one reply after the other; how many pieces it has written."""
    generator = choose_generator(GenerationSettings(model=model), Shelf(models_folder(os.environ)))
    prompt = Prompt(turns=(Turn(speaker="user", text="Tell a long story."),), max_tokens=400)
    written: Counter[str] = Counter()

    async def write() -> None:
        while True:
            async with aclosing(generator.stream(prompt)) as drafts:
                async for _ in drafts:
                    written["pieces"] += 1

    await warm(generator, prompt)
    writing = asyncio.create_task(write())
    try:
        yield written
        assert not writing.done(), "the model stopped writing"
    finally:
        writing.cancel()
        await asyncio.wait({writing})
        await generator.close()


async def measure(given: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Everything, printed, and as JSON has it."""
    clock = SharedClock(folder / "clock")
    with (
        SlackSimulator.running() as slack,
        FeishuSimulator.running() as feishu,
        DingTalkServer() as ding,
    ):
        onlooker = Onlooker(slack=slack, feishu=feishu, dingtalk=ding)
        config = write_config(folder, onlooker)
        log = folder / "server.log"
        async with Server(config, folder / "clock", log=log) as server:
            await server.start()
            async with model_writing(given.model) as written:
                acks = await measure_acks(server, onlooker, clock, given=given)
            print(f"pieces the model wrote meanwhile: {written['pieces']}")
            answered = sum(sight.answered for sight in onlooker.look())
            print(f"answered meanwhile: {answered}; load {os.getloadavg()[0]:.1f}")
            print(f"{'ms':<19}{'p50':>8}  {'p95':>8}  {'p99':>8}  {'worst':>8}")
            for platform, took in sorted(acks.items()):
                print(row(platform, took))
            hanging = await measure_health(server, onlooker, clock)
            print(row("no tokens", hanging))
            await server.stop()  # its other process ends only with it
    together = [1_000 * one for name, took in acks.items() if name != "healthz" for one in took]
    return {
        "machine": machine(),
        "events_per_s": given.rate,
        "acks": spread(together),
        "healthz": spread([1_000 * one for one in acks.get("healthz", [])]),
        "healthz_without_tokens": spread([1_000 * one for one in hanging]),
        "answered_meanwhile": answered,
        "model": given.model or DEFAULT_GENERATOR,
        "pieces_written_meanwhile": written["pieces"],
    }


def run(
    *, rate: float = 200.0, seconds: float = 20.0, questions: float = 0.05, model: str = ""
) -> dict[str, object]:
    """The figures as JSON has them; for a model that is not here, why there are none."""
    given = argparse.Namespace(rate=rate, seconds=seconds, questions=questions, model=model)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return asyncio.run(measure(given, Path(folder)))
    except ModelError as error:
        return {"machine": machine(), "not_measured": str(error)}


def main() -> None:
    """Read the command line and measure."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rate", type=float, default=200.0)
    arguments.add_argument("--seconds", type=float, default=20.0)
    arguments.add_argument("--questions", type=float, default=0.05, help="part of the events")
    arguments.add_argument("--model", default="", help="that writes; default: the one that ships")
    given = arguments.parse_args()
    run(rate=given.rate, seconds=given.seconds, questions=given.questions, model=given.model)


if __name__ == "__main__":
    main()
