"""The week of onboarding, told to HR every Monday morning."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Card, Conversation, Reply
from bot.core.onboarding.hr_cards import Week, broken_card, week_card
from bot.core.onboarding.model import Facts, JoinerState, Place
from bot.core.onboarding.plan import LATE, NOBODY
from bot.core.onboarding.report import Standing
from bot.core.onboarding.roster import Roster
from bot.core.onboarding.standings import Standings
from bot.core.onboarding.when import local_date, moment, next_workday
from bot.core.onboarding.wondering import Wondering
from bot.core.replies import Replies
from bot.core.schedule import Job, JobState

log = logging.getLogger(__name__)

LANE: Final = "onboarding-digest"
_WEEK: Final = timedelta(days=7)
_AGAIN: Final = timedelta(minutes=10)
_GRACE: Final = timedelta(days=3)


class Digest:
    """Plans and sends the weekly digest, and tells HR where a journey file is broken."""

    def __init__(
        self, *, roster: Roster, standings: Standings, wondering: Wondering, replies: Replies
    ) -> None:
        self._roster = roster
        self._standings = standings
        self._wondering = wondering
        self._replies = replies
        self._told: Sequence[str] = ()
        self._planned_until: datetime | None = None

    async def ensure(self) -> None:
        """See to it that the next digest is planned."""
        now = self._roster.clock()
        if self._planned_until is not None and now < self._planned_until:
            return
        waiting = [
            job for job in await self._roster.agenda.of(LANE) if job.state is JobState.WAITING
        ]
        at = max((job.planned_at for job in waiting), default=now)
        if at <= now:
            at = self._next(now)
            new = Job(id=f"{LANE}/{at:%Y%m%d}", lane=LANE, kind="digest", planned_at=at, due_at=at)
            await self._roster.agenda.plan(LANE, [*waiting, new], now=now)
        self._planned_until = at

    async def run(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Send what is due; of several only the last, and none that is days old."""
        *missed, last = jobs
        now = self._roster.clock()
        late = tuple(self._settled(job, JobState.SKIPPED, LATE) for job in missed)
        if now - last.planned_at > _GRACE:
            return (*late, self._settled(last, JobState.SKIPPED, LATE))
        week = await self._week()
        if not (week.active or week.new or week.finished or week.asked or week.gaps):
            return (*late, self._settled(last, JobState.SKIPPED, NOBODY))
        for place in self._roster.staff.hr_places:
            language = self._roster.staff.language(place.platform)
            try:
                await self._tell(place, last.id, week_card(week, language))
            except ChannelUnavailable as error:
                log.warning("digest_put_off", extra={"reason": str(error)})
                return (*late, replace(last, due_at=now + _AGAIN))
        return (*late, self._settled(last, JobState.DONE, ""))

    async def tell_of(self, faults: Sequence[str]) -> None:
        """Tell HR once of what is wrong in a journey file."""
        if list(faults) == list(self._told):
            return
        self._told = faults
        stamp = f"{self._roster.clock():%Y%m%d%H%M}"
        for place in self._roster.staff.hr_places if faults else ():
            language = self._roster.staff.language(place.platform)
            card = broken_card(faults, language)
            with suppress(ChannelUnavailable):  # the log has it, and so has the check
                await self._tell(place, f"onboarding-broken/{stamp}", card)

    async def _week(self) -> Week:
        since = self._roster.clock() - _WEEK
        people = [one for one in await self._roster.joiners.all() if not one.day_s]
        active = [one for one in people if one.state in (JoinerState.ACTIVE, JoinerState.PAUSED)]
        wishes = await self._wondering.since(_WEEK)
        standings = await self._standings.of(active)
        worrying: list[Standing] = [one for one in standings if one.stuck]
        return Week(
            active=len(active),
            new=sum(one.started_at >= since for one in people),
            finished=sum(
                one.state is JoinerState.FINISHED and one.since >= since for one in people
            ),
            attention=tuple(sorted(worrying, key=lambda one: -one.stuck_days)),
            asked=tuple(one for one in wishes if one.answered),
            gaps=tuple(one for one in wishes if not one.answered),
        )

    async def _tell(self, place: Conversation, name: str, card: Card) -> None:
        """Raises ChannelUnavailable: perhaps later."""
        key = f"{name}/{place.platform}:{place.id}"
        try:
            await self._replies.once(Reply(key=key, conversation=place, card=card))
        except (ChannelRefused, KeyError) as error:
            # KeyError: of a platform that is not enabled.
            log.warning("hr_not_told", extra={"place": place.id, "reason": str(error)})

    def _next(self, now: datetime) -> datetime:
        """The beginning of the first working day of the next week, where the first office is."""
        place: Place = self._roster.offices.place_of(Facts())
        today, terms = local_date(now, place), self._roster.terms
        monday = today + timedelta(days=7 - today.weekday())
        return moment(next_workday(monday, place, terms.calendar), terms.hours.begin, place)

    def _settled(self, job: Job, state: JobState, reason: str) -> Job:
        return replace(job, state=state, reason=reason, settled_at=self._roster.clock())
