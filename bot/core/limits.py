"""How much one person may ask."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from bot.core.model import User
from bot.core.ports import Clock

_WINDOW = timedelta(minutes=1)


class QuestionLimit:
    """So many questions a person in any sixty seconds.

    people: how many persons are remembered; who asked longest ago is forgotten first.
    """

    def __init__(self, *, questions_per_minute: int, clock: Clock, people: int = 10_000) -> None:
        self._allowed = questions_per_minute
        self._clock = clock
        self._people = people
        self._asked: OrderedDict[str, deque[datetime]] = OrderedDict()

    def admit(self, user: User) -> timedelta | None:
        """Count a question: None where it is welcome, else how long to wait for the next one."""
        now = self._clock()
        asked = self._recent(user, now)
        if len(asked) >= self._allowed:
            return asked[0] + _WINDOW - now if asked else _WINDOW
        asked.append(now)
        return None

    def _recent(self, user: User, now: datetime) -> deque[datetime]:
        asked = self._asked.setdefault(user.key, deque())
        self._asked.move_to_end(user.key)
        if len(self._asked) > self._people:
            self._asked.popitem(last=False)
        while asked and asked[0] <= now - _WINDOW:
            asked.popleft()
        return asked
