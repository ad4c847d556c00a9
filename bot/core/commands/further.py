"""The commands that look at what is served and change it, as far as something is served."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.access import Readers
from bot.core.commands.ask import Ask
from bot.core.commands.audience import Audience
from bot.core.commands.export import ExportNow
from bot.core.commands.ingest import IngestNow
from bot.core.commands.model import Model
from bot.core.commands.mute import MuteChannel, UnmuteChannel
from bot.core.commands.search import Search
from bot.core.commands.sources import ListSources
from bot.core.commands.stats import Stats
from bot.core.commands.status import Status
from bot.core.commands.table import Command
from bot.core.commands.threshold import Threshold
from bot.core.converse import Converse
from bot.core.errands import ErrandDesk, Work
from bot.core.limits import QuestionLimit
from bot.core.machine import Machine
from bot.core.ports import Clock, Knowledge, Stores
from bot.core.rulings import Rulings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What these commands are made of. audiences: None where there is no library."""

    stores: Stores
    knowledge: Knowledge
    machine: Machine
    converse: Converse
    limit: QuestionLimit
    errands: ErrandDesk
    rulings: Rulings | None
    readers: Readers
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherCommands:
    """Commands, and the work that some of them leave for later, by errand."""

    commands: tuple[Command, ...]
    works: dict[str, Work]


def further_commands(parts: Parts) -> FurtherCommands:
    """Put them together, in the order in which the help shows them."""
    working = tuple(_working(parts))
    return FurtherCommands(
        commands=(*_looking(parts), *_muting(parts), *working, *_deciding(parts)),
        works={one.names[0]: one.report for one in working},
    )


def _looking(parts: Parts) -> Iterator[Command]:
    yield Ask(converse=parts.converse, limit=parts.limit)
    library = parts.knowledge.library
    if library is not None:
        yield Status(
            library=library,
            steering=parts.knowledge.steering,
            stores=parts.stores,
            machine=parts.machine,
            readers=parts.readers,
        )
        yield ListSources(library=library, readers=parts.readers)
        yield Search(library=library, limit=parts.limit, readers=parts.readers)
    yield Stats(
        figures=parts.stores.figures,
        verdicts=parts.stores.verdicts,
        library=library,
        readers=parts.readers,
        clock=parts.clock,
    )


def _muting(parts: Parts) -> Iterator[Command]:
    yield MuteChannel(mutes=parts.stores.mutes, clock=parts.clock)
    yield UnmuteChannel(mutes=parts.stores.mutes)


def _working(parts: Parts) -> Iterator[IngestNow | Model | ExportNow]:
    """Those whose work takes long."""
    way_in, exports, steering = (
        parts.machine.way_in,
        parts.machine.exports,
        parts.knowledge.steering,
    )
    if way_in is not None and parts.rulings is not None:
        yield IngestNow(way_in=way_in, rulings=parts.rulings, errands=parts.errands)
    if steering is not None:
        yield Model(
            steering=steering,
            choices=parts.stores.choices,
            errands=parts.errands,
            clock=parts.clock,
        )
    if exports is not None:
        yield ExportNow(exports=exports, errands=parts.errands)


def _deciding(parts: Parts) -> Iterator[Command]:
    if parts.rulings is not None:
        yield Audience(rulings=parts.rulings)
    steering = parts.knowledge.steering
    if steering is not None:
        yield Threshold(steering=steering, choices=parts.stores.choices, clock=parts.clock)
