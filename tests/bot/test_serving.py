"""An ingest, a threshold and a model that wait: with the real search, over restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.agreed import record_now
from bot.app import build_app
from bot.core.access import Access
from bot.core.desks import Desks, build_desks
from bot.core.gate_cards import GATE_LET
from bot.core.model import Conversation, MessageRef, User
from bot.core.owners import Owners
from bot.core.ports import Knowledge
from bot.core.rules import Rules
from bot.core.teaching import Lesson, Teaching
from bot.knowledge_base import Shared, open_knowledge
from bot.serving import Serving, open_serving
from bot.settings import AccessSettings, LoopSettings, Settings, SettingsInvalid, StorageSettings
from bot.staging import ingesting
from bot.state import opened_state
from bot.stores.state import State, utc_now
from bot.ways import Way
from knowledge.engines.bm25 import Bm25
from knowledge.engines.extractive import Extractive
from knowledge.model import Answer, Outcome, Question, Tally
from knowledge.settings import AnsweringSettings, GenerationSettings, KnowledgeSettings
from knowledge.weights import Shelf
from tests.fakes import HashedEmbedder
from tests.fakes_core import FakeChannel, press
from tests.simulators.qdrant import QdrantSimulator

ROOT = User(platform="fake", id="root", name="Root")
GOOD = "# Annual leave\n\nStaff receive 12 paid vacation days in the second year.\n"
BAD = "# Annual leave\n\nStaff receive 7 paid vacation days in the second year.\n"
OTHER = "# Parking\n\nThe car park opens at six in the morning.\n"
ASKED = "How many paid vacation days do staff receive in the second year?"


SHELF = Shelf(Path("none"))
EMBEDDERS = Shared(
    embedders=(HashedEmbedder("e5", 64), HashedEmbedder("use", 64)), sparse=(Bm25(),)
)


def settings_of(folder: Path, **changes: Any) -> Settings:
    return Settings(
        **{
            "storage": StorageSettings(data_dir=folder / "data"),
            "access": AccessSettings(admins=(ROOT.key,)),
            "loop": LoopSettings(gate="block"),
            "generation": GenerationSettings(engine="extractive"),
            "answering": AnsweringSettings(judge=False, least_confidence=0.0),
            **changes,
        }
    )


class Killed(Exception):
    """The process ends here."""


async def ingest(
    folder: Path, page: str, *, name: str = "leave.md", killed: bool = False, **changes: Any
) -> None:
    """As `deskmate ingest` does it in a process of its own."""
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    (pages / name).write_text(page, encoding="utf-8")
    settings = settings_of(folder, **changes)
    opened = open_knowledge(settings, SHELF, generator=Extractive(), shared=EMBEDDERS)
    async with (
        opened_state(settings) as state,
        opened as knowledge,
        ingesting(settings, knowledge, state.ways) as way_in,
    ):
        report = await way_in.run([pages])
        if killed:
            raise Killed
    assert not report.failed


async def said(knowledge: Knowledge) -> Answer:
    question = Question(text=ASKED, language="en")
    async for step in knowledge.answerer.stream(question):
        if isinstance(step, Answer):
            return step
    raise AssertionError("no answer came")


class Bot:
    """A running bot, as far as the gate needs it."""

    def __init__(self, serving: Serving, state: State, channel: FakeChannel) -> None:
        self.serving = serving
        self.knowledge = serving.for_core()
        self.channel = channel
        self.desks: Desks = build_desks(
            stores=state,
            channels={"fake": channel},
            knowledge=self.knowledge,
            clock=utc_now,
            rules=Rules(
                access=Access(admins=frozenset({ROOT.key})), owners=Owners(admins=(ROOT.key,))
            ),
        )

    async def look(self) -> None:
        assert self.desks.gate is not None
        await self.desks.gate.look()

    async def let(self) -> None:
        held = await self.serving.held()
        assert held is not None
        place = Conversation(platform="fake", id="root", direct=True)
        ref = MessageRef(platform="fake", id="card")
        await self.desks.dispatcher.dispatch(
            press(ref, GATE_LET, user=ROOT, conversation=place, change=held.id)
        )

    async def says(self) -> str:
        return (await said(self.knowledge)).text


Start = Callable[..., Any]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts a bot in the folder."""
    channel = FakeChannel()

    @asynccontextmanager
    async def starting(**changes: Any) -> AsyncIterator[Bot]:
        settings = settings_of(tmp_path, **changes)
        async with AsyncExitStack() as stack:
            serving = await stack.enter_async_context(
                open_serving(settings, SHELF, shared=EMBEDDERS)
            )
            state = await stack.enter_async_context(opened_state(settings))
            yield Bot(serving, state, channel)

    return starting


@pytest.fixture
async def taught(tmp_path: Path, start: Start) -> Start:
    """Twelve days stand in the documents, and somebody verified that."""
    await ingest(tmp_path, GOOD)
    async with opened_state(settings_of(tmp_path)) as state:
        lesson = Lesson(question=ASKED, text="12 paid vacation days.", language="en")
        teaching = Teaching(curated=state.curated, clock=utc_now)
        await teaching.teach(lesson, by=ROOT, key="k", reason="teach")
    return start


async def test_a_page_that_makes_it_worse_waits_over_a_restart_until_it_is_let(
    taught: Start, tmp_path: Path
) -> None:
    async with taught() as bot:
        assert "12 paid" in await bot.says()
        assert await bot.serving.held() is None
    await ingest(tmp_path, BAD)

    async with taught() as bot:
        await bot.look()
        assert "12 paid" in await bot.says()
        (reply,) = bot.channel.sent
        assert reply.conversation.id == "root"

    async with taught() as bot:
        await bot.look()  # nothing is told twice, nothing counts by itself
        assert len(bot.channel.sent) == 1
        assert "12 paid" in await bot.says()
        await bot.let()
        assert "7 paid" in await bot.says()

    async with taught() as bot:
        assert "7 paid" in await bot.says()
        assert await bot.serving.held() is None


async def test_a_page_that_makes_nothing_worse_counts_after_the_trial(
    taught: Start, tmp_path: Path
) -> None:
    async with taught():
        pass
    await ingest(tmp_path, OTHER, name="parking.md")

    async with taught() as bot:
        assert sorted(await bot.serving.now.store.documents()) == ["leave"]
        await bot.look()

        assert sorted(await bot.serving.now.store.documents()) == ["leave", "parking"]
        assert bot.channel.sent == []

    # The next ingest goes on from there, in the place that is free again.
    await ingest(tmp_path, OTHER.replace("six", "five"), name="parking.md")
    async with taught() as bot:
        await bot.look()
        assert "five" in (await bot.serving.now.store.passages(["parking"]))[0].text


async def test_an_ingest_that_was_killed_counts_for_nothing_until_it_is_run_again(
    taught: Start, tmp_path: Path
) -> None:
    async with taught():
        pass
    with pytest.raises(Killed):
        await ingest(tmp_path, OTHER, name="parking.md", killed=True)

    async with taught() as bot:
        assert await bot.serving.held() is None
        assert "12 paid" in await bot.says()

    await ingest(tmp_path, OTHER, name="parking.md")
    async with taught() as bot:
        await bot.look()
        assert sorted(await bot.serving.now.store.documents()) == ["leave", "parking"]


async def test_on_a_server_an_ingest_beside_the_running_bot_waits_too(
    taught: Start, tmp_path: Path
) -> None:
    async with QdrantSimulator.running() as server:
        remote = {"knowledge": KnowledgeSettings(qdrant_url=server.url)}
        await ingest(tmp_path, GOOD, **remote)
        async with taught(**remote) as bot:
            await ingest(tmp_path, BAD, **remote)
            await bot.look()
            assert len(bot.channel.sent) == 1
            assert "12 paid" in await bot.says()

            await ingest(tmp_path, GOOD, **remote)  # corrected
            assert await bot.serving.held() is None
            await ingest(tmp_path, BAD, **remote)
            await bot.let()  # of what was tried before it was corrected
            assert "12 paid" in await bot.says()

            await bot.look()
            await bot.let()
            assert "7 paid" in await bot.says()


async def test_an_ingest_that_changes_nothing_leaves_nothing_to_try(
    taught: Start, tmp_path: Path
) -> None:
    await ingest(tmp_path, GOOD)

    assert (await record_now(settings_of(tmp_path))).staged is None


async def test_a_threshold_that_refuses_more_waits(taught: Start) -> None:
    strict = AnsweringSettings(judge=False, least_confidence=1.0)
    async with taught():
        pass

    async with taught(answering=strict) as bot:
        await bot.look()
        assert len(bot.channel.sent) == 1
        assert (await said(bot.knowledge)).outcome is not Outcome.UNKNOWN

        await bot.let()
        assert (await said(bot.knowledge)).outcome is Outcome.UNKNOWN

    async with taught() as bot:  # back again is no drop
        await bot.look()
        assert (await said(bot.knowledge)).outcome is not Outcome.UNKNOWN


async def test_a_model_that_answers_as_well_takes_over(taught: Start) -> None:
    nobody = {"base_url": "http://127.0.0.1:9", "model": "m", "api_key": "k"}
    async with taught():
        pass

    named = GenerationSettings(engine="extractive", model="other")
    async with taught(generation=named) as bot:
        held = await bot.serving.held()
        assert held is not None
        await bot.look()
        assert await bot.serving.held() is None

    elsewhere = GenerationSettings(engine="openai", **nobody)
    async with taught(generation=elsewhere) as bot:  # whose key from before nobody knows
        assert await bot.serving.held() is None


async def test_where_the_model_from_before_is_gone_the_new_one_counts_at_once(
    start: Start, tmp_path: Path
) -> None:
    gone = Way(
        embedders="e5-small+use-multilingual",
        engine="llamacpp",
        model="gone",
        base_url="",
        judge=False,
        least_confidence=0.5,
    )
    async with opened_state(settings_of(tmp_path)) as state:
        await state.ways.start(gone, holds=True)

    async with start() as bot:
        assert await bot.serving.held() is None
        assert bot.serving.now.generator.name == Extractive().name


async def test_the_running_bot_tries_changes_out_by_itself(taught: Start, tmp_path: Path) -> None:
    async with taught():
        pass
    await ingest(tmp_path, OTHER, name="parking.md")

    async with taught() as bot:
        await bot.serving.warm()
        async with build_app(settings_of(tmp_path), knowledge=bot.serving.for_core()) as app:
            async with asyncio.timeout(20):
                while await bot.serving.held() is not None:  # noqa: ASYNC110 -- nobody tells
                    await asyncio.sleep(0.01)
            await bot.serving.ping_store()
            await bot.serving.ping_model()

            assert sorted(await bot.serving.now.store.documents()) == ["leave", "parking"]
            assert await app.state.trials.all() != ()


async def test_votes_reach_what_waits_too(taught: Start, tmp_path: Path) -> None:
    async with taught():
        pass
    await ingest(tmp_path, OTHER, name="parking.md")

    async with taught() as bot:
        assert await bot.serving.held() is not None
        (passage,) = await bot.serving.now.store.passages(["leave"])
        await bot.serving.tally({passage.id: Tally(helpful=2)})
        await bot.look()

        (after,) = await bot.serving.now.store.passages(["leave"])
        assert after.votes == Tally(helpful=2)


async def test_without_administrators_nothing_can_be_held(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, access=AccessSettings())

    with pytest.raises(SettingsInvalid, match="admins"):
        async with open_serving(settings, SHELF, shared=EMBEDDERS):
            pass
