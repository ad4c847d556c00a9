"""The composition root: the only file that knows every part."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from adapters.playground.settings import PlaygroundSettings
from adapters.registry import PLATFORMS, Platform, Section
from bot import __version__
from bot.core.access import Access
from bot.core.audiences import Audiences, Lists
from bot.core.desks import Desks, Rules, build_desks
from bot.core.errors import ChannelRefused, CoreError, StateUnavailable
from bot.core.etiquette import Manners
from bot.core.experts import Asking, Experts
from bot.core.exports import PassageOf
from bot.core.grants import MembersOf, RoleGroups, members_in, nobody
from bot.core.heads import Heads
from bot.core.intake import Intake
from bot.core.machine import Machine, PartState
from bot.core.memberships import Remembered
from bot.core.model import Conversation, Event, Role
from bot.core.onboarding.onboarding import Onboarding
from bot.core.overdue import Cadence
from bot.core.owners import Domain, Owners
from bot.core.ports import Channel, Clock, Heeding, Knowledge, TellsMembers
from bot.core.watch import Watch
from bot.exporting import ServerExports
from bot.program import program_of, read_journeys
from bot.settings import FreshnessSettings, Settings, SettingsInvalid
from bot.stores.state import State, open_state, utc_now
from bot.stores.wire import Unreadable
from bot.taking import way_in
from bot.telemetry import MeasuredAnswerer, Metrics, build_metrics
from bot.web import Ping, build_web, check, serve
from knowledge.curated import Curated, CuratedFirst
from knowledge.errors import EngineUnavailable, KnowledgeError
from knowledge.model import EVERYONE, Language, Passage
from knowledge.ports import Answerer

log = logging.getLogger(__name__)

_KEPT = timedelta(days=180)
"""Answers are kept this long, so that a late verdict still finds its answer."""

_FORGET_EVERY_S = 6 * 3600.0
_REMIND_EVERY_S = 10.0
_WATCH_EVERY_S = 600.0
_OWNERS_EVERY_S = 300.0
_ROLES_EVERY_S = 30.0
_HEAD_EVERY_S = 60.0
_GATE_EVERY_S = 30.0
_READERS_EVERY_S = 60.0
_PART_S = 3.0
_OVERDUE_EVERY_S = 300.0
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
_ONBOARD_EVERY_S = 5.0

_THREADS_SWITCH_AFTER_S = 0.001
"""A claim's thread waits so long, at each of its statements, while the event loop is busy."""

_CHINESE_PLATFORMS: Mapping[str, Language] = {"feishu": "zh", "dingtalk": "zh"}


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
    clock: Clock = utc_now,
    start_s: float = 2.0,
    drain_s: float = 20.0,
) -> AsyncIterator[App]:
    """Plug the bot together and start it; at the end of the block it drains and stops.

    knowledge: what answers; it is asked in groups unasked only where `[groups] mode` is "relevant".
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
        state = await stack.enter_async_context(opened_state(settings, clock=clock))
        metrics = build_metrics()

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

        memberships = _memberships(settings, channels)
        heeding = _heeding(knowledge, state, clock)
        knowledge = replace(knowledge, answerer=heeding.answerer, documents=knowledge.answerer)
        rules = rules_of(settings, members_of=members_in(memberships))
        if rules.program is not None:
            await read_journeys(rules.program)
        every_ping = {**(pings or {}), "state": state.ping, **_pings(channels)}

        async def parts() -> Mapping[str, PartState]:
            return await check(every_ping, timeout_s=_PART_S)

        desks = build_desks(
            stores=state,
            channels=channels,
            knowledge=_with_curated(settings, knowledge, state, metrics),
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
        )
        dispatcher = desks.dispatcher
        intake = Intake(state.inbox, dispatcher.dispatch, give_up=dispatcher.apologise, clock=clock)
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        if desks.rulings is not None:
            # Before the first question: nobody reads today what was taken from them yesterday.
            await _once(desks.rulings.look, failed="keeping_readers_failed")
        # First who we are, then what a crash left: resumed work looks for our own messages.
        await stack.enter_async_context(_starting(platforms, start_s))
        await intake.start()
        await stack.enter_async_context(_meanwhile("forgetting", _forget(state, clock)))
        await stack.enter_async_context(_meanwhile("reminding", _remind(desks.experts)))
        await stack.enter_async_context(_meanwhile("watching", _watch(desks.watch)))
        await stack.enter_async_context(_meanwhile("errands", desks.errands.run()))
        heads = Heads(state.audit)
        for name, work, every_s in (*_by_itself(desks), ("audit", heads.look, _HEAD_EVERY_S)):
            again = _again(work, every_s=every_s, failed=f"{name}_failed")
            await stack.enter_async_context(_meanwhile(name, again))
        await stack.enter_async_context(_meanwhile("learning", _learn(heeding)))
        if desks.onboarding is not None:
            onboarding = _onboard(desks.onboarding)
            await stack.enter_async_context(_meanwhile("onboarding", onboarding))
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
                on_shutdown=ending,
            ),
        )


@asynccontextmanager
async def opened_state(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[State]:
    """The state store that the configuration names, open during the block.

    Raises:
        StateUnavailable: the folder cannot be written or the database does not answer.
    """
    state = await open_state(
        data_dir=settings.storage.data_dir,
        database_url=settings.storage.database_url,
        clock=clock,
    )
    try:
        yield state
    finally:
        await state.close()


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
async def _meanwhile(name: str, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Work beside everything else while the block runs."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_tell_ending)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def _tell_ending(task: asyncio.Task[None]) -> None:
    """What works by itself ends with the process; an error that nobody expected is not hidden."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("work_ended", extra={"work": task.get_name()}, exc_info=error)


def _by_itself(desks: Desks) -> Iterator[tuple[str, Callable[[], Awaitable[None]], float]]:
    """What else is done without being asked: its name, the work, and how often."""
    yield "knowing_owners", desks.declared.look, _OWNERS_EVERY_S
    yield "knowing_roles", desks.standing.look, _ROLES_EVERY_S
    if desks.overdue is not None:
        yield "reminding_owners", desks.overdue.look, _OVERDUE_EVERY_S
    if desks.gate is not None:
        yield "trying_changes", desks.gate.look, _GATE_EVERY_S
    if desks.rulings is not None:
        yield "keeping_readers", desks.rulings.look, _READERS_EVERY_S


async def _forget(state: State, clock: Clock) -> None:
    while True:
        try:
            await state.forget(before=clock() - _KEPT)
        except StateUnavailable as error:
            log.warning("forgetting_failed", extra={"reason": str(error)})
        await asyncio.sleep(_FORGET_EVERY_S)


async def _watch(watch: Watch) -> None:
    while True:
        try:
            await watch.look()
        except (CoreError, KnowledgeError) as error:
            log.warning("watching_failed", extra={"reason": str(error)})
        await asyncio.sleep(_WATCH_EVERY_S)


async def _again(work: Callable[[], Awaitable[None]], *, every_s: float, failed: str) -> None:
    """Work that is done again and again; what goes wrong is logged, and tried the next time."""
    while True:
        await _once(work, failed=failed)
        await asyncio.sleep(every_s)


async def _once(work: Callable[[], Awaitable[None]], *, failed: str) -> None:
    """Work of the start that is done again later; what goes wrong is logged."""
    try:
        await work()
    except (CoreError, KnowledgeError) as error:
        log.warning(failed, extra={"reason": str(error)})


async def _remind(experts: Experts) -> None:
    while True:
        try:
            await experts.remind()
        except CoreError as error:
            log.warning("reminding_failed", extra={"reason": str(error)})
        await asyncio.sleep(_REMIND_EVERY_S)


async def _onboard(onboarding: Onboarding) -> None:
    while True:
        try:
            await onboarding.tick()
        except (CoreError, KnowledgeError, Unreadable) as error:
            log.warning("onboarding_failed", extra={"reason": str(error)})
        await asyncio.sleep(_ONBOARD_EVERY_S)


async def _learn(heeding: Heeding) -> None:
    """Once: from then on each question learns what is new."""
    try:
        await heeding.learn()
    except EngineUnavailable as error:
        log.warning("learning_failed", extra={"reason": str(error)})


def rules_of(settings: Settings, *, members_of: MembersOf = nobody) -> Rules:
    """What the configuration says about who may do what, and when.

    members_of: tells who is in a group of a platform.
    """
    access, loop = settings.access, settings.loop
    owners = Owners(
        domains=tuple(
            Domain(
                people=domain.people,
                audiences=domain.audiences,
                folders=domain.folders,
                topics=domain.topics,
            )
            for domain in loop.owners
        ),
        admins=access.admins,
    )
    return Rules(
        access=Access(
            admins=frozenset(access.admins), hr=frozenset(access.hr), owners=owners.everybody
        ),
        owners=owners,
        asking=Asking(
            unbidden=loop.ask_owner == "always",
            approval=loop.approval,
            patience=timedelta(hours=loop.remind_after_hours),
            reminders=loop.reminders,
            place=_place(loop.channel),
        ),
        promote_after=loop.promote_after,
        tolerance=loop.tolerance,
        cadence=_cadence(loop.freshness),
        learn_after=loop.learn_after,
        role_groups=RoleGroups(
            groups={Role(name): groups for name, groups in access.role_groups.items()},
            members_of=members_of,
        ),
        audit_questions=settings.audit.questions,
        questions_per_minute=settings.limits.questions_per_minute,
        channel_questions=settings.limits.channel_questions_per_minute,
        all_questions=settings.limits.all_questions_per_minute,
        commands=settings.limits.commands_per_minute,
        votes_per_day=settings.limits.votes_per_day,
        manners=Manners(
            cooldown=timedelta(minutes=settings.groups.cooldown_minutes),
            per_hour=settings.groups.per_hour,
            quiet=timedelta(minutes=settings.groups.quiet_minutes),
        ),
        deadline_s=settings.answering.deadline_s,
        languages=_CHINESE_PLATFORMS,
        program=program_of(settings.onboarding, data_dir=settings.storage.data_dir),
        hr=access.hr,
        hr_place=_place(settings.onboarding.channel),
    )


def lists_of(settings: Settings) -> Lists:
    """What the configuration says of audiences."""
    access = settings.access
    return Lists(
        members={name: frozenset(members) for name, members in access.audiences.items()},
        outsiders=frozenset({EVERYONE} if access.outsiders == "common" else ()),
        open_to_members=access.open_channels == "members",
        most_members=access.most_members,
    )


def _memberships(settings: Settings, channels: Mapping[str, Channel]) -> Mapping[str, Remembered]:
    fresh = timedelta(seconds=settings.access.members_fresh_s)
    return {
        name: Remembered(channel.membership, fresh=fresh)
        for name, channel in channels.items()
        if isinstance(channel, TellsMembers)
    }


def curated_first(knowledge: Knowledge, state: State) -> Answerer:
    """What serves the answers in this state that people verified, and finds all others."""
    curated = Curated(state.curated, likeness=knowledge.likeness, sources=knowledge.answerer)
    return CuratedFirst(curated, knowledge.answerer, judge=knowledge.same_judge)


def _passage_of(answerer: Answerer) -> PassageOf:
    async def passage_of(passage_id: str, audience: frozenset[str]) -> Passage | None:
        return await answerer.passage(passage_id, audience=audience)

    return passage_of


def _with_curated(
    settings: Settings, knowledge: Knowledge, state: State, metrics: Metrics
) -> Knowledge:
    """What people verified is served first."""
    return replace(
        knowledge,
        answerer=MeasuredAnswerer(curated_first(knowledge, state), metrics),
        engages=knowledge.engages if settings.groups.mode == "relevant" else None,
    )


def _heeding(knowledge: Knowledge, state: State, clock: Clock) -> Heeding:
    """What people thought of answers counts, where the knowledge side can do that."""
    if knowledge.heeding is not None:
        return knowledge.heeding(state.votes, clock)

    async def nothing() -> None:
        return None

    return Heeding(answerer=knowledge.answerer, learn=nothing)


def _cadence(freshness: FreshnessSettings) -> Cadence | None:
    if not freshness.every_days:
        return None
    return Cadence(
        every=timedelta(days=freshness.every_days),
        weekday=_WEEKDAYS.index(freshness.weekday),
        hour=freshness.hour,
        zone=ZoneInfo(freshness.timezone) if freshness.timezone else None,
    )


def _place(channel: str) -> Conversation | None:
    platform, _, channel_id = channel.partition(":")
    return Conversation(platform=platform, id=channel_id) if channel_id else None


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
