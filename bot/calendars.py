"""Working days of countries and regions, by a library that is kept up to date."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING, Final

from bot.core.onboarding.model import Place

if TYPE_CHECKING:
    from holidays import HolidayBase

log = logging.getLogger(__name__)

_SATURDAY: Final = 5
_KEPT: Final = 20_000


class PublicHolidays:
    """Weekends, public holidays and, as in China, weekends on which people work instead."""

    def __init__(self) -> None:
        self._calendars: dict[tuple[str, str], HolidayBase | None] = {}
        self._known: dict[tuple[date, str, str], bool] = {}

    def workday(self, day: date, place: Place) -> bool:
        """Whether people work there; where no country is known, from Monday to Friday."""
        key = (day, place.country, place.region)
        if key not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            calendar = self._calendar(place.country, place.region) if place.country else None
            plain = day.weekday() < _SATURDAY
            self._known[key] = plain if calendar is None else calendar.is_working_day(day)
        return self._known[key]

    def _calendar(self, country: str, region: str) -> HolidayBase | None:
        key = (country, region)
        if key not in self._calendars:
            self._calendars[key] = _opened(country, region)
        return self._calendars[key]


def known_country(country: str, region: str) -> bool:
    """Whether there is a calendar of this country and region."""
    import holidays

    regions = holidays.list_supported_countries().get(country)
    return regions is not None and (not region or region in regions)


def _opened(country: str, region: str) -> HolidayBase | None:
    import holidays

    if not known_country(country, region):
        log.warning("calendar_unknown", extra={"country": country, "region": region})
        return None
    return holidays.country_holidays(country, subdiv=region or None)
