"""Onboarding as the configuration says it."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path

import pytest

from bot.cli.doctor import journeys
from bot.core.onboarding.model import Facts, Place
from bot.program import offices_of, program_of, read_journeys
from bot.settings import SettingsInvalid, load


def test_without_a_word_about_it_there_is_no_onboarding() -> None:
    assert program_of(load().onboarding) is None


async def test_switched_on_it_uses_the_shipped_journey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMATE_ONBOARDING__ENABLED", "true")
    monkeypatch.setenv("DESKMATE_ONBOARDING__BEGIN", "08:30")

    program = program_of(load().onboarding)

    assert program is not None
    assert program.terms.hours.begin == time(8, 30)
    await read_journeys(program)
    assert set(program.journeys.current) == {"onboarding"}


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("BEGIN", "19:00", "begin must be before end"),
        ("CHANNEL", "general", "channel"),
        ("OFFICES", [{"names": ["X"], "time_zone": "Mars/Base"}], "no time zone 'Mars/Base'"),
        ("OFFICES", [{"names": ["X"], "time_zone": "UTC", "country": "XX"}], "holidays for 'XX'"),
        (
            "OFFICES",
            [{"names": ["X"], "time_zone": "UTC", "country": "DE", "region": "XX"}],
            "holidays for 'DE-XX'",
        ),
    ],
)
def test_what_cannot_be_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, key: str, value: object, sentence: str
) -> None:
    told = value if isinstance(value, str) else json.dumps(value)
    monkeypatch.setenv(f"DESKMATE_ONBOARDING__{key}", told)

    with pytest.raises(SettingsInvalid, match=sentence):
        load()


def test_people_are_placed_by_their_office_or_their_time_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [
        {"names": ["Hangzhou", "杭州"], "time_zone": "Asia/Shanghai", "country": "CN"},
        {"names": ["Berlin"], "time_zone": "Europe/Berlin", "country": "DE", "region": "BE"},
    ]
    monkeypatch.setenv("DESKMATE_ONBOARDING__OFFICES", json.dumps(told))

    offices = offices_of(load().onboarding)

    hangzhou = Place(time_zone="Asia/Shanghai", country="CN")
    berlin = Place(time_zone="Europe/Berlin", country="DE", region="BE")
    assert offices.place_of(Facts()) == hangzhou
    assert offices.place_of(Facts(location="berlin")) == berlin
    assert offices.place_of(Facts(time_zone="Europe/Berlin")) == berlin
    assert offices.place_of(Facts(time_zone="Asia/Tokyo")) == Place(time_zone="Asia/Tokyo")
    assert offices.place_of(Facts(location="Mars", time_zone="Mars/Base")) == hangzhou


async def test_a_first_start_with_a_broken_journey_says_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "start.en.yaml").write_text("title: T\nstep: 1\n", encoding="utf-8")
    monkeypatch.setenv("DESKMATE_ONBOARDING__ENABLED", "true")
    monkeypatch.setenv("DESKMATE_ONBOARDING__FOLDER", str(tmp_path))
    program = program_of(load().onboarding)
    assert program is not None

    with pytest.raises(SettingsInvalid, match=r"start\.en\.yaml:2: `step` is not known"):
        await read_journeys(program)


def test_the_doctor_sees_what_onboarding_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bad.en.yaml").write_text("title: T\nstep: 1\n", encoding="utf-8")
    (tmp_path / "good.en.yaml").write_text(
        "title: T\nsteps: [{id: a, day: 1, message: M}]\n", encoding="utf-8"
    )
    nothing = list(journeys(load()))
    monkeypatch.setenv("DESKMATE_ONBOARDING__ENABLED", "true")
    monkeypatch.setenv("DESKMATE_ONBOARDING__FOLDER", str(tmp_path))

    found = list(journeys(load()))

    assert nothing == []
    assert [finding.level for finding in found] == ["error", "error", "warning", "warning", "ok"]
    assert "bad.en.yaml:2: `step` is not known" in found[1].found + found[0].found
    assert found[-1].found == "journeys: good"
