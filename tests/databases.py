"""Every database that the state store runs on, for tests that must hold on each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.stores.state import open_state
from tests.postgres import NoPostgres, Postgres, apart, running

TEMPLATE = "with_tables"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server a process, with a template that has the newest tables."""
    try:
        with running() as server:
            apart(_with_tables(server))
            yield server
    except NoPostgres as reason:
        pytest.skip(f"no PostgreSQL here: {reason}")


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a new database of each kind, tables and all; empty: SQLite in a folder."""
    if request.param == "sqlite":
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.database(template=TEMPLATE) as name:
        yield server.url(name)


async def _with_tables(server: Postgres) -> None:
    await server.execute(f"CREATE DATABASE {TEMPLATE}")
    state = await open_state(data_dir=Path(), database_url=server.url(TEMPLATE))
    await state.close()
