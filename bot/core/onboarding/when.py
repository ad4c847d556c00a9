"""When something is due: days of a journey, local hours, weekends and holidays. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core.onboarding.model import Day, Joiner, Place
from bot.core.onboarding.ports import Calendar

_LONGEST_BREAK: Final = 60
"""Days; no calendar has more holidays in a row, so one that says so is broken."""

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The local hours in which people are written to, on working days."""

    begin: time = time(9, 0)
    end: time = time(18, 30)

    def hold(self, at: time) -> bool:
        """Whether this time of the day is one of them."""
        return self.begin <= at < self.end


def zone(name: str) -> ZoneInfo:
    """The time zone of this name; UTC where nobody knows it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def known_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    try:
        return bool(name) and ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def local_date(moment: datetime, place: Place) -> date:
    """The date there at this moment."""
    return moment.astimezone(zone(place.time_zone)).date()


def next_workday(day: date, place: Place, calendar: Calendar, *, step: int = 1) -> date:
    """This day, or the first working day after it; with a step of -1 before it."""
    for later in range(_LONGEST_BREAK):
        found = day + timedelta(days=later * step)
        if calendar.workday(found, place):
            return found
    return day


def date_of(day: Day, day_one: date, place: Place, calendar: Calendar) -> date:
    """The working day of a journey's day; what comes before the first day comes rather earlier."""
    if not day.workdays:
        plain = day_one + timedelta(days=day.number - 1)
        if day.number < 1:
            return next_workday(plain, place, calendar, step=-1)
        return next_workday(plain, place, calendar)
    found = next_workday(day_one, place, calendar)
    for _ in range(day.number - 1):
        found = next_workday(found + timedelta(days=1), place, calendar)
    return found


def moment(day: date, at: time, place: Place) -> datetime:
    """A local time as a moment. One that the clock jumps over is the one an hour later."""
    return datetime.combine(day, at, zone(place.time_zone)).astimezone(UTC)


def is_open(now: datetime, place: Place, hours: Hours, calendar: Calendar) -> bool:
    """Whether people there may be written to now."""
    local = now.astimezone(zone(place.time_zone))
    return hours.hold(local.time()) and calendar.workday(local.date(), place)


def next_open(now: datetime, place: Place, hours: Hours, calendar: Calendar) -> datetime:
    """Now, or the next moment at which people there may be written to."""
    if is_open(now, place, hours, calendar):
        return now
    local = now.astimezone(zone(place.time_zone))
    over = local.time() >= hours.begin
    first = local.date() + timedelta(days=1) if over else local.date()
    return moment(next_workday(first, place, calendar), hours.begin, place)


# ── rehearsals ────────────────────────────────────────────────────────────────────────────────


def real(planned: datetime, joiner: Joiner, hours: Hours) -> datetime:
    """When a planned moment comes: in a rehearsal days are short, else it is the same."""
    if not joiner.day_s:
        return planned
    past = planned - moment(joiner.day_one, hours.begin, joiner.place)
    return joiner.started_at + max(timedelta(), past) * joiner.day_s / _DAY_S


def theirs(now: datetime, joiner: Joiner, hours: Hours) -> datetime:
    """Now as they live through it: in a rehearsal days fly."""
    if not joiner.day_s:
        return now
    begin = moment(joiner.day_one, hours.begin, joiner.place)
    return begin + (now - joiner.started_at) * _DAY_S / joiner.day_s


def day_number(now: datetime, joiner: Joiner, hours: Hours) -> int:
    """Which day of their journey it is, 1 the first; at most 0 before it."""
    today = local_date(theirs(now, joiner, hours), joiner.place)
    return (today - joiner.day_one).days + 1 - joiner.shifted
