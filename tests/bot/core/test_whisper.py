"""Questions by command, and silence, when something breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.core.desks import Desks
from bot.core.errors import StateUnavailable
from bot.core.hush import Hush
from bot.core.languages import Languages
from bot.core.model import Conversation
from bot.core.replies import Replies
from bot.core.steering import Mute
from bot.core.texts import EN
from bot.stores.state import State, open_state
from knowledge.errors import EngineUnavailable
from knowledge.model import Answer, Question
from tests.fakes_core import (
    ADA,
    GROUP,
    PATIENT,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    build_core,
    knows,
    message,
    unknown,
    words,
)


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    opened = await open_state(data_dir=tmp_path, clock=FakeClock())
    yield opened
    await opened.close()


def core(state: State, channel: FakeChannel, answerer: ScriptedAnswerer, **rules: float) -> Desks:
    return build_core(
        stores=state,
        channel=channel,
        answerer=answerer,
        clock=FakeClock(),
        rules=replace(PATIENT, **rules),  # type: ignore[arg-type] -- deadline_s only
    )


async def test_where_knowledge_is_away_the_asker_alone_is_told(state: State) -> None:
    channel = FakeChannel()
    away = ScriptedAnswerer(script=lambda _: (EngineUnavailable("away"),))

    await core(state, channel, away).dispatcher.dispatch(
        message("/deskmate ask How many days?", conversation=GROUP)
    )

    (reply,) = channel.sent
    assert words(reply.card) == EN.busy
    assert reply.only_for == ADA


async def test_a_late_answer_leaves_the_way_to_a_person_open(state: State) -> None:
    channel, slow = FakeChannel(), knows()
    slow.gate = asyncio.Event()

    await core(state, channel, slow, deadline_s=0.05).dispatcher.dispatch(
        message("/deskmate ask How many days?", conversation=GROUP)
    )

    (ref,) = channel.shown
    assert words(channel.shown[ref]) == EN.late
    record = await state.answers.find(ref)
    assert record is not None
    assert record.conversation == Conversation(platform="fake", id=ADA.id, direct=True)


async def test_what_is_not_known_becomes_a_gap_of_the_asker(state: State) -> None:
    channel = FakeChannel()

    await core(state, channel, ScriptedAnswerer(script=_nothing)).dispatcher.dispatch(
        message("/deskmate ask How many days?", conversation=GROUP)
    )

    (gap,) = await state.gaps.standing()
    (ask,) = gap.asks
    assert (ask.question, ask.user) == ("How many days?", ADA)
    assert ask.conversation.direct  # the answer comes to nobody else


def _nothing(question: Question) -> tuple[Answer]:
    return (unknown(question),)


@dataclass
class Broken:
    """A store of mutes that does not answer."""

    async def of(self, _place: Conversation) -> Mute | None:
        raise StateUnavailable("away")

    async def put(self, _mute: Mute) -> None:
        raise StateUnavailable("away")

    async def lift(self, _place: Conversation, *, by: str, at: datetime) -> bool:
        raise StateUnavailable("away")


async def test_where_nobody_knows_of_mutes_only_those_who_ask_are_answered(state: State) -> None:
    replies = Replies(channels={"fake": FakeChannel()}, ledger=state.ledger)
    languages = Languages(memory=state.memory, defaults={})
    hush = Hush(mutes=Broken(), replies=replies, languages=languages)

    assert not await hush.over(message(conversation=GROUP))
    assert await hush.over(message(conversation=GROUP, addressed=False))
