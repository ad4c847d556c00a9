"""`/deskmate eval`."""

from __future__ import annotations

from bot.core.cards import said_card
from bot.core.clearance import Clearance
from bot.core.commands.table import Caller
from bot.core.errands import ErrandDesk
from bot.core.loop_cards import eval_card
from bot.core.model import Card, Errand, Invocation, Role
from bot.core.regression import Regression
from bot.core.texts import TEXTS
from knowledge.model import Language


class Eval:
    """Runs the test set of verified answers, and says what got better and worse."""

    names = ("eval", "评测")
    role = Role.OWNER

    def __init__(
        self, *, regression: Regression, errands: ErrandDesk, clearance: Clearance
    ) -> None:
        self._clearance = clearance
        self._regression = regression
        self._errands = errands

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].eval_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """That the report follows: with a language model a case takes seconds."""
        texts = TEXTS[caller.language]
        sight = await self._clearance.of(invocation.message.user.key)
        cases = sight.answers(await self._regression.cases())
        if not cases:
            return said_card(texts.eval_none, caller.language)
        started = said_card(texts.eval_started.format(count=len(cases)), caller.language)
        return await self._errands.entrust(
            self.names[0], invocation.message, caller.language, started=started
        )

    async def report(self, errand: Errand) -> Card:
        """What got better and worse.

        Raises:
            StateUnavailable, StoreUnavailable: the test set could not be run.
        """
        runs = await self._regression.run(key=errand.id)
        sight = await self._clearance.of(errand.message.user.key)
        return eval_card(sight.runs(runs, await self._regression.cases()), errand.language)
