"""Telling administrators when a change made the answers worse."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.core.cards import said_card
from bot.core.errors import ChannelError
from bot.core.experts import direct
from bot.core.loop_cards import eval_card
from bot.core.model import Card, EvalRun, Reply
from bot.core.regression import Regression
from bot.core.replies import Replies
from bot.core.texts import TEXTS
from knowledge.model import Language

log = logging.getLogger(__name__)


class Watch:
    """Runs the test set after an ingest, another model or another threshold.

    admins: keys of those who are told. tolerance: the share of cases that may get worse unsaid.
    """

    def __init__(
        self,
        *,
        regression: Regression,
        replies: Replies,
        admins: Sequence[str],
        language: Language = "en",
        tolerance: float = 0.05,
    ) -> None:
        self._regression = regression
        self._replies = replies
        self._admins = tuple(admins)
        self._language = language
        self._tolerance = tolerance

    async def look(self) -> None:
        """Run the test set if something changed, and tell of a drop beyond the tolerance.

        Raises:
            StateUnavailable, StoreUnavailable: nothing was run.
        """
        runs = await self._regression.run_if_changed()
        if not runs:
            return
        lost = _lost(runs[-2], runs[-1]) if len(runs) > 1 else 0.0
        log.info("test_set_run", extra={"cases": len(runs[-1].results), "lost": round(lost, 3)})
        if lost > self._tolerance:
            await self._tell(runs)

    async def _tell(self, runs: Sequence[EvalRun]) -> None:
        card = _warning(eval_card(runs, self._language), self._language)
        for key in self._admins:
            reply = Reply(key=f"eval:{runs[-1].id}/{key}", conversation=direct(key), card=card)
            try:
                await self._replies.once(reply)
            except (ChannelError, KeyError) as error:
                # KeyError: of a platform that is not enabled.
                log.warning("drop_not_told", extra={"admin": key, "reason": str(error)})


def _lost(before: EvalRun, now: EvalRun) -> float:
    """The share of the cases in both runs that were right and no longer are, less the reverse."""
    both = before.results.keys() & now.results.keys()
    was = sum(before.results[case] == "right" for case in both)
    is_now = sum(now.results[case] == "right" for case in both)
    return (was - is_now) / max(1, len(both))


def _warning(report: Card, language: Language) -> Card:
    said = said_card(TEXTS[language].eval_dropped, language)
    return replace(report, blocks=(*said.blocks, *report.blocks), summary=said.summary)
