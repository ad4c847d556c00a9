"""The knowledge side as it counts now, while a change of it may wait to be tried out."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeAlias

from bot.agreed import Agreed, open_agreed
from bot.choices import Chosen
from bot.configured import (
    change_id,
    chosen_settings,
    configured_way,
    model_of,
    settings_for,
    what_changes,
)
from bot.core.library import Effect, Steering
from bot.core.ports import Clock, Heeding, Held, Knowledge
from bot.following import Following, FollowingThreads, Rebuilt, Retired
from bot.knowledge_base import (
    KnowledgeBase,
    Shared,
    build_embedders,
    build_sparse,
    open_knowledge,
)
from bot.library import OpenLibrary
from bot.places import Spot, as_stored
from bot.settings import Settings, SettingsInvalid
from bot.signposts import Signpost, embedded_as, first_name, open_signpost
from bot.staging import ingesting
from bot.ways import Place, Record, Way
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import Kept
from knowledge.errors import KnowledgeError, ModelError, StoreUnavailable
from knowledge.freshness import Findings
from knowledge.ingest import Ingest
from knowledge.model import CuratedAnswer, Tally
from knowledge.ports import Embedder, VoteLog
from knowledge.settings import KnowledgeSettings
from knowledge.steps import UNTOLD, Steps
from knowledge.votes import Votes
from knowledge.weights import Shelf

log = logging.getLogger(__name__)


EngineBuilder: TypeAlias = Callable[[KnowledgeSettings, Shelf], tuple[Embedder, ...]]
"""The embedders that settings name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What embeds, built of the weights on a shelf."""

    shelf: Shelf
    build: EngineBuilder = build_embedders

    def of(self, settings: KnowledgeSettings) -> tuple[Embedder, ...]:
        """The embedders that settings name."""
        return self.build(settings, self.shelf)


class Serving:
    """Serves one way until another is let; then, from the next question on, that one.

    Both stay open until the end, so that what has begun on the old one ends well. Passages that
    were embedded anew take the place of the old ones at a `look`, without a restart.
    """

    def __init__(  # noqa: PLR0913 -- each is another part of the whole
        self,
        settings: Settings,
        engines: Engines,
        *,
        configured: Way,
        stack: AsyncExitStack,
        signpost: Signpost,
        agreed: Agreed,
        shared: Shared | None = None,
        chosen: Chosen | None = None,
        steps: Steps = UNTOLD,
    ) -> None:
        """settings: without any choice. configured: with what was chosen.

        engines: builds the embedders of passages that were embedded anew.
        agreed: what other bots of the same database let count, and ingests brought.
        """
        self._plain = settings
        self._chosen = chosen or Chosen()
        self._settings = chosen_settings(settings, self._chosen)
        self._engines = engines
        self._configured = configured
        self._stack = stack
        self._shared = shared
        self._steps = steps
        self._agreed = agreed
        self._ways = agreed.ways
        self._open: dict[Way, KnowledgeBase] = {}
        self._cores: dict[Way, Knowledge] = {}
        self._way = configured
        self._held: Held | None = None
        self._steering: Steering | None = None
        self._signpost = signpost
        self._names: dict[Place, str] = {}
        self._retired: list[Retired] = []
        self._beside: dict[str, Rebuilt] = {}
        # The gate and a button may look at once, and a folder can be opened only once.
        self._looking = asyncio.Lock()

    @property
    def now(self) -> KnowledgeBase:
        """What counts now."""
        return self._open[self._way]

    @property
    def settings(self) -> Settings:
        """As configured, with the embedders that count."""
        return self._plain

    @property
    def chosen(self) -> Chosen:
        """What was chosen in place of what is configured."""
        return self._chosen

    @property
    def least_confidence(self) -> float:
        """The threshold that counts now."""
        return self._way.least_confidence

    async def start(self) -> None:
        """Open what counts; what is configured and cannot be opened is said at once.

        Raises:
            ModelError: weights are missing or wrong.
            StoreUnavailable: the store cannot be opened.
        """
        way = await self._ways.start(self._configured, holds=self._holds)
        configured = self._configured.model_copy(update={"place": way.place})
        try:
            await self._opened(way)
        except ModelError as error:
            if way == configured:
                raise
            # The model from before is gone from this machine: nothing is left to go on with.
            log.warning("change_not_held", extra={"reason": str(error)})
            way = configured
            await self._ways.let(way, number=0)
        self._way = way
        await self._opened(way)
        await self._opened(configured)
        await self._know_name(way.place)

    def for_core(self) -> Knowledge:
        """What the bot's core asks of it."""
        return Knowledge(
            answerer=Following(lambda: self.now.answerer),
            likeness=self.now.likeness,
            engages=self._engages,
            heeding=self._heeding,
            tallies=self,
            freshness=self,
            edition=self._edition,
            owners=self._owners,
            threads=FollowingThreads(lambda: self.now.threads),
            # The model of the start stays open; a judge of another one has other weights.
            same_judge=self.now.same_judge,
            held=self.held if self._holds else None,
            library=OpenLibrary(now=lambda: self.now, stores=self._stores),
            steering=self._steering,
            ingesting=self.ingesting,
        )

    def steered_by(self, steering: Steering) -> None:
        """What changes model and threshold by command."""
        self._steering = steering

    async def warm(self) -> None:
        """Load what is loaded late."""
        await self.now.warm()

    async def ping_store(self) -> None:
        """Return if a search would work now."""
        await self.now.store.ping()

    async def ping_model(self) -> None:
        """Return if the model is loaded or can be."""
        await self.now.generator.ping()

    async def look(self) -> None:
        """Go on as others agreed meanwhile, and with other passages where these were embedded anew;
        close what nobody reads.

        Raises:
            ModelError, EngineUnavailable, StoreUnavailable: everything stays as it was.
        """
        async with self._looking:
            await self._close_retired()
            await self._follow()
            if await self._fitted_anew():
                await self._choose(self._chosen, loads=False)
            kept = await self._signpost.current(self._way.place)
            known = self._names.get(self._way.place)
            if kept is None or kept.name == known:
                return
            if known is None and kept.layout.same_as(self.now.store.layout):
                self._names[self._way.place] = kept.name  # the server did not answer at the start
                return
            if kept.name not in self._beside:
                self._beside[kept.name] = await self._rebuilt(kept)
            rebuilt = self._beside[kept.name]
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
            if name not in self._beside:  # one that failed half way goes on: it is open already
                self._beside[name] = await self._open_beside(target, name, embedders)
            return self._beside[name]

    async def turn_to(self, rebuilt: Rebuilt, *, drop: Sequence[str] = ()) -> None:
        """Answer from these passages from the next question on, here and after a restart.

        drop: folders or collections to be deleted once nobody reads them.
        """
        async with self._looking:
            await rebuilt.knowledge.warm_search()
            await self._signpost.point(rebuilt.way.place, rebuilt.name)
            await self._turn_to(rebuilt, drop=drop)

    async def _rebuilt(self, kept: Kept) -> Rebuilt:
        target = embedded_as(self._plain, kept.layout)
        return await self._open_beside(target, kept.name, await self.engines_of(target))

    async def _open_beside(
        self, plain: Settings, name: str, embedders: Sequence[Embedder]
    ) -> Rebuilt:
        settings = chosen_settings(plain, self._chosen)
        configured = await configured_way(settings, self._agreed.thresholds.of)
        configured = configured.model_copy(update={"place": self._way.place})
        engine = {field: getattr(self._way, field) for field in ("engine", "model", "base_url")}
        way = configured.model_copy(update=engine)
        opening = open_knowledge(
            settings_for(settings, way),
            self._engines.shelf,
            spot=Spot(place=way.place, name=name),
            steps=self._steps,
            shared=Shared(
                embedders=tuple(embedders),
                sparse=self.now.sparse,
                generator=self.now.generator,
            ),
        )
        knowledge = await self._stack.enter_async_context(opening)
        return Rebuilt(plain=plain, configured=configured, way=way, name=name, knowledge=knowledge)

    async def _turn_to(self, rebuilt: Rebuilt, *, drop: Sequence[str] = ()) -> None:
        old = self._stores()
        await self._ways.let(rebuilt.way, number=0)
        self._plain, self._configured = rebuilt.plain, rebuilt.configured
        self._settings = chosen_settings(rebuilt.plain, self._chosen)
        self._beside.pop(rebuilt.name, None)
        self._open = {rebuilt.way: rebuilt.knowledge}
        self._cores = {rebuilt.way: rebuilt.knowledge.for_core()}
        self._names = {rebuilt.way.place: rebuilt.name}
        self._way, self._held = rebuilt.way, None
        for store in old:
            store.retire()
        due_s = time.monotonic() + self._settings.answering.deadline_s
        self._retired.append(Retired(stores=old, names=tuple(drop), due_s=due_s))
        log.info("passages_changed", extra={"passages": rebuilt.name})

    async def let_go(self) -> None:
        """Nobody asks any more: what was replaced goes now."""
        await self._close_retired(by_s=math.inf)

    async def _close_retired(self, *, by_s: float | None = None) -> None:
        now_s = time.monotonic() if by_s is None else by_s
        for each in [one for one in self._retired if one.due_s <= now_s]:
            self._retired.remove(each)
            for store in each.stores:
                await store.close()
            for name in each.names:
                await self._signpost.drop(name)

    async def _know_name(self, place: Place) -> None:
        try:
            kept = await self._signpost.current(place)
        except StoreUnavailable:
            return  # `look` asks again
        self._names[place] = kept.name if kept else first_name(self._plain, place)

    async def held(self) -> Held | None:
        """The change that waits to count.

        Raises:
            ModelError, StoreUnavailable: it cannot be opened.
        """
        async with self._looking:
            return await self._held_now()

    async def _held_now(self) -> Held | None:
        staged = (await self._follow()).ready
        place = staged.place if staged else self._way.place
        way = self._configured.model_copy(update={"place": place})
        if way == self._way:
            return None
        number = staged.number if staged else 0
        name = change_id(self._way, way, number)
        if self._held is None or self._held.id != name:
            knowledge = await self._opened(way)
            self._held = Held(
                id=name,
                what=await what_changes(self.now, knowledge, self._way, way),
                answerer=knowledge.answerer,
                edition=knowledge.edition_now,
                let=partial(self._let, way, number),
            )
        return self._held

    async def _follow(self) -> Record:
        """What all agree on; where another has let documents count, they count here too."""
        record = await self._ways.read()
        way = record.followed(self._way, self._configured)
        if way != self._way:
            await self._opened(way)
            self._way, self._held = way, None
            log.info("change_followed", extra={"place": way.place})
        return record

    async def _fitted_anew(self) -> bool:
        """Whether somebody has fitted another threshold than the one that is configured."""
        configured = await configured_way(self._settings, self._agreed.thresholds.of)
        return configured.at(self._configured.place) != self._configured

    async def choose(self, chosen: Chosen, *, loads: bool) -> Effect:
        """Serve as chosen: from the next question on, or once it was tried out.

        loads: a model that cannot be loaded is not chosen; one that can is ready before it is used.

        Raises:
            ModelError, EngineUnavailable, StoreUnavailable: everything stays as it was.
        """
        async with self._looking:
            return await self._choose(chosen, loads=loads)

    async def _choose(self, chosen: Chosen, *, loads: bool) -> Effect:
        settings = chosen_settings(self._plain, chosen)
        configured = await configured_way(settings, self._agreed.thresholds.of)
        before = self._settings, self._configured
        self._settings, self._configured = settings, configured
        way = configured.model_copy(update={"place": self._way.place})
        try:
            opened = await self._opened(way)
            if loads and way != self._way:
                await opened.generator.ping()
                await opened.warm()
            effect = await self._brought_in(way)
        except (KnowledgeError, asyncio.CancelledError):
            self._settings, self._configured = before
            raise
        self._chosen = chosen
        return effect

    async def _brought_in(self, way: Way) -> Effect:
        if way == self._way:
            return Effect.SAME
        if self._holds:
            return Effect.HELD
        await self._ways.let(way, number=0)
        self._way, self._held = way, None
        return Effect.NOW

    @asynccontextmanager
    async def ingesting(self) -> AsyncIterator[Ingest]:
        """The way in for documents, while this process serves.

        Raises:
            StoreUnavailable, StorageFull: what counts is as it was.
        """
        async with ingesting(
            self._settings, self.now, self._ways, store_at=self._store_at
        ) as ingest:
            yield ingest

    async def _store_at(self, place: Place) -> Qdrant:
        """Where passages lie, open until the end: a folder can be opened only once."""
        async with self._looking:
            way = self._configured.model_copy(update={"place": place})
            return (await self._opened(way)).store

    async def _let(self, way: Way, number: int) -> bool:
        async with self._looking:  # whoever follows must not go on from what was read before
            if not await self._ways.let(way, number=number):
                return False
            self._way, self._held = way, None
            return True

    @property
    def _holds(self) -> bool:
        return self._settings.loop.gate == "block"

    async def _opened(self, way: Way) -> KnowledgeBase:
        if way not in self._open:
            opening = open_knowledge(
                settings_for(self._settings, way),
                self._engines.shelf,
                spot=Spot(place=way.place),
                shared=self._shared_with(way),
                steps=self._steps,
            )
            self._open[way] = await self._stack.enter_async_context(opening)
            self._cores[way] = self._open[way].for_core()
        return self._open[way]

    def _shared_with(self, way: Way) -> Shared | None:
        """What is open already and the same for this way: a folder can be opened only once."""
        if not self._open:
            return self._shared
        known = tuple(self._open.items())
        stores = [each.store for other, each in known if other.place == way.place]
        models = [each.generator for other, each in known if model_of(other) == model_of(way)]
        _, any_of_them = known[0]
        return Shared(
            embedders=any_of_them.embedders,
            sparse=any_of_them.sparse,
            store=next(iter(stores), None),
            generator=next(iter(models), None),
        )

    # ── what follows the way that counts ──────────────────────────────────────────────────────

    async def tally(self, tallies: Mapping[str, Tally]) -> None:
        """Write votes, also where passages lie that may count tomorrow."""
        for store in self._stores():
            await store.tally(tallies)

    def _stores(self) -> tuple[Qdrant, ...]:
        return tuple({way.place: each.store for way, each in self._open.items()}.values())

    async def findings(self, curated: Sequence[CuratedAnswer], *, today: date) -> Findings:
        """What somebody should look at, of what counts now."""
        freshness = self._cores[self._way].freshness
        return await freshness.findings(curated, today=today) if freshness else Findings()

    async def _engages(
        self, message: str, *, audience: frozenset[str], talking: bool = False
    ) -> bool:
        return await self.now.engaging.engages(message, audience=audience, talking=talking)

    async def _edition(self) -> str:
        return await self.now.edition_now()

    async def _owners(self) -> frozenset[str]:
        return await self.now.owners_now()

    def _heeding(self, given: VoteLog, clock: Clock) -> Heeding:
        votes = Votes(given, embedder=self.now.embedders[0], clock=clock)
        return Heeding(answerer=Following(lambda: self.now.answering(votes)), learn=votes.learn)


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
    chosen = chosen or Chosen()
    if shared is None:
        settings = await as_stored(settings)
        shared = Shared(
            embedders=await asyncio.to_thread(engines, settings.knowledge, shelf),
            sparse=await asyncio.to_thread(build_sparse, settings.knowledge),
        )
    async with AsyncExitStack() as stack:
        agreed = await stack.enter_async_context(open_agreed(settings))
        as_chosen = chosen_settings(settings, chosen)
        serving = Serving(
            settings,
            Engines(shelf=shelf, build=engines),
            configured=await configured_way(as_chosen, agreed.thresholds.of),
            stack=stack,
            signpost=await stack.enter_async_context(open_signpost(settings)),
            agreed=agreed,
            shared=shared,
            chosen=chosen,
            steps=steps,
        )
        await serving.start()
        stack.push_async_callback(serving.let_go)
        yield serving
