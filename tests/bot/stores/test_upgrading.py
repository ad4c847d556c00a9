"""The tables through time: every revision, up and down, with rows in every table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, func, insert, select, text

from bot.core.audit import AuditEntry
from bot.stores.database import Database
from bot.stores.schema import metadata
from bot.stores.state import database_of, open_state
from bot.stores.upgrading import NEWEST, RevisionUnknown, bring_up, change, known, recorded
from tests.postgres import Postgres

AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
OLDEST = "0001"


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """One of each kind with nothing in it."""
    if request.param == "sqlite":
        opened = await database_of(tmp_path, "")
        yield opened
        await opened.close()
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.database() as name:
        opened = await database_of(tmp_path, server.url(name))
        yield opened
        await opened.close()


def there(sql: Connection) -> MetaData:
    found = MetaData()
    found.reflect(sql)
    return found


def value(column: Any) -> Any:
    """The same for every key, so that rows which name each other do."""
    return 1 if column.type.python_type is int else "x"


def fill(sql: Connection) -> None:
    """A row in every table that is there."""
    for table in there(sql).sorted_tables:
        if table.name != "alembic_version":
            row = {column.name: value(column) for column in table.columns}
            sql.execute(insert(table).values(**row))


def rows(sql: Connection) -> dict[str, int]:
    return {
        table.name: sql.scalar(select(func.count()).select_from(table)) or 0
        for table in there(sql).sorted_tables
        if table.name != "alembic_version"
    }


async def test_an_empty_database_gets_the_newest_tables(database: Database) -> None:
    await bring_up(database)

    assert await database.run(recorded) == NEWEST
    assert set(await database.run(rows)) == set(metadata.tables)


async def test_the_revisions_make_just_the_tables_that_the_code_describes(
    database: Database,
) -> None:
    await bring_up(database)

    def differences(sql: Connection) -> list[Any]:
        found = MigrationContext.configure(sql, opts={"compare_type": True})
        return compare_metadata(found, metadata)

    assert await database.run(differences) == []


def test_the_newest_revision_is_the_one_that_is_named() -> None:
    assert known()[-1] == NEWEST


async def test_rows_of_every_table_survive_the_way_up(database: Database) -> None:
    await change(database, OLDEST)
    await database.run(fill)
    before = await database.run(rows)

    for revision in known():
        await change(database, revision)

    after = await database.run(rows)
    assert before.keys() <= after.keys()
    assert all(after[table] == count == 1 for table, count in before.items())


async def test_rows_of_older_tables_survive_the_way_down_and_up_again(database: Database) -> None:
    await bring_up(database)
    await database.run(fill)

    for revision in reversed(known()):
        await change(database, revision)
    down = await database.run(rows)
    await bring_up(database)

    assert set(down.values()) == {1}
    assert all(count <= 1 for count in (await database.run(rows)).values())
    assert (await database.run(rows)).items() >= down.items()


async def test_a_database_from_before_revisions_is_recognised(
    database: Database, tmp_path: Path
) -> None:
    await change(database, OLDEST)
    await database.run(fill)
    await database.run(lambda sql: sql.execute(text("DROP TABLE alembic_version")))

    await bring_up(database)

    assert await database.run(recorded) == NEWEST
    assert (await database.run(rows))["inbox_events"] == 1


async def test_a_database_from_before_revisions_may_lack_the_latest_tables(
    database: Database,
) -> None:
    await change(database, OLDEST)
    for gone in ("alembic_version", "grants"):
        await database.run(lambda sql, gone=gone: sql.execute(text(f"DROP TABLE {gone}")))

    await bring_up(database)

    assert "grants" in await database.run(rows)


async def test_a_database_of_a_newer_version_is_refused_as_it_is(database: Database) -> None:
    await bring_up(database)
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await database.run(lambda sql: sql.execute(newer))

    with pytest.raises(RevisionUnknown, match=r"newer Deskmate.*9999"):
        await bring_up(database)

    assert await database.run(recorded) == "9999"


async def test_nobody_can_go_to_a_revision_that_is_not_there(database: Database) -> None:
    with pytest.raises(RevisionUnknown, match="no revision 7"):
        await change(database, "7")


async def test_two_that_start_at_once_make_the_tables_once(
    database: Database, tmp_path: Path
) -> None:
    other = Database(database.url)

    await asyncio.gather(bring_up(database), bring_up(other))

    await other.close()
    assert await database.run(recorded) == NEWEST


async def test_what_breaks_half_way_leaves_everything_as_it_was(database: Database) -> None:
    taken = text("CREATE TABLE answers (something INTEGER)")
    await database.run(lambda sql: sql.execute(taken))

    with pytest.raises(Exception, match="state store"):
        await bring_up(database)

    assert set(await database.run(rows)) == {"answers"}


async def test_the_audit_log_begins_once_whatever_revision_it_comes_from(
    database: Database, tmp_path: Path
) -> None:
    await change(database, OLDEST)
    for _ in range(2):
        state = await open_state(data_dir=tmp_path, database_url=database.url)
        await state.audit.append(AuditEntry(at=AT, what="x", by="fake:ada"))
        await state.close()

    heads = select(func.count()).select_from(metadata.tables["audit_head"])
    assert await database.run(lambda sql: sql.scalar(heads)) == 1
