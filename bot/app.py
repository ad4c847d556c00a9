"""The composition root: the only file that knows every part."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from adapters.playground.settings import PlaygroundSettings
from adapters.registry import PLATFORMS, Platform, Section
from bot.core.access import Access
from bot.core.commands.clear import Clear
from bot.core.commands.help import Help
from bot.core.commands.table import Commands
from bot.core.commands.whoami import WhoAmI
from bot.core.converse import Converse
from bot.core.dispatch import Dispatcher
from bot.core.errors import ChannelRefused, StateUnavailable
from bot.core.feedback import Feedback
from bot.core.intake import Intake
from bot.core.languages import Languages
from bot.core.limits import QuestionLimit
from bot.core.model import Event
from bot.core.notebook import Notebook
from bot.core.ports import Answerer, Channel, Clock, Engages
from bot.core.replies import Replies
from bot.settings import Settings, SettingsInvalid
from bot.stores.state import State, open_state, utc_now
from bot.telemetry import MeasuredAnswerer, Metrics, build_metrics
from bot.web import Ping, build_web, serve
from knowledge.model import Language

log = logging.getLogger(__name__)

_KEPT = timedelta(days=180)
"""Answers are kept this long, so that a late verdict still finds its answer."""

_FORGET_EVERY_S = 6 * 3600.0

_THREADS_SWITCH_AFTER_S = 0.001
"""A claim's thread waits so long, at each of its statements, while the event loop is busy."""

_CHINESE_PLATFORMS: Mapping[str, Language] = {"feishu": "zh", "dingtalk": "zh"}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A running bot."""

    intake: Intake
    channels: Mapping[str, Channel]
    state: State
    web: web.Application
    metrics: Metrics


@asynccontextmanager
async def build_app(
    settings: Settings,
    *,
    answerer: Answerer,
    engages: Engages | None = None,
    playground: PlaygroundSettings | None = None,
    pings: Mapping[str, Ping] | None = None,
    clock: Clock = utc_now,
    start_s: float = 2.0,
    drain_s: float = 20.0,
) -> AsyncIterator[App]:
    """Plug the bot together and start it; at the end of the block it drains and stops.

    engages: decides what is answered in groups unasked, where `[groups] mode` is "relevant".
    playground: serve the web chat with these settings.
    pings: parts of the knowledge side whose health counts.
    start_s: how long platforms may take to tell who we are; what takes longer goes on beside
        everything else.
    drain_s: how long what is under way may take at the end; the rest is resumed at the next start.

    Raises:
        SettingsInvalid: a platform is enabled without what it needs, or refuses our credentials.
        StateUnavailable: the database does not answer.
    """
    enabled = _enabled(settings)
    async with AsyncExitStack() as stack:
        state = await open_state(
            data_dir=settings.storage.data_dir,
            database_url=settings.storage.database_url,
            clock=clock,
        )
        stack.push_async_callback(state.close)
        metrics = build_metrics()

        async def accept(event: Event) -> bool:
            return await intake.accept(event)

        channels: dict[str, Channel] = {}
        routes: list[web.RouteDef] = []
        ending: list[Ping] = []
        if playground is not None:
            from adapters.playground.channel import Playground

            page = Playground(settings=playground, accept=accept, clock=clock)
            channels[page.platform] = page
            routes += page.routes()
            ending.append(page.close)  # its endless responses would keep the server from stopping
        platforms = {
            name: PLATFORMS[name](section, accept=accept, clock=clock)
            for name, section in enabled.items()
        }
        channels |= platforms
        for platform in platforms.values():
            routes += platform.routes()

        measured = MeasuredAnswerer(answerer, metrics)
        unasked = engages if settings.groups.mode == "relevant" else None
        dispatcher = _dispatcher(settings, measured, channels, state, clock, engages=unasked)
        intake = Intake(state.inbox, dispatcher.dispatch, give_up=dispatcher.apologise, clock=clock)
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        # First who we are, then what a crash left: resumed work looks for our own messages.
        await stack.enter_async_context(_starting(platforms, start_s))
        await intake.start()
        await stack.enter_async_context(_forgetting(state, clock))
        stack.push_async_callback(intake.drain, drain_s)
        yield App(
            intake=intake,
            channels=channels,
            state=state,
            metrics=metrics,
            web=build_web(
                routes=routes,
                pings={**(pings or {}), "state": state.ping, **_pings(channels)},
                registry=metrics.registry,
                on_shutdown=ending,
            ),
        )


async def run_until_stopped(app: App, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        OSError: the address cannot be used.
    """
    sys.setswitchinterval(_THREADS_SWITCH_AFTER_S)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with serve(app.web, host, port) as real_port:
            log.info("serving", extra={"host": host, "port": real_port})
            await stopped.wait()
            log.info("stopping")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _starting(platforms: Mapping[str, Platform], start_s: float) -> AsyncIterator[None]:
    """Start platforms. One that is away must not keep the others from being served.

    Raises:
        SettingsInvalid: a platform refused us at once; where it does later, that is only logged.
    """
    tasks = [
        asyncio.create_task(platform.start(), name=name) for name, platform in platforms.items()
    ]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=start_s)
        for task in tasks:
            if task.done():
                _started(task)
            else:
                log.warning("platform_late", extra={"platform": task.get_name()})
                task.add_done_callback(_tell_failure)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _started(task: asyncio.Task[None]) -> None:
    try:
        task.result()
    except ChannelRefused as error:
        name = task.get_name()
        sentence = f"[{name}] is refused by the platform: {error.code}"
        raise SettingsInvalid(f"{sentence}; see docs/how-to/connect-{name}.md") from error


def _tell_failure(task: asyncio.Task[None]) -> None:
    """Nobody waits for it any more; /readyz shows the same."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("platform_not_started", extra={"platform": task.get_name()}, exc_info=error)


@asynccontextmanager
async def _forgetting(state: State, clock: Clock) -> AsyncIterator[None]:
    """Drop what is too old to be of use, now and then, while the block runs."""
    task = asyncio.create_task(_forget(state, clock), name="forgetting")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _forget(state: State, clock: Clock) -> None:
    while True:
        try:
            await state.forget(before=clock() - _KEPT)
        except StateUnavailable as error:
            log.warning("forgetting_failed", extra={"reason": str(error)})
        await asyncio.sleep(_FORGET_EVERY_S)


def _dispatcher(
    settings: Settings,
    answerer: Answerer,
    channels: Mapping[str, Channel],
    state: State,
    clock: Clock,
    *,
    engages: Engages | None,
) -> Dispatcher:
    access = Access(admins=frozenset(settings.access.admins), hr=frozenset(settings.access.hr))
    replies = Replies(channels=channels, ledger=state.ledger)
    languages = Languages(memory=state.memory, defaults=_CHINESE_PLATFORMS)
    notebook = Notebook(memory=state.memory, answers=state.answers, gaps=state.gaps, clock=clock)
    return Dispatcher(
        converse=Converse(
            answerer=answerer,
            replies=replies,
            notebook=notebook,
            deadline_s=settings.answering.deadline_s,
            engages=engages,
        ),
        feedback=Feedback(
            answerer=answerer,
            verdicts=state.verdicts,
            notebook=notebook,
            replies=replies,
            languages=languages,
        ),
        commands=Commands(
            commands=(Help(), Clear(memory=state.memory), WhoAmI()),
            access=access,
        ),
        limit=QuestionLimit(questions_per_minute=settings.limits.questions_per_minute, clock=clock),
        replies=replies,
        languages=languages,
        notebook=notebook,
    )


def _pings(channels: Mapping[str, Channel]) -> Mapping[str, Ping]:
    return {name: channel.ping for name, channel in channels.items()}


def platform_sections(settings: Settings) -> Mapping[str, Section]:
    """Each platform's part of the configuration, by its name."""
    return {"slack": settings.slack, "feishu": settings.feishu, "dingtalk": settings.dingtalk}


def _enabled(settings: Settings) -> Mapping[str, Section]:
    """The sections of the platforms to speak on.

    Raises:
        SettingsInvalid: one of them lacks a key.
    """
    sections = platform_sections(settings)
    enabled = {name: section for name, section in sections.items() if section.enabled}
    for name, section in enabled.items():
        if section.missing:
            keys = ", ".join(section.missing)
            raise SettingsInvalid(f"[{name}] is enabled but says nothing for: {keys}")
    return enabled
