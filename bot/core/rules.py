"""What the company decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.access import Access
from bot.core.etiquette import Manners
from bot.core.experts import Asking
from bot.core.grants import RoleGroups
from bot.core.limits import Shares
from bot.core.model import Conversation
from bot.core.onboarding.onboarding import Program
from bot.core.overdue import Cadence
from bot.core.owners import Owners
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
    than one person's share counts as that. care: whom somebody in distress can turn to here.
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
    care: str = ""

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
