"""What happens often, said seldom."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.ports import Clock

_NEVER = timedelta(0)


class Seldom:
    """Counts what happens, and lets it be told at most once an interval.

    What is not followed by more of it stays untold until it happens again.
    """

    def __init__(self, every: timedelta, *, clock: Clock) -> None:
        self._every = every
        self._clock = clock
        self._told_at: datetime | None = None
        self._untold = 0

    def count(self) -> int:
        """It happened once more: how often since it was told last, or 0 where it is too early."""
        self._untold += 1
        now = self._clock()
        # A clock that was put back must not silence it for as long.
        if self._told_at is not None and _NEVER <= now - self._told_at < self._every:
            return 0
        self._told_at = now
        untold, self._untold = self._untold, 0
        return untold
