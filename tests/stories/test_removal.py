"""What is taken out of the documents is not found again: not by a search, not as a verified answer,
not behind a button; the very next question shows it, whichever process took it out.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.core.cards import OPEN_SOURCE
from bot.core.model import AnswerRecord
from bot.core.teaching import Lesson, Teaching
from bot.core.texts import EN
from bot.stores.state import State, open_state
from knowledge.answer import Grounded, Policy
from knowledge.certainty import Certainty
from knowledge.confidence import load_model
from knowledge.curated import Curated, CuratedFirst
from knowledge.engines.bm25 import Bm25
from knowledge.engines.extractive import Extractive
from knowledge.engines.nearness import Nearness
from knowledge.engines.qdrant_edge import Edge
from knowledge.engines.qdrant_remote import Remote
from knowledge.model import Outcome
from knowledge.ports import PassageStore
from knowledge.retrieve import Hybrid
from tests.fakes_core import (
    ADA,
    DIRECT,
    FakeChannel,
    FakeClock,
    SameWords,
    build_core,
    message,
    press,
    words,
)
from tests.simulators.qdrant import QdrantSimulator
from tests.stories.ingesting import DENSE, EMBEDDERS, SPARSE, take_in

GYM = "Where is the gym?"
GYM_PAGE = "# Sports\n\nThe gym is on level 7 and opens at noon.\n"
OTHER_PAGE = "# VPN\n\nInstall the StarGate client and sign in with your token.\n"

Take = Callable[[], Awaitable[None]]


@dataclass(kw_only=True)
class Office:
    """A bot over a folder of pages. ingest: brings what it knows up to date with the folder."""

    pages: Path
    state: State
    store: PassageStore
    ingest: Take
    clock: FakeClock
    channel: FakeChannel = field(default_factory=FakeChannel)

    def __post_init__(self) -> None:
        documents = Grounded(
            retriever=Hybrid(store=self.store, embedders=EMBEDDERS, sparse=(Bm25(),)),
            store=self.store,
            similarity=Nearness(EMBEDDERS[1]),
            certainty=Certainty(load_model("e5-small+use-multilingual")),
            generator=Extractive(),
            policy=Policy(least_confidence=0.0),
        )
        curated = Curated(self.state.curated, likeness=SameWords(), sources=documents)
        self.dispatcher = build_core(
            stores=self.state,
            channel=self.channel,
            answerer=CuratedFirst(curated, documents),
            clock=self.clock,
        ).dispatcher

    async def ask(self) -> AnswerRecord:
        """The answer to the question, as it is shown and kept."""
        await self.dispatcher.dispatch(message(GYM))
        record = await self.state.answers.find(list(self.channel.shown)[-1])
        assert record is not None
        return record

    async def verify(self, record: AnswerRecord) -> None:
        """Somebody says that an answer with its sources is right."""
        lesson = Lesson(
            question=GYM,
            text="The gym is on level 7.",
            language="en",
            citations=record.answer.citations,
        )
        teaching = Teaching(curated=self.state.curated, clock=self.clock)
        await teaching.teach(lesson, by=ADA, key="teach", reason="test")


@asynccontextmanager
async def in_this_process(folder: Path) -> AsyncIterator[tuple[PassageStore, Take]]:
    store = await Edge.open(folder / "store", dense=DENSE, sparse=SPARSE, reserve_bytes=0)
    yield store, lambda: take_in(store, folder / "pages")
    await store.close()


@asynccontextmanager
async def by_another_process(folder: Path) -> AsyncIterator[tuple[PassageStore, Take]]:
    async with QdrantSimulator.running() as simulator:
        store = await Remote.open(simulator.url, dense=DENSE, sparse=SPARSE)

        async def ingest() -> None:
            module = "tests.stories.ingesting"
            command = (sys.executable, "-m", module, simulator.url, str(folder / "pages"))
            process = await asyncio.create_subprocess_exec(*command)
            assert await process.wait() == 0

        yield store, ingest
        await store.close()


@pytest.fixture(params=[in_this_process, by_another_process], ids=lambda made: made.__name__)
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    clock, pages = FakeClock(), tmp_path / "pages"
    pages.mkdir()
    (pages / "sports.md").write_text(GYM_PAGE, encoding="utf-8")
    (pages / "vpn.md").write_text(OTHER_PAGE, encoding="utf-8")
    state = await open_state(data_dir=tmp_path / "state", clock=clock)
    async with request.param(tmp_path) as (store, ingest):
        await take_in(store, pages)
        yield Office(pages=pages, state=state, store=store, ingest=ingest, clock=clock)
    await state.close()


async def test_a_deleted_page_is_found_no_more_nor_what_was_verified_from_it(
    office: Office,
) -> None:
    before = await office.ask()
    await office.verify(before)
    assert (await office.ask()).answer.outcome is Outcome.CURATED

    (office.pages / "sports.md").unlink()
    await office.ingest()

    after = await office.ask()
    assert after.answer.outcome is not Outcome.CURATED
    assert "level 7" not in after.answer.text
    assert {cited.document_id for cited in after.answer.citations} <= {"vpn"}
    assert {hit.passage.document_id for hit in after.answer.hits} <= {"vpn"}


async def test_a_changed_page_is_answered_as_it_is_now(office: Office) -> None:
    await office.verify(await office.ask())

    (office.pages / "sports.md").write_text(GYM_PAGE.replace("level 7", "level 2"), "utf-8")
    await office.ingest()

    after = await office.ask()
    assert after.answer.outcome is not Outcome.CURATED
    assert "level 2" in after.answer.text
    assert "level 7" not in after.answer.text


async def test_a_page_for_fewer_readers_is_found_no_more_by_the_others(office: Office) -> None:
    await office.verify(await office.ask())

    (office.pages / "sports.md").write_text(f"---\naudience: hr\n---\n{GYM_PAGE}", "utf-8")
    await office.ingest()

    after = await office.ask()
    assert after.answer.outcome is not Outcome.CURATED
    assert "level 7" not in after.answer.text


async def test_the_button_under_an_old_answer_does_not_open_what_is_gone(office: Office) -> None:
    before = await office.ask()
    cited = before.answer.citations[0].passage_id

    (office.pages / "sports.md").unlink()
    await office.ingest()

    await office.dispatcher.dispatch(
        press(before.ref, OPEN_SOURCE, conversation=DIRECT, passage_id=cited)
    )
    assert words(list(office.channel.shown.values())[-1]) == EN.passage_gone
