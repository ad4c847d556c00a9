"""Days, hours and holidays of a journey."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendars import PublicHolidays
from bot.core.onboarding.model import Day, Place
from bot.core.onboarding.when import (
    Hours,
    date_of,
    is_open,
    known_zone,
    moment,
    next_open,
    next_workday,
    zone,
)
from tests.fakes_onboarding import BERLIN, SHANGHAI, Weekdays

HOURS = Hours()
MONDAY = date(2026, 11, 30)


def test_a_plain_day_counts_all_days_and_moves_on_to_the_next_working_day() -> None:
    calendar = Weekdays(off=frozenset({date(2026, 12, 7)}))

    assert date_of(Day(number=1), MONDAY, SHANGHAI, calendar) == MONDAY
    assert date_of(Day(number=6), MONDAY, SHANGHAI, calendar) == date(2026, 12, 8)


def test_a_working_day_counts_only_days_on_which_people_work() -> None:
    calendar = Weekdays(off=frozenset({date(2026, 12, 1)}))

    assert date_of(Day(number=1, workdays=True), MONDAY, SHANGHAI, calendar) == MONDAY
    assert date_of(Day(number=3, workdays=True), MONDAY, SHANGHAI, calendar) == date(2026, 12, 3)
    assert date_of(Day(number=6, workdays=True), MONDAY, SHANGHAI, calendar) == date(2026, 12, 8)


def test_days_before_the_first_one_count_backwards_and_move_back() -> None:
    assert date_of(Day(number=-2), MONDAY, SHANGHAI, Weekdays()) == date(2026, 11, 27)
    assert date_of(Day(number=0), MONDAY, SHANGHAI, Weekdays()) == date(2026, 11, 27)


def test_a_calendar_without_working_days_does_not_hang() -> None:
    never = Weekdays(off=frozenset(MONDAY + timedelta(days=day) for day in range(400)))

    assert next_workday(MONDAY, SHANGHAI, never) == MONDAY


def test_ten_o_clock_stays_ten_o_clock_when_summer_time_ends() -> None:
    before = moment(date(2026, 10, 23), time(10), BERLIN)
    after = moment(date(2026, 10, 26), time(10), BERLIN)

    assert (before.hour, after.hour) == (8, 9)
    assert after - before == timedelta(days=3, hours=1)


def test_a_time_that_the_clock_jumps_over_comes_an_hour_later() -> None:
    skipped = moment(date(2026, 3, 29), time(2, 30), BERLIN)

    assert skipped.astimezone(zone("Europe/Berlin")).time() == time(3, 30)


@pytest.mark.parametrize(
    ("local", "opens"),
    [
        ("2026-12-01 08:59", "2026-12-01 09:00"),
        ("2026-12-01 09:00", "2026-12-01 09:00"),
        ("2026-12-01 18:29", "2026-12-01 18:29"),
        ("2026-12-01 18:30", "2026-12-02 09:00"),
        ("2026-12-04 20:00", "2026-12-07 09:00"),
        ("2026-12-05 12:00", "2026-12-07 09:00"),
    ],
)
def test_at_night_and_on_weekends_the_next_morning_is_waited_for(local: str, opens: str) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=zone("Asia/Shanghai")).astimezone(UTC)

    found = next_open(now, SHANGHAI, HOURS, Weekdays())

    assert f"{found.astimezone(zone('Asia/Shanghai')):%Y-%m-%d %H:%M}" == opens


def test_in_china_people_work_on_a_shifted_saturday_and_rest_on_the_day_given_for_it() -> None:
    holidays = PublicHolidays()

    assert holidays.workday(date(2026, 10, 10), SHANGHAI)
    assert not holidays.workday(date(2026, 10, 7), SHANGHAI)
    assert not holidays.workday(date(2026, 10, 11), SHANGHAI)


def test_regions_have_holidays_of_their_own() -> None:
    holidays = PublicHolidays()
    bavaria = Place(time_zone="Europe/Berlin", country="DE", region="BY")

    assert not holidays.workday(date(2027, 3, 8), BERLIN)
    assert holidays.workday(date(2027, 3, 8), bavaria)


def test_where_no_country_is_known_people_work_from_monday_to_friday() -> None:
    holidays = PublicHolidays()

    assert holidays.workday(date(2026, 12, 25), Place())
    assert not holidays.workday(date(2026, 12, 26), Place())
    assert holidays.workday(date(2026, 12, 25), Place(country="XX"))


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "asia/shanghai\0", "A" * 300])
def test_what_is_no_time_zone_is_refused_and_counts_as_utc(name: str) -> None:
    assert not known_zone(name)
    assert zone(name).key == "UTC"


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    name=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)
def test_the_next_open_moment_is_open_and_not_earlier(now: datetime, name: str) -> None:
    place = Place(time_zone=name)

    found = next_open(now, place, HOURS, Weekdays())

    assert found >= now
    assert is_open(found, place, HOURS, Weekdays())
    assert found - now < timedelta(days=4)
