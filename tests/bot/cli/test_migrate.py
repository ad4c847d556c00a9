"""`deskmate migrate`: the tables change when they are told to, and it says what it did."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.cli.parser import run
from bot.stores.upgrading import NEWEST
from tests.databases import TEMPLATE
from tests.postgres import Postgres


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKMATE_STORAGE__DATA_DIR", str(tmp_path / "data"))


def noted() -> list[tuple[str]]:
    connection = sqlite3.connect("data/state.db")
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    return rows


def test_an_empty_database_is_brought_to_the_newest_revision(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["migrate"]) == 0
    assert f"revision {NEWEST}, it was without one" in capsys.readouterr().err

    assert run(["migrate"]) == 0
    assert "as it was" in capsys.readouterr().err


def test_looking_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["migrate", "--check"]) == 1
    assert "deskmate migrate" in capsys.readouterr().err

    run(["migrate"])
    assert run(["migrate", "--check"]) == 0


def test_an_earlier_revision_is_gone_to_where_it_is_named() -> None:
    run(["migrate"])

    assert run(["migrate", "--to", "0001"]) == 0
    assert noted() == [("0001",)]

    assert run(["migrate"]) == 0
    assert noted() == [(NEWEST,)]


def test_a_revision_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["migrate", "--to", "0815"]) == 1
    assert "no revision 0815" in capsys.readouterr().err


def test_a_database_of_a_newer_version_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    run(["migrate"])
    with sqlite3.connect("data/state.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    assert run(["migrate"]) == 1
    assert "update Deskmate" in capsys.readouterr().err


def test_a_server_is_named_without_its_password(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKMATE_STORAGE__DATABASE_URL", postgres.url(TEMPLATE))

    assert run(["migrate", "--check"]) == 0
    assert run(["migrate"]) == 0

    said = capsys.readouterr()
    assert f"PostgreSQL, database {TEMPLATE}" in said.err
    assert "sesame" not in said.out + said.err


def test_the_doctor_tells_which_database_it_is(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DESKMATE_STORAGE__DATABASE_URL", postgres.url(TEMPLATE))

    run(["doctor"])

    said = capsys.readouterr().out
    assert f"PostgreSQL, database {TEMPLATE}" in said
    assert f"revision {NEWEST}" in said
    assert "! replicas: the state store can be shared, passages cannot" in said
    assert "sesame" not in said
