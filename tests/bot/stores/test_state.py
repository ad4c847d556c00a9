"""The database itself: durable, private in its errors, and honest when it fails."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from bot.core.errors import StateUnavailable
from bot.core.model import MessageRef
from bot.stores.database import KeyTaken
from bot.stores.state import State, embedded_file, open_state, utc_now
from bot.stores.tables import events, replies
from bot.stores.wire import dump_event
from knowledge.model import Turn
from tests.fakes_core import ADA, DIRECT, START, FakeClock, message

REF = MessageRef(platform="fake", id="m1")


async def opened(folder: Path, clock: FakeClock | None = None) -> State:
    return await open_state(data_dir=folder, clock=clock or FakeClock())


async def test_everything_is_there_after_opening_again(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    event = message()
    await first.inbox.claim(event)
    await first.close()

    second = await opened(tmp_path)
    left = await second.inbox.unfinished()
    await second.close()

    assert left == (event,)


async def test_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    state = await opened(tmp_path)

    asked = [text(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")]
    settings = await state.database.run(lambda sql: [sql.scalar(one) for one in asked])
    await state.close()

    assert settings == ["wal", 2, 1]


async def test_who_opens_a_new_file_waits_for_another_that_writes_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(embedded_file(tmp_path))) as other:
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.2, other.rollback)

        state = await opened(tmp_path)

        assert not other.in_transaction
    await state.ping()
    await state.close()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")

    with pytest.raises(StateUnavailable, match="file"):
        await opened(file / "below")


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("this is no database, and long enough to tell " * 50)

    with pytest.raises(StateUnavailable):
        await opened(tmp_path)


async def test_a_full_disk_is_called_a_full_disk(tmp_path: Path) -> None:
    state = await opened(tmp_path)
    pages = await state.database.run(lambda sql: sql.scalar(text("PRAGMA page_count")))
    full = text(f"PRAGMA max_page_count = {pages}")
    await state.database.run(lambda sql: sql.execute(full))

    with pytest.raises(StateUnavailable, match="no space left on the disk"):
        await state.inbox.claim(message("x" * 50_000))
    await state.close()


async def test_a_broken_statement_never_shows_what_people_wrote(tmp_path: Path) -> None:
    state = await opened(tmp_path)
    for table in ("inbox_keys", "inbox_events"):
        gone = text(f"DROP TABLE {table}")
        await state.database.run(lambda sql, gone=gone: sql.execute(gone))

    with pytest.raises(StateUnavailable) as caught:
        await state.inbox.claim(message("my salary is secret"))
    await state.close()

    assert "secret" not in f"{caught.value} {caught.value.__cause__}"


async def test_a_finished_event_keeps_no_text(tmp_path: Path) -> None:
    state = await opened(tmp_path)
    event = message("my salary is secret")
    await state.inbox.claim(event)

    await state.inbox.finish(event)

    payloads = await state.database.run(lambda sql: sql.scalars(select(events.c.payload)).all())
    await state.close()
    assert payloads == [""]


async def test_an_unreadable_event_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    state = await opened(tmp_path)
    broken, whole = message(), message()
    await state.inbox.claim(broken)
    await state.inbox.claim(whole)
    first = update(events).where(events.c.id == 1)
    unknown = first.values(payload='{"kind": "telegram", "event": {}}')
    await state.database.run(lambda sql: sql.execute(unknown))

    with caplog.at_level(logging.WARNING):
        left = await state.inbox.unfinished()
    await state.close()

    assert left == (whole,)
    assert "event_unreadable" in caplog.text


async def test_a_platforms_odd_characters_can_be_keys(tmp_path: Path) -> None:
    state = await opened(tmp_path)

    await state.ledger.record("half \ud83d and nul \0", REF)

    assert await state.ledger.sent("half \ud83d and nul \0") == REF
    await state.close()


async def test_a_ping_answers_while_the_database_does(tmp_path: Path) -> None:
    state = await opened(tmp_path)

    await state.ping()

    await state.close()


async def test_old_replies_turns_and_answers_can_be_forgotten(tmp_path: Path) -> None:
    clock = FakeClock()
    state = await opened(tmp_path, clock)
    await state.ledger.record("old", REF)
    await state.memory.remember(DIRECT, ADA, Turn(speaker="user", text="old"))
    clock.move(timedelta(minutes=5))
    await state.ledger.record("new", REF)

    await state.forget(before=START + timedelta(minutes=1))

    assert await state.ledger.sent("old") is None
    assert await state.ledger.sent("new") == REF
    assert await state.memory.turns(DIRECT, ADA) == ()
    await state.close()


async def test_a_claim_cut_off_half_way_leaves_a_working_store(tmp_path: Path) -> None:
    state = await opened(tmp_path)
    event = message()

    claim = asyncio.create_task(state.inbox.claim(event))
    await asyncio.sleep(0)
    claim.cancel()
    await asyncio.wait({claim})

    await state.inbox.claim(event)
    assert len(await state.inbox.unfinished()) == 1
    await state.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    state = await opened(tmp_path)
    await state.close()

    with pytest.raises(StateUnavailable, match="closed"):
        await state.ping()


async def test_closing_waits_for_what_has_begun(tmp_path: Path) -> None:
    state = await opened(tmp_path)
    event = message()

    claim = asyncio.create_task(state.inbox.claim(event))
    await asyncio.sleep(0)
    await state.close()

    assert await claim == (True,)


async def test_a_row_that_another_writer_inserted_first_is_changed(tmp_path: Path) -> None:
    state = await opened(tmp_path)
    values = {"platform": "fake", "message_id": "m1", "recorded_at": START}

    await state.database.put(replies, key={"key": "k"}, values=values)
    await state.database.put(replies, key={"key": "k"}, values={**values, "message_id": "m2"})

    assert await state.ledger.sent("k") == MessageRef(platform="fake", id="m2")
    await state.close()


async def test_a_row_that_breaks_a_rule_is_told_apart_from_a_failure(tmp_path: Path) -> None:
    state = await opened(tmp_path)

    with pytest.raises(KeyTaken):
        await state.database.put(replies, key={"key": "k"}, values={"platform": None})
    await state.close()


_CLAIM_AND_HANG = """
import asyncio, sys
from pathlib import Path
from bot.stores.state import open_state
from bot.stores.wire import load_event

async def main():
    state = await open_state(data_dir=Path(sys.argv[1]))
    await state.inbox.claim(load_event(sys.argv[2]))
    print("claimed", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_process_leaves_what_it_claimed(tmp_path: Path) -> None:
    event = message()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _CLAIM_AND_HANG,
        str(tmp_path),
        dump_event(event),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert process.stdout is not None
    said = await process.stdout.readline()
    process.kill()
    await process.communicate()

    state = await opened(tmp_path)
    left = await state.inbox.unfinished()
    await state.close()

    assert said == b"claimed\n"
    assert left == (event,)


def test_the_clock_knows_its_zone() -> None:
    assert utc_now().utcoffset() == timedelta(0)


async def test_a_file_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"once a database" * 100)

    with pytest.raises(StateUnavailable, match=r"file is not a database.*restore a backup"):
        await opened(tmp_path)
