"""Onboarding as the configuration says it: journeys, calendars, offices, hours."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.calendars import PublicHolidays
from bot.core.onboarding.model import Place
from bot.core.onboarding.onboarding import Program
from bot.core.onboarding.people import Office, Offices
from bot.core.onboarding.plan import Terms
from bot.core.onboarding.when import Hours
from bot.journeys.library import Library, shipped
from bot.settings import SettingsInvalid
from bot.settings_onboarding import OnboardingSettings


def program_of(settings: OnboardingSettings, *, data_dir: Path | None = None) -> Program | None:
    """What onboarding rests on; None where it is not switched on.

    data_dir: where the last good version of each journey is kept.
    """
    if not settings.enabled:
        return None
    kept = data_dir / "journeys" if data_dir else None
    return Program(
        journeys=Library(settings.folder or shipped(), kept=kept),
        terms=terms_of(settings),
        offices=offices_of(settings),
        automatic=settings.automatic,
        shared_by=settings.tip_from,
    )


def terms_of(settings: OnboardingSettings) -> Terms:
    """Calendars, hours and patience."""
    return Terms(
        calendar=PublicHolidays(),
        hours=Hours(begin=settings.begin, end=settings.end),
        grace=timedelta(hours=settings.grace_hours),
    )


def offices_of(settings: OnboardingSettings) -> Offices:
    """Where people work."""
    return Offices(
        offices=tuple(
            Office(
                names=office.names,
                place=Place(
                    time_zone=office.time_zone, country=office.country, region=office.region
                ),
            )
            for office in settings.offices
        )
    )


async def read_journeys(program: Program) -> None:
    """Read them for the first time.

    One that is broken now and was good before is used as it was; HR is told.

    Raises:
        SettingsInvalid: there is none that could be used; with every mistake, one a line.
    """
    faults = await program.journeys.look()
    if not program.journeys.current:
        none = "[onboarding] folder: there is no journey in it, as onboarding.en.yaml"
        raise SettingsInvalid("\n".join(faults) or none)
