"""Figures that nobody tells of: they are looked up."""

from __future__ import annotations

from collections import Counter

from bot.core.intake import Intake
from bot.core.model import GapState
from bot.core.ports import Clock, Gaps
from bot.telemetry.metrics import Metrics


class Gauges:
    """Sets metrics to what is now."""

    def __init__(self, metrics: Metrics, *, intake: Intake, gaps: Gaps, clock: Clock) -> None:
        self._metrics = metrics
        self._intake = intake
        self._gaps = gaps
        self._clock = clock

    def look(self) -> None:
        """What this process knows by itself; cheap enough for every scrape."""
        oldest = self._intake.oldest
        age_s = (self._clock() - oldest).total_seconds() if oldest else 0.0
        self._metrics.oldest_event.set(max(0.0, age_s))
        self._metrics.events_unfinished.set(self._intake.pending)

    async def count(self) -> None:
        """What the state store knows; now and then is enough.

        Raises:
            StateUnavailable: the store does not answer.
        """
        states = Counter(gap.state for gap in await self._gaps.standing())
        for state in (GapState.OPEN, GapState.ASKED):
            self._metrics.gaps.labels(state.value).set(states[state])
