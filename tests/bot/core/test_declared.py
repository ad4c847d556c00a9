"""Who is named by a document alone may do what other owners may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.core.desks import build_desks
from bot.core.texts import EN
from bot.stores.state import State, open_state
from knowledge.errors import StoreUnavailable
from tests.fakes_core import (
    ADA,
    BOB,
    PATIENT,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    knowing,
    message,
    words,
)


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    state = await open_state(data_dir=tmp_path)
    yield state
    await state.close()


@dataclass
class Handbook:
    """Its pages name these owners."""

    owners: frozenset[str] = frozenset()
    away: bool = False
    channel: FakeChannel = field(default_factory=FakeChannel)

    async def named(self) -> frozenset[str]:
        if self.away:
            raise StoreUnavailable("away")
        return self.owners


async def test_a_documents_owner_may_use_an_owners_commands(state: State) -> None:
    book = Handbook(frozenset({ADA.key, "People Team", "HR: Ms Li"}))
    knowledge = replace(knowing(ScriptedAnswerer(script=lambda _: ())), owners=book.named)
    desks = build_desks(
        stores=state,
        channels={"fake": book.channel},
        knowledge=knowledge,
        clock=FakeClock(),
        rules=PATIENT,
    )

    async def say(user: object) -> str:
        asked = message("/deskmate review", user=ADA if user is ADA else BOB)
        await desks.dispatcher.dispatch(asked)
        return words(book.channel.sent[-1].card)

    refused = EN.command_refused.format(name="review")
    assert await say(ADA) == refused

    await desks.declared.look()
    assert await say(ADA) == EN.review_none
    assert await say(BOB) == refused
    assert desks.declared.keys() == {ADA.key}

    book.away = True
    with pytest.raises(StoreUnavailable):
        await desks.declared.look()
    assert await say(ADA) == EN.review_none

    book.away, book.owners = False, frozenset()
    await desks.declared.look()
    assert await say(ADA) == refused
