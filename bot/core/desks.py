"""The desks of the core, put together over stores and channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.core.access import Access, Readers, everyone
from bot.core.admins import Admins
from bot.core.commands.clear import Clear
from bot.core.commands.eval import Eval
from bot.core.commands.forget import Forget
from bot.core.commands.gaps import ListGaps
from bot.core.commands.help import Help
from bot.core.commands.learn import Learn
from bot.core.commands.onboard import Onboard
from bot.core.commands.review import ReviewNext
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
from bot.core.languages import Languages
from bot.core.limits import QuestionLimit, VoteLimit
from bot.core.mining import Mining
from bot.core.model import Conversation
from bot.core.notebook import Notebook
from bot.core.offers import Offers
from bot.core.onboarding.onboarding import Onboarding, Program
from bot.core.onboarding.people import Staff
from bot.core.overdue import Cadence, OverdueReminders
from bot.core.owners import Owners
from bot.core.ports import Channel, Clock, Knowledge, Stores
from bot.core.regression import Regression
from bot.core.replies import Replies
from bot.core.review import Review
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


def build_desks(
    *,
    stores: Stores,
    channels: Mapping[str, Channel],
    knowledge: Knowledge,
    clock: Clock,
    rules: Rules,
    readers: Readers = everyone,
    pacing: Pacing = platform_pace,
    commands: tuple[Command, ...] = (),
) -> Desks:
    """Put the core together.

    commands: further ones beside those that ship.
    """
    replies = Replies(channels=channels, ledger=stores.ledger)
    languages = Languages(memory=stores.memory, defaults=rules.languages)
    teaching = Teaching(curated=stores.curated, clock=clock)
    declared = Declared(knowledge.owners)
    access = replace(rules.access, declared=declared.keys)
    gaps = GapDesk(
        gaps=stores.gaps, likeness=knowledge.likeness, clock=clock, unbidden=rules.asking.unbidden
    )
    onboarding = _onboarding(stores, knowledge, replies, clock, rules)
    readers = onboarding.readers(readers) if onboarding else readers
    notebook = Notebook(
        memory=stores.memory,
        answers=stores.answers,
        gaps=gaps,
        clock=clock,
        heard=onboarding.heard if onboarding else None,
    )
    experts = Experts(
        gaps=stores.gaps,
        owners=rules.owners,
        proposals=stores.proposals,
        teaching=teaching,
        notebook=notebook,
        replies=replies,
        languages=languages,
        asking=rules.asking,
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
    admins = Admins(replies=replies, keys=rules.owners.admins, languages=rules.languages)
    watch = Watch(regression=regression, admins=admins)
    gate = knowledge.held and Gate(
        held=knowledge.held,
        trials=stores.trials,
        regression=regression,
        admins=admins,
        access=access,
        replies=replies,
        languages=languages,
        clock=clock,
    )
    errands = ErrandDesk(errands=stores.errands, replies=replies, clock=clock)
    evaluating = Eval(regression=regression, errands=errands)
    stale = _stale(knowledge, teaching, replace(rules, access=access), errands, clock)
    overdue = None
    if knowledge.freshness is not None and rules.cadence is not None:
        overdue = OverdueReminders(
            freshness=knowledge.freshness,
            teaching=teaching,
            owners=rules.owners,
            reminders=stores.reminders,
            replies=replies,
            clock=clock,
            cadence=rules.cadence,
            languages=rules.languages,
        )
    shipped: tuple[Command, ...] = (
        Help(),
        Clear(memory=stores.memory),
        WhoAmI(),
        ListGaps(gaps=stores.gaps),
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
        Forget(teaching=teaching, person=onboarding.hr.forget if onboarding else None),
        evaluating,
        *stale,
        *((Onboard(desk=onboarding.desk, hr=onboarding.hr),) if onboarding else ()),
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
    limit = QuestionLimit(questions_per_minute=rules.questions_per_minute, clock=clock)
    offers = Offers(
        converse=converse, limit=limit, notebook=notebook, replies=replies, languages=languages
    )
    dispatcher = Dispatcher(
        converse=converse,
        feedback=feedback,
        commands=Commands(commands=(*shipped, *commands), access=access),
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
                **(gate.actions if gate else {}),
                **(onboarding.actions if onboarding else {}),
            },
            joined=onboarding.joined if onboarding else None,
            etiquette=etiquette,
        ),
    )
    works: dict[str, Work] = {evaluating.names[0]: evaluating.report}
    works |= {each.names[0]: each.report for each in stale}
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
    )


def _onboarding(
    stores: Stores, knowledge: Knowledge, replies: Replies, clock: Clock, rules: Rules
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
        ),
        joiners=stores.joiners,
        agenda=stores.agenda,
        answerer=knowledge.answerer,
        likeness=knowledge.likeness,
        replies=replies,
        clock=clock,
    )


def _stale(
    knowledge: Knowledge, teaching: Teaching, rules: Rules, errands: ErrandDesk, clock: Clock
) -> tuple[Stale, ...]:
    if knowledge.freshness is None:
        return ()
    return (
        Stale(
            freshness=knowledge.freshness,
            teaching=teaching,
            owners=rules.owners,
            access=rules.access,
            errands=errands,
            clock=clock,
        ),
    )
