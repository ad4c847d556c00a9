"""The ways to answer that are open: each once, and until the end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

from bot.configured import model_of, settings_for
from bot.engines import Engines
from bot.knowledge_base import KnowledgeBase, Shared, open_knowledge
from bot.places import Spot
from bot.settings import Settings
from bot.ways import Way
from knowledge.engines.qdrant import Qdrant
from knowledge.ports import Embedder
from knowledge.steps import Steps


class Opened:
    """The knowledge side of each way, with what several of them share.

    It stays open until the stack ends, so that what has begun on an old way ends well.
    """

    def __init__(
        self, stack: AsyncExitStack, engines: Engines, *, shared: Shared, steps: Steps
    ) -> None:
        """shared: what the first way is searched by."""
        self._stack = stack
        self._engines = engines
        self._shared = shared
        self._steps = steps
        self._by_way: dict[Way, KnowledgeBase] = {}

    def __getitem__(self, way: Way) -> KnowledgeBase:
        """The knowledge side of a way that is open."""
        return self._by_way[way]

    async def open(self, way: Way, settings: Settings) -> KnowledgeBase:
        """The knowledge side of a way, open from now on if it was not.

        settings: model and threshold in them say nothing.

        Raises:
            ModelError, StoreUnavailable: it cannot be opened.
        """
        if way not in self._by_way:
            spot, shared = Spot(place=way.place), self._shared_with(way)
            self._by_way[way] = await self._entered(way, settings, spot=spot, shared=shared)
        return self._by_way[way]

    async def open_beside(
        self,
        way: Way,
        settings: Settings,
        *,
        name: str,
        embedders: Sequence[Embedder],
        now: KnowledgeBase,
    ) -> KnowledgeBase:
        """The same on passages of another name; it is none of the open ways until `put`.

        now: whose language model answers there too.

        Raises:
            ModelError, StoreUnavailable: it cannot be opened.
        """
        shared = Shared(embedders=tuple(embedders), sparse=now.sparse, generator=now.generator)
        spot = Spot(place=way.place, name=name)
        return await self._entered(way, settings, spot=spot, shared=shared)

    def put(self, way: Way, knowledge: KnowledgeBase) -> None:
        """This one in place of all others."""
        self._by_way = {way: knowledge}

    def stores(self) -> tuple[Qdrant, ...]:
        """Wherever passages lie, those that may count tomorrow included."""
        return tuple({way.place: each.store for way, each in self._by_way.items()}.values())

    async def _entered(
        self, way: Way, settings: Settings, *, spot: Spot, shared: Shared
    ) -> KnowledgeBase:
        opening = open_knowledge(
            settings_for(settings, way),
            self._engines.shelf,
            spot=spot,
            shared=shared,
            steps=self._steps,
        )
        return await self._stack.enter_async_context(opening)

    def _shared_with(self, way: Way) -> Shared:
        """What is open already and the same for this way: a folder can be opened only once."""
        if not self._by_way:
            return self._shared
        known = tuple(self._by_way.items())
        stores = [each.store for other, each in known if other.place == way.place]
        models = [each.generator for other, each in known if model_of(other) == model_of(way)]
        _, any_of_them = known[0]
        return Shared(
            embedders=any_of_them.embedders,
            sparse=any_of_them.sparse,
            store=next(iter(stores), None),
            generator=next(iter(models), None),
        )
