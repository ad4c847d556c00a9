"""Telling administrators when a change made the answers worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bot.core.admins import Admins
from bot.core.cards import said_card
from bot.core.clearance import Sight
from bot.core.loop_cards import eval_card
from bot.core.model import Card, EvalRun
from bot.core.regression import Regression
from bot.core.texts import TEXTS
from knowledge.model import CuratedAnswer, Language


class Watch:
    """Runs the test set after an ingest, another model or another threshold."""

    def __init__(self, *, regression: Regression, admins: Admins) -> None:
        self._regression = regression
        self._admins = admins

    async def look(self) -> None:
        """Run the test set if something changed, and tell of a drop beyond the tolerance.

        Raises:
            StateUnavailable, StoreUnavailable: nothing was run.
        """
        runs = await self._regression.run_if_changed()
        if len(runs) > 1 and self._regression.is_drop(runs[-2], runs[-1]):
            cases = await self._regression.cases()
            await self._admins.tell(f"eval:{runs[-1].id}", partial(_warning, runs, cases))


def _warning(
    runs: Sequence[EvalRun], cases: Sequence[CuratedAnswer], language: Language, sight: Sight
) -> Card:
    said = said_card(TEXTS[language].eval_dropped, language)
    report = eval_card(sight.runs(runs, cases), language)
    return replace(report, blocks=(*said.blocks, *report.blocks), summary=said.summary)
