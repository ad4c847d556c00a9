"""What the desks of the core stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.core.access import Access, Readers, everyone
from bot.core.admins import Admins
from bot.core.clearance import Clearance
from bot.core.declared import Declared
from bot.core.errands import ERRANDS, ErrandDesk
from bot.core.gaps import GapDesk
from bot.core.grants import Standing
from bot.core.languages import Languages
from bot.core.limits import QuestionLimit, RecentUses
from bot.core.machine import Machine
from bot.core.notebook import Notebook
from bot.core.onboarding.onboarding import Onboarding
from bot.core.onboarding.people import Staff
from bot.core.ports import Channel, Clock, Knowledge, Stores
from bot.core.recorder import Recorder
from bot.core.replicas import ALONE, Others
from bot.core.replies import Replies
from bot.core.rules import Rules
from bot.core.rulings import Rulings
from bot.core.teaching import Teaching
from knowledge.steps import UNTOLD, Steps


class Ground:
    """Everything that more than one desk needs, made once.

    rules: as configured, with the roles that people and documents add to them.
    readers: with the audiences that journeys add. machine: the process around the core.
    others: further replicas. steps: is told of what is done.
    """

    def __init__(  # noqa: PLR0913 -- each is another part of what is around the core
        self,
        *,
        stores: Stores,
        channels: Mapping[str, Channel],
        knowledge: Knowledge,
        clock: Clock,
        rules: Rules,
        readers: Readers = everyone,
        machine: Machine | None = None,
        steps: Steps = UNTOLD,
        others: Others = ALONE,
        uses: RecentUses | None = None,
    ) -> None:
        self.stores = stores
        self.knowledge = knowledge
        self.clock = clock
        self.machine = machine or Machine()
        self.others = others
        self.replies = Replies(channels=channels, ledger=stores.ledger, steps=steps)
        self.languages = Languages(memory=stores.memory, defaults=rules.languages)
        self.teaching = Teaching(curated=stores.curated, clock=clock)
        self.declared = Declared(knowledge.owners)
        self.standing = Standing(stores.grants, rules.role_groups)
        self.recorder = Recorder(
            stores.audit, clock=clock, questions=rules.audit_questions, steps=steps
        )
        self.rules = self._with_roles(rules)
        self.gaps = GapDesk(
            gaps=stores.gaps,
            likeness=knowledge.likeness,
            clock=clock,
            unbidden=rules.asking.unbidden,
        )
        self.onboarding = self._onboarding()
        self.readers = self.onboarding.readers(readers) if self.onboarding else readers
        self.notebook = Notebook(
            memory=stores.memory,
            answers=stores.answers,
            gaps=self.gaps,
            clock=clock,
            heard=self.onboarding.heard if self.onboarding else None,
        )
        self.clearance = Clearance(
            readers=self.readers, owners=self.rules.owners, answerer=knowledge.answerer
        )
        self.admins = Admins(
            replies=self.replies,
            keys=lambda: self.rules.owners.administrators,
            languages=rules.languages,
            clearance=self.clearance,
        )
        self.errands = ErrandDesk(errands=stores.errands, replies=self.replies, clock=clock)
        others.hear(ERRANDS, self.errands.wake)
        self.limit = QuestionLimit(rules.shares, clock=clock, uses=uses)
        self.rulings = self._rulings()

    @property
    def access(self) -> Access:
        """Who may do what."""
        return self.rules.access

    def _with_roles(self, rules: Rules) -> Rules:
        access = replace(
            rules.access,
            declared=self.declared.keys,
            granted=self.standing.roles,
            refused=self.recorder.refused_button,
        )
        owners = replace(rules.owners, granted=lambda: self.standing.grants)
        return replace(rules, access=access, owners=owners)

    def _onboarding(self) -> Onboarding | None:
        rules = self.rules
        if rules.program is None:
            return None
        return Onboarding(
            program=rules.program,
            staff=Staff(
                hr=rules.hr,
                admins=rules.owners.admins,
                channel=rules.hr_place,
                languages=rules.languages,
                having=self.standing.having,
                granted=self.standing.roles,
                noted=self.recorder.button,
            ),
            joiners=self.stores.joiners,
            agenda=self.stores.agenda,
            answerer=self.knowledge.answerer,
            likeness=self.knowledge.likeness,
            replies=self.replies,
            clock=self.clock,
        )

    def _rulings(self) -> Rulings | None:
        if self.knowledge.library is None:
            return None
        return Rulings(
            library=self.knowledge.library,
            named=self.stores.named_readers,
            clock=self.clock,
            known=self.machine.audiences,
        )
