"""The desks of the core, put together over stores and channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.access import Access, Readers, everyone
from bot.core.commands.clear import Clear
from bot.core.commands.eval import Eval
from bot.core.commands.forget import Forget
from bot.core.commands.gaps import ListGaps
from bot.core.commands.help import Help
from bot.core.commands.onboard import Onboard
from bot.core.commands.review import ReviewNext
from bot.core.commands.stale import Stale
from bot.core.commands.table import Command, Commands
from bot.core.commands.teach import Teach
from bot.core.commands.whoami import WhoAmI
from bot.core.converse import Converse, Pacing, platform_pace
from bot.core.dispatch import Dispatcher, Further
from bot.core.doubts import Doubts
from bot.core.experts import Asking, Experts
from bot.core.feedback import Feedback
from bot.core.gaps import GapDesk
from bot.core.languages import Languages
from bot.core.limits import QuestionLimit, VoteLimit
from bot.core.model import Conversation
from bot.core.notebook import Notebook
from bot.core.onboarding.onboarding import Onboarding, Program
from bot.core.onboarding.people import Staff
from bot.core.owners import Owners
from bot.core.ports import Channel, Clock, Knowledge, Stores
from bot.core.regression import Regression
from bot.core.replies import Replies
from bot.core.review import Review
from bot.core.sources import Sources
from bot.core.teaching import Teaching
from bot.core.voting import Voting
from bot.core.watch import Watch
from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the company decided about who may do what, and when.

    promote_after: an answer that so many people found helpful is proposed as a verified one.
    languages: by platform, for people who have not said anything yet.
    program: of onboarding; without it nobody is on a journey. hr: in the order of configuration.
    hr_place: where HR is told things; None: each of them in their direct conversation.
    """

    access: Access = field(default_factory=Access)
    owners: Owners = field(default_factory=Owners)
    asking: Asking = field(default_factory=Asking)
    promote_after: int = 3
    questions_per_minute: int = 10
    votes_per_day: int = 50
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
    onboarding: Onboarding | None = None


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
        access=rules.access,
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
        replies=replies,
        languages=languages,
    )
    regression = Regression(
        documents=knowledge.documents or knowledge.answerer,
        teaching=teaching,
        runs=stores.runs,
        clock=clock,
        edition=knowledge.edition,
    )
    watch = Watch(regression=regression, replies=replies, admins=rules.owners.admins)
    shipped: tuple[Command, ...] = (
        Help(),
        Clear(memory=stores.memory),
        WhoAmI(),
        ListGaps(gaps=stores.gaps),
        ReviewNext(review=review),
        Teach(review=review),
        Forget(teaching=teaching, person=onboarding.hr.forget if onboarding else None),
        Eval(regression=regression, replies=replies),
        *_stale(knowledge, teaching, rules.owners, replies, clock),
        *((Onboard(desk=onboarding.desk, hr=onboarding.hr),) if onboarding else ()),
    )
    dispatcher = Dispatcher(
        converse=Converse(
            answerer=knowledge.answerer,
            replies=replies,
            notebook=notebook,
            readers=readers,
            deadline_s=rules.deadline_s,
            pacing=pacing,
            engages=knowledge.engages,
        ),
        feedback=feedback,
        commands=Commands(commands=(*shipped, *commands), access=rules.access),
        limit=QuestionLimit(questions_per_minute=rules.questions_per_minute, clock=clock),
        replies=replies,
        languages=languages,
        notebook=notebook,
        further=Further(
            actions={
                **experts.actions,
                **review.actions,
                **sources.actions,
                **(onboarding.actions if onboarding else {}),
            },
            joined=onboarding.joined if onboarding else None,
        ),
    )
    return Desks(dispatcher=dispatcher, experts=experts, watch=watch, onboarding=onboarding)


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
    knowledge: Knowledge, teaching: Teaching, owners: Owners, replies: Replies, clock: Clock
) -> tuple[Command, ...]:
    if knowledge.freshness is None:
        return ()
    freshness = knowledge.freshness
    return (
        Stale(freshness=freshness, teaching=teaching, owners=owners, replies=replies, clock=clock),
    )
