"""Backup, restore and reindex from the command line, as far as they need no weights."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.cli.parser import run
from bot.core.audit import AuditEntry
from bot.stores.state import open_state, utc_now
from bot.swapping import Swap, begin


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "deskmate.toml").write_text('[storage]\ndata_dir = "data"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def note(data_dir: Path) -> None:
    state = await open_state(data_dir=data_dir)
    await state.audit.append(AuditEntry(at=utc_now(), what="limits.shown", by="u", about={}))
    await state.close()


def test_what_was_backed_up_is_restored_into_an_empty_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(note(folder / "data"))
    assert run(["backup", "b.tar", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (folder / "data").rename(folder / "gone")

    assert run(["restore", "b.tar"]) == 0

    assert run(["audit", "verify", "--head", told["audit_head"]]) == 0


def test_a_file_that_is_there_is_not_lost(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "b.tar").write_text("dear", encoding="utf-8")

    assert run(["backup", "b.tar"]) == 1

    assert "--force" in capsys.readouterr().err
    assert (folder / "b.tar").read_text(encoding="utf-8") == "dear"


def test_what_is_there_is_not_replaced_unasked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(note(folder / "data"))
    assert run(["backup", "b.tar"]) == 0

    assert run(["restore", "b.tar"]) == 1
    assert "--replace" in capsys.readouterr().err
    assert run(["restore", "b.tar", "--replace"]) == 0


def test_a_file_that_is_no_backup_is_refused_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "b.tar").write_text("no tar", encoding="utf-8")

    assert run(["restore", "b.tar"]) == 1

    assert "no backup" in capsys.readouterr().err


def test_a_restore_that_was_cut_off_is_finished_by_the_next_command(folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    (data / "built").write_text("new", encoding="utf-8")
    begin(data, Swap(removes=(), moves={data / "built": data / "place"}, elsewhere=False))

    assert run(["audit", "verify"]) == 0

    assert (data / "place").read_text(encoding="utf-8") == "new"


def test_one_that_changes_servers_too_is_asked_for_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = folder / "data"
    data.mkdir()
    begin(data, Swap(removes=(), moves={}, elsewhere=True))

    assert run(["audit", "verify"]) == 1

    assert "again" in capsys.readouterr().err
