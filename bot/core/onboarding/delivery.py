"""Sends what is due to whom it concerns, once, and in hours in which people may be written to."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Card, Conversation, Reply
from bot.core.onboarding.cards import (
    Shown,
    escalated_card,
    reminder_card,
    step_card,
    welcome_card,
)
from bot.core.onboarding.handbook import Handbook
from bot.core.onboarding.lists import Lists, Spot
from bot.core.onboarding.model import (
    Edition,
    Entry,
    Joiner,
    JoinerState,
    Journey,
    Part,
    Step,
    Tip,
)
from bot.core.onboarding.plan import (
    CONDITION,
    DONE,
    ENDED,
    FORGOTTEN,
    LATE,
    NOBODY,
    NOT_SHOWN,
    NUDGES,
    REFUSED,
    REMOVED,
    STOPPED,
    UNREACHABLE,
    all_hold,
    first_due_date,
    grace_of,
    in_words_of,
)
from bot.core.onboarding.ports import Joiners
from bot.core.onboarding.roster import Roster
from bot.core.onboarding.when import day_number, next_open
from bot.core.onboarding.wondering import Wondering
from bot.core.onboarding.wording import name_of
from bot.core.replies import Replies
from bot.core.schedule import Job, JobState

log = logging.getLogger(__name__)

_CARDS_AT_ONCE: Final = 4
"""More at a time nobody reads; the rest follows after a pause."""

_BREATH: Final = timedelta(minutes=30)
_PAUSE: Final = timedelta(minutes=5)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_WISHES_TRIED: Final = 3
_WITHOUT_JOURNEY: Final = timedelta(days=14)

_OVER: Final = {
    JoinerState.STOPPED: STOPPED,
    JoinerState.ENDED: ENDED,
    JoinerState.FINISHED: ENDED,
}


@dataclass
class Way:
    """Somebody on their journey, while their due jobs are done.

    grew: something new stands on their own list.
    """

    joiner: Joiner
    journey: Journey
    joiners: Joiners
    grew: bool = False
    _listed: dict[str, Entry] | None = None

    @property
    def edition(self) -> Edition:
        """The journey in their language."""
        return self.journey.edition(self.joiner.language)

    async def entries(self) -> Mapping[str, Entry]:
        """What stands on the list, by step; read when somebody asks for the first time."""
        if self._listed is None:
            found = await self.joiners.entries(self.joiner.id)
            self._listed = {entry.step_id: entry for entry in found}
        return self._listed

    async def answers(self) -> Mapping[str, Entry]:
        """The same, with choices in the words of the edition they read now."""
        return in_words_of(self.edition, self.journey, await self.entries())

    async def fits(self, step: Step) -> bool:
        """Whether the step is for them, by what they answered."""
        return not step.when or all_hold(step.when, await self.answers())

    def add(self, entry: Entry, *, theirs: bool) -> None:
        """Something new stands on the list."""
        if self._listed is not None:
            self._listed[entry.step_id] = entry
        self.grew = self.grew or theirs

    def spot(self, step: Step, entry: Entry) -> Spot:
        """A step on their list."""
        return Spot(joiner=self.joiner, edition=self.edition, step=step, entry=entry)


class Delivery:
    """Does the due jobs of one joiner, in their order."""

    def __init__(
        self,
        *,
        roster: Roster,
        lists: Lists,
        handbook: Handbook,
        wondering: Wondering,
        replies: Replies,
    ) -> None:
        self._roster = roster
        self._lists = lists
        self._handbook = handbook
        self._wondering = wondering
        self._replies = replies

    async def run(self, lane: str, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """What became of each job."""
        joiner = await self._roster.joiners.find(lane.removesuffix(NUDGES))
        if joiner is None:
            return tuple(self._skipped(job, FORGOTTEN) for job in jobs)
        journey = self._roster.journeys.current.get(joiner.journey)
        if journey is None:
            return tuple(self._without_journey(job) for job in jobs)
        if joiner.state is JoinerState.PAUSED:
            return tuple(replace(job, due_at=self._now() + _DAY) for job in jobs)
        if joiner.state in _OVER:
            return tuple(self._skipped(job, _OVER[joiner.state]) for job in jobs)
        way = Way(joiner=joiner, journey=journey, joiners=self._roster.joiners)
        return await self._in_order(way, jobs)

    async def _in_order(self, way: Way, jobs: Sequence[Job]) -> tuple[Job, ...]:
        became: list[Job] = []
        sent, blocked_until = 0, None
        for job in jobs:
            if blocked_until is not None:
                # What comes after something that did not arrive, waits too: nothing overtakes.
                became.append(replace(job, due_at=blocked_until))
            elif sent >= _CARDS_AT_ONCE and not way.joiner.day_s:
                became.append(replace(job, due_at=self._now() + _BREATH))
            else:
                became.append(await self._one(way, job))
                sent += became[-1].state is JobState.DONE
                if became[-1].tries > job.tries:
                    blocked_until = became[-1].due_at
        if way.grew and self._lists.capabilities(way.joiner).edits:
            entries = await way.entries()
            await self._lists.refresh(way.joiner, entries.values(), create=True)
        return tuple(became)

    async def _one(self, way: Way, job: Job) -> Job:
        step = way.edition.step(job.about)
        if job.kind == "finish":
            await self._roster.finish(way.joiner)
            return self._done(job)
        if step is None and job.kind not in ("welcome", "nudge"):
            return self._skipped(job, REMOVED)
        return await self._not_now(way, step, job) or await self._try(way, step, job)

    async def _try(self, way: Way, step: Step | None, job: Job) -> Job:
        try:
            if job.kind == "nudge":
                return await self._nudge(way, job)
            if step is None:
                return await self._welcome(way, job)
            return await self._step(way, step, job)
        except (ChannelUnavailable, KeyError) as error:
            # KeyError: of a platform that is not enabled now.
            return self._again(job, error)
        except ChannelRefused as refused:
            return self._skipped(job, f"{REFUSED}:{refused.code}"[:64])

    async def _not_now(self, way: Way, step: Step | None, job: Job) -> Job | None:
        """The job as it waits for better hours, or came too late; a rehearsal knows neither."""
        now, terms = self._now(), self._roster.terms
        if way.joiner.day_s:
            return None
        opens = next_open(now, way.joiner.place, terms.hours, terms.calendar)
        if opens > now:
            return replace(job, due_at=opens)
        if now - job.planned_at <= grace_of(job, step, terms):
            return None
        late_task = step is not None and step.lasting and job.kind == "show"
        if step is not None and late_task and await way.fits(step):
            # Too late for a card of its own, but not lost: it stands on the list.
            await self._list(way, step)
        return self._skipped(job, UNREACHABLE if job.tries else LATE)

    async def _step(self, way: Way, step: Step, job: Job) -> Job:
        match job.kind:
            case "show":
                if not await way.fits(step):
                    return self._unfit(step, await way.entries(), job)
                return await self._show(way, step, job)
            case "remind" | "escalate":
                entry = await self._roster.joiners.entry(way.joiner.id, step.id)
                if entry is None:
                    return self._skipped(job, NOT_SHOWN)
                if entry.done_at is not None:
                    return self._skipped(job, DONE)
                return await self._remind(way.spot(step, entry), job)
            case _:
                return self._skipped(job, REMOVED)

    # ── sending ───────────────────────────────────────────────────────────────────────────────

    async def _welcome(self, way: Way, job: Job) -> Job:
        card = welcome_card(way.joiner, way.edition, self._roster.terms.hours)
        await self._send(way.joiner.conversation, card, job, None)
        return self._done(job)

    async def _nudge(self, way: Way, job: Job) -> Job:
        """The list again, as something new: what was changed in place nobody noticed."""
        entries = (await way.entries()).values()
        if all(entry.done_at is not None for entry in entries):
            return self._skipped(job, DONE)
        card = self._lists.card(way.joiner, entries)
        await self._send(way.joiner.conversation, card, job, None)
        await self._roster.change(way.joiner, list_key=f"onboarding:{job.id}")
        return self._done(job)

    async def _show(self, way: Way, step: Step, job: Job) -> Job:
        places = self._roster.staff.conversations(step.owner, way.joiner)
        # Before the card, so that its buttons find it.
        shown = await self._shown(way.spot(step, await self._list(way, step)))
        nothing = isinstance(step.content, Tip) and not shown.wondered and not step.text.strip()
        if nothing or not places:
            return self._skipped(job, NOBODY)
        for place in places:
            card = step_card(self._said_to(shown, step.owner, place))
            await self._send(place, card, job, way.joiner)
        return self._done(job)

    async def _list(self, way: Way, step: Step) -> Entry:
        """What is to be done stands on the list; what is only to be read does not."""
        joiner, now = way.joiner, self._now()
        due = first_due_date(step, joiner, self._roster.terms, now)
        entry = Entry(joiner_id=joiner.id, step_id=step.id, shown_at=now, due_on=due)
        if not step.lasting:
            return entry
        if not await self._roster.joiners.add(entry):
            entry = await self._roster.joiners.entry(joiner.id, step.id) or entry
        way.add(entry, theirs=step.owner == "joiner")
        return entry

    async def _remind(self, spot: Spot, job: Job) -> Job:
        part = spot.step.owner
        if job.kind == "escalate":
            part = spot.step.escalate.to if spot.step.escalate else "hr"
        places = self._roster.staff.conversations(part, spot.joiner)
        if not places:
            return self._skipped(job, NOBODY)
        shown = await self._shown(spot)
        for place in places:
            said = self._said_to(shown, part, place)
            await self._send(place, self._reminder(said, spot, job), job, spot.joiner)
        return self._done(job)

    def _reminder(self, shown: Shown, spot: Spot, job: Job) -> Card:
        today = self._roster.today_of(spot.joiner)
        if job.kind == "remind":
            return reminder_card(shown, today)
        return escalated_card(shown, spot.entry.due_on or today, shown.joiner.language)

    async def _send(self, place: Conversation, card: Card, job: Job, joiner: Joiner | None) -> None:
        """Once a job and place, however often it is tried."""
        theirs = joiner is None or place == joiner.conversation
        to = "" if theirs else f"/{place.platform}:{place.id}"
        reply = Reply(key=f"onboarding:{job.id}{to}", conversation=place, card=card)
        await self._replies.once(reply)
        self._replies.steps.tell("reminder", of="onboarding")

    async def _shown(self, spot: Spot) -> Shown:
        if not isinstance(spot.step.content, Tip):
            return await self._lists.shown(spot)
        now, hours = self._now(), self._roster.terms.hours
        week = max(1, (day_number(now, spot.joiner, hours) + 6) // 7)
        shown = replace(await self._lists.shown(spot), week=week)
        for wish in (await self._wondering.of_week(spot.joiner, week))[:_WISHES_TRIED]:
            answer = await self._handbook.says(wish.question, spot.joiner)
            if answer is not None:
                return replace(shown, answer=answer, wondered=wish.question)
        return shown

    def _said_to(self, shown: Shown, part: Part, place: Conversation) -> Shown:
        """In the language of whoever is told, as far as the journey speaks it."""
        if part == "joiner":
            return shown
        language = self._roster.staff.language(place.platform)
        # Others have to know who it is, be it by a number.
        user = replace(shown.joiner.user, name=name_of(shown.joiner.user))
        joiner = replace(shown.joiner, user=user, language=language)
        capabilities = self._replies.channel(place.platform).capabilities
        return replace(shown, joiner=joiner, capabilities=capabilities)

    # ── what became of it ─────────────────────────────────────────────────────────────────────

    def _unfit(self, step: Step, entries: Mapping[str, Entry], job: Job) -> Job:
        """Not now; where the answer it depends on is still to come, perhaps tomorrow."""
        terms, now = self._roster.terms, self._now()
        open_ones = {one.step_id for one in entries.values() if one.done_at is None}
        waits = any(condition.step in open_ones for condition in step.when)
        if waits and now + _DAY - job.planned_at <= grace_of(job, step, terms):
            return replace(job, due_at=now + _DAY)
        return self._skipped(job, CONDITION)

    def _without_journey(self, job: Job) -> Job:
        """HR took it away, or is about to bring it back."""
        if self._now() - job.planned_at > _WITHOUT_JOURNEY:
            return self._skipped(job, REMOVED)
        return replace(job, due_at=self._now() + _LONGEST_PAUSE)

    def _done(self, job: Job) -> Job:
        return replace(job, state=JobState.DONE, settled_at=self._now())

    def _skipped(self, job: Job, reason: str) -> Job:
        log.info("job_skipped", extra={"job": job.id, "reason": reason})
        return replace(job, state=JobState.SKIPPED, reason=reason, settled_at=self._now())

    def _again(self, job: Job, error: Exception) -> Job:
        """As long as it is worth sending; nobody counts how often that is tried."""
        pause = min(_PAUSE * 2 ** min(job.tries, 8), _LONGEST_PAUSE)
        if isinstance(error, ChannelUnavailable) and error.retry_after_s:
            pause = max(pause, timedelta(seconds=error.retry_after_s))
        log.warning("job_put_off", extra={"job": job.id, "reason": str(error)})
        return replace(job, due_at=self._now() + pause, tries=job.tries + 1)

    def _now(self) -> datetime:
        return self._roster.clock()
