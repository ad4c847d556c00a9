"""People join: which journey begins for them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import date

from bot.core.model import MemberJoined
from bot.core.onboarding.model import COMPANY, Facts, Journey, Whom
from bot.core.onboarding.roster import Roster

log = logging.getLogger(__name__)


class Arrivals:
    """Begins journeys for those who join the company or a channel."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def joined(self, event: MemberJoined) -> None:
        """Begin the journey that fits best, if one does; joining twice begins nothing twice.

        Raises:
            StateUnavailable: nothing was begun.
        """
        if event.profile.get("guest"):
            log.info("guest_joined", extra={"user": event.user.key})
            return
        place = event.conversation
        where = COMPANY if place.direct else f"{place.platform}:{place.id}"
        facts = facts_of(event.profile)
        journeys = self._roster.journeys.current.values()
        journey = best(journeys, event.user.platform, facts, joined=where)
        if journey is not None and not self._long_ago(facts, journey):
            await self._roster.begin(event.user, journey, facts)

    def _long_ago(self, facts: Facts, journey: Journey) -> bool:
        """Whether only their account is new: they are there longer than the journey takes."""
        if facts.first_day is None:
            return False
        days = max(edition.days for edition in journey.editions.values())
        return (self._roster.clock().date() - facts.first_day).days >= days


def best(
    journeys: Collection[Journey], platform: str, facts: Facts, *, joined: str | None = None
) -> Journey | None:
    """The journey that names most of what fits; None where none does.

    joined: what was joined; None: somebody is put on a journey by hand.
    """
    fitting = [one for one in journeys if fits(one, platform, facts, joined=joined)]
    fitting.sort(key=lambda journey: (-journey.whom.wishes, journey.id))
    return fitting[0] if fitting else None


def fits(journey: Journey, platform: str, facts: Facts, *, joined: str | None) -> bool:
    """Whether a journey is for somebody; by an event only those begin that say so."""
    whom = journey.whom
    if joined is not None and (journey.starts != "join" or joined not in whom.joined):
        return False
    return _knows(whom.platforms, platform) and _facts_fit(whom, facts)


def facts_of(profile: Mapping[str, str]) -> Facts:
    """What a platform tells of somebody, in our words."""
    return Facts(
        department=profile.get("department", ""),
        role=profile.get("role", ""),
        location=profile.get("location", ""),
        time_zone=profile.get("time_zone", ""),
        first_day=_date(profile.get("first_day", "")),
    )


def _facts_fit(whom: Whom, facts: Facts) -> bool:
    return (
        _knows(whom.departments, facts.department)
        and _knows(whom.roles, facts.role)
        and _knows(whom.locations, facts.location)
    )


def _knows(wanted: Collection[str], said: str) -> bool:
    return not wanted or said.casefold() in {one.casefold() for one in wanted}


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
