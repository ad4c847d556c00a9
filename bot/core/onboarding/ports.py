"""What onboarding needs from the outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.core.onboarding.model import Entry, Joiner, JoinerState, Journey, Place, Wondered


class Calendar(Protocol):
    """Knows which days people work."""

    def workday(self, day: date, place: Place) -> bool:
        """Whether people work there on this day: weekends, public holidays, shifted workdays."""
        ...


class Journeys(Protocol):
    """The journeys HR wrote."""

    @property
    def current(self) -> Mapping[str, Journey]:
        """By their ids, as they were at the last look."""
        ...

    async def look(self) -> Sequence[str]:
        """See what HR changed since; the mistakes in it, in words for HR.

        A journey that is broken now stays as it was before.
        """
        ...


class Joiners(Protocol):
    """People on journeys, what stands on their lists, and what they asked."""

    async def start(self, joiner: Joiner) -> bool:
        """Keep somebody new; False, and nothing changed, where their id is known."""
        ...

    async def find(self, joiner_id: str) -> Joiner | None:
        """One of them."""
        ...

    async def whole(self, joiner_id: str) -> tuple[Joiner, tuple[Entry, ...]] | None:
        """One of them with all that stands on their list."""
        ...

    async def of(self, person: str) -> tuple[Joiner, ...]:
        """All journeys of a person by their key, the latest first."""
        ...

    async def all(self, *states: JoinerState) -> tuple[Joiner, ...]:
        """Everybody in these states, or everybody, in the order in which they started."""
        ...

    async def change(self, joiner: Joiner) -> bool:
        """Keep them with the next version; False where somebody else changed them meanwhile."""
        ...

    async def add(self, entry: Entry) -> bool:
        """Put a step on a list; False where it stands there."""
        ...

    async def entry(self, joiner_id: str, step_id: str) -> Entry | None:
        """One step on a list."""
        ...

    async def entries(self, *joiner_ids: str) -> tuple[Entry, ...]:
        """All that stands on these lists, in the order in which it was shown."""
        ...

    async def amend(self, entry: Entry) -> bool:
        """Keep it with the next version; False where somebody else changed it meanwhile."""
        ...

    async def wonder(self, wondered: Wondered) -> None:
        """Keep a question; the same id again replaces it."""
        ...

    async def wondered(self, *, since: datetime) -> tuple[Wondered, ...]:
        """Questions asked since this moment, oldest first."""
        ...

    async def forget(self, person: str) -> int:
        """Delete all there is of a person: journeys, lists, answers, questions, jobs.

        How many journeys that were.
        """
        ...
