"""How much one person may ask, and how often their opinion counts."""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.core.errors import StateUnavailable
from bot.core.model import Conversation, MessageRef, User
from bot.core.ports import Clock, Verdicts

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Whose(StrEnum):
    """Whose share is used up."""

    PERSON = "person"
    CHANNEL = "channel"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """A question that came too soon.

    wait: until the next one is welcome.
    first: the first one refused since the last that was welcome; only it is worth a word, or two
        bots could talk to each other for ever.
    """

    wait: timedelta
    first: bool
    whose: Whose = Whose.PERSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many questions are answered in any sixty seconds.

    channel: in one conversation of several people, its threads included. everybody: in all.
    commands: so many commands of one person are run.
    """

    person: int = 10
    channel: int = 60
    everybody: int = 600
    commands: int = 30


class QuestionLimit:
    """So many questions a person, a channel and all together in any sixty seconds.

    people: how many persons are remembered; who asked longest ago is forgotten first.
    uses: counts; None: in memory, for as many persons, and channels.
    """

    def __init__(
        self,
        shares: Shares,
        *,
        clock: Clock,
        people: int = 10_000,
        uses: RecentUses | None = None,
    ) -> None:
        self.shares = shares
        self._clock = clock
        self._people = people
        self._uses = uses or UsesInMemory(most=people)
        self._told: OrderedDict[str, None] = OrderedDict()
        self.askers = Askers(since=clock())

    async def admit(self, user: User, place: Conversation | None = None) -> TooMany | None:
        """Count a question: None where it is welcome. place: None: only the asker reads on."""
        allowed = {f"{Whose.PERSON}/{user.key}": self.shares.person}
        if place is not None and not place.direct:
            allowed[f"{Whose.CHANNEL}/{place.platform}:{place.id}"] = self.shares.channel
        allowed[f"{Whose.ALL}/"] = self.shares.everybody
        refused = await self._used(allowed)
        self.askers.count(user.key, refused=refused is not None)
        if refused is None:
            self._told.pop(user.key, None)
            return None
        whose = Whose(refused.name.partition("/")[0])
        return TooMany(wait=refused.wait, first=self._first(user.key), whose=whose)

    async def admit_command(self, user: User) -> TooMany | None:
        """Count a command: None where it is welcome."""
        name = f"{user.key}/command"
        refused = await self._used({f"command/{user.key}": self.shares.commands})
        if refused is not None:
            return TooMany(wait=refused.wait, first=self._first(name))
        self._told.pop(name, None)
        return None

    async def _used(self, allowed: Mapping[str, int]) -> Refused | None:
        try:
            return await self._uses.use(allowed, now=self._clock())
        except StateUnavailable as error:
            # Who cannot be counted is not turned away for that.
            log.warning("use_not_counted", extra={"reason": str(error)})
            return None

    def _first(self, name: str) -> bool:
        first = name not in self._told
        self._told[name] = None
        if len(self._told) > 2 * self._people:
            self._told.popitem(last=False)
        return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A use that came too soon. name: of which there were too many."""

    name: str
    wait: timedelta


class RecentUses(Protocol):
    """How often each name was used in the last sixty seconds."""

    async def use(self, allowed: Mapping[str, int], *, now: datetime) -> Refused | None:
        """Use all of these names once more; none of them where one was used as often as allowed.

        Raises:
            StateUnavailable: it was not counted.
        """
        ...


class UsesInMemory:
    """The `RecentUses` of a bot that is alone.

    most: how many names of a kind, which ends at the first slash, are remembered.
    """

    def __init__(self, *, most: int = 10_000) -> None:
        self._most = most
        self._kinds: dict[str, Windows] = {}

    async def use(self, allowed: Mapping[str, int], *, now: datetime) -> Refused | None:
        """Use all of these names once more, or none of them."""
        windows = {name: self._window(name, most) for name, most in allowed.items()}
        for name, window in windows.items():
            wait = window.wait(name, now)
            if wait is not None:
                return Refused(name=name, wait=wait)
        for name, window in windows.items():
            window.count(name, now)
        return None

    def _window(self, name: str, allowed: int) -> Windows:
        kind = name.partition("/")[0]
        if kind not in self._kinds:
            self._kinds[kind] = Windows(allowed, most=self._most)
        return self._kinds[kind]


class Windows:
    """When each of many was welcome in the last sixty seconds.

    most: how many names are remembered; what was used longest ago is forgotten first.
    """

    def __init__(self, allowed: int, *, most: int) -> None:
        self._allowed = allowed
        self._most = most
        self._welcome: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, name: str, now: datetime) -> timedelta | None:
        """How long until the next is welcome; None: it is now."""
        recent = self._recent(name, now)
        if len(recent) < self._allowed:
            return None
        return recent[0] + WINDOW - now if recent else WINDOW

    def count(self, name: str, now: datetime) -> None:
        """One more was welcome."""
        self._recent(name, now).append(now)

    def _recent(self, name: str, now: datetime) -> deque[datetime]:
        recent = self._welcome.setdefault(name, deque())
        self._welcome.move_to_end(name)
        if len(self._welcome) > self._most:
            self._welcome.popitem(last=False)
        while recent and recent[0] <= now - WINDOW:
            recent.popleft()
        return recent


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """How often somebody asked. asked: at most this, see `Askers`. refused: of those."""

    key: str
    asked: int
    refused: int


class Askers:
    """Who asks most, in room for few.

    Whoever asks more than a share of 1 / `most` is among them for certain; where there was no room,
    a newcomer takes over the smallest count (Metwally, Agrawal, El Abbadi, ICDT 2005), so a count
    is never too small.
    """

    def __init__(self, *, since: datetime, most: int = 1_000) -> None:
        self.since = since
        self._most = most
        self._counts: dict[str, tuple[int, int]] = {}

    def count(self, key: str, *, refused: bool = False) -> None:
        """Somebody asked once more."""
        if key not in self._counts and len(self._counts) >= self._most:
            least = min(self._counts, key=lambda one: self._counts[one][0])
            self._counts[key] = (self._counts.pop(least)[0], 0)
        asked, turned_down = self._counts.get(key, (0, 0))
        self._counts[key] = (asked + 1, turned_down + refused)

    def top(self, count: int) -> tuple[Asker, ...]:
        """Those who asked most, first."""
        most = sorted(self._counts.items(), key=lambda item: (-item[1][0], item[0]))
        return tuple(
            Asker(key=key, asked=asked, refused=refused) for key, (asked, refused) in most[:count]
        )


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
