"""The process under test: the real bot with everything but a language model.

    python -m tests.faults.server --config FILE --clock FILE [--standby]

The composition root, the stores on SQLite and the adapters are those that serve people. Only the
answerer is scripted, and the clock can be moved from outside.

With `--standby` it only gets ready; each line on its input starts one server as a process of its
own, whose id is the line that it answers. So a server that was killed is back at once.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import random
import re
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.app import App, build_app, run_until_stopped
from bot.settings import Settings, load
from bot.telemetry.logs import configure_logging
from knowledge.model import Answer, Draft, Passage, Question
from tests.fakes_core import PASSAGE, grounded, knowing
from tests.faults.clock import SharedClock

CASE = re.compile(r"case(\d+)z")
"""What a question is about; its answer names it again."""

ANSWERED = "is fifteen days of leave"
"""Words that only a complete answer has."""

_SWEEP_AFTER = timedelta(minutes=30)


class NamingAnswerer:
    """Answers after milliseconds, at times after a second, and names the case it was asked."""

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """Two drafts, then the answer."""
        found = CASE.search(question.text)
        case = found[0] if found else "nothing"
        pauses = _pauses_s(case)
        for text in (f"About {case}:", f"About {case}: what it grants"):
            await asyncio.sleep(next(pauses))
            yield Draft(text=text)
        await asyncio.sleep(next(pauses))
        yield grounded(question, f"About {case}: what it grants {ANSWERED}. [1]")

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """The only one there is."""
        return PASSAGE if passage_id == PASSAGE.id and PASSAGE.audience & audience else None


def _pauses_s(case: str) -> Iterator[float]:
    """By chance, but the same for a case in each run: one in twelve is slow enough for drafts."""
    chance = random.Random(case)
    slow = chance.random() < 1 / 12
    while True:
        yield chance.uniform(0.3, 0.7) if slow else chance.uniform(0.0, 0.008)


async def serve_until_stopped(config: Path, clock: SharedClock) -> None:
    """Serve until SIGTERM."""
    settings = load(config)
    async with (
        build_app(settings, knowledge=knowing(NamingAnswerer()), clock=clock, drain_s=5.0) as app,
        _sweeping(app, clock),
    ):
        await run_until_stopped(app, settings.server.host, settings.server.port)


@asynccontextmanager
async def _sweeping(app: App, clock: SharedClock) -> AsyncIterator[None]:
    """The intake sweeps by seconds that really pass; here it has to by the shared clock."""

    async def sweep() -> None:
        swept_at = clock()
        while True:
            await asyncio.sleep(0.25)
            if clock() - swept_at >= _SWEEP_AFTER:
                swept_at = clock()
                await app.intake.sweep()

    task = asyncio.create_task(sweep(), name="sweeping")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def stand_by(serve: Callable[[], None], libraries: Iterable[str]) -> None:
    """Start a server for each line, until the input ends."""
    # Nothing runs in this process, so a copy of it is as good as a fresh one.
    for library in libraries:
        importlib.import_module(library)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve()
            return
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


def _slow_to_import(settings: Settings) -> Iterator[str]:
    """What a server imports only while it starts, and takes seconds for."""
    yield "slack_sdk.web.async_client"
    if settings.slack.mode == "socket":
        yield "slack_bolt.adapter.socket_mode.aiohttp"
    if settings.dingtalk.mode == "stream":
        yield "dingtalk_stream"
        yield "websockets.asyncio.client"


def main() -> None:
    """Read the command line and serve."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--config", type=Path, required=True)
    arguments.add_argument("--clock", type=Path, required=True)
    arguments.add_argument("--standby", action="store_true")
    given = arguments.parse_args()

    def serve() -> None:
        configure_logging(level="INFO", as_json=True, stream=sys.stderr)
        asyncio.run(serve_until_stopped(given.config, SharedClock(given.clock)))

    if given.standby:
        stand_by(serve, _slow_to_import(load(given.config)))
    else:
        serve()


if __name__ == "__main__":
    main()
