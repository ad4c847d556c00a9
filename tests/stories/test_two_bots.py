"""Two bots on one PostgreSQL and one Qdrant server, and ingests that belong to neither."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app import build_app
from bot.core.access import Access
from bot.core.desks import build_desks
from bot.core.gate_cards import GATE_KEEP, GATE_LET
from bot.core.model import Conversation, MessageRef
from bot.core.owners import Owners
from bot.core.rules import Rules
from bot.core.teaching import Lesson, Teaching
from bot.core.texts_loop import LOOP_TEXTS
from bot.deciders import deciders_of
from bot.serving import Serving, open_serving
from bot.settings import Settings, StorageSettings
from bot.state import opened_state
from bot.stores.sharing import Sharing, sharing_of
from bot.stores.state import State, utc_now
from knowledge.budget import Threshold
from knowledge.settings import AnsweringSettings, GenerationSettings, KnowledgeSettings
from tests.bot.test_serving import (
    ASKED,
    BAD,
    EMBEDDERS,
    GOOD,
    OTHER,
    ROOT,
    SHELF,
    ingest,
    said,
    settings_of,
)
from tests.fakes_core import FakeChannel, press, words
from tests.postgres import Postgres
from tests.simulators.qdrant import QdrantSimulator

SAID = LOOP_TEXTS["en"]


class Bot:
    """One of the bots, with a data folder of its own; all hear and speak in one place."""

    def __init__(
        self, settings: Settings, serving: Serving, state: State, sharing: Sharing
    ) -> None:
        self.settings, self.serving, self.state = settings, serving, state
        self.channel = FakeChannel()
        self.knowledge = serving.for_core()
        self.desks = build_desks(
            stores=state,
            channels={"fake": self.channel},
            knowledge=self.knowledge,
            clock=utc_now,
            rules=Rules(
                access=Access(admins=frozenset({ROOT.key})), owners=Owners(admins=(ROOT.key,))
            ),
            others=sharing.others,
            uses=sharing.uses,
        )

    async def tries(self) -> None:
        """What the bot does by itself as soon as it is told of a change."""
        assert self.desks.gate is not None
        await self.desks.gate.look()

    async def press(self, name: str, change: str) -> str:
        place = Conversation(platform="fake", id="root", direct=True)
        card = MessageRef(platform="fake", id="card")
        pressed = press(card, name, user=ROOT, conversation=place, change=change)
        await self.desks.dispatcher.dispatch(pressed)
        return words(self.channel.sent[-1].card)

    async def says(self) -> str:
        return (await said(self.knowledge)).text

    async def documents(self) -> list[str]:
        return sorted(await self.serving.now.store.documents())


class Company:
    """Twelve days stand in the documents, and somebody verified that."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder, self.changes = folder, changes

    async def ingest(self, page: str, name: str = "leave.md") -> None:
        """As a job does it, in a pod whose data folder is gone afterwards."""
        await ingest(self.folder, page, name=name, **self.on("job"))

    def on(self, machine: str, **changes: Any) -> dict[str, Any]:
        """The same configuration everywhere, and a data folder on this machine."""
        storage = self.changes["storage"].model_copy(update={"data_dir": self.folder / machine})
        return {**self.changes, "storage": storage, **changes}

    @asynccontextmanager
    async def bot(self, machine: str, **changes: Any) -> AsyncIterator[Bot]:
        settings = settings_of(self.folder, **self.on(machine, **changes))
        async with (
            open_serving(settings, SHELF, shared=EMBEDDERS) as serving,
            opened_state(settings) as state,
        ):
            sharing = sharing_of(state, clock=utc_now)
            await sharing.inbox.unfinished()  # from here on it is one of several
            try:
                yield Bot(settings, serving, state, sharing)
            finally:
                await sharing.go()

    async def teach(self) -> None:
        await self.ingest(GOOD)
        async with opened_state(settings_of(self.folder, **self.on("job"))) as state:
            lesson = Lesson(question=ASKED, text="12 paid vacation days.", language="en")
            teaching = Teaching(curated=state.curated, clock=utc_now)
            await teaching.teach(lesson, by=ROOT, key="k", reason="teach")


@pytest.fixture
async def company(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Company]:
    async with QdrantSimulator.running() as server, postgres.database() as name:
        company = Company(
            tmp_path,
            storage=StorageSettings(database_url=postgres.url(name)),
            knowledge=KnowledgeSettings(qdrant_url=server.url),
        )
        await company.teach()
        yield company


async def test_what_a_job_took_in_waits_is_let_once_and_counts_in_both(company: Company) -> None:
    async with company.bot("one") as one, company.bot("two") as two:
        await company.ingest(BAD)

        await asyncio.gather(one.tries(), two.tries())
        held = await two.serving.held()
        assert held is not None
        cards = [*one.channel.sent, *two.channel.sent]
        assert [card.conversation.id for card in cards] == ["root"]
        assert "12 paid" in await one.says()
        assert "12 paid" in await two.says()

        # The card came from one of them, and its buttons reach either.
        assert await two.press(GATE_LET, held.id) == SAID.gate_live
        assert "7 paid" in await two.says()
        await one.serving.look()
        assert "7 paid" in await one.says()

        assert await one.press(GATE_LET, held.id) == SAID.gate_live
        assert await one.press(GATE_KEEP, held.id) == SAID.gate_live
        decided = [entry for entry in await two.state.audit.latest(20) if "gate." in entry.what]
        assert [entry.what for entry in decided] == ["gate.let"]
        assert await one.serving.held() is None

    async with company.bot("three") as three:  # whose data folder is empty
        assert "7 paid" in await three.says()


async def test_what_is_kept_back_counts_in_neither_over_restarts(company: Company) -> None:
    async with company.bot("one") as one, company.bot("two") as two:
        await company.ingest(BAD)
        await one.tries()
        held = await two.serving.held()
        assert held is not None
        assert await two.press(GATE_KEEP, held.id) == SAID.gate_kept
        await one.tries()
        assert "12 paid" in await one.says()

    async with company.bot("one") as one:
        await one.tries()
        assert "12 paid" in await one.says()


async def test_the_bots_are_told_and_nobody_looks(company: Company) -> None:
    async with AsyncExitStack() as stack:
        bots = [await stack.enter_async_context(company.bot(name)) for name in ("one", "two")]
        for each in bots:
            await stack.enter_async_context(build_app(each.settings, knowledge=each.knowledge))

        await company.ingest(OTHER, name="parking.md")

        async with asyncio.timeout(20):  # they look by themselves only every 30 s
            for each in bots:
                while await each.documents() != ["leave", "parking"]:  # noqa: ASYNC110 -- as above
                    await asyncio.sleep(0.02)


async def test_the_next_ingest_fills_the_place_that_counts_no_more(company: Company) -> None:
    async with company.bot("one") as one, company.bot("two") as two:
        for hour in ("six", "five", "four"):
            await company.ingest(OTHER.replace("six", hour), name="parking.md")
            await one.tries()
            await two.serving.look()

            for each in (one, two):
                (page,) = await each.serving.now.store.passages(["parking"])
                assert hour in page.text


async def test_another_model_is_tried_by_one_and_counts_in_both(company: Company) -> None:
    async with company.bot("one"):
        pass
    other = GenerationSettings(engine="extractive", model="other")
    async with (
        company.bot("one", generation=other) as one,
        company.bot("two", generation=other) as two,
    ):
        assert await one.serving.held() is not None
        await one.tries()
        await two.serving.look()

        assert await two.serving.held() is None
        assert len(await two.state.trials.all()) == 1


async def test_during_a_rollout_neither_configuration_drags_the_other_along(
    company: Company,
) -> None:
    new = GenerationSettings(engine="extractive", model="other")
    async with company.bot("one") as old, company.bot("two", generation=new) as rolled:
        await rolled.tries()
        assert await rolled.serving.held() is None

        await old.serving.look()
        assert await old.serving.held() is None
        await company.ingest(OTHER, name="parking.md")
        await rolled.tries()
        await old.serving.look()
        await rolled.serving.look()

        assert await old.documents() == await rolled.documents() == ["leave", "parking"]
        assert await rolled.serving.held() is None


@pytest.mark.parametrize("gate", ["warn", "block"])
async def test_a_threshold_that_is_fitted_elsewhere_holds_in_both(
    company: Company, gate: str
) -> None:
    fitting = AnsweringSettings(judge=False)
    loop = settings_of(company.folder).loop.model_copy(update={"gate": gate})
    changes: dict[str, Any] = {"answering": fitting, "loop": loop}
    async with company.bot("one", **changes) as one, company.bot("two", **changes) as two:
        fitted = Threshold(
            least_confidence=0.001, max_wrong_rate=0.02, guarantee="certain",
            asked=400, given=300, wrong=2,
        )  # fmt: skip
        async with opened_state(settings_of(company.folder, **company.on("job"))) as state:
            await state.thresholds.put(deciders_of(one.settings), fitted)

        for each in (one, two):
            await each.serving.look()
            if gate == "block":
                await each.tries()

        assert one.serving.least_confidence == two.serving.least_confidence == 0.001
