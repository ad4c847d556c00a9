"""Onboarding put together: what events, buttons, words and the clock are brought to."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.access import Readers
from bot.core.model import AnswerRecord, CardAction, Conversation, MemberJoined, User
from bot.core.onboarding.arrivals import Arrivals
from bot.core.onboarding.delivery import Delivery
from bot.core.onboarding.desk import JoinerDesk
from bot.core.onboarding.digest import LANE, Digest
from bot.core.onboarding.handbook import Handbook
from bot.core.onboarding.hr_desk import HrDesk
from bot.core.onboarding.lists import Lists
from bot.core.onboarding.model import JoinerState
from bot.core.onboarding.people import Offices, Staff
from bot.core.onboarding.plan import Terms
from bot.core.onboarding.ports import Joiners, Journeys
from bot.core.onboarding.roster import Roster
from bot.core.onboarding.standings import Standings
from bot.core.onboarding.wondering import Wondering
from bot.core.ports import Clock
from bot.core.replies import Replies
from bot.core.schedule import Agenda, Job, Schedule
from knowledge.likeness import Likeness
from knowledge.ports import Answerer

log = logging.getLogger(__name__)

_ASKS_ANEW_AFTER = timedelta(hours=1)
"""The handbook may say something else by then."""

_RUNNING = (JoinerState.ACTIVE, JoinerState.PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What the company decided about onboarding.

    automatic: joining begins a journey; else only HR does.
    shared_by: so many must have asked something before it becomes a tip for others.
    """

    journeys: Journeys
    terms: Terms
    offices: Offices = field(default_factory=Offices)
    automatic: bool = True
    shared_by: int = 2


class Onboarding:
    """The desks of onboarding, and the clockwork behind them."""

    def __init__(
        self,
        *,
        program: Program,
        staff: Staff,
        joiners: Joiners,
        agenda: Agenda,
        answerer: Answerer,
        likeness: Likeness,
        replies: Replies,
        clock: Clock,
    ) -> None:
        self._program = program
        self.roster = Roster(
            joiners=joiners,
            agenda=agenda,
            journeys=program.journeys,
            offices=program.offices,
            staff=staff,
            terms=program.terms,
            clock=clock,
        )
        handbook = Handbook(answerer)
        standings = Standings(self.roster)
        self._handbook = handbook
        self._wondering = Wondering(
            roster=self.roster, likeness=likeness, shared_by=program.shared_by
        )
        lists = Lists(roster=self.roster, replies=replies, handbook=handbook)
        self.desk = JoinerDesk(roster=self.roster, lists=lists, replies=replies)
        self.hr = HrDesk(roster=self.roster, standings=standings, replies=replies)
        self._digest = Digest(
            roster=self.roster, standings=standings, wondering=self._wondering, replies=replies
        )
        self._delivery = Delivery(
            roster=self.roster,
            lists=lists,
            handbook=handbook,
            wondering=self._wondering,
            replies=replies,
        )
        self._schedule = Schedule(agenda=agenda, run=self._run, clock=clock)
        self._arrivals = Arrivals(self.roster)
        self._clock = clock
        self._asks_anew_at = clock()
        self._audiences: dict[str, frozenset[str]] = {}

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button and form does, by its name."""
        return {**self.desk.actions, **self.hr.actions}

    async def heard(self, record: AnswerRecord) -> None:
        """Somebody was answered; what new colleagues ask is kept."""
        await self._wondering.heard(record)

    async def joined(self, event: MemberJoined) -> None:
        """Somebody joined the company or a channel."""
        if self._program.automatic:
            await self._arrivals.joined(event)

    def readers(self, others: Readers) -> Readers:
        """Who is on a journey reads, where they are alone with the bot, what its audiences may."""
        return _OnJourneys(others, lambda user: self._audiences.get(user.key, frozenset()))

    async def tick(self) -> int:
        """Do what is due; how many jobs that were.

        Raises:
            StateUnavailable: the store does not answer; nothing is lost.
        """
        faults = await self._program.journeys.look()
        await self._digest.tell_of(faults)
        if await self.roster.refresh() or self._clock() >= self._asks_anew_at:
            self._handbook.forget()
            self._asks_anew_at = self._clock() + _ASKS_ANEW_AFTER
        await self._digest.ensure()
        count = await self._schedule.tick()
        await self._know_audiences()
        return count

    async def _run(self, lane: str, jobs: tuple[Job, ...]) -> Sequence[Job]:
        run = self._digest.run(jobs) if lane == LANE else self._delivery.run(lane, jobs)
        return await run

    async def _know_audiences(self) -> None:
        if not any(one.audiences for one in self._program.journeys.current.values()):
            return
        people = await self.roster.joiners.all(*_RUNNING)
        self._audiences = {one.user.key: one.audiences for one in people}


class _OnJourneys:
    """Readers, some of whom read more while they are on a journey."""

    def __init__(self, others: Readers, more: Callable[[User], frozenset[str]]) -> None:
        self._others = others
        self._more = more

    async def alone(self, user: User) -> frozenset[str]:
        return await self._others.alone(user) | self._more(user)

    async def together(self, place: Conversation, user: User) -> frozenset[str]:
        if place.direct:
            return await self.alone(user)
        return await self._others.together(place, user)
