"""The composition root: the only file that knows every part."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import web

from adapters.playground.settings import PlaygroundSettings
from adapters.registry import PLATFORMS
from bot import __version__
from bot.background import meanwhile, once, works_of
from bot.core.audiences import Audiences
from bot.core.desks import build_desks
from bot.core.exports import PassageOf
from bot.core.grants import members_in
from bot.core.intake import Intake
from bot.core.machine import Machine, PartState
from bot.core.model import Event
from bot.core.onboarding.onboarding import Onboarding
from bot.core.ports import Channel, Clock, Heeding, Knowledge
from bot.exporting import ServerExports
from bot.lasting import keep_what_is_loaded
from bot.platforms import enabled_sections, memberships_of, pings_of, starting
from bot.program import read_journeys
from bot.rules import lists_of, rules_of
from bot.settings import Settings
from bot.state import opened_state
from bot.stores.sharing import sharing_of
from bot.stores.state import State, utc_now
from bot.taking import way_in
from bot.telemetry.answers import ToldAnswerer
from bot.telemetry.gauges import Gauges
from bot.telemetry.metrics import Metrics
from bot.telemetry.telemetry import Telemetry, without_traces
from bot.web import Ping, build_web, check, serve
from knowledge.curated import Curated, CuratedFirst
from knowledge.model import Passage
from knowledge.ports import Answerer
from knowledge.steps import UNTOLD, Steps

log = logging.getLogger(__name__)

_PART_S = 3.0

_THREADS_SWITCH_AFTER_S = 0.001
"""A claim's thread waits so long, at each of its statements, while the event loop is busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A running bot. onboarding: None where it is not switched on."""

    intake: Intake
    channels: Mapping[str, Channel]
    state: State
    web: web.Application
    metrics: Metrics
    onboarding: Onboarding | None = None


@asynccontextmanager
async def build_app(
    settings: Settings,
    *,
    knowledge: Knowledge,
    playground: PlaygroundSettings | None = None,
    pings: Mapping[str, Ping] | None = None,
    telemetry: Telemetry | None = None,
    clock: Clock = utc_now,
    start_s: float = 2.0,
    drain_s: float = 20.0,
) -> AsyncIterator[App]:
    """Plug the bot together and start it; at the end of the block it drains and stops.

    knowledge: what answers; it is asked in groups unasked only where `[groups] mode` is "relevant".
    playground: serve the web chat with these settings.
    pings: parts of the knowledge side whose health counts.
    telemetry: what is told of what happens; without it metrics of its own.
    start_s: how long platforms may take to tell who we are; what takes longer goes on beside
        everything else.
    drain_s: how long what is under way may take at the end; the rest is resumed at the next start.

    Raises:
        SettingsInvalid: a platform is enabled without what it needs, or refuses our credentials.
        StateUnavailable: the database does not answer.
    """
    enabled = enabled_sections(settings)
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(opened_state(settings, clock=clock))
        telemetry = telemetry or without_traces()
        metrics, steps = telemetry.metrics, telemetry.steps
        sharing = sharing_of(state, clock=clock)
        stack.push_async_callback(sharing.go)

        async def accept(event: Event) -> bool:
            if event.conversation.platform in memberships:  # before anything is asked about it
                memberships[event.conversation.platform].heed(event)
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

        memberships = memberships_of(settings, channels)
        heeding = _heeding(knowledge, state, clock)
        knowledge = replace(knowledge, answerer=heeding.answerer, documents=knowledge.answerer)
        rules = rules_of(settings, members_of=members_in(memberships))
        if rules.program is not None:
            await read_journeys(rules.program)
        every_ping = {**(pings or {}), "state": state.ping, **pings_of(channels)}

        async def parts() -> Mapping[str, PartState]:
            return await check(every_ping, timeout_s=_PART_S)

        desks = build_desks(
            stores=state,
            channels=channels,
            knowledge=_with_curated(settings, knowledge, state, steps),
            clock=clock,
            rules=rules,
            machine=Machine(
                version=__version__,
                parts=parts,
                queue=lambda: intake.pending,
                way_in=way_in(settings, knowledge),
                exports=ServerExports(
                    folder=settings.storage.data_dir / "exports",
                    stores=state,
                    passage_of=_passage_of(knowledge.answerer),
                ),
                audiences=frozenset(settings.access.audiences),
            ),
            readers=Audiences(lists_of(settings), memberships),
            steps=steps,
            others=sharing.others,
            uses=sharing.uses,
        )
        dispatcher = desks.dispatcher
        intake = Intake(
            sharing.inbox,
            dispatcher.dispatch,
            give_up=dispatcher.apologise,
            clock=clock,
            tenure=sharing.tenure,
            telling=telemetry.telling,
        )
        gauges = Gauges(metrics, intake=intake, gaps=state.gaps, clock=clock)
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        if desks.rulings is not None:
            # Before the first question: nobody reads today what was taken from them yesterday.
            await once("keeping_readers", desks.rulings.look, steps)
        # First who we are, then what a crash left: resumed work looks for our own messages.
        await stack.enter_async_context(starting(platforms, start_s))
        await intake.start()
        for name, work in works_of(
            desks, state, heeding, clock, steps, gauges.count, sharing.others
        ):
            await stack.enter_async_context(meanwhile(name, work, steps))
        stack.push_async_callback(intake.drain, drain_s)
        yield App(
            intake=intake,
            channels=channels,
            state=state,
            metrics=metrics,
            onboarding=desks.onboarding,
            web=build_web(
                routes=routes,
                pings=every_ping,
                registry=metrics.registry,
                before_metrics=gauges.look,
                on_shutdown=ending,
            ),
        )


async def run_until_stopped(app: App, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        OSError: the address cannot be used.
    """
    sys.setswitchinterval(_THREADS_SWITCH_AFTER_S)
    keep_what_is_loaded()
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


def curated_first(knowledge: Knowledge, state: State, steps: Steps = UNTOLD) -> Answerer:
    """What serves the answers in this state that people verified, and finds all others."""
    curated = Curated(state.curated, likeness=knowledge.likeness, sources=knowledge.answerer)
    return CuratedFirst(curated, knowledge.answerer, judge=knowledge.same_judge, steps=steps)


def _passage_of(answerer: Answerer) -> PassageOf:
    async def passage_of(passage_id: str, audience: frozenset[str]) -> Passage | None:
        return await answerer.passage(passage_id, audience=audience)

    return passage_of


def _with_curated(
    settings: Settings, knowledge: Knowledge, state: State, steps: Steps
) -> Knowledge:
    """What people verified is served first."""
    return replace(
        knowledge,
        answerer=ToldAnswerer(curated_first(knowledge, state, steps), steps),
        engages=knowledge.engages if settings.groups.mode == "relevant" else None,
    )


def _heeding(knowledge: Knowledge, state: State, clock: Clock) -> Heeding:
    """What people thought of answers counts, where the knowledge side can do that."""
    if knowledge.heeding is not None:
        return knowledge.heeding(state.votes, clock)

    async def nothing() -> None:
        return None

    return Heeding(answerer=knowledge.answerer, learn=nothing)
