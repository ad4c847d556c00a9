"""Passages embedded anew while the bot answers: nothing fails, goes empty or gets lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from bot.agreed import open_agreed
from bot.asked import Answering, Request, Requests
from bot.reindexing import Reindexed, reindex_alone, reindex_as_asked, reindex_serving
from bot.serving import Serving, open_serving
from bot.settings import AccessSettings, LoopSettings, Settings, StorageSettings
from bot.signposts import FolderSignpost
from knowledge.engines.bm25 import Bm25
from knowledge.errors import (
    EngineUnavailable,
    ReindexRefused,
    StoreLocked,
    StoreMissing,
    StoreUnavailable,
)
from knowledge.indexing import Indexing
from knowledge.model import EVERYONE, Answer, Question, Tally
from knowledge.ports import Embedder
from knowledge.settings import AnsweringSettings, GenerationSettings, KnowledgeSettings
from knowledge.weights import Shelf
from tests.fakes import HashedEmbedder
from tests.simulators.published import Published
from tests.simulators.qdrant import QdrantSimulator

OPENAPI = Path("../shared/qdrant/openapi.json")
SHELF = Shelf(Path("none"))
ASKED = "How many paid vacation days do staff receive in the second year?"
PAGE = "# Annual leave\n\nStaff receive 12 paid vacation days in the second year.\n"
OTHER = "# Parking\n\nThe car park opens at six in the morning.\n"


@dataclass(slots=True)
class Dying(HashedEmbedder):
    """An embedder that breaks after so many texts. dies_after: None: never."""

    dies_after: int | None = None

    async def embed_passages(self, texts: Any) -> Any:
        if self.dies_after is not None and len(self.embedded) >= self.dies_after:
            raise EngineUnavailable("the machine went away")
        return await HashedEmbedder.embed_passages(self, texts)


@dataclass(slots=True)
class Engines:
    """Builds fakes, each once. e5: the one that a reindex to `e5-small` uses."""

    e5: Dying = field(default_factory=lambda: Dying("e5", 64))
    use: Dying = field(default_factory=lambda: Dying("use", 64))

    def __call__(self, settings: KnowledgeSettings, _shelf: Shelf) -> tuple[Embedder, ...]:
        one = {"e5-small": (self.e5,), "use-multilingual": (self.use,)}
        return one.get(settings.embedding_model, (self.e5, self.use))

    def indexing(self, settings: Settings) -> Indexing:
        return Indexing(embedders=self(settings.knowledge, SHELF), sparse=(Bm25(),))


def settings_of(folder: Path, model: str = "", *, url: str = "", **changes: Any) -> Settings:
    return Settings(
        **{
            "storage": StorageSettings(data_dir=folder / "data"),
            "knowledge": KnowledgeSettings(embedding_model=model, qdrant_url=url),
            "generation": GenerationSettings(engine="extractive"),
            "answering": AnsweringSettings(judge=False, least_confidence=0.0, deadline_s=0.001),
            **changes,
        }
    )


@asynccontextmanager
async def serving(settings: Settings, engines: Engines) -> AsyncIterator[Serving]:
    async with open_serving(settings, SHELF, engines=engines) as opened:
        yield opened


async def take_in(served: Serving, folder: Path, **pages: str) -> Any:
    place = folder / "pages"
    place.mkdir(exist_ok=True)
    for name, page in pages.items():
        (place / f"{name}.md").write_text(page, encoding="utf-8")
    async with served.ingesting() as ingest:
        return await ingest.run([place])


async def says(served: Serving) -> str:
    question = Question(text=ASKED, language="en")
    async for step in served.for_core().answerer.stream(question):
        if isinstance(step, Answer):
            return step.text
    raise AssertionError("no answer came")


class Asker:
    """Somebody who asks all the time. answers: what they were told."""

    def __init__(self, served: Serving) -> None:
        self.answers: list[str] = []
        self._served = served
        self._answered = asyncio.Event()
        self._task = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        while True:
            self.answers.append(await says(self._served))
            self._answered.set()

    async def heard(self) -> None:
        """Return once a question that begins from now on was answered."""
        for _ in range(2):  # the first may have begun before
            self._answered.clear()
            waiting = asyncio.create_task(self._answered.wait())
            await asyncio.wait({self._task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})
        assert self._task.cancelled(), self._task.exception()


@asynccontextmanager
async def asking(served: Serving) -> AsyncIterator[Asker]:
    asker = Asker(served)
    yield asker
    await asker.heard()
    await asker.stop()


def names_in(data_dir: Path) -> list[str]:
    return sorted(path.name for path in data_dir.glob("passages*") if path.is_dir())


@pytest.fixture
def engines() -> Engines:
    return Engines()


@cache
def published() -> Published | None:
    return Published(OPENAPI) if OPENAPI.exists() else None


@pytest.fixture
async def server() -> AsyncIterator[QdrantSimulator]:
    async with QdrantSimulator.running(published()) as simulator:
        yield simulator


class TestInTheBot:
    async def rebuilt(
        self, served: Serving, folder: Path, *, keep: bool = False, **options: Any
    ) -> Reindexed:
        on_progress: Callable[[int, int], None] = options.get("on_progress", lambda *_: None)
        plain = served.settings
        knowledge = plain.knowledge.model_copy(update={"embedding_model": "e5-small"})
        target = plain.model_copy(update={"knowledge": knowledge})
        return await reindex_serving(served, target, keep=keep, on_progress=on_progress)

    async def test_it_answers_all_the_time_and_then_by_the_new_engines(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            pages = {f"page{n}": OTHER.replace("six", str(n)) for n in range(20)}
            await take_in(served, tmp_path, leave=PAGE, **pages)

            async with asking(served) as asker:
                done = await self.rebuilt(served, tmp_path)

            assert len(asker.answers) > 3
            assert all("12 paid" in answer for answer in asker.answers)
            assert [one.name for one in served.now.embedders] == ["e5"]
            assert done.documents >= 21
            assert sorted(await served.now.store.documents()) == sorted(["leave", *pages])

    async def test_what_is_taken_in_meanwhile_is_not_lost(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE, parking=OTHER)
            meanwhile: list[asyncio.Task[Any]] = []

            def change(done: int, _total: int) -> None:
                if done == 1 and not meanwhile:
                    newer = OTHER.replace("six", "five")
                    pages = take_in(served, tmp_path, parking=newer, canteen=OTHER)
                    meanwhile.append(asyncio.create_task(pages))

            await self.rebuilt(served, tmp_path, on_progress=change)
            await asyncio.wait(meanwhile)
            failed = [task for task in meanwhile if task.exception() is not None]

            if failed:  # it came too late, and was told so: nothing is lost unsaid
                assert isinstance(failed[0].exception(), StoreMissing)
                await take_in(served, tmp_path)
            assert sorted(await served.now.store.documents()) == ["canteen", "leave", "parking"]
            (passage,) = await served.now.store.passages(["parking"])
            assert "five" in passage.text

    async def test_votes_and_readers_go_along(self, tmp_path: Path, engines: Engines) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE, parking=OTHER)
            (passage,) = await served.now.store.passages(["leave"])
            await served.tally({passage.id: Tally(helpful=3)})
            await served.now.store.assign({"parking": frozenset({"hr"})})

            await self.rebuilt(served, tmp_path)

            (voted,) = await served.now.store.passages(["leave"])
            assert voted.votes == Tally(helpful=3)
            readable = await served.now.store.documents(audience=frozenset({EVERYONE}))
            assert list(readable) == ["leave"]

    async def test_the_next_ingest_finds_everything_unchanged(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE, parking=OTHER)
            await self.rebuilt(served, tmp_path)

            report = await take_in(served, tmp_path)

            assert (report.unchanged, report.documents, report.deleted) == (2, 0, 0)

    async def test_the_old_folder_goes_once_nobody_reads_it(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
            done = await self.rebuilt(served, tmp_path)
            assert names_in(tmp_path / "data") == ["passages", done.name]

            await asyncio.sleep(0.002)
            await served.look()

            assert names_in(tmp_path / "data") == [done.name]
            assert "12 paid" in await says(served)

    async def test_a_bot_that_ends_leaves_no_old_folder(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        patient = AnsweringSettings(judge=False, least_confidence=0.0, deadline_s=90)
        async with serving(settings_of(tmp_path, answering=patient), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
            done = await self.rebuilt(served, tmp_path)
            await served.look()
            assert names_in(tmp_path / "data") == ["passages", done.name]

        assert names_in(tmp_path / "data") == [done.name]

    async def test_it_can_be_kept(self, tmp_path: Path, engines: Engines) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
            done = await self.rebuilt(served, tmp_path, keep=True)
            await asyncio.sleep(0.002)
            await served.look()

            assert names_in(tmp_path / "data") == ["passages", done.name]

    async def test_a_restart_goes_on_with_what_counts_whatever_is_configured(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
            await self.rebuilt(served, tmp_path)

        async with serving(settings_of(tmp_path), engines) as again:
            assert [one.name for one in again.now.embedders] == ["e5"]
            assert "12 paid" in await says(again)

    async def test_an_engine_that_breaks_changes_nothing_and_is_gone_on_with(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path, "use-multilingual"), engines) as served:
            await take_in(served, tmp_path, leave=PAGE, parking=OTHER, canteen=OTHER)
            engines.e5.dies_after = 2
            with pytest.raises(EngineUnavailable):
                await self.rebuilt(served, tmp_path)
            assert [one.name for one in served.now.embedders] == ["use"]
            assert "12 paid" in await says(served)

            engines.e5.dies_after = None
            await self.rebuilt(served, tmp_path)

            assert len(engines.e5.embedded) == 3
            assert "12 paid" in await says(served)

    async def test_done_once_there_is_nothing_to_do(self, tmp_path: Path, engines: Engines) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
            await self.rebuilt(served, tmp_path)
            embedded = len(engines.e5.embedded)

            again = await self.rebuilt(served, tmp_path)

            assert (again.name, again.documents) == (again.before, 0)
            assert len(engines.e5.embedded) == embedded


class TestAlone:
    async def run(
        self, settings: Settings, engines: Engines, *, keep: bool = False, **options: Any
    ) -> Reindexed:
        return await reindex_alone(
            settings,
            engines.indexing(settings),
            keep=keep,
            grace_s=60,
            on_progress=lambda _done, _total: None,
            **{"sleep": no_time, **options},
        )

    async def test_a_folder_that_a_bot_has_open_is_left_to_the_bot(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)

            with pytest.raises(StoreLocked):
                await self.run(settings_of(tmp_path, "e5-small"), engines)

    async def test_a_folder_that_nobody_has_open_is_done_at_once(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)

        done = await self.run(settings_of(tmp_path, "e5-small"), engines)

        assert names_in(tmp_path / "data") == [done.name]
        kept = await FolderSignpost(tmp_path / "data").current("first")
        assert kept is not None
        assert list(kept.layout.dense) == ["e5"]
        async with serving(settings_of(tmp_path, "e5-small"), engines) as served:
            assert "12 paid" in await says(served)

    async def test_killed_before_the_change_the_old_passages_count(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        async with serving(settings_of(tmp_path, "use-multilingual"), engines) as served:
            await take_in(served, tmp_path, leave=PAGE, parking=OTHER)
        engines.e5.dies_after = 1
        with pytest.raises(EngineUnavailable):
            await self.run(settings_of(tmp_path, "e5-small"), engines)

        async with serving(settings_of(tmp_path, "e5-small"), engines) as served:
            assert [one.name for one in served.now.embedders] == ["use"]
            assert "12 paid" in await says(served)

        engines.e5.dies_after = None
        await self.run(settings_of(tmp_path, "e5-small"), engines)
        assert len(engines.e5.embedded) == 2

    async def test_where_nothing_is_there_is_nothing_to_embed(
        self, tmp_path: Path, engines: Engines
    ) -> None:
        with pytest.raises(ReindexRefused, match="deskmate ingest"):
            await self.run(settings_of(tmp_path), engines)

    async def test_documents_that_wait_come_first(self, tmp_path: Path, engines: Engines) -> None:
        async with serving(settings_of(tmp_path), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
        async with open_agreed(settings_of(tmp_path)) as agreed:
            await agreed.ways.stage()

        with pytest.raises(ReindexRefused, match="wait to be tried out"):
            await self.run(settings_of(tmp_path, "e5-small"), engines)

    async def test_on_a_server_a_running_bot_changes_over_without_a_restart(
        self, tmp_path: Path, engines: Engines, server: QdrantSimulator
    ) -> None:
        async with serving(settings_of(tmp_path, url=server.url), engines) as served:
            pages = {f"page{n}": OTHER.replace("six", str(n)) for n in range(5)}
            await take_in(served, tmp_path, leave=PAGE, **pages)

            async with asking(served) as asker:

                async def notice(_seconds: float) -> None:
                    assert [one.name for one in served.now.embedders] == ["e5", "use"]
                    await asker.heard()  # the old collection stays while somebody may read it
                    await served.look()
                    await asker.heard()

                target = settings_of(tmp_path, "e5-small", url=server.url)
                done = await self.run(target, engines, sleep=notice)

            assert all("12 paid" in answer for answer in asker.answers)
            assert [one.name for one in served.now.embedders] == ["e5"]
            assert done.before == "deskmate"
            assert ("DELETE", "/collections/deskmate") in server.requests

    async def test_what_a_late_writer_puts_into_the_old_collection_is_brought_over(
        self, tmp_path: Path, engines: Engines, server: QdrantSimulator
    ) -> None:
        before = settings_of(tmp_path, url=server.url)
        async with serving(before, engines) as served:
            await take_in(served, tmp_path, leave=PAGE)

            async def write(_seconds: float) -> None:
                await take_in(served, tmp_path, parking=OTHER)

            await self.run(settings_of(tmp_path, "e5-small", url=server.url), engines, sleep=write)
            await served.look()

            assert sorted(await served.now.store.documents()) == ["leave", "parking"]

    async def test_a_bot_that_cannot_change_over_yet_goes_on_and_tries_again(
        self, tmp_path: Path, engines: Engines, server: QdrantSimulator
    ) -> None:
        async with serving(settings_of(tmp_path, url=server.url), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
            target = settings_of(tmp_path, "e5-small", url=server.url)
            await self.run(target, engines, keep=True)
            server.refuse_next(500)

            with pytest.raises(StoreUnavailable):
                await served.look()
            assert "12 paid" in await says(served)
            await served.look()

            assert [one.name for one in served.now.embedders] == ["e5"]
            assert "12 paid" in await says(served)

    async def test_a_bot_that_noticed_nothing_makes_no_empty_collection(
        self, tmp_path: Path, engines: Engines, server: QdrantSimulator
    ) -> None:
        async with serving(settings_of(tmp_path, url=server.url), engines) as served:
            await take_in(served, tmp_path, leave=PAGE)
            await self.run(settings_of(tmp_path, "e5-small", url=server.url), engines)

            with pytest.raises(StoreMissing):
                await served.now.store.count()
            await served.look()

            assert "12 paid" in await says(served)
            made = [path for method, path in server.requests if method == "PUT"]
            assert made.count("/collections/deskmate") == 1


async def no_time(_seconds: float) -> None:
    """Nobody waits in a test."""


async def test_after_a_reindex_documents_can_wait_again(tmp_path: Path, engines: Engines) -> None:
    held: dict[str, Any] = {
        "loop": LoopSettings(gate="block"),
        "access": AccessSettings(admins=("fake:root",)),
    }
    async with serving(settings_of(tmp_path, **held), engines) as served:
        await take_in(served, tmp_path, leave=PAGE)
        await take_in(served, tmp_path, parking=OTHER)  # aside, in the second place
        waiting = await served.held()
        assert waiting is not None
        await waiting.let()
        target = settings_of(tmp_path, "e5-small", **held)
        await reindex_serving(served, target, keep=False, on_progress=lambda *_: None)
        await asyncio.sleep(0.002)
        await served.look()

        await take_in(served, tmp_path, canteen=OTHER)

        waiting = await served.held()
        assert waiting is not None
        await waiting.let()
        assert sorted(await served.now.store.documents()) == ["canteen", "leave", "parking"]


async def test_the_signpost_of_a_folder_refuses_what_leads_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "passages.json").write_text('{"first": "../elsewhere"}', encoding="utf-8")

    with pytest.raises(StoreUnavailable, match="mend it"):
        await FolderSignpost(tmp_path).current("first")


async def test_a_command_has_the_running_bot_do_it(tmp_path: Path, engines: Engines) -> None:
    requests = Requests(tmp_path / "data")
    async with serving(settings_of(tmp_path), engines) as served:
        await take_in(served, tmp_path, leave=PAGE)
        options = {"embedding_model": "e5-small", "late_interaction": "true", "keep": "false"}
        requests.ask(Request(what="reindex", options=options))

        await Answering(requests, {"reindex": partial(reindex_as_asked, served)}).look()

        request = requests.read("reindex")
        assert request is not None
        before, name, documents = request.said.split("\t")
        assert (request.state, before, int(documents)) == ("done", "passages", 1)
        assert (await FolderSignpost(tmp_path / "data").current("first")).name == name  # type: ignore[union-attr]
        assert [one.name for one in served.now.embedders] == ["e5"]


async def test_an_embedder_nobody_knows_is_refused(tmp_path: Path, engines: Engines) -> None:
    async with serving(settings_of(tmp_path), engines) as served:
        await take_in(served, tmp_path, leave=PAGE)
        asked = Request(what="reindex", options={"embedding_model": "gpt"})

        with pytest.raises(ReindexRefused):
            await reindex_as_asked(served, asked, lambda *_: None)
