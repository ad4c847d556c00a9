"""The desks of the core, put together over stores and channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.core.access import Readers, everyone
from bot.core.commands.lines import Lines
from bot.core.commands.shipped import shipped
from bot.core.commands.table import Command, Commands
from bot.core.converse import Converse, Pacing, platform_pace
from bot.core.declared import Declared
from bot.core.dispatch import Dispatcher, Further
from bot.core.errands import Runner, Works
from bot.core.etiquette import Etiquette
from bot.core.experts import Experts
from bot.core.following import Following
from bot.core.gate import Gate
from bot.core.grants import Standing
from bot.core.ground import Ground
from bot.core.hush import Hush
from bot.core.limits import RecentUses
from bot.core.loop import Loop
from bot.core.machine import Machine
from bot.core.model import Card, Errand
from bot.core.offers import Offers
from bot.core.onboarding.onboarding import Onboarding
from bot.core.overdue import OverdueReminders
from bot.core.ports import Channel, Clock, Knowledge, Stores
from bot.core.replicas import ALONE, Others
from bot.core.roles import RoleDesk
from bot.core.rules import Rules
from bot.core.rulings import Rulings
from bot.core.sources import Sources
from bot.core.watch import Watch
from bot.core.withdrawals import TakenBack
from knowledge.steps import UNTOLD, Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """The core: what events are brought to, and what works by itself."""

    dispatcher: Dispatcher
    experts: Experts
    watch: Watch
    errands: Runner
    declared: Declared
    gate: Gate | None
    overdue: OverdueReminders | None
    onboarding: Onboarding | None
    standing: Standing
    rulings: Rulings | None
    following: Following | None


def build_desks(  # noqa: PLR0913 -- each is another part of what is around the core
    *,
    stores: Stores,
    channels: Mapping[str, Channel],
    knowledge: Knowledge,
    clock: Clock,
    rules: Rules,
    readers: Readers = everyone,
    pacing: Pacing = platform_pace,
    commands: tuple[Command, ...] = (),
    machine: Machine | None = None,
    steps: Steps = UNTOLD,
    others: Others = ALONE,
    uses: RecentUses | None = None,
) -> Desks:
    """Put the core together.

    commands: further ones beside those that ship. machine: the process around it.
    steps: is told of what is done.
    others: further replicas. uses: counts for limits.
    """
    ground = Ground(
        stores=stores,
        channels=channels,
        knowledge=knowledge,
        clock=clock,
        rules=rules,
        readers=readers,
        machine=machine,
        steps=steps,
        others=others,
        uses=uses,
    )
    loop = Loop(ground)
    # Where nothing is answered unasked, nobody needs to say stop.
    etiquette = (
        Etiquette(clock=clock, manners=rules.manners, others=others) if knowledge.engages else None
    )
    converse = Converse(
        answerer=knowledge.answerer,
        replies=ground.replies,
        notebook=ground.notebook,
        readers=ground.readers,
        deadline_s=rules.deadline_s,
        pacing=pacing,
        engages=knowledge.engages,
        etiquette=etiquette,
    )
    roles = RoleDesk(
        access=ground.access,
        grants=stores.grants,
        standing=ground.standing,
        replies=ground.replies,
        languages=ground.languages,
        clock=clock,
    )
    known = (*shipped(ground, loop, converse, roles), *commands)
    table = Commands(commands=known, access=ground.access, recorder=ground.recorder)
    return Desks(
        dispatcher=_dispatcher(ground, loop, converse, roles, etiquette, table),
        experts=loop.experts,
        watch=loop.watch,
        errands=_runner(ground, known, table),
        declared=ground.declared,
        gate=loop.gate,
        overdue=loop.overdue,
        onboarding=ground.onboarding,
        standing=ground.standing,
        rulings=ground.rulings,
        following=(
            Following(choices=stores.choices, steering=knowledge.steering)
            if knowledge.steering
            else None
        ),
    )


def _dispatcher(
    ground: Ground,
    loop: Loop,
    converse: Converse,
    roles: RoleDesk,
    etiquette: Etiquette | None,
    table: Commands,
) -> Dispatcher:
    replies, languages, onboarding = ground.replies, ground.languages, ground.onboarding
    hush = Hush(mutes=ground.stores.mutes, replies=replies, languages=languages)
    sources = Sources(
        answerer=ground.knowledge.answerer,
        notebook=ground.notebook,
        replies=replies,
        languages=languages,
        readers=ground.readers,
    )
    offers = Offers(
        converse=converse,
        limit=ground.limit,
        notebook=ground.notebook,
        replies=replies,
        languages=languages,
        readers=ground.readers,
        hushed=hush.over,
    )
    lines = Lines(commands=table, limit=ground.limit, replies=replies, languages=languages)
    desks = (loop.experts, loop.review, sources, offers, lines, roles, loop.gate, onboarding)
    return Dispatcher(
        converse=converse,
        feedback=loop.feedback,
        commands=table,
        limit=ground.limit,
        replies=replies,
        languages=languages,
        notebook=ground.notebook,
        further=Further(
            actions={name: desk for one in desks if one for name, desk in one.actions.items()},
            joined=onboarding.joined if onboarding else None,
            hushed=hush.over,
            before=ground.standing.look,
            asked=ground.recorder.asked,
            etiquette=etiquette,
            withdrawn=TakenBack(ground.others, converse).told,
            care=ground.rules.care,
        ),
    )


def _runner(ground: Ground, known: Iterable[Command], table: Commands) -> Runner:
    """What does the work that commands leave for later."""

    async def refusal(errand: Errand) -> Card | None:
        await ground.standing.look(errand.message.conversation.platform)
        return await table.refusal(errand.name, errand.message, errand.language)

    return Runner(
        desk=ground.errands,
        errands=ground.stores.errands,
        works={one.names[0]: one.report for one in known if isinstance(one, Works)},
        replies=ground.replies,
        clock=ground.clock,
        refusal=refusal,
        turn=ground.others.turn,
    )
