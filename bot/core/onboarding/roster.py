"""Who is on which journey: beginning, planning, pausing, ending."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.core.experts import direct
from bot.core.ids import hashed_id
from bot.core.model import User
from bot.core.onboarding.model import Entry, Facts, Joiner, JoinerState, Journey, Place
from bot.core.onboarding.people import Offices, Staff
from bot.core.onboarding.plan import (
    DONE,
    ENDED,
    LISTED,
    REVIVED,
    STOPPED,
    Terms,
    all_hold,
    first_due_date,
    jobs_of,
)
from bot.core.onboarding.ports import Joiners, Journeys
from bot.core.onboarding.when import local_date, next_workday, theirs, zone
from bot.core.ports import Clock
from bot.core.schedule import Agenda, Job
from knowledge.model import EVERYONE

log = logging.getLogger(__name__)

_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Somebody on a journey; new: they were not on it before."""

    joiner: Joiner
    new: bool


class Roster:
    """Keeps people on journeys, and their jobs true to what is planned for them."""

    def __init__(
        self,
        *,
        joiners: Joiners,
        agenda: Agenda,
        journeys: Journeys,
        offices: Offices,
        staff: Staff,
        terms: Terms,
        clock: Clock,
    ) -> None:
        self.joiners = joiners
        self.agenda = agenda
        self.journeys = journeys
        self.offices = offices
        self.staff = staff
        self.terms = terms
        self.clock = clock
        self._planned: dict[str, str] = {}
        self._unplanned: set[str] = set()

    async def begin(self, user: User, journey: Journey, facts: Facts, *, day_s: int = 0) -> Begun:
        """Put somebody on a journey; who is on it already stays as they are.

        day_s: a rehearsal, in which a day takes so many seconds.
        """
        new = self._new(user, journey, facts, day_s)
        self._unplanned.add(new.id)
        if await self.joiners.start(new):
            log.info("journey_begun", extra={"joiner": new.id, "journey": journey.id})
            begun = Begun(joiner=await self.plan(new, journey), new=True)
        else:
            known = await self.joiners.find(new.id) or new
            # Without a digest: the process ended between beginning and planning.
            planned = known if known.digest else await self.plan(known, journey)
            begun = Begun(joiner=planned, new=False)
        self._unplanned.discard(new.id)
        return begun

    async def plan(
        self, joiner: Joiner, journey: Journey, *, revive: Collection[str] = ()
    ) -> Joiner:
        """Make somebody's jobs what their journey, place and list say now."""
        edition = journey.edition(joiner.language)
        entries = {entry.step_id: entry for entry in await self.joiners.entries(joiner.id)}
        jobs = jobs_of(joiner, edition, self.terms, entries)
        await self.agenda.plan(joiner.id, jobs, now=self.clock(), revive=revive)
        await self._list_what_is_past(joiner, journey, jobs, entries)
        return await self.change(joiner, digest=journey.digest)

    async def replan(self, joiner: Joiner, *, revive: Collection[str] = ()) -> Joiner:
        """The same by the journey as it is now, if there is still one."""
        journey = self.journeys.current.get(joiner.journey)
        return joiner if journey is None else await self.plan(joiner, journey, revive=revive)

    async def refresh(self) -> int:
        """Plan anew for everybody whose journey HR changed; how many those were."""
        await self._plan_what_failed()
        journeys = self.journeys.current
        digests = {name: journey.digest for name, journey in journeys.items()}
        if digests == self._planned:
            return 0
        changed = [
            joiner
            for joiner in await self.joiners.all(JoinerState.ACTIVE, JoinerState.PAUSED)
            if digests.get(joiner.journey, joiner.digest) != joiner.digest
        ]
        for joiner in changed:
            await self.plan(joiner, journeys[joiner.journey])
        self._planned = digests
        return len(changed)

    async def _plan_what_failed(self) -> None:
        """Those who began while something broke."""
        for joiner_id in tuple(self._unplanned):
            joiner = await self.joiners.find(joiner_id)
            if joiner is not None and not joiner.digest:
                await self.replan(joiner)
            self._unplanned.discard(joiner_id)

    # ── changes ───────────────────────────────────────────────────────────────────────────────

    async def change(self, joiner: Joiner, **fields: Any) -> Joiner:
        """Change somebody; where somebody else did meanwhile, on top of their change."""
        for _ in range(_TRIES):
            if all(getattr(joiner, name) == value for name, value in fields.items()):
                return joiner
            changed = replace(joiner, **fields)
            if await self.joiners.change(changed):
                return replace(changed, version=changed.version + 1)
            joiner = await self.joiners.find(joiner.id) or joiner
        log.warning("joiner_not_changed", extra={"joiner": joiner.id})
        return joiner

    async def move(self, joiner: Joiner, time_zone: str) -> Joiner:
        """Their clock shows another time from now on."""
        place = self.offices.place_of(Facts(time_zone=time_zone))
        return await self.replan(await self.change(joiner, place=place))

    async def pause(self, joiner: Joiner) -> Joiner:
        """Send nothing until it is resumed."""
        if joiner.state is not JoinerState.ACTIVE:
            return joiner
        return await self._become(joiner, JoinerState.PAUSED)

    async def resume(self, joiner: Joiner) -> Joiner:
        """Go on. What a pause held up comes as many days later; a stop held up nothing."""
        if joiner.state in (JoinerState.ACTIVE, JoinerState.FINISHED):
            return joiner
        away = (self._today(joiner.place) - local_date(joiner.since, joiner.place)).days
        paused = joiner.state is JoinerState.PAUSED
        shifted = joiner.shifted + away if paused else joiner.shifted
        active = await self._become(joiner, JoinerState.ACTIVE, shifted=shifted)
        return await self.replan(active, revive=REVIVED)

    async def stop(self, joiner: Joiner) -> Joiner:
        """They want no more of it."""
        return await self._over(joiner, JoinerState.STOPPED, STOPPED)

    async def end(self, joiner: Joiner) -> Joiner:
        """HR wants no more of it, as where somebody left."""
        return await self._over(joiner, JoinerState.ENDED, ENDED)

    async def finish(self, joiner: Joiner) -> Joiner:
        """Its last day is over."""
        return await self._become(joiner, JoinerState.FINISHED)

    async def done(self, entry: Entry) -> None:
        """Nobody needs to be reminded of it any more."""
        await self.agenda.cancel(
            entry.joiner_id,
            about=entry.step_id,
            kinds=("remind", "escalate"),
            reason=DONE,
            now=self.clock(),
        )

    async def forget(self, person: str) -> int:
        """Delete all there is of a person; how many journeys that were."""
        return await self.joiners.forget(person)

    # ── inside ────────────────────────────────────────────────────────────────────────────────

    async def _over(self, joiner: Joiner, state: JoinerState, reason: str) -> Joiner:
        over = await self._become(joiner, state)
        await self.agenda.cancel(joiner.id, reason=reason, now=self.clock())
        return over

    async def _become(self, joiner: Joiner, state: JoinerState, **fields: Any) -> Joiner:
        return await self.change(joiner, state=state, since=self.clock(), **fields)

    async def _list_what_is_past(
        self,
        joiner: Joiner,
        journey: Journey,
        jobs: Collection[Job],
        entries: Mapping[str, Entry],
    ) -> None:
        """Who begins late finds on their list what they missed, without a message for each."""
        edition, now = journey.edition(joiner.language), self.clock()
        for job in jobs:
            step = edition.step(job.about)
            if job.reason != LISTED or step is None or not all_hold(step.when, entries):
                continue
            due = first_due_date(step, joiner, self.terms, now)
            entry = Entry(joiner_id=joiner.id, step_id=step.id, shown_at=now, due_on=due)
            await self.joiners.add(entry)

    def _new(self, user: User, journey: Journey, facts: Facts, day_s: int) -> Joiner:
        now, place = self.clock(), self.offices.place_of(facts)
        return Joiner(
            id=joiner_id(journey.id, user, rehearsed_at=now if day_s else None),
            user=user,
            conversation=direct(user.key),
            journey=journey.id,
            digest="",
            language=facts.language or self.staff.language(user.platform),
            place=place,
            day_one=facts.first_day or self._first_day(now, place),
            started_at=now,
            department=facts.department,
            role=facts.role,
            location=facts.location,
            manager=facts.manager,
            buddy=facts.buddy,
            audiences=frozenset({EVERYONE, *journey.audiences}),
            since=now,
            day_s=day_s,
        )

    def _first_day(self, now: datetime, place: Place) -> date:
        """Today, unless its working hours are over."""
        local = now.astimezone(zone(place.time_zone))
        over = local.time() >= self.terms.hours.end
        today = local.date() + timedelta(days=1) if over else local.date()
        return next_workday(today, place, self.terms.calendar)

    def _today(self, place: Place) -> date:
        return local_date(self.clock(), place)

    def today_of(self, joiner: Joiner) -> date:
        """The date as they live through it."""
        return local_date(theirs(self.clock(), joiner, self.terms.hours), joiner.place)


def joiner_id(journey: str, user: User, *, rehearsed_at: datetime | None = None) -> str:
    """One journey and person have one name, so that joining twice begins nothing twice."""
    again = f"\n{rehearsed_at.isoformat()}" if rehearsed_at else ""
    name = f"{journey}\n{user.key}{again}"
    return hashed_id(name, digits=24)
