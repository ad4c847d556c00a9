"""The desks by which the bot learns from people."""

from __future__ import annotations

from bot.core.commands.eval import Eval
from bot.core.commands.stale import Stale
from bot.core.doubts import Doubts
from bot.core.experts import Experts
from bot.core.feedback import Feedback
from bot.core.gate import Gate
from bot.core.ground import Ground
from bot.core.limits import VoteLimit
from bot.core.mining import Mining
from bot.core.overdue import OverdueReminders
from bot.core.regression import Regression
from bot.core.review import Review
from bot.core.voting import Voting
from bot.core.watch import Watch
from bot.core.wordings import Learning, Wordings


class Loop:
    """From a gap or a vote to a verified answer, and what keeps verified answers true.

    gate, overdue, stale: None where the knowledge side does not offer what they need.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        stores, rules = ground.stores, ground.rules
        self.experts = Experts(
            gaps=stores.gaps,
            proposals=stores.proposals,
            teaching=ground.teaching,
            notebook=ground.notebook,
            replies=ground.replies,
            languages=ground.languages,
            asking=rules.asking,
            clearance=ground.clearance,
            refused=ground.access.refused,
        )
        self.review = Review(
            proposals=stores.proposals,
            gaps=ground.gaps,
            teaching=ground.teaching,
            experts=self.experts,
            access=ground.access,
            replies=ground.replies,
            languages=ground.languages,
            promote_after=rules.promote_after,
        )
        self.mining = Mining(
            proposals=stores.proposals,
            teaching=ground.teaching,
            likeness=ground.knowledge.likeness,
            clock=ground.clock,
        )
        self.feedback = self._feedback()
        self.regression = Regression(
            documents=ground.knowledge.documents or ground.knowledge.answerer,
            teaching=ground.teaching,
            runs=stores.runs,
            clock=ground.clock,
            edition=ground.knowledge.edition,
            tolerance=rules.tolerance,
        )
        self.watch = Watch(regression=self.regression, admins=ground.admins)
        self.evaluating = Eval(
            regression=self.regression, errands=ground.errands, clearance=ground.clearance
        )
        self.gate = self._gate()
        self.stale = self._stale()
        self.overdue = self._overdue()

    def _feedback(self) -> Feedback:
        ground, stores, rules = self._ground, self._ground.stores, self._ground.rules
        return Feedback(
            voting=Voting(
                verdicts=stores.verdicts,
                answerer=ground.knowledge.answerer,
                readers=ground.readers,
                limit=VoteLimit(
                    votes_per_day=rules.votes_per_day, verdicts=stores.verdicts, clock=ground.clock
                ),
                tallies=ground.knowledge.tallies,
            ),
            doubts=Doubts(
                verdicts=stores.verdicts,
                curated=stores.curated,
                proposals=stores.proposals,
                clock=ground.clock,
            ),
            notebook=ground.notebook,
            experts=self.experts,
            review=self.review,
            wordings=Wordings(
                verdicts=stores.verdicts,
                curated=stores.curated,
                proposals=stores.proposals,
                access=ground.access,
                learning=Learning(after=rules.learn_after, approval=rules.asking.approval),
            ),
            replies=ground.replies,
            languages=ground.languages,
        )

    def _gate(self) -> Gate | None:
        ground = self._ground
        held = ground.knowledge.held
        if held is None:
            return None
        return Gate(
            held=ground.rulings.holding(held) if ground.rulings else held,
            trials=ground.stores.trials,
            regression=self.regression,
            admins=ground.admins,
            access=ground.access,
            replies=ground.replies,
            languages=ground.languages,
            clock=ground.clock,
            turn=ground.others.turn,
        )

    def _stale(self) -> Stale | None:
        ground = self._ground
        if ground.knowledge.freshness is None:
            return None
        return Stale(
            freshness=ground.knowledge.freshness,
            teaching=ground.teaching,
            owners=ground.rules.owners,
            access=ground.access,
            clearance=ground.clearance,
            errands=ground.errands,
            clock=ground.clock,
        )

    def _overdue(self) -> OverdueReminders | None:
        ground = self._ground
        freshness, cadence = ground.knowledge.freshness, ground.rules.cadence
        if freshness is None or cadence is None:
            return None
        return OverdueReminders(
            freshness=freshness,
            teaching=ground.teaching,
            reminders=ground.stores.reminders,
            replies=ground.replies,
            clock=ground.clock,
            cadence=cadence,
            languages=ground.rules.languages,
            clearance=ground.clearance,
        )
