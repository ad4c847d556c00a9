"""The head of the audit log is copied to where the database's users cannot change it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.core.audit import AuditEntry
from bot.core.heads import Heads
from bot.stores.state import State, open_state
from tests.fakes_core import START

ENTRY = AuditEntry(at=START, what="x", by="slack:U1")


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    state = await open_state(data_dir=tmp_path)
    yield state
    await state.close()


async def test_each_head_is_said_once(state: State, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="bot.core.heads")
    heads = Heads(state.audit)

    await heads.look()
    await state.audit.append(ENTRY)
    for _ in range(3):
        await heads.look()

    head = await state.audit.head()
    assert head is not None
    said = [(one.__dict__["count"], one.__dict__["hash"]) for one in caplog.records]
    assert len(said) == 2
    assert said[1] == (1, head.hash)


async def test_a_head_that_is_gone_is_an_error(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    await state.database.run(lambda sql: sql.execute(text("DELETE FROM audit_head")))

    await Heads(state.audit).look()

    assert [one.message for one in caplog.records] == ["audit_head_missing"]
