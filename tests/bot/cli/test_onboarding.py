"""`deskmate onboarding`: check, plan, import, export."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from bot.cli.parser import run
from bot.core.onboarding.model import Joiner
from bot.stores.state import State, open_state

DOCS = Path(__file__).parents[3] / "docs"
JOURNEY = """\
title: First days
steps:
  - id: laptop
    day: 1
    task: Fetch your laptop
    due: 1
    remind: [1]
  - {id: mood, day: 5, survey: Mood, visible_to: hr, fields: {name: mood, label: How?}}
  - {id: talk, day: 6, task: "Talk to {name}", owner: manager}
"""

T = TypeVar("T")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKMATE_STORAGE__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DESKMATE_ONBOARDING__FOLDER", str(tmp_path / "journeys"))
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "start.en.yaml").write_text(JOURNEY, encoding="utf-8")
    return tmp_path


def stored(look: Callable[[State], Awaitable[T]]) -> T:
    async def read() -> T:
        state = await open_state(data_dir=Path("data"))
        try:
            return await look(state)
        finally:
            await state.close()

    return asyncio.run(read())


def people() -> tuple[Joiner, ...]:
    async def everybody(state: State) -> tuple[Joiner, ...]:
        return await state.joiners.all()

    return stored(everybody)


def test_a_good_folder_is_summed_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["onboarding", "check"]) == 0
    assert "start: 3 steps over 6 days, version –, in en" in capsys.readouterr().err


def test_every_mistake_is_named_with_file_and_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "journeys" / "start.en.yaml"
    file.write_text(JOURNEY.replace("due: 1", "deu: 1"), encoding="utf-8")

    assert run(["onboarding", "check", str(folder / "journeys")]) == 1
    assert "start.en.yaml:6: `deu` is not known; did you mean `due`?" in capsys.readouterr().err


def test_an_empty_folder_is_said_to_be_empty(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "none").mkdir()

    assert run(["onboarding", "check", str(folder / "none")]) == 1
    assert "there is no journey" in capsys.readouterr().err


def test_the_plan_says_what_comes_when(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["onboarding", "plan", "--start", "2026-12-01"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "Tue 2026-12-01 09:00  welcome   First days",
        "Tue 2026-12-01 09:00  show      Fetch your laptop",
        "Wed 2026-12-02 15:00  remind    Fetch your laptop",
        "Mon 2026-12-07 09:00  show      Mood",
        "Mon 2026-12-07 09:00  show      Talk to New colleague [to manager]",
    ]


def test_the_plan_of_an_office_knows_its_holidays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office = [{"names": ["Berlin"], "time_zone": "Europe/Berlin", "country": "DE", "region": "BE"}]
    monkeypatch.setenv("DESKMATE_ONBOARDING__OFFICES", json.dumps(office))

    assert run(["onboarding", "plan", "--start", "2026-12-25", "--office", "berlin"]) == 0
    assert capsys.readouterr().out.startswith("Mon 2026-12-28 09:00")
    assert run(["onboarding", "plan", "--office", "Mars"]) == 1
    assert "--office Mars: there are: Berlin" in capsys.readouterr().err


PEOPLE = "person,name,start_date,language\nslack:U1,Ada,2026-12-01,en\nU2,,,\n"


def test_people_of_a_file_begin_once_and_bad_lines_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "new.csv").write_text(PEOPLE, encoding="utf-8")

    assert run(["onboarding", "import", "new.csv", "--json"]) == 1
    first = json.loads(capsys.readouterr().out)
    assert run(["onboarding", "import", "new.csv"]) == 1
    said = capsys.readouterr().err

    assert (first["begun"], first["already"]) == (1, 0)
    assert first["refused"] == [{"line": 3, "reason": "`U2` is no person as in slack:U1"}]
    assert "new.csv:3: `U2` is no person" in said
    assert "0 begun, 1 were on theirs already" in said
    assert [one.user.key for one in people()] == ["slack:U1"]


def test_a_dry_run_begins_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "new.csv").write_text("person\nslack:U1\n", encoding="utf-8")

    assert run(["onboarding", "import", "new.csv", "--dry-run"]) == 0
    assert "1 would begin" in capsys.readouterr().err
    assert people() == ()


def test_a_journey_that_is_not_there_is_named_with_those_that_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "new.csv").write_text("person,journey\nslack:U1,stat\n", encoding="utf-8")

    assert run(["onboarding", "import", "new.csv"]) == 1
    assert "there is no journey `stat`; there are: start" in capsys.readouterr().err


def test_a_spreadsheet_in_a_chinese_encoding_is_read(folder: Path) -> None:
    (folder / "new.csv").write_bytes("人员,姓名\nfeishu:ou_1,小王\n".encode("gb18030"))

    assert run(["onboarding", "import", "new.csv"]) == 0
    assert people()[0].user.name == "小王"


def test_the_export_is_a_private_file_that_spreadsheets_read(folder: Path) -> None:
    (folder / "new.csv").write_text("person,name\nslack:U1,=Ada\n", encoding="utf-8")
    run(["onboarding", "import", "new.csv"])

    assert run(["onboarding", "export", "--out", "all.csv"]) == 0

    out = folder / "all.csv"
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert rows[0]["person"] == "slack:U1"
    assert rows[0]["name"] == "'=Ada"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_broken_journey_stops_a_command_with_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "journeys" / "start.en.yaml").write_text("titel: T\n", encoding="utf-8")

    assert run(["onboarding", "plan"]) == 1
    assert "start.en.yaml:1: `titel`" in capsys.readouterr().err


@pytest.mark.parametrize(("page", "language"), [("onboarding", "en"), ("onboarding.zh", "zh")])
def test_the_tutorials_journey_is_a_good_one(
    folder: Path, capsys: pytest.CaptureFixture[str], page: str, language: str
) -> None:
    text = (DOCS / "tutorial" / f"{page}.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    journey = "\n".join(line.removeprefix("   ") for line in block.splitlines())
    other = folder / "tutorial"
    other.mkdir()
    (other / f"start.{language}.yaml").write_text(journey, encoding="utf-8")

    assert run(["onboarding", "check", str(other)]) == 0
    summary = capsys.readouterr().err.strip()
    assert summary in text


def test_the_how_tos_journey_is_a_good_one(folder: Path) -> None:
    text = (DOCS / "how-to" / "onboarding.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (folder / "journeys" / "start.en.yaml").write_text(block, encoding="utf-8")

    assert run(["onboarding", "check"]) == 0
