"""Whose turn it is before a model: everybody in turn, however much one of them asks.

Start-time fair queuing with equal costs (Goyal, Vin, Cheng, SIGCOMM 1996): somebody's next place
begins where their last one ended, or now, if that is later. So nobody who asks once waits behind
the second question of somebody else, and who was away has saved up nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

QUICK_IN_A_ROW: Final = 3
"""So many readings go before replies; then one reply has its turn, if one waits."""


@dataclass(slots=True, eq=False, kw_only=True)
class Place:
    """Somebody's place in the line.

    quick: a reading of one token, not a reply. called: it is its turn, or was.
    """

    asker: str
    quick: bool
    turn: int
    called: asyncio.Event = field(default_factory=asyncio.Event)


class FairLine:
    """Those who wait, by turns; in one turn whoever came first."""

    def __init__(self) -> None:
        self._waiting: list[Place] = []
        self._turn = 0
        self._served: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, asker: str, *, quick: bool = False) -> Place:
        """A place behind all of the same turn or an earlier one."""
        own = [place.turn for place in self._waiting if place.asker == asker]
        last = max(own, default=self._served.get(asker, self._turn - 1))
        place = Place(asker=asker, quick=quick, turn=max(self._turn, last + 1))
        self._waiting.append(place)
        self._waiting.sort(key=lambda one: one.turn)  # stable: as they came within a turn
        return place

    def leave(self, place: Place) -> bool:
        """Give a place up; False where it was not waiting."""
        if place not in self._waiting:
            return False
        self._waiting.remove(place)
        return True

    def call(self) -> Place | None:
        """The next one, who waits no longer; None where nobody waits."""
        if not self._waiting:
            return None
        place = self._waiting.pop(0)
        self._turn = place.turn
        self._served[place.asker] = place.turn
        # Whoever was served in an earlier turn begins in this one like everybody else.
        self._served = {who: turn for who, turn in self._served.items() if turn >= self._turn}
        place.called.set()
        return place

    def number(self, place: Place) -> int:
        """Its place, from 1, who is next."""
        return self._waiting.index(place) + 1

    def of(self, asker: str) -> int:
        """How many places somebody has."""
        return sum(place.asker == asker for place in self._waiting)


class Lines:
    """Replies, and readings of one token, which go before them but not for ever."""

    def __init__(self) -> None:
        self._replies = FairLine()
        self._quick = FairLine()
        self._quick_in_a_row = 0

    def line(self, *, quick: bool) -> FairLine:
        """Of readings, or of replies."""
        return self._quick if quick else self._replies

    def call(self) -> Place | None:
        """The next one of both; None where nobody waits."""
        quick = len(self._quick) > 0
        if quick and len(self._replies) and self._quick_in_a_row >= QUICK_IN_A_ROW:
            quick = False
        self._quick_in_a_row = self._quick_in_a_row + 1 if quick else 0
        return self.line(quick=quick).call()
