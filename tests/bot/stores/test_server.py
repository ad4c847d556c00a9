"""PostgreSQL: what it does not answer, loses or refuses becomes what callers know."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text, update

from bot.core.errors import StateUnavailable
from bot.core.model import MessageRef
from bot.stores.database import Database, KeyTaken
from bot.stores.state import State, open_state
from bot.stores.tables import counters, eval_runs, events
from knowledge.model import CuratedAnswer
from tests.databases import TEMPLATE
from tests.fakes_core import START, FakeClock, message
from tests.postgres import Postgres

REF = MessageRef(platform="fake", id="m1")
PASSWORD = "open-sesame"


@pytest.fixture
async def url(postgres: Postgres) -> AsyncIterator[str]:
    async with postgres.database(template=TEMPLATE) as name:
        yield postgres.url(name)


@pytest.fixture
async def state(url: str, tmp_path: Path) -> AsyncIterator[State]:
    opened = await open_state(data_dir=tmp_path, database_url=url, clock=FakeClock())
    yield opened
    await opened.close()


async def lose_connections(postgres: Postgres) -> None:
    """As a server that is started anew does."""
    await postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'deskmate'"
    )


async def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with pytest.raises(StateUnavailable) as caught:
        await open_state(
            data_dir=tmp_path, database_url=f"postgresql://bot:{PASSWORD}@127.0.0.1:{port}/desk"
        )

    assert f"database desk on 127.0.0.1:{port}" in str(caught.value)
    assert PASSWORD not in f"{caught.value} {caught.value.__cause__}"


async def test_a_database_that_is_not_there_is_named(postgres: Postgres, tmp_path: Path) -> None:
    with pytest.raises(StateUnavailable, match="no such database: database nowhere"):
        await open_state(data_dir=tmp_path, database_url=postgres.url("nowhere"))


@pytest.mark.parametrize("url", ["what is this", "mysql://bot:open-sesame@host/desk"])
async def test_an_address_that_nobody_understands_is_not_repeated(url: str) -> None:
    with pytest.raises(StateUnavailable) as caught:
        Database(url)

    assert PASSWORD not in str(caught.value)


async def test_a_lost_connection_is_made_anew(state: State, postgres: Postgres) -> None:
    await asyncio.gather(*(state.ping() for _ in range(4)))
    await lose_connections(postgres)

    await asyncio.gather(*(state.ping() for _ in range(4)))


async def test_what_was_lost_before_the_commit_is_done_again_as_a_whole(
    state: State, postgres: Postgres
) -> None:
    tried: list[int] = []
    lose = text("SELECT pg_terminate_backend(pg_backend_pid())")

    def work(sql: Connection) -> None:
        tried.append(1)
        sql.execute(insert(counters).values(name="x", value=len(tried)))
        if len(tried) == 1:
            sql.execute(lose)

    await state.database.run(work)

    kept = select(counters.c.value)
    assert await state.database.run(lambda sql: sql.scalars(kept).all()) == [2]


async def test_a_deadlock_is_nobodys_problem(state: State) -> None:
    names = ("a", "b")
    rows = [{"name": name, "value": 0} for name in names]
    await state.database.run(lambda sql: sql.execute(insert(counters), rows))

    def count(order: tuple[str, ...]) -> object:
        def work(sql: Connection) -> None:
            for name in order:
                this = counters.c.name == name
                sql.execute(update(counters).where(this).values(value=counters.c.value + 1))
                sql.execute(text("SELECT pg_sleep(0.02)"))

        return state.database.run(work)

    await asyncio.gather(count(names), count(names[::-1]), count(names), count(names[::-1]))

    counted = select(counters.c.value)
    assert await state.database.run(lambda sql: sql.scalars(counted).all()) == [4, 4]


async def test_a_broken_row_never_shows_what_people_wrote(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    row = {"id": "x", "payload": "my salary is secret", "at": None}

    with caplog.at_level(logging.DEBUG), pytest.raises(KeyTaken) as caught:
        await state.database.run(lambda sql: sql.execute(insert(eval_runs).values(**row)))

    assert "secret" not in f"{caught.value} {caught.value.__cause__} {caplog.text}"
    assert caught.value.__suppress_context__


async def test_words_of_any_length_and_with_any_character_are_kept(state: State) -> None:
    long, odd = "k" * 1_500, "half \ud83d and nul \0"
    await state.ledger.record(long, REF)
    await state.ledger.record(odd, REF)
    answer = CuratedAnswer(id=odd, question=odd, text=odd, language="en", verified_at=START)
    await state.curated.keep(answer, key="1", by=odd, reason=odd)

    assert await state.ledger.sent(long) == REF
    assert await state.ledger.sent(odd) == REF
    (kept,) = await state.curated.history(odd)
    assert kept.answer is not None
    assert kept.answer.question == odd


async def test_who_is_cancelled_leaves_a_working_store(state: State) -> None:
    claim = asyncio.create_task(state.inbox.claim(event := message()))
    await asyncio.sleep(0)
    claim.cancel()
    await asyncio.wait({claim})

    await state.inbox.claim(event)

    counted = select(events.c.id)
    assert len(await state.database.run(lambda sql: sql.scalars(counted).all())) == 1


async def test_closing_waits_for_what_has_begun(state: State) -> None:
    slow = asyncio.create_task(
        state.database.run(lambda sql: sql.scalar(text("SELECT 7 FROM pg_sleep(0.1)")))
    )
    await asyncio.sleep(0.05)

    await state.close()

    assert await slow == 7
    with pytest.raises(StateUnavailable, match="closed"):
        await state.ping()


async def test_two_threads_of_talk_do_not_wait_for_each_other(state: State) -> None:
    await state.ping()
    slow = asyncio.create_task(
        state.database.run(lambda sql: sql.execute(text("SELECT pg_sleep(0.3)")).all())
    )
    await asyncio.sleep(0.02)

    await state.inbox.claim(replace(message(), keys=("quick",)))

    assert not slow.done()
    await slow


async def test_who_stands_still_in_a_transaction_keeps_no_locks(state: State) -> None:
    patience = text("SHOW idle_in_transaction_session_timeout")

    assert await state.database.run(lambda sql: sql.scalar(patience)) == "3s"
