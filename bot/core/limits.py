"""How much one person may ask, and how often their opinion counts."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.model import MessageRef, User
from bot.core.ports import Clock, Verdicts

_WINDOW = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """A question that came too soon.

    wait: until the next one is welcome.
    first: the first one refused since the last that was welcome; only it is worth a word, or two
        bots could talk to each other for ever.
    """

    wait: timedelta
    first: bool


class QuestionLimit:
    """So many questions a person in any sixty seconds.

    people: how many persons are remembered; who asked longest ago is forgotten first.
    """

    def __init__(self, *, questions_per_minute: int, clock: Clock, people: int = 10_000) -> None:
        self._allowed = questions_per_minute
        self._clock = clock
        self._people = people
        self._asked: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._told: set[str] = set()

    def admit(self, user: User) -> TooMany | None:
        """Count a question: None where it is welcome."""
        now = self._clock()
        asked = self._recent(user, now)
        if len(asked) < self._allowed:
            asked.append(now)
            self._told.discard(user.key)
            return None
        first = user.key not in self._told
        self._told.add(user.key)
        return TooMany(wait=asked[0] + _WINDOW - now if asked else _WINDOW, first=first)

    def _recent(self, user: User, now: datetime) -> deque[datetime]:
        asked = self._asked.setdefault(user.key, deque())
        self._asked.move_to_end(user.key)
        if len(self._asked) > self._people:
            forgotten, _ = self._asked.popitem(last=False)
            self._told.discard(forgotten)
        while asked and asked[0] <= now - _WINDOW:
            asked.popleft()
        return asked


class VoteLimit:
    """So many votes a person in any twenty-four hours; they are counted where they are kept.

    Another word on an answer that was voted on already is always welcome.
    """

    def __init__(self, *, votes_per_day: int, verdicts: Verdicts, clock: Clock) -> None:
        self._allowed = votes_per_day
        self._verdicts = verdicts
        self._clock = clock

    async def welcomes(self, user: User, ref: MessageRef) -> bool:
        """Whether this person's vote on this answer counts.

        Raises:
            StateUnavailable: the store does not answer.
        """
        since = self._clock() - _DAY
        return await self._verdicts.given(user, since=since, but=ref) < self._allowed
