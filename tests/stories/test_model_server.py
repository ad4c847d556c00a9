"""A conversation answered by a real llama-server, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cli.doctor_model import model_server
from bot.core.intake import Intake
from bot.core.model import AnswerRecord, MessageRef, Sources
from bot.knowledge_base import open_knowledge
from bot.settings import Settings, StorageSettings
from bot.stores.state import State, open_state
from knowledge.model import Outcome
from knowledge.settings import AnsweringSettings, GenerationSettings
from knowledge.weights import Shelf
from tests.fakes_core import FakeChannel, FakeClock, build_core, message
from tests.simulators.llama_server import llama_server

pytestmark = [pytest.mark.models, pytest.mark.asyncio(loop_scope="module")]

PAGE = """# Annual leave

Staff receive 10 paid vacation days in the first year.

In the second year staff receive 12 paid vacation days.
"""
SERVED = "smollm2-135m"


@dataclass(frozen=True, kw_only=True)
class Office:
    """A bot with its documents here and its model on a server."""

    settings: Settings
    channel: FakeChannel
    state: State
    intake: Intake

    async def ask(self, text: str) -> AnswerRecord:
        """The answer as it is kept, once its card is shown."""
        await self.intake.start()
        await self.intake.accept(message(text))
        await self.intake.drain(120)
        kept = await self.state.answers.find(self.last)
        assert kept is not None
        return kept

    @property
    def last(self) -> MessageRef:
        return list(self.channel.shown)[-1]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, shelf: Shelf) -> AsyncIterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    page = folder / "pages" / "leave.md"
    page.parent.mkdir()
    page.write_text(PAGE, encoding="utf-8")
    weights = [await asyncio.to_thread(shelf.pull, name) for name in WEIGHTS]
    clock, channel = FakeClock(), FakeChannel()
    async with llama_server(weights[-1], context_tokens=2048) as url:
        settings = settings_for(url, folder)
        async with open_knowledge(settings, shelf, store_folder=folder / "store") as knowledge:
            await knowledge.ingest.run([page.parent])
            state = await open_state(data_dir=folder, clock=clock)
            core = build_core(
                stores=state, channel=channel, answerer=knowledge.answerer, clock=clock
            )
            intake = Intake(state.inbox, core.dispatcher.dispatch, clock=clock)
            yield Office(settings=settings, channel=channel, state=state, intake=intake)
            await state.close()


WEIGHTS = ("e5-small", "use-multilingual", SERVED)


def settings_for(url: str, folder: Path) -> Settings:
    return Settings(
        storage=StorageSettings(data_dir=folder),
        generation=GenerationSettings(
            engine="openai", base_url=url, model=SERVED, first_draft_s=120, total_s=120
        ),
        answering=AnsweringSettings(least_confidence=0.0),
    )


async def test_the_server_writes_and_the_documents_are_cited(office: Office) -> None:
    kept = await office.ask("How many paid vacation days do staff receive in the second year?")

    assert kept.answer.engine == f"openai:{SERVED}"
    assert kept.answer.outcome in {Outcome.GROUNDED, Outcome.DEGRADED}
    assert kept.answer.tokens.prompt > 100
    assert kept.answer.tokens.completion > 0
    assert kept.answer.citations
    assert all(citation.quote in PAGE for citation in kept.answer.citations)
    final = office.channel.shown[office.last]
    assert any(isinstance(block, Sources) for block in final.blocks)


async def test_doctor_finds_that_it_writes_and_tells_chances(office: Office) -> None:
    said = [finding async for finding in model_server(office.settings)]

    assert [finding.level for finding in said] == ["ok", "ok"]
    assert "its judgement was not measured" in said[1].found
