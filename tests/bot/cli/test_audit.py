"""`deskmate audit verify`: exit 1 and the first bad row where somebody touched the log."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from bot.cli.parser import run
from bot.core.audit import AuditEntry
from bot.stores.state import open_state
from tests.fakes_core import START


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKMATE_STORAGE__DATA_DIR", str(tmp_path / "data"))

    async def write() -> None:
        state = await open_state(data_dir=tmp_path / "data")
        for number in range(3):
            entry = AuditEntry(at=START, what=f"deed.{number}", by="slack:U1")
            await state.audit.append(entry)
        await state.close()

    asyncio.run(write())


def by_hand(statement: str) -> None:
    connection = sqlite3.connect("data/state.db")
    with connection:
        connection.execute(statement)
    connection.close()


def verified(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    code = run(["audit", "verify", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_an_untouched_log_is_confirmed_with_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "verify"]) == 0
    said = capsys.readouterr()
    code, found = verified(capsys=capsys)

    assert code == 0
    assert found["rows"] == 3
    assert f"3 rows, none touched; head {found['head']}" in said.out + said.err
    assert verified("--head", str(found["head"]), capsys=capsys)[0] == 0


def test_a_row_that_was_edited_by_hand_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    by_hand("UPDATE audit_log SET payload = replace(payload, 'U1', 'U2') WHERE number = 2")

    assert run(["audit", "verify"]) == 1

    said = "the audit log was touched: row 2: edited: what it says is not what was sealed"
    assert said in capsys.readouterr().err


def test_a_log_that_was_emptied_and_begun_anew_lacks_the_noted_head(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, found = verified(capsys=capsys)
    by_hand("DELETE FROM audit_log")
    by_hand("DELETE FROM audit_head")

    assert verified(capsys=capsys)[0] == 0  # from inside nobody can tell
    code, found = verified("--head", str(found["head"]), capsys=capsys)

    assert code == 1
    assert "noted" in str(found["fault"])


def test_an_export_is_on_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "--what", "curated", "--out", "curated.jsonl"]) == 0
    assert run(["export", "--what", "audit", "--out", "audit.jsonl"]) == 0

    lines = [json.loads(line) for line in Path("audit.jsonl").read_text("utf-8").splitlines()]
    assert [line["number"] for line in lines] == [1, 2, 3, 4]
    assert (lines[3]["what"], lines[3]["exported"]) == ("export.written", "curated")
    assert lines[3]["file"] == "curated.jsonl"
    assert str(lines[3]["by"]).startswith("shell:")
    capsys.readouterr()
