"""Every command that ships, in the order in which the help shows them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.attached import Attached
from bot.core.commands.ask import Ask
from bot.core.commands.audience import Audience
from bot.core.commands.audit import Audit
from bot.core.commands.clear import Clear
from bot.core.commands.export import ExportNow
from bot.core.commands.forget import Forget
from bot.core.commands.gaps import ListGaps
from bot.core.commands.help import Help
from bot.core.commands.ingest import IngestNow
from bot.core.commands.learn import Learn
from bot.core.commands.limits import ShowLimits
from bot.core.commands.model import Model
from bot.core.commands.mute import MuteChannel, UnmuteChannel
from bot.core.commands.onboard import Onboard
from bot.core.commands.review import ReviewNext
from bot.core.commands.role import RoleCommand
from bot.core.commands.search import Search
from bot.core.commands.sources import ListSources
from bot.core.commands.stats import Stats
from bot.core.commands.status import Status
from bot.core.commands.table import Command
from bot.core.commands.teach import Teach
from bot.core.commands.threshold import Threshold
from bot.core.commands.whoami import WhoAmI
from bot.core.converse import Converse
from bot.core.ground import Ground
from bot.core.loop import Loop
from bot.core.roles import RoleDesk
from knowledge.mining.threads import ThreadMiner


def shipped(ground: Ground, loop: Loop, converse: Converse, roles: RoleDesk) -> Iterator[Command]:
    """The commands, as far as what they work on is there."""
    yield Help()
    yield Clear(memory=ground.stores.memory)
    yield WhoAmI()
    yield from _learning(ground, loop)
    if ground.onboarding is not None:
        yield Onboard(desk=ground.onboarding.desk, hr=ground.onboarding.hr)
    yield RoleCommand(desk=roles)
    yield Audit(audit=ground.stores.audit)
    yield ShowLimits(limit=ground.limit, votes_per_day=ground.rules.votes_per_day)
    yield from _looking(ground, converse)
    yield MuteChannel(mutes=ground.stores.mutes, clock=ground.clock)
    yield UnmuteChannel(mutes=ground.stores.mutes, clock=ground.clock)
    yield from _steering(ground)


def _learning(ground: Ground, loop: Loop) -> Iterator[Command]:
    yield ListGaps(gaps=ground.stores.gaps, clearance=ground.clearance)
    yield ReviewNext(review=loop.review)
    yield Teach(review=loop.review)
    yield Learn(
        replies=ground.replies,
        miner=ground.knowledge.threads or ThreadMiner(),
        mining=loop.mining,
        access=ground.access,
        readers=ground.readers,
        clearance=ground.clearance,
    )
    yield Forget(
        teaching=ground.teaching,
        clearance=ground.clearance,
        person=ground.onboarding.hr.forget if ground.onboarding else None,
    )
    yield loop.evaluating
    if loop.stale is not None:
        yield loop.stale


def _looking(ground: Ground, converse: Converse) -> Iterator[Command]:
    library, readers = ground.knowledge.library, ground.readers
    yield Ask(converse=converse, limit=ground.limit, care=ground.rules.care)
    if library is not None:
        yield Status(
            library=library,
            steering=ground.knowledge.steering,
            stores=ground.stores,
            machine=ground.machine,
            readers=readers,
        )
        yield ListSources(library=library, readers=readers)
        yield Search(library=library, limit=ground.limit, readers=readers)
    yield Stats(
        figures=ground.stores.figures,
        verdicts=ground.stores.verdicts,
        library=library,
        readers=readers,
        clock=ground.clock,
    )


def _steering(ground: Ground) -> Iterator[Command]:
    way_in, exports = ground.machine.way_in, ground.machine.exports
    steering, choices, errands = ground.knowledge.steering, ground.stores.choices, ground.errands
    if way_in is not None and ground.rulings is not None:
        yield IngestNow(
            way_in=way_in,
            rulings=ground.rulings,
            errands=errands,
            attached=Attached(ground.replies),
            audit=ground.stores.audit,
            clock=ground.clock,
        )
    if steering is not None:
        yield Model(steering=steering, choices=choices, errands=errands, clock=ground.clock)
    if exports is not None:
        yield ExportNow(exports=exports, errands=errands)
    if ground.rulings is not None:
        yield Audience(rulings=ground.rulings)
    if steering is not None:
        yield Threshold(steering=steering, choices=choices, clock=ground.clock)
