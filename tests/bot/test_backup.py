"""A backup holds everything: the data folder is destroyed, and the bot answers as before."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select

from bot.archive import Manifest
from bot.asked import Answering, Requests
from bot.backup import back_up, passages_as_asked
from bot.core.audit import AuditEntry
from bot.core.chain import Inspector
from bot.restoring import restore
from bot.settings import Settings
from bot.stores.portable import copy_embedded, read_rows, write_rows
from bot.stores.replica_tables import OF_PROCESSES
from bot.stores.state import State, open_state, utc_now
from bot.stores.tables import metadata
from bot.swapping import Swap, begin, finish_if_cut_off
from knowledge.errors import BackupInvalid, KnowledgeError, RestoreRefused, StorageFull
from knowledge.model import Tally
from knowledge.settings import KnowledgeSettings
from tests.bot.test_reindexing import OTHER, PAGE, Engines, says, serving, settings_of, take_in
from tests.bot.test_ways import OLD
from tests.simulators.published import Published
from tests.simulators.qdrant import QdrantSimulator

OPENAPI = Path("../shared/qdrant/openapi.json")
SEALED = {"audit_log", "audit_head"}

Rows = Mapping[str, list[tuple[Any, ...]]]


@cache
def published() -> Published | None:
    return Published(OPENAPI) if OPENAPI.exists() else None


@pytest.fixture
async def server() -> AsyncIterator[QdrantSimulator]:
    async with QdrantSimulator.running(published()) as simulator:
        yield simulator


@pytest.fixture
def engines() -> Engines:
    return Engines()


async def opened(settings: Settings) -> State:
    storage = settings.storage
    return await open_state(data_dir=storage.data_dir, database_url=storage.database_url)


def a_row(table: Any) -> dict[str, Any]:
    """A row of a table, whatever it is; what refers to another row refers to its row."""
    kinds: dict[type, Any] = {int: 1, str: "one\n'\"\\ 一 😀"}
    return {
        column.name: utc_now()
        if type(column.type).__name__ == "Moment"
        else kinds[getattr(column.type, "impl_instance", column.type).python_type]
        for column in table.columns
    }


async def fill(settings: Settings) -> None:
    """A row in every table, and an audit log."""
    state = await opened(settings)
    await state.database.run(
        lambda sql: [
            sql.execute(insert(table).values(**a_row(table)))
            for table in metadata.sorted_tables
            if table.name not in SEALED | {"ways"}
        ]
    )
    await state.ways.start(OLD, holds=True)
    for n in range(3):
        await state.audit.append(
            AuditEntry(at=utc_now(), what="limits.shown", by=f"u{n}", about={})
        )
    await state.close()


async def rows_of(settings: Settings) -> Rows:
    state = await opened(settings)
    found = await state.database.run(
        lambda sql: {
            table.name: [tuple(row) for row in sql.execute(select(table))]
            for table in metadata.sorted_tables
        }
    )
    await state.close()
    return found


async def write(settings: Settings, file: Path) -> Manifest:
    return await back_up(settings, file, by="shell:me", on_progress=lambda *_: None)


async def put_back(settings: Settings, file: Path, *, replace: bool = False) -> Manifest:
    return await restore(
        settings, file, replace=replace, by="shell:me", on_progress=lambda *_: None
    )


async def same_as_before(settings: Settings, before: Rows) -> None:
    after = await rows_of(settings)
    for name in before.keys() - SEALED - OF_PROCESSES:
        assert after[name] == before[name], name
    assert not any(after[name] for name in OF_PROCESSES)
    # The backup and its restoring are on record, after all that was there.
    assert after["audit_log"][: len(before["audit_log"])] == before["audit_log"]
    assert [row[4] for row in after["audit_log"][len(before["audit_log"]) :]] == [
        "backup.written",
        "backup.restored",
    ]
    await chain_is_whole(settings)


async def chain_is_whole(settings: Settings) -> None:
    """As `deskmate audit verify` looks at the log; the tables here hold what no command wrote."""
    state = await opened(settings)
    inspector = Inspector()
    links = await state.audit.links(after=None, most=1_000)
    assert [fault for fault in map(inspector.see, links) if fault] == []
    assert await state.audit.head() == inspector.head
    await state.close()


@pytest.fixture
async def archive(tmp_path: Path, engines: Engines) -> Path:
    """The backup of a bot that knows a page; the data folder is gone."""
    settings = settings_of(tmp_path)
    async with serving(settings, engines) as served:
        await take_in(served, tmp_path, leave=PAGE)
    await fill(settings)
    file = tmp_path / "backup.tar"
    await write(settings, file)
    shutil.rmtree(tmp_path / "data")
    return file


class TestDestroyed:
    async def test_the_bot_answers_as_before(self, tmp_path: Path, engines: Engines) -> None:
        settings = settings_of(tmp_path)
        data = tmp_path / "data"
        async with serving(settings, engines) as served:
            await take_in(served, tmp_path, leave=PAGE, parking=OTHER)
            (passage,) = await served.now.store.passages(["leave"])
            await served.tally({passage.id: Tally(helpful=3, not_helpful=1)})
            answer, documents = await says(served), await served.now.store.documents()
        await fill(settings)
        (data / "journeys").mkdir()
        (data / "journeys" / "welcome.zh.yaml").write_text("一", encoding="utf-8")
        before = await rows_of(settings)
        await write(settings, tmp_path / "backup.tar")
        shutil.rmtree(data)

        told = await put_back(settings, tmp_path / "backup.tar")

        assert (told.documents, told.passages) == (2, 2)
        await same_as_before(settings, before)
        async with serving(settings, engines) as served:
            assert await says(served) == answer
            assert await served.now.store.documents() == documents
            (voted,) = await served.now.store.passages(["leave"])
            assert voted == replace(passage, votes=Tally(helpful=3, not_helpful=1))
            report = await take_in(served, tmp_path)
            assert (report.unchanged, report.documents) == (2, 0)
        assert (data / "journeys" / "welcome.zh.yaml").read_text(encoding="utf-8") == "一"
        assert not (data / ".restore").exists()

    async def test_what_a_running_bot_has_open_is_in_the_backup_too(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        settings = settings_of(tmp_path)
        requests = Requests(tmp_path / "data")
        async with serving(settings, engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
            answering = Answering(
                requests, {"passages": partial(passages_as_asked, served, requests)}
            )

            async def answer() -> None:
                while True:
                    await answering.look()
                    await asyncio.sleep(0.01)

            task = asyncio.create_task(answer())
            told = await write(settings, tmp_path / "backup.tar")
            task.cancel()
            await asyncio.wait({task})
        shutil.rmtree(tmp_path / "data")

        await put_back(settings, tmp_path / "backup.tar")

        assert told.documents == 1
        async with serving(settings, engines) as served:
            assert "12 paid" in await says(served)

    async def test_it_moves_to_a_server_and_back(
        self, tmp_path: Path, engines: Engines, server: QdrantSimulator, archive: Path
    ) -> None:
        remote = settings_of(tmp_path, url=server.url)
        await put_back(remote, archive)
        async with serving(remote, engines) as served:
            assert "12 paid" in await says(served)
        second = tmp_path / "second.tar"
        await write(remote, second)
        shutil.rmtree(tmp_path / "data")

        embedded = settings_of(tmp_path)
        await put_back(embedded, second)

        async with serving(embedded, engines) as served:
            assert "12 paid" in await says(served)

    async def test_a_bot_that_knows_nothing_yet_can_be_backed_up(self, tmp_path: Path) -> None:
        settings = settings_of(tmp_path)
        told = await write(settings, tmp_path / "backup.tar")
        shutil.rmtree(tmp_path / "data")

        await put_back(settings, tmp_path / "backup.tar")

        assert told.passages == 0


class TestCare:
    async def test_what_is_there_is_not_overwritten_unless_it_is_wished(
        self, tmp_path: Path, engines: Engines, archive: Path
    ) -> None:
        settings = settings_of(tmp_path)
        async with serving(settings, engines) as served:
            await take_in(served, tmp_path, leave=OTHER)

        with pytest.raises(RestoreRefused, match=r"passages.*--replace"):
            await put_back(settings, archive)
        async with serving(settings, engines) as served:
            assert "12 paid" not in await says(served)

        await put_back(settings, archive, replace=True)
        async with serving(settings, engines) as served:
            assert "12 paid" in await says(served)
        assert not (tmp_path / "data" / "passages").exists()

    async def test_a_state_store_that_is_broken_can_be_replaced(
        self, tmp_path: Path, archive: Path
    ) -> None:
        settings = settings_of(tmp_path)
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "state.db").write_bytes(b"no database" * 999)

        await put_back(settings, archive, replace=True)

        assert len((await rows_of(settings))["audit_log"]) == 5

    async def test_a_running_bot_is_in_the_way(
        self, tmp_path: Path, engines: Engines, archive: Path
    ) -> None:
        settings = settings_of(tmp_path)
        async with serving(settings, engines) as served:
            await take_in(served, tmp_path, leave=OTHER)

            with pytest.raises(RestoreRefused, match="stop it first"):
                await put_back(settings, archive, replace=True)

    async def test_it_is_for_this_user_only_and_holds_no_secret(
        self, tmp_path: Path, archive: Path
    ) -> None:
        knowledge = KnowledgeSettings(qdrant_api_key=SecretStr("hunter2"))
        await write(settings_of(tmp_path, knowledge=knowledge), tmp_path / "other.tar")

        assert stat.S_IMODE((await asyncio.to_thread(archive.stat)).st_mode) == 0o600
        assert b"hunter2" not in (tmp_path / "other.tar").read_bytes()

    async def test_killed_in_the_middle_of_the_change_the_next_command_finishes_it(
        self, tmp_path: Path
    ) -> None:
        aside = tmp_path / ".restore"
        aside.mkdir()
        for name in ("a", "b"):
            (aside / name).write_text(f"new {name}", encoding="utf-8")
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "old").write_text("old", encoding="utf-8")
        moves = {aside / "a": tmp_path / "folder" / "a", aside / "b": tmp_path / "b"}
        swap = Swap(removes=[tmp_path / "folder"], moves=moves, elsewhere=False)
        begin(tmp_path, swap.model_copy(update={"removes": ()}))
        (aside / "a").replace(tmp_path / "folder" / "a")  # and here the process ended

        finish_if_cut_off(tmp_path)
        finish_if_cut_off(tmp_path)

        assert (tmp_path / "folder" / "a").read_text(encoding="utf-8") == "new a"
        assert (tmp_path / "b").read_text(encoding="utf-8") == "new b"
        assert not (tmp_path / "restore.json").exists()

    def test_one_that_changes_servers_too_must_be_run_again(self, tmp_path: Path) -> None:
        begin(tmp_path, Swap(removes=(), moves={}, elsewhere=True))

        with pytest.raises(RestoreRefused, match="again"):
            finish_if_cut_off(tmp_path)


def rewritten(archive: Path, change: Callable[[tarfile.TarInfo, bytes], Any]) -> Path:
    """The archive with changed members; None leaves one out."""
    target = archive.with_name("changed.tar")
    with tarfile.open(archive) as old, tarfile.open(target, "w") as new:
        for entry in old:
            file = old.extractfile(entry)
            assert file is not None
            changed = change(entry, file.read())
            for each, content in [changed] if isinstance(changed, tuple) else changed or []:
                each.size = len(content) if each.isreg() else 0
                new.addfile(each, io.BytesIO(content))
    return target


def flipped(entry: tarfile.TarInfo, content: bytes) -> Any:
    if entry.name == "passages.jsonl":
        content = content.replace(b"12 paid", b"99 paid")
    return entry, content


def doubled(entry: tarfile.TarInfo, content: bytes) -> Any:
    return [(entry, content)] * (2 if entry.name == "passages.jsonl" else 1)


def without_passages(entry: tarfile.TarInfo, content: bytes) -> Any:
    return None if entry.name == "passages.jsonl" else (entry, content)


def linked(entry: tarfile.TarInfo, content: bytes) -> Any:
    if entry.name == "passages.jsonl":
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return entry, content


def unlisted(entry: tarfile.TarInfo, content: bytes) -> Any:
    more = tarfile.TarInfo("../../evil")
    return (
        [(entry, content), (more, b"evil")] if entry.name == "passages.jsonl" else (entry, content)
    )


def listing(**changes: Any) -> Callable[[tarfile.TarInfo, bytes], Any]:
    def change(entry: tarfile.TarInfo, content: bytes) -> Any:
        if entry.name == "manifest.json":
            content = json.dumps(json.loads(content) | changes).encode()
        return entry, content

    return change


def renamed(to: str) -> Callable[[tarfile.TarInfo, bytes], Any]:
    def change(entry: tarfile.TarInfo, content: bytes) -> Any:
        if entry.name == "manifest.json":
            content = content.replace(b'"passages.jsonl"', json.dumps(to).encode())
        elif entry.name == "passages.jsonl":
            entry.name = to
        return entry, content

    return change


@pytest.mark.parametrize(
    "change",
    [
        flipped,
        doubled,
        without_passages,
        linked,
        unlisted,
        listing(format=2),
        listing(parts=[]),
        listing(more="than we know"),
        renamed("../../evil"),
        renamed("/etc/evil"),
        renamed("files/../../evil"),
        renamed("files/state.db"),
        renamed("state/sqlite_master.jsonl"),
    ],
)
async def test_what_is_not_as_it_was_written_changes_nothing(
    tmp_path: Path, archive: Path, change: Callable[..., Any]
) -> None:
    with pytest.raises(BackupInvalid):
        await put_back(settings_of(tmp_path), rewritten(archive, change))

    assert not (tmp_path.parent / "evil").exists()
    assert [path.name for path in (tmp_path / "data").iterdir() if path.name != "lock"] == []


# A tar file ends with up to ten thousand zeros, which nobody misses.
@pytest.mark.parametrize("kept", [0, 10, 5_000, -12_000])
async def test_half_a_file_is_no_backup(tmp_path: Path, archive: Path, kept: int) -> None:
    half = cut(archive, kept)

    with pytest.raises(BackupInvalid):
        await put_back(settings_of(tmp_path), half)


def cut(archive: Path, kept: int) -> Path:
    half = archive.with_name("half.tar")
    half.write_bytes(archive.read_bytes()[:kept])
    return half


async def test_one_that_claims_to_be_endless_is_refused_before_it_is_read(
    tmp_path: Path, archive: Path
) -> None:
    part = {"name": "passages.jsonl", "bytes": 2**60, "sha256": "0" * 64}

    with pytest.raises((StorageFull, BackupInvalid)):
        await put_back(settings_of(tmp_path), rewritten(archive, listing(parts=[part])))


async def test_a_compressed_file_is_no_backup(tmp_path: Path, archive: Path) -> None:
    packed = tmp_path / "packed.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(archive, "manifest.json")

    with pytest.raises(KnowledgeError):
        await put_back(settings_of(tmp_path), packed)


async def test_rows_of_every_table_come_back_as_they_were(tmp_path: Path) -> None:
    one = settings_of(tmp_path / "one")
    await fill(one)
    folder = tmp_path / "rows"
    folder.mkdir()
    state = await opened(one)
    counts = await state.database.run(lambda sql: write_rows(sql, folder))
    await state.close()
    other = settings_of(tmp_path / "other")
    state = await opened(other)
    files = {name: folder / f"{name}.jsonl" for name in counts}
    await state.database.run(lambda sql: read_rows(sql, files))
    await state.close()

    assert all(counts.values())
    before = dict(await rows_of(one))
    assert await rows_of(other) == before | {name: [] for name in OF_PROCESSES}


async def test_rows_that_do_not_fit_leave_all_as_it_was(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    await fill(settings)
    before = await rows_of(settings)
    rows = tmp_path / "counters.jsonl"
    rows.write_text('["name", "evil"]\n["a", 1]\n', encoding="utf-8")

    state = await opened(settings)
    with pytest.raises(BackupInvalid, match="evil"):
        await state.database.run(lambda sql: read_rows(sql, {"counters": rows}))
    await state.close()

    assert await rows_of(settings) == before


async def test_a_database_is_copied_while_others_write(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    await fill(settings)
    with closing(sqlite3.connect(tmp_path / "data" / "state.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM counters")
        copy_embedded(tmp_path / "data" / "state.db", tmp_path / "copy.db")
        writer.execute("ROLLBACK")

    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM counters").fetchone() == (1,)
