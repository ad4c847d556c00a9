"""Owners are reminded of what is past its review: on a working day, at a work hour, seldom."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, tzinfo

from bot.core.cards import said_card
from bot.core.clearance import Clearance
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.experts import direct
from bot.core.model import Card, Reply
from bot.core.ports import Clock, Freshness, Reminders
from bot.core.replies import Replies
from bot.core.stale_cards import stale_card
from bot.core.teaching import Teaching
from bot.core.texts_loop import LOOP_TEXTS
from bot.core.upkeep import near_of
from knowledge.freshness import Findings, Overdue
from knowledge.model import Language, Passage

log = logging.getLogger(__name__)

_SATURDAY = 5
_WORK_HOURS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """When people are reminded.

    every: how long nobody is reminded of the same thing again. weekday: Monday is 0.
    hour: from it on for a working day's length, there. zone: None is the machine's own.
    """

    every: timedelta = timedelta(days=7)
    weekday: int = 0
    hour: int = 9
    zone: tzinfo | None = None

    def slot(self, now: datetime) -> datetime | None:
        """The set moment of this week, if now is a good time to make use of it; else None.

        Where the bot was not there at that moment, the other working days after it are as good.
        """
        here = now.astimezone(self.zone)
        day = here.date() - timedelta(days=(here.weekday() - self.weekday) % 7)
        begins = here.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        working = here.weekday() < _SATURDAY
        if not working or not begins <= here < begins + timedelta(hours=_WORK_HOURS):
            return None
        return datetime.combine(day, time(self.hour), tzinfo=here.tzinfo)

    def is_time_again(self, last: datetime | None, now: datetime) -> bool:
        """Whether the days between allow it: the hour of a day is never the same to the second."""
        if last is None:
            return True
        days = now.astimezone(self.zone).date() - last.astimezone(self.zone).date()
        return days >= self.every


class OverdueReminders:
    """Shows each owner what they answer for and is past its review.

    What nobody answers for is shown to administrators.
    """

    def __init__(
        self,
        *,
        freshness: Freshness,
        teaching: Teaching,
        reminders: Reminders,
        replies: Replies,
        clock: Clock,
        cadence: Cadence,
        languages: Mapping[str, Language],
        clearance: Clearance,
    ) -> None:
        self._clearance = clearance
        self._freshness = freshness
        self._teaching = teaching
        self._owners = clearance.owners
        self._reminders = reminders
        self._replies = replies
        self._clock = clock
        self._cadence = cadence
        self._languages = languages
        self._done: datetime | None = None

    async def look(self) -> None:
        """Remind whoever is due, if it is the time for it.

        Raises:
            StateUnavailable, StoreUnavailable: looking again goes on.
        """
        now = self._clock()
        slot = self._cadence.slot(now)
        if slot is None or slot == self._done:
            return
        curated = await self._teaching.all_standing()
        findings = await self._freshness.findings(curated, today=now.date())
        reached = [
            await self._remind(person, late, now, slot)
            for person, late in self._by_person(findings.overdue).items()
        ]
        if all(reached):
            self._done = slot

    def _by_person(self, overdue: Sequence[Overdue]) -> Mapping[str, Sequence[Overdue]]:
        found: defaultdict[str, list[Overdue]] = defaultdict(list)
        for late in overdue:
            keepers = self._owners.keepers(near_of(late.source)) or frozenset(
                self._owners.administrators
            )
            for person in sorted(keepers):
                found[person].append(late)
        return found

    async def _remind(
        self, person: str, overdue: Sequence[Overdue], now: datetime, slot: datetime
    ) -> bool:
        """False where it should be tried again soon."""
        key = f"overdue:{slot.date().isoformat()}/{person}"
        last = await self._reminders.last(person)
        overdue = (
            (await self._clearance.of(person)).findings(Findings(overdue=tuple(overdue))).overdue
        )
        due = [late for late in overdue if self._cadence.is_time_again(last.get(_name(late)), now)]
        if not due or await self._replies.sent(key) is not None:
            return True
        place = direct(person)
        card = _card(due, self._languages.get(place.platform, "en"))
        try:
            await self._replies.once(Reply(key=key, conversation=place, card=card))
        except ChannelUnavailable as error:
            log.warning("reminder_put_off", extra={"person": person, "reason": str(error)})
            return False
        except (ChannelRefused, KeyError) as error:
            # KeyError: of a platform that is not enabled.
            log.warning("owner_not_reached", extra={"person": person, "reason": str(error)})
            return True
        self._replies.steps.tell("reminder", of="overdue")
        await self._reminders.note(person, [_name(late) for late in due], at=now)
        return True


def _name(late: Overdue) -> str:
    source = late.source
    if isinstance(source, Passage):
        return f"document:{source.document_id}"
    return f"curated:{source.id}"


def _card(overdue: Sequence[Overdue], language: Language) -> Card:
    said = said_card(LOOP_TEXTS[language].overdue_intro, language)
    listed = stale_card(Findings(overdue=tuple(overdue)), language)
    return replace(listed, blocks=(*said.blocks, *listed.blocks), summary=said.summary)
