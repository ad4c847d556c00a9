"""What came in with a file is reviewed in the chat, and then served."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from bot.cli.parser import run
from bot.core.access import Access
from bot.core.loop_cards import PROPOSAL_ACCEPT
from bot.core.model import Conversation, Fields, User
from bot.core.rules import Rules
from bot.core.texts import EN
from bot.stores.state import open_state
from knowledge.curated import Curated, CuratedFirst
from knowledge.model import Outcome
from tests.fakes_core import (
    FakeChannel,
    FakeClock,
    SameWords,
    ScriptedAnswerer,
    build_core,
    message,
    press,
    unknown,
)

ROOT = User(platform="fake", id="root", name="Root")
DESK = Conversation(platform="fake", id="root", direct=True)
FAQ = (
    "question,answer,similar,owner,review date\nWhere is the gym?,Floor 3.,Gym?,fake:eve,2027-03-01"
)


async def test_an_imported_pair_is_accepted_in_the_chat_and_served_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKMATE_STORAGE__DATA_DIR", str(tmp_path))
    (tmp_path / "faq.csv").write_text(FAQ, encoding="utf-8")
    state = await open_state(data_dir=tmp_path)
    channel = FakeChannel()
    documents = ScriptedAnswerer(script=lambda question: (unknown(question),))
    core = build_core(
        stores=state,
        channel=channel,
        answerer=CuratedFirst(
            Curated(state.curated, likeness=SameWords(), sources=documents), documents
        ),
        clock=FakeClock(),
        rules=Rules(access=Access(admins=frozenset({ROOT.key}))),
    ).dispatcher

    await asyncio.to_thread(run, ["teach", str(tmp_path / "faq.csv")])
    await core.dispatch(message("/deskmate review", user=ROOT, conversation=DESK))
    shown, card = list(channel.shown.items())[-1]
    [proposal] = await state.proposals.waiting()
    await core.dispatch(
        press(shown, PROPOSAL_ACCEPT, user=ROOT, conversation=DESK, proposal=proposal.id)
    )
    await core.dispatch(message("Gym?", user=ROOT, conversation=DESK))

    rows = [row for block in card.blocks if isinstance(block, Fields) for row in block.rows]
    assert (EN.proposal_kind, EN.proposal_import) in rows
    assert (EN.proposal_by, "faq.csv") in rows
    record = await state.answers.find(list(channel.shown)[-1])
    assert record is not None
    assert record.answer.outcome is Outcome.CURATED
    assert record.answer.curated is not None
    assert record.answer.curated.owner == "fake:eve"
    assert record.answer.curated.review_on == date(2027, 3, 1)
    assert record.answer.curated.verified_by == "Root"
    await state.close()
