"""The desks of the core, put together over stores and channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.core.access import Access, Readers, everyone
from bot.core.admins import Admins
from bot.core.clearance import Clearance
from bot.core.commands.audit import Audit
from bot.core.commands.clear import Clear
from bot.core.commands.eval import Eval
from bot.core.commands.forget import Forget
from bot.core.commands.further import Parts, further_commands
from bot.core.commands.gaps import ListGaps
from bot.core.commands.help import Help
from bot.core.commands.learn import Learn
from bot.core.commands.limits import ShowLimits
from bot.core.commands.lines import Lines
from bot.core.commands.onboard import Onboard
from bot.core.commands.review import ReviewNext
from bot.core.commands.role import RoleCommand
from bot.core.commands.stale import Stale
from bot.core.commands.table import Command, Commands
from bot.core.commands.teach import Teach
from bot.core.commands.whoami import WhoAmI
from bot.core.converse import Converse, Pacing, platform_pace
from bot.core.declared import Declared
from bot.core.dispatch import Dispatcher, Further
from bot.core.doubts import Doubts
from bot.core.errands import ErrandDesk, Runner, Work
from bot.core.etiquette import Etiquette, Manners
from bot.core.experts import Asking, Experts
from bot.core.feedback import Feedback
from bot.core.gaps import GapDesk
from bot.core.gate import Gate
from bot.core.grants import RoleGroups, Standing
from bot.core.hush import Hush
from bot.core.languages import Languages
from bot.core.limits import QuestionLimit, Shares, VoteLimit
from bot.core.machine import Machine
from bot.core.mining import Mining
from bot.core.model import Conversation
from bot.core.notebook import Notebook
from bot.core.offers import Offers
from bot.core.onboarding.onboarding import Onboarding, Program
from bot.core.onboarding.people import Staff
from bot.core.overdue import Cadence, OverdueReminders
from bot.core.owners import Owners
from bot.core.ports import Channel, Clock, Knowledge, Stores
from bot.core.recorder import Recorder
from bot.core.regression import Regression
from bot.core.replies import Replies
from bot.core.review import Review
from bot.core.roles import RoleDesk
from bot.core.rulings import Rulings
from bot.core.sources import Sources
from bot.core.teaching import Teaching
from bot.core.voting import Voting
from bot.core.watch import Watch
from bot.core.wordings import Learning, Wordings
from knowledge.mining.threads import ThreadMiner
from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the company decided about who may do what, and when.

    promote_after: an answer that so many people found helpful is proposed as a verified one.
    tolerance: the share of verified answers that a change may make worse unsaid.
    manners: in groups, where nobody asked.
    cadence: when owners are reminded of what is past its review; None: never.
    learn_after: a wording gets the verified answer that so many people found helpful there.
    languages: by platform, for people who have not said anything yet.
    program: of onboarding; without it nobody is on a journey. hr: in the order of configuration.
    hr_place: where HR is told things; None: each of them in their direct conversation.
    role_groups: groups whose members have a role. audit_questions: what people ask may be put into
    the audit log. channel_questions, all_questions, commands: a minute, see `Shares`; what is less
    than one person's share counts as that.
    """

    access: Access = field(default_factory=Access)
    owners: Owners = field(default_factory=Owners)
    asking: Asking = field(default_factory=Asking)
    promote_after: int = 3
    tolerance: float = 0.05
    cadence: Cadence | None = None
    learn_after: int = 2
    questions_per_minute: int = 10
    votes_per_day: int = 50
    manners: Manners = field(default_factory=Manners)
    deadline_s: float = 90.0
    languages: Mapping[str, Language] = field(default_factory=dict)
    program: Program | None = None
    hr: tuple[str, ...] = ()
    hr_place: Conversation | None = None
    role_groups: RoleGroups = field(default_factory=RoleGroups)
    audit_questions: bool = False
    channel_questions: int = 120
    all_questions: int = 3_000
    commands: int = 30

    @property
    def shares(self) -> Shares:
        """How many questions are answered in a minute."""
        person = self.questions_per_minute
        return Shares(
            person=person,
            channel=max(self.channel_questions, person),
            everybody=max(self.all_questions, person),
            commands=max(self.commands, person),
        )


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
    rulings: Rulings | None = None


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
) -> Desks:
    """Put the core together.

    commands: further ones beside those that ship. machine: the process around it.
    """
    replies = Replies(channels=channels, ledger=stores.ledger)
    languages = Languages(memory=stores.memory, defaults=rules.languages)
    teaching = Teaching(curated=stores.curated, clock=clock)
    declared = Declared(knowledge.owners)
    standing = Standing(stores.grants, rules.role_groups)
    recorder = Recorder(stores.audit, clock=clock, questions=rules.audit_questions)
    access = replace(
        rules.access,
        declared=declared.keys,
        granted=standing.roles,
        refused=recorder.refused_button,
    )
    rules = replace(
        rules, access=access, owners=replace(rules.owners, granted=lambda: standing.grants)
    )
    gaps = GapDesk(
        gaps=stores.gaps, likeness=knowledge.likeness, clock=clock, unbidden=rules.asking.unbidden
    )
    onboarding = _onboarding(stores, knowledge, replies, clock, rules, standing, recorder)
    readers = onboarding.readers(readers) if onboarding else readers
    notebook = Notebook(
        memory=stores.memory,
        answers=stores.answers,
        gaps=gaps,
        clock=clock,
        heard=onboarding.heard if onboarding else None,
    )
    clearance = Clearance(readers=readers, owners=rules.owners, answerer=knowledge.answerer)
    experts = Experts(
        gaps=stores.gaps,
        proposals=stores.proposals,
        teaching=teaching,
        notebook=notebook,
        replies=replies,
        languages=languages,
        asking=rules.asking,
        clearance=clearance,
    )
    review = Review(
        proposals=stores.proposals,
        gaps=gaps,
        teaching=teaching,
        experts=experts,
        access=access,
        replies=replies,
        languages=languages,
        promote_after=rules.promote_after,
    )
    voting = Voting(
        verdicts=stores.verdicts,
        answerer=knowledge.answerer,
        readers=readers,
        limit=VoteLimit(votes_per_day=rules.votes_per_day, verdicts=stores.verdicts, clock=clock),
        tallies=knowledge.tallies,
    )
    doubts = Doubts(
        verdicts=stores.verdicts,
        curated=stores.curated,
        proposals=stores.proposals,
        clock=clock,
    )
    sources = Sources(
        answerer=knowledge.answerer,
        notebook=notebook,
        replies=replies,
        languages=languages,
        readers=readers,
    )
    feedback = Feedback(
        voting=voting,
        doubts=doubts,
        notebook=notebook,
        experts=experts,
        review=review,
        wordings=Wordings(
            verdicts=stores.verdicts,
            curated=stores.curated,
            proposals=stores.proposals,
            access=access,
            learning=Learning(after=rules.learn_after, approval=rules.asking.approval),
        ),
        replies=replies,
        languages=languages,
    )
    regression = Regression(
        documents=knowledge.documents or knowledge.answerer,
        teaching=teaching,
        runs=stores.runs,
        clock=clock,
        edition=knowledge.edition,
        tolerance=rules.tolerance,
    )
    admins = Admins(
        replies=replies,
        keys=lambda: rules.owners.administrators,
        languages=rules.languages,
        clearance=clearance,
    )
    watch = Watch(regression=regression, admins=admins)
    machine = machine or Machine()
    rulings = _rulings(stores, knowledge, machine, clock)
    gate = knowledge.held and Gate(
        held=rulings.holding(knowledge.held) if rulings else knowledge.held,
        trials=stores.trials,
        regression=regression,
        admins=admins,
        access=access,
        replies=replies,
        languages=languages,
        clock=clock,
    )
    errands = ErrandDesk(errands=stores.errands, replies=replies, clock=clock)
    evaluating = Eval(regression=regression, errands=errands, clearance=clearance)
    stale = _stale(knowledge, teaching, rules, errands, clock, clearance)
    overdue = None
    if knowledge.freshness is not None and rules.cadence is not None:
        overdue = OverdueReminders(
            freshness=knowledge.freshness,
            teaching=teaching,
            reminders=stores.reminders,
            replies=replies,
            clock=clock,
            cadence=rules.cadence,
            languages=rules.languages,
            clearance=clearance,
        )
    limit = QuestionLimit(rules.shares, clock=clock)
    roles = RoleDesk(
        access=access,
        grants=stores.grants,
        standing=standing,
        replies=replies,
        languages=languages,
        clock=clock,
    )
    shipped: tuple[Command, ...] = (
        Help(),
        Clear(memory=stores.memory),
        WhoAmI(),
        ListGaps(gaps=stores.gaps, clearance=clearance),
        ReviewNext(review=review),
        Teach(review=review),
        Learn(
            replies=replies,
            miner=knowledge.threads or ThreadMiner(),
            mining=Mining(
                proposals=stores.proposals,
                teaching=teaching,
                likeness=knowledge.likeness,
                clock=clock,
            ),
            access=access,
            readers=readers,
        ),
        Forget(
            teaching=teaching,
            clearance=clearance,
            person=onboarding.hr.forget if onboarding else None,
        ),
        evaluating,
        *stale,
        *((Onboard(desk=onboarding.desk, hr=onboarding.hr),) if onboarding else ()),
        RoleCommand(desk=roles),
        Audit(audit=stores.audit),
        ShowLimits(limit=limit, votes_per_day=rules.votes_per_day),
    )
    # Where nothing is answered unasked, nobody needs to say stop.
    etiquette = Etiquette(clock=clock, manners=rules.manners) if knowledge.engages else None
    converse = Converse(
        answerer=knowledge.answerer,
        replies=replies,
        notebook=notebook,
        readers=readers,
        deadline_s=rules.deadline_s,
        pacing=pacing,
        engages=knowledge.engages,
        etiquette=etiquette,
    )
    offers = Offers(
        converse=converse, limit=limit, notebook=notebook, replies=replies, languages=languages
    )
    further = further_commands(
        Parts(
            stores=stores,
            knowledge=knowledge,
            machine=machine,
            converse=converse,
            limit=limit,
            errands=errands,
            rulings=rulings,
            readers=readers,
            clock=clock,
        )
    )
    table = Commands(
        commands=(*shipped, *further.commands, *commands), access=access, recorder=recorder
    )
    dispatcher = Dispatcher(
        converse=converse,
        feedback=feedback,
        commands=table,
        limit=limit,
        replies=replies,
        languages=languages,
        notebook=notebook,
        further=Further(
            actions={
                **experts.actions,
                **review.actions,
                **sources.actions,
                **offers.actions,
                **Lines(commands=table, replies=replies, languages=languages).actions,
                **roles.actions,
                **(gate.actions if gate else {}),
                **(onboarding.actions if onboarding else {}),
            },
            joined=onboarding.joined if onboarding else None,
            hushed=Hush(mutes=stores.mutes, replies=replies, languages=languages).over,
            before=standing.look,
            asked=recorder.asked,
            etiquette=etiquette,
        ),
    )
    works: dict[str, Work] = {evaluating.names[0]: evaluating.report}
    works |= {each.names[0]: each.report for each in stale} | further.works
    runner = Runner(desk=errands, errands=stores.errands, works=works, replies=replies, clock=clock)
    return Desks(
        dispatcher=dispatcher,
        experts=experts,
        watch=watch,
        errands=runner,
        declared=declared,
        gate=gate,
        overdue=overdue,
        onboarding=onboarding,
        standing=standing,
        rulings=rulings,
    )


def _rulings(
    stores: Stores, knowledge: Knowledge, machine: Machine, clock: Clock
) -> Rulings | None:
    if knowledge.library is None:
        return None
    return Rulings(
        library=knowledge.library,
        named=stores.named_readers,
        clock=clock,
        known=machine.audiences,
    )


def _onboarding(
    stores: Stores,
    knowledge: Knowledge,
    replies: Replies,
    clock: Clock,
    rules: Rules,
    standing: Standing,
    recorder: Recorder,
) -> Onboarding | None:
    if rules.program is None:
        return None
    return Onboarding(
        program=rules.program,
        staff=Staff(
            hr=rules.hr,
            admins=rules.owners.admins,
            channel=rules.hr_place,
            languages=rules.languages,
            having=standing.having,
            granted=standing.roles,
            noted=recorder.button,
        ),
        joiners=stores.joiners,
        agenda=stores.agenda,
        answerer=knowledge.answerer,
        likeness=knowledge.likeness,
        replies=replies,
        clock=clock,
    )


def _stale(
    knowledge: Knowledge,
    teaching: Teaching,
    rules: Rules,
    errands: ErrandDesk,
    clock: Clock,
    clearance: Clearance,
) -> tuple[Stale, ...]:
    if knowledge.freshness is None:
        return ()
    return (
        Stale(
            freshness=knowledge.freshness,
            teaching=teaching,
            owners=rules.owners,
            access=rules.access,
            clearance=clearance,
            errands=errands,
            clock=clock,
        ),
    )
