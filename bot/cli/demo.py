"""`deskmate demo`: the sample handbook, two answers, and the playground. No account, no key."""

from __future__ import annotations

import argparse
import asyncio
import errno
from importlib.resources import files
from pathlib import Path

from adapters.console.channel import Terminal
from adapters.playground.codec import PLATFORM
from bot.app import build_app, run_until_stopped
from bot.cli.ask import show
from bot.cli.options import Subcommands, open_shelf
from bot.cli.terminal import counting_bar, download_bar, result_console, say
from bot.engines import runs_here
from bot.knowledge_base import KnowledgeBase, open_knowledge
from bot.settings import Settings, SettingsInvalid, load
from bot.telemetry.telemetry import Telemetry, open_telemetry
from knowledge.language import language_of
from knowledge.model import Question
from knowledge.models import DEFAULT_EMBEDDERS, DEFAULT_GENERATOR
from knowledge.weights import Shelf

DEMO_PORT = 8787
QUESTIONS = (
    "试用期内最多能休几天年假？",
    "How many days of annual leave can I carry over in Singapore?",
)
"""Answered in the terminal before the playground opens."""

_CARE = "EAP 8088"
"""As the sample handbook says, and short enough for both languages."""

_HOST = "127.0.0.1"
_VISITOR = "Robin"
"""Whoever tries it, as the sample company's cards call them."""


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("demo", help="try it on the sample handbook")
    parser.add_argument("--once", action="store_true", help="answer two questions and exit")
    parser.add_argument("--port", type=int, default=DEMO_PORT, metavar="N")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Fetch models, ingest, answer, then serve until Ctrl-C."""
    settings = demo_settings(load())
    shelf = open_shelf()
    await asyncio.to_thread(_fetch, shelf, settings)
    async with (
        open_telemetry(settings.telemetry) as telemetry,
        open_knowledge(settings, shelf, steps=telemetry.steps) as knowledge,
    ):
        await _ingest(knowledge)
        await knowledge.warm()
        for text in QUESTIONS:
            await _ask(knowledge, text)
        if not arguments.once:
            await _serve(knowledge, settings, arguments.port, telemetry)
    return 0


def handbook() -> Path:
    """The sample handbook's folder."""
    return Path(str(files("bot.content") / "handbook"))


def demo_settings(settings: Settings) -> Settings:
    """Settings of the environment, but with the demo's own data folder and dictionary."""
    # The fictitious handbook must not reach stores that a company uses.
    own = {"data_dir": settings.storage.data_dir / "demo", "database_url": ""}
    storage = settings.storage.model_copy(update=own)
    words = {"dictionary": handbook().parent / "dictionary.txt", "qdrant_url": ""}
    knowledge = settings.knowledge.model_copy(update=words)
    # Whoever tries it is also the one who is asked, so that the whole loop can be seen.
    you = f"{PLATFORM}:{settings.playground.user_id}"
    access = settings.access.model_copy(
        update={"admins": (*settings.access.admins, you), "hr": (*settings.access.hr, you)}
    )
    answering = settings.answering.model_copy(update={"care": _CARE})
    journeys = {"enabled": True, "automatic": False}
    return settings.model_copy(
        update={
            "storage": storage,
            "knowledge": knowledge,
            "access": access,
            "answering": answering,
            "onboarding": settings.onboarding.model_copy(update=journeys),
        }
    )


def _fetch(shelf: Shelf, settings: Settings) -> None:
    wanted = [*DEFAULT_EMBEDDERS]
    if runs_here(settings.generation):
        wanted.append(settings.generation.model or DEFAULT_GENERATOR)
    missing = [name for name in wanted if name not in shelf.installed()]
    if missing:
        say(f"fetching {', '.join(missing)}; this happens once")
    with download_bar() as report:
        for name in missing:
            shelf.pull(name, report)


async def _ingest(knowledge: KnowledgeBase) -> None:
    with counting_bar("reading the sample handbook") as progress:
        report = await knowledge.ingest.run([handbook()], audience=None, on_progress=progress)
    say(f"sample handbook: {report.documents} pages read, {report.unchanged} unchanged")


async def _ask(knowledge: KnowledgeBase, text: str) -> None:
    console = result_console()
    console.rule(text, align="left", style="dim")
    question = Question(text=text, language=language_of(text))
    said = await show(knowledge.answerer, question, Terminal(console))
    say(f"({said.outcome.value} by {said.engine}, {said.timings.total_ms / 1000:.1f} s)")


async def _serve(
    knowledge: KnowledgeBase, settings: Settings, port: int, telemetry: Telemetry
) -> None:
    named = {"user_name": settings.playground.user_name or _VISITOR}
    playground = settings.playground.model_copy(update={**_examples(), **named})
    pings = {"store": knowledge.store.ping, "model": knowledge.generator.ping}
    async with build_app(
        settings,
        knowledge=knowledge.for_core(),
        playground=playground,
        pings=pings,
        telemetry=telemetry,
    ) as app:
        say(f"playground: http://{_HOST}:{port}  (Ctrl-C stops)")
        try:
            await run_until_stopped(app, _HOST, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise SettingsInvalid(f"port {port} is taken; try --port {port + 1}") from error


def _examples() -> dict[str, tuple[str, ...]]:
    return {
        "examples_zh": (QUESTIONS[0], "VPN 怎么连？", "公司班车周末开吗"),
        "examples_en": (
            QUESTIONS[1],
            "What is the hotel limit in Shanghai for L5?",
            "I lost my laptop, what now?",
        ),
    }
