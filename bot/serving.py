"""The knowledge side as it counts now, while a change of it may wait to be tried out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial

from bot.agreed import open_agreed
from bot.choices import Chosen
from bot.configured import configured, with_model_of
from bot.core.library import Effect, Steering
from bot.core.ports import Held, Knowledge
from bot.current import Current
from bot.engines import EngineBuilder, Engines, build_embedders, build_sparse
from bot.following import following
from bot.knowledge_base import KnowledgeBase, Shared
from bot.library import OpenLibrary
from bot.opened import Opened
from bot.places import as_stored
from bot.settings import Settings, SettingsInvalid
from bot.signposts import embedded_as, first_name, open_signpost
from bot.staging import ingesting
from bot.succession import Rebuilt, Succession
from bot.ways import Place
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import Kept
from knowledge.ingest import Ingest
from knowledge.model import Tally
from knowledge.ports import Embedder
from knowledge.steps import UNTOLD, Steps
from knowledge.weights import Shelf

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_serving(
    settings: Settings,
    shelf: Shelf,
    *,
    shared: Shared | None = None,
    chosen: Chosen | None = None,
    steps: Steps = UNTOLD,
    engines: EngineBuilder = build_embedders,
) -> AsyncIterator[Serving]:
    """Open the knowledge side to serve from; everything is closed at the end of the block.

    shared: embedders in place of the configured ones. chosen: in place of what is configured.
    steps: is told of each step of an answer.
    engines: builds the embedders of passages that were embedded anew.

    Raises:
        SettingsInvalid: changes are to be held, and nobody could let them count.
        ModelError: weights are missing or wrong.
        StoreUnavailable: the store cannot be opened; StoreLocked if another process has it.
    """
    if settings.loop.gate == "block" and not settings.access.admins:
        raise SettingsInvalid('[loop] gate = "block" needs somebody to ask: [access] admins')
    if shared is None:
        settings = await as_stored(settings)
        shared = Shared(
            embedders=await asyncio.to_thread(engines, settings.knowledge, shelf),
            sparse=await asyncio.to_thread(build_sparse, settings.knowledge),
        )
    built = Engines(shelf=shelf, build=engines)
    async with AsyncExitStack() as stack:
        signpost = await stack.enter_async_context(open_signpost(settings))
        opened = Opened(stack, built, shared=shared, steps=steps)
        agreed = await stack.enter_async_context(open_agreed(settings))
        wanted = await configured(settings, chosen or Chosen(), agreed.thresholds.of)
        current = Current(wanted, opened, agreed)
        await current.start()
        succession = Succession(signpost)
        place = current.way.place
        await succession.begin(place, first=first_name(settings, place))
        stack.push_async_callback(succession.let_go)
        yield Serving(current, built, opened=opened, succession=succession)


class Serving:
    """Serves one way until another is let; then, from the next question on, that one.

    Both stay open until the end, so that what has begun on the old one ends well. Passages that
    were embedded anew take the place of the old ones at a `look`, without a restart.
    """

    def __init__(
        self, current: Current, engines: Engines, *, opened: Opened, succession: Succession
    ) -> None:
        """engines: builds the embedders of passages that were embedded anew."""
        self._current = current
        self._engines = engines
        self._opened = opened
        self._succession = succession
        self._steering: Steering | None = None
        self._looking = current.changing

    # ── what counts now ───────────────────────────────────────────────────────────────────────

    @property
    def now(self) -> KnowledgeBase:
        """What counts now."""
        return self._current.knowledge

    @property
    def settings(self) -> Settings:
        """As configured, with the embedders that count."""
        return self._current.configured.plain

    @property
    def chosen(self) -> Chosen:
        """What was chosen in place of what is configured."""
        return self._current.configured.chosen

    @property
    def least_confidence(self) -> float:
        """The threshold that counts now."""
        return self._current.way.least_confidence

    def for_core(self) -> Knowledge:
        """What the bot's core asks of it."""
        return replace(
            following(lambda: self.now),
            tallies=self,
            held=self.held if self._current.holds else None,
            library=OpenLibrary(now=lambda: self.now, stores=self._opened.stores),
            steering=self._steering,
            ingesting=self.ingesting,
        )

    def steered_by(self, steering: Steering) -> None:
        """What changes model and threshold by command."""
        self._steering = steering

    async def tally(self, tallies: Mapping[str, Tally]) -> None:
        """Write votes, also where passages lie that may count tomorrow."""
        for store in self._opened.stores():
            await store.tally(tallies)

    async def warm(self) -> None:
        """Load what is loaded late."""
        await self.now.warm()

    async def ping_store(self) -> None:
        """Return if a search would work now."""
        await self.now.store.ping()

    async def ping_model(self) -> None:
        """Return if the model is loaded or can be."""
        await self.now.generator.ping()

    @asynccontextmanager
    async def ingesting(self) -> AsyncIterator[Ingest]:
        """The way in for documents, while this process serves.

        Raises:
            StoreUnavailable, StorageFull: what counts is as it was.
        """
        settings = self._current.configured.settings
        ways = self._current.ways
        async with ingesting(settings, self.now, ways, store_at=self._store_at) as ingest:
            yield ingest

    # ── a change of documents, model or threshold ─────────────────────────────────────────────

    async def held(self) -> Held | None:
        """The change that waits to count.

        Raises:
            ModelError, StoreUnavailable: it cannot be opened.
        """
        async with self._looking:
            return await self._current.held()

    async def choose(self, chosen: Chosen, *, loads: bool) -> Effect:
        """Serve as chosen: from the next question on, or once it was tried out.

        loads: a model that cannot be loaded is not chosen; one that can is ready before it is used.

        Raises:
            ModelError, EngineUnavailable, StoreUnavailable: everything stays as it was.
        """
        async with self._looking:
            return await self._current.choose(chosen, loads=loads)

    # ── passages embedded anew ────────────────────────────────────────────────────────────────

    async def look(self) -> None:
        """Go on as others agreed meanwhile, and with other passages where these were embedded anew;
        close what nobody reads.

        Raises:
            ModelError, EngineUnavailable, StoreUnavailable: everything stays as it was.
        """
        async with self._looking:
            await self._succession.close_retired()
            await self._current.follow()
            if await self._current.fitted_anew():
                await self._current.choose(self.chosen, loads=False)
            kept = await self._succession.next(self._current.way.place, self.now.store.layout)
            if kept is None:
                return
            rebuilt = await self._succession.beside(kept.name, partial(self._rebuilt_as, kept))
            await rebuilt.knowledge.warm_search()
            await self._turn_to(rebuilt)

    async def engines_of(self, target: Settings) -> tuple[Embedder, ...]:
        """The embedders that these settings name."""
        return await asyncio.to_thread(self._engines.of, target.knowledge)

    async def rebuilding(
        self, target: Settings, name: str, embedders: Sequence[Embedder]
    ) -> Rebuilt:
        """The same knowledge on other passages, to be filled with what these embedders make.

        Raises:
            ModelError, StoreUnavailable: everything stays as it was.
        """
        async with self._looking:
            rebuilt = partial(self._rebuilt, target, name, embedders)
            return await self._succession.beside(name, rebuilt)

    async def turn_to(self, rebuilt: Rebuilt, *, drop: Sequence[str] = ()) -> None:
        """Answer from these passages from the next question on, here and after a restart.

        drop: folders or collections to be deleted once nobody reads them.
        """
        async with self._looking:
            await rebuilt.knowledge.warm_search()
            await self._succession.point(rebuilt)
            await self._turn_to(rebuilt, drop=drop)

    async def _rebuilt_as(self, kept: Kept) -> Rebuilt:
        target = embedded_as(self.settings, kept.layout)
        return await self._rebuilt(target, kept.name, await self.engines_of(target))

    async def _rebuilt(self, plain: Settings, name: str, embedders: Sequence[Embedder]) -> Rebuilt:
        wanted = await self._current.wanted(plain, self.chosen)
        way = with_model_of(wanted.at(self._current.way.place), self._current.way)
        knowledge = await self._opened.open_beside(
            way, wanted.settings, name=name, embedders=embedders, now=self.now
        )
        return Rebuilt(configured=wanted, way=way, name=name, knowledge=knowledge)

    async def _turn_to(self, rebuilt: Rebuilt, *, drop: Sequence[str] = ()) -> None:
        old = self._opened.stores()
        await self._current.turn_to(rebuilt)
        patience_s = self._current.configured.settings.answering.deadline_s
        self._succession.turned(rebuilt, old=old, drop=drop, patience_s=patience_s)
        log.info("passages_changed", extra={"passages": rebuilt.name})

    async def _store_at(self, place: Place) -> Qdrant:
        """Where passages lie, open until the end: a folder can be opened only once."""
        async with self._looking:
            return (await self._current.at(place)).store
