"""Everything moves to PostgreSQL and back, from older tables to newer ones, and stays the same."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import Connection, MetaData, func, insert, make_url, select, text, update

from bot.settings import Settings
from bot.stores.portable import read_rows, write_rows
from bot.stores.replica_tables import OF_PROCESSES
from bot.stores.schema import metadata
from bot.stores.sharing import sharing_of
from bot.stores.state import database_of, utc_now
from bot.stores.tables import counters, curated, events
from bot.stores.upgrading import NEWEST, RevisionUnknown, change, recorded
from knowledge.budget import Threshold
from knowledge.errors import BackupInvalid, RestoreRefused
from tests.bot.test_backup import (
    Rows,
    fill,
    listing,
    opened,
    put_back,
    rewritten,
    rows_of,
    same_as_before,
    write,
)
from tests.bot.test_reindexing import settings_of
from tests.bot.test_ways import NEW, OLD
from tests.contracts.test_agreed import FITTED
from tests.databases import TEMPLATE
from tests.postgres import Postgres, apart

OLDEST = "0001"


@pytest.fixture
async def server(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Settings]:
    """A bot whose state is on PostgreSQL, and knows nothing yet."""
    async with postgres.database(template=TEMPLATE) as name:
        yield on(postgres.url(name), tmp_path / "served")


def on(database_url: str, folder: Path) -> Settings:
    settings = settings_of(folder)
    storage = settings.storage.model_copy(update={"database_url": database_url})
    return settings.model_copy(update={"storage": storage})


async def kept(settings: Settings) -> Rows:
    found = await rows_of(settings)
    return {name: rows for name, rows in found.items() if name not in OF_PROCESSES}


async def test_everything_moves_to_postgresql_and_back(tmp_path: Path, server: Settings) -> None:
    one, other = settings_of(tmp_path / "one"), settings_of(tmp_path / "other")
    await fill(one)
    before = await kept(one)

    await write(one, tmp_path / "first.tar")
    await put_back(server, tmp_path / "first.tar")
    await same_as_before(server, before)
    between = await kept(server)
    await write(server, tmp_path / "second.tar")
    await put_back(other, tmp_path / "second.tar")

    await same_as_before(other, between)
    assert all(rows for rows in between.values())


async def test_what_all_agreed_on_moves_along_and_nothing_waits(
    tmp_path: Path, server: Settings
) -> None:
    one = settings_of(tmp_path / "one")
    state = await opened(one)
    await state.ways.start(OLD, holds=True)
    staged = await state.ways.stage()
    await state.ways.finish(staged, changed=True)
    assert await state.ways.let(NEW.at("second"), number=staged.number)
    await state.ways.stage()
    await state.thresholds.put("e5", FITTED)
    await state.close()

    await write(one, tmp_path / "backup.tar")
    await put_back(server, tmp_path / "backup.tar")

    state = await opened(server)
    record = await state.ways.read()
    assert (record.live, record.place, record.staged) == (NEW, "first", None)
    assert await state.thresholds.of("e5") == FITTED
    await state.close()


async def test_a_bot_that_only_started_is_not_in_the_way(tmp_path: Path, server: Settings) -> None:
    one = settings_of(tmp_path / "one")
    await fill(one)
    await write(one, tmp_path / "backup.tar")
    state = await opened(server)
    await state.ways.start(OLD, holds=True)
    await state.close()

    await put_back(server, tmp_path / "backup.tar")


async def test_new_rows_are_numbered_after_those_that_came(
    tmp_path: Path, server: Settings
) -> None:
    one = settings_of(tmp_path / "one")
    await fill(one)
    await write(one, tmp_path / "backup.tar")
    await put_back(server, tmp_path / "backup.tar")
    state = await opened(server)

    row = {"key": "k", "id": "i", "payload": None, "by": "b", "at": utc_now(), "reason": ""}
    await state.database.run(lambda sql: sql.execute(insert(curated).values(**row)))

    numbers = select(curated.c.number).order_by(curated.c.number)
    assert await state.database.run(lambda sql: sql.scalars(numbers).all()) == [1, 2]
    await state.close()


async def test_what_only_sqlite_takes_arrives_visible(tmp_path: Path, server: Settings) -> None:
    one = settings_of(tmp_path / "one")
    await fill(one)
    state = await opened(one)
    nul = update(curated).values(reason="a\0b", payload=None)
    await state.database.run(lambda sql: sql.execute(nul))
    await state.close()

    await write(one, tmp_path / "backup.tar")
    await put_back(server, tmp_path / "backup.tar")

    state = await opened(server)
    row = await state.database.run(lambda sql: sql.execute(select(curated)).one())
    await state.close()
    assert (row.reason, row.payload, row.at.tzinfo is not None) == ("a\\0b", None, True)


async def test_all_tables_are_read_at_one_moment(
    tmp_path: Path, server: Settings, postgres: Postgres
) -> None:
    await fill(server)
    state = await opened(server)
    database = make_url(server.storage.database_url).database or ""

    def while_somebody_writes(sql: Connection) -> tuple[dict[str, int], Any]:
        counts = write_rows(sql, tmp_path)
        apart(postgres.execute("DELETE FROM counters", database=database))
        return counts, sql.scalar(select(func.count()).select_from(counters))

    counts, seen = await state.database.run(while_somebody_writes)
    await state.close()

    assert counts["counters"] == seen == 1


async def test_a_table_larger_than_a_portion_arrives_whole(
    tmp_path: Path, server: Settings
) -> None:
    other, many = settings_of(tmp_path / "other"), 1_234
    state = await opened(server)
    rows = [{"name": f"n{n}", "value": 2**40 + n} for n in range(many)]
    await state.database.run(lambda sql: sql.execute(insert(counters), rows))
    await state.close()
    before = await kept(server)

    await write(server, tmp_path / "backup.tar")
    await put_back(other, tmp_path / "backup.tar")

    assert len(before["counters"]) == many
    assert sorted((await kept(other))["counters"]) == sorted(before["counters"])


async def test_who_runs_is_in_no_backup(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    await fill(settings)

    told = await write(settings, tmp_path / "backup.tar")

    assert set(told.tables) == set(metadata.tables) - OF_PROCESSES


async def test_a_bot_at_work_on_the_database_is_in_the_way(
    tmp_path: Path, server: Settings
) -> None:
    await write(settings_of(tmp_path / "one"), tmp_path / "backup.tar")
    state = await opened(server)
    sharing = sharing_of(state, clock=utc_now)
    await sharing.inbox.unfinished()

    with pytest.raises(RestoreRefused, match="stop it first"):
        await put_back(server, tmp_path / "backup.tar", replace=True)

    await sharing.go()
    await state.close()
    await put_back(server, tmp_path / "backup.tar", replace=True)


# ── revisions ─────────────────────────────────────────────────────────────────────────────────


def older(archive: Path, folder: Path) -> Path:
    """The archive as the oldest Deskmate with these rows would have written it."""
    columns = apart(columns_then(folder))

    def change_part(entry: tarfile.TarInfo, content: bytes) -> Any:
        name = Path(entry.name).stem
        if entry.name.startswith("state/"):
            if name not in columns:
                return None
            content = without(content, columns[name])
            sums[entry.name] = (len(content), hashlib.sha256(content).hexdigest())
        return entry, content

    sums: dict[str, tuple[int, str]] = {}
    changed = rewritten(archive, change_part)

    def change_list(entry: tarfile.TarInfo, content: bytes) -> Any:
        if entry.name == "manifest.json":
            told = json.loads(content) | {"revision": OLDEST, "tables": sorted(columns)}
            gone = {f"state/{name}.jsonl" for name in set(metadata.tables) - columns.keys()}
            told["parts"] = [part for part in told["parts"] if part["name"] not in gone]
            for part in told["parts"]:
                size, digest = sums.get(part["name"], (part["bytes"], part["sha256"]))
                part |= {"bytes": size, "sha256": digest}
            content = json.dumps(told).encode()
        return entry, content

    return rewritten(changed.rename(changed.with_name("between.tar")), change_list)


async def columns_then(folder: Path) -> dict[str, set[str]]:
    database, found = await database_of(folder, ""), MetaData()
    await change(database, OLDEST)
    await database.run(found.reflect)
    await database.close()
    return {table.name: {*table.columns.keys()} for table in found.sorted_tables}


def without(content: bytes, columns: set[str]) -> bytes:
    """A table as it was while it had these columns only."""
    lines = [json.loads(line) for line in content.splitlines()]
    these = [at for at, name in enumerate(lines[0]) if name in columns]
    return b"".join(json.dumps([line[at] for at in these]).encode() + b"\n" for line in lines)


async def test_one_of_older_tables_is_brought_up(tmp_path: Path, database_url: str) -> None:
    one, other = settings_of(tmp_path / "one"), on(database_url, tmp_path / "other")
    await fill(one)
    state = await opened(one)
    alone = update(events).values(lane="", owner="", handed=0)  # as they are without these columns
    await state.database.run(lambda sql: sql.execute(alone))
    await state.close()
    before = await kept(one)
    await write(one, tmp_path / "backup.tar")

    archive = await asyncio.to_thread(older, tmp_path / "backup.tar", tmp_path / "look")
    await put_back(other, archive)

    later = {"ways", "fitted_thresholds"}
    await same_as_before(other, {**before, **{name: [] for name in OF_PROCESSES | later}})
    state = await opened(other)
    assert await state.database.run(recorded) == NEWEST
    await state.close()


async def test_thresholds_of_one_from_before_they_had_a_table_are_taken_over(
    tmp_path: Path, server: Settings
) -> None:
    one = settings_of(tmp_path / "one")
    await fill(one)
    # What it kept then lay beside the other files of the data folder.
    mined = one.storage.data_dir / "mined.txt"
    mined.write_text(TypeAdapter(dict[str, Threshold]).dump_json({"e5": FITTED}).decode(), "utf-8")
    await write(one, tmp_path / "backup.tar")

    def rename(entry: tarfile.TarInfo, content: bytes) -> Any:
        if entry.name == "manifest.json":
            return entry, content.replace(b"files/mined.txt", b"files/calibration.json")
        entry.name = entry.name.replace("mined.txt", "calibration.json")
        return entry, content

    archive = rewritten(tmp_path / "backup.tar", rename).rename(tmp_path / "renamed.tar")
    await put_back(server, await asyncio.to_thread(older, archive, tmp_path / "look"))

    state = await opened(server)
    assert await state.thresholds.of("e5") == FITTED
    await state.close()


async def test_one_of_newer_tables_is_refused_with_what_to_do(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    await fill(settings)
    before = await rows_of(settings)
    await write(settings, tmp_path / "backup.tar")
    newer = rewritten(tmp_path / "backup.tar", listing(revision="9999"))

    with pytest.raises(BackupInvalid, match=r"9999.*up to \d+; update Deskmate, then restore"):
        await put_back(settings, newer, replace=True)

    assert (await rows_of(settings)).keys() == before.keys()
    assert len((await rows_of(settings))["audit_log"]) == len(before["audit_log"]) + 1


async def test_tables_that_are_changed_meanwhile_are_not_backed_up(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    await fill(settings)
    state = await opened(settings)
    await state.database.run(
        lambda sql: sql.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    )

    with pytest.raises(RevisionUnknown, match="9999"):
        await state.database.run(lambda sql: write_rows(sql, tmp_path))
    await state.close()


@pytest.mark.parametrize(
    "row",
    [
        '["a", "one"]',
        '["a", 1.5]',
        '["a", true]',
        '["a", 9223372036854775808]',
        '["a", null]',
        "[1, 1]",
    ],
)
async def test_values_of_another_kind_change_nothing(tmp_path: Path, row: str) -> None:
    settings = settings_of(tmp_path)
    await fill(settings)
    before = await rows_of(settings)
    file = tmp_path / "counters.jsonl"
    file.write_text(f'["name", "value"]\n{row}\n', encoding="utf-8")

    state = await opened(settings)
    with pytest.raises(BackupInvalid, match="counters"):
        await state.database.run(lambda sql: read_rows(sql, {"counters": file}))
    await state.close()

    assert await rows_of(settings) == before
