"""`deskmate doctor`: what is wrong, and what to do about it, one line a finding."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

from adapters.registry import PLATFORMS, Section
from bot.agreed import record_now
from bot.cli.doctor_model import model_server
from bot.cli.finding import Finding
from bot.cli.options import Subcommands, add_config, add_json, open_shelf, settings_of
from bot.cli.terminal import print_json, result_console
from bot.core.errors import ChannelRefused, ChannelUnavailable, CoreError, IntakeFull
from bot.core.model import Event
from bot.egress import directory_of
from bot.engines import (
    build_embedders,
    build_sparse,
    choose_generator,
    embedders_of,
    has_token_vectors,
    runs_here,
)
from bot.journeys.library import read_folder, shipped
from bot.knowledge_base import open_knowledge
from bot.places import as_stored
from bot.platforms import platform_sections
from bot.settings import Settings, SettingsInvalid, writes_outside
from bot.signposts import open_signpost
from bot.state import opened_state
from bot.stores.replica_tables import replicas_of
from bot.stores.state import utc_now
from bot.stores.upgrading import NEWEST
from bot.ways import Place
from knowledge.engines.extractive import Extractive
from knowledge.engines.outside import host_of
from knowledge.errors import (
    DocumentUnreadable,
    KnowledgeError,
    ModelError,
    ModelUnknown,
    StorageFull,
    StoreLocked,
)
from knowledge.weights import Shelf

_OUR_NAMES = ("bot", "adapters", "knowledge")


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("doctor", help="check configuration, stores and models")
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Look at everything and report: 1 if anything is an error."""
    findings = [finding async for finding in examine(arguments)]
    if arguments.json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            _print(finding)
    return 1 if any(finding.level == "error" for finding in findings) else 0


async def examine(arguments: argparse.Namespace) -> AsyncIterator[Finding]:
    """Every finding, in the order in which problems are best mended."""
    for finding in import_names():
        yield finding
    try:
        settings = settings_of(arguments)
    except SettingsInvalid as error:
        for line in str(error).splitlines():
            yield Finding(part="config", level="error", found=line, to_do="mend it")
        return
    yield Finding(part="config", level="ok", found="every key is known")
    async for finding in _configured(settings, open_shelf()):
        yield finding


async def _configured(settings: Settings, shelf: Shelf) -> AsyncIterator[Finding]:
    """What is wrong with what these settings name."""
    for finding in await asyncio.to_thread(lambda: list(_models(settings, shelf))):
        yield finding
    async for finding in model_server(settings):
        yield finding
    yield await egress(settings)
    async for finding in database(settings):
        yield finding
    yield await _passages(settings, shelf)
    async for finding in _gate(settings):
        yield finding
    for finding in await asyncio.to_thread(lambda: list(journeys(settings))):
        yield finding
    for finding in nobody_asks(settings):
        yield finding
    async for finding in platforms(settings):
        yield finding


def import_names() -> Iterator[Finding]:
    """Our import names must be ours: an index has other distributions that own two of them."""
    owners = packages_distributions()
    for name in _OUR_NAMES:
        others = sorted({owner for owner in owners.get(name, ()) if owner.lower() != "deskmate"})
        if others:
            yield Finding(
                part="install",
                level="error",
                found=f"the import name {name!r} is also owned by {', '.join(others)}",
                to_do="install Deskmate into a virtual environment of its own",
            )
    parents = {_parent(name) for name in _OUR_NAMES}
    if len(parents) > 1:
        yield Finding(
            part="install",
            level="error",
            found=f"the packages lie in different folders: {', '.join(sorted(map(str, parents)))}",
            to_do="install Deskmate into a virtual environment of its own",
        )
    else:
        yield Finding(part="install", level="ok", found="the import names are ours")


def _parent(package: str) -> Path | None:
    spec = find_spec(package)
    return Path(spec.origin).parent.parent if spec and spec.origin else None


def _models(settings: Settings, shelf: Shelf) -> Iterator[Finding]:
    checks: dict[str, Callable[[], object]] = {
        "embedding": lambda: build_embedders(settings.knowledge, shelf),
    }
    if runs_here(settings.generation):
        checks["generation"] = lambda: choose_generator(settings.generation, shelf)
    for part, check in checks.items():
        try:
            check()
        except KnowledgeError as error:
            yield Finding(part=part, level="error", found=str(error), to_do=_weights(error))
        else:
            yield Finding(part=part, level="ok", found="weights are here and are the right ones")


async def egress(settings: Settings) -> Finding:
    """What a language model elsewhere gets to read."""
    guide = "see docs/how-to/model-outside.md"
    host = host_of(settings.generation.base_url)
    if not writes_outside(settings):
        return Finding(part="egress", level="ok", found="no question leaves the house")
    if not settings.egress.guard:
        found = f"everything that is asked and read leaves for {host}"
        return Finding(part="egress", level="warning", found=found, to_do=guide)
    try:
        names = await directory_of(settings.egress).names()
    except KnowledgeError as error:
        to_do = "mend [egress] names_file: until then nothing leaves"
        return Finding(part="egress", level="error", found=str(error), to_do=to_do)
    if not names:
        found = f"names without a title leave for {host}: there is no file of names"
        return Finding(part="egress", level="warning", found=found, to_do=guide)
    return Finding(part="egress", level="ok", found=f"guarded before {host}, {len(names)} names")


async def database(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the state store answers, which one it is, and whether bots can share it."""
    try:
        async with opened_state(settings) as state:
            at_work = await replicas_of(state.database)
    except CoreError as error:
        to_do = "check storage.data_dir or storage.database_url"
        yield Finding(part="state", level="error", found=str(error), to_do=to_do)
        return
    at_it = f", {at_work} at work" if at_work else ""
    found = f"the database answers: {state.database.name}, revision {NEWEST}{at_it}"
    yield Finding(part="state", level="ok", found=found)
    if not state.database.embedded and not settings.knowledge.qdrant_url:
        said = "the state store can be shared, passages cannot: each replica would have its own"
        to_do = "name [knowledge] qdrant_url before there are two: docs/how-to/replicas.md"
        yield Finding(part="replicas", level="warning", found=said, to_do=to_do)


async def _passages(settings: Settings, shelf: Shelf) -> Finding:
    try:
        count = await _stored(settings, shelf)
    except KnowledgeError as error:
        return Finding(part="passages", level="error", found=str(error), to_do=_store(error))
    if count == 0:
        to_do = "deskmate ingest PATH"
        return Finding(part="passages", level="warning", found="nothing was ingested", to_do=to_do)
    stored = await as_stored(settings)
    if stored != settings:
        was, now = embedders_of(stored.knowledge), embedders_of(settings.knowledge)
        by = f"{was} ({'with' if has_token_vectors(stored.knowledge) else 'without'} token vectors)"
        found = f"{count} passages, embedded by {by}, while {now} is configured"
        return Finding(part="passages", level="warning", found=found, to_do="deskmate reindex")
    return Finding(part="passages", level="ok", found=f"{count} passages")


async def _stored(settings: Settings, shelf: Shelf) -> int:
    """How many passages there are; where no folder is, none is made, so that a restore fits in."""
    await asyncio.to_thread(build_sparse, settings.knowledge)
    if not settings.knowledge.qdrant_url:
        async with open_signpost(settings) as signpost:
            if not any([await signpost.current(place) for place in get_args(Place)]):
                return 0
    async with open_knowledge(settings, shelf, generator=Extractive()) as knowledge:
        return await knowledge.store.count()


def _weights(error: KnowledgeError) -> str:
    match error:
        case ModelUnknown():
            return "correct [generation] model"
        case ModelError():
            return "deskmate models pull …"
        case _:
            return "check [knowledge] and [generation]"


def _store(error: KnowledgeError) -> str:
    match error:
        case ModelError():
            return _weights(error)
        case StoreLocked():
            return "stop the other process"
        case StorageFull():
            return "make room"
        case DocumentUnreadable():
            return "correct [knowledge] dictionary"
        case _:
            return "check [knowledge]"


async def _gate(settings: Settings) -> AsyncIterator[Finding]:
    """Whether documents wait to be tried out, and somebody could let them count."""
    if settings.loop.gate == "block" and not settings.access.admins:
        found = '[loop] gate = "block" needs somebody to ask'
        yield Finding(part="gate", level="error", found=found, to_do="name [access] admins")
    try:
        waiting = (await record_now(settings)).staged
    except KnowledgeError as error:
        yield Finding(part="gate", level="error", found=str(error), to_do="check the state store")
        return
    if waiting is not None:
        found = "documents wait" if waiting.ready else "an ingest was cut off; what it read waits"
        to_do = "start the bot, answer its card" if waiting.ready else "run the ingest again"
        yield Finding(part="gate", level="warning", found=found, to_do=to_do)


def journeys(settings: Settings) -> Iterator[Finding]:
    """Whether new colleagues can be welcomed, where that is wished."""
    onboarding = settings.onboarding
    if not onboarding.enabled:
        return
    found = read_folder(onboarding.folder or shipped())
    for fault in found.faults:
        to_do = "mend it; until then the last good version is used"
        yield Finding(part="onboarding", level="error", found=str(fault), to_do=to_do)
    if not onboarding.offices:
        to_do = "name [[onboarding.offices]]"
        said = "no office is known, so everybody without a time zone lives in UTC"
        yield Finding(part="onboarding", level="warning", found=said, to_do=to_do)
    if not (settings.access.hr or onboarding.channel):
        to_do = "name [access] hr, or [onboarding] channel"
        said = "nobody is HR: their tasks and the digest go to administrators"
        yield Finding(part="onboarding", level="warning", found=said, to_do=to_do)
    if found.journeys:
        names = ", ".join(sorted(found.journeys))
        yield Finding(part="onboarding", level="ok", found=f"journeys: {names}")


def nobody_asks(settings: Settings) -> Iterator[Finding]:
    """Whether `deskmate serve` would have nobody to speak with."""
    enabled = [section.enabled for section in platform_sections(settings).values()]
    if not any(enabled) and not settings.playground.enabled:
        found = "none is enabled, so nobody can ask in chat"
        to_do = "enabled = true in [slack], [feishu], [dingtalk] or [playground]"
        yield Finding(part="platforms", level="warning", found=found, to_do=to_do)


async def platforms(settings: Settings) -> AsyncIterator[Finding]:
    """Whether each enabled platform knows us."""
    for name, section in platform_sections(settings).items():
        if section.enabled:
            yield await _platform(name, section)


async def _platform(name: str, section: Section) -> Finding:
    """Whether a platform knows us, and lets us do what we must."""
    guide = f"see docs/how-to/connect-{name}.md"
    if section.missing:
        found = f"nothing is said for {', '.join(section.missing)}"
        return Finding(part=name, level="error", found=found, to_do=guide)
    platform = PLATFORMS[name](section, accept=_turn_away, clock=utc_now)
    try:
        lacking = await platform.lacking()
    except ChannelRefused as error:
        return Finding(part=name, level="error", found=str(error), to_do=guide)
    except ChannelUnavailable as error:
        to_do = f"check the network, or [{name}] api_base_url"
        return Finding(part=name, level="error", found=str(error), to_do=to_do)
    finally:
        await platform.close()
    if lacking:
        found = f"not granted: {', '.join(lacking)}"
        return Finding(part=name, level="warning", found=found, to_do=guide)
    return Finding(part=name, level="ok", found="the platform knows us")


async def _turn_away(_event: Event) -> bool:
    """Nothing is taken while only looking."""
    raise IntakeFull("not serving")


def _print(finding: Finding) -> None:
    mark = {"ok": "✓", "warning": "!", "error": "✗"}[finding.level]
    to_do = f" → {finding.to_do}" if finding.to_do else ""
    line = f"{mark} {finding.part}: {finding.found}{to_do}"
    result_console().print(line, highlight=False, markup=False, soft_wrap=True)
