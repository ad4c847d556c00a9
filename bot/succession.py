"""Passages that take the place of others: opened beside them, until nobody reads the old ones."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.configured import Configured
from bot.knowledge_base import KnowledgeBase
from bot.signposts import Signpost
from bot.ways import Place, Way
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import Kept, Layout
from knowledge.errors import StoreUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """The same knowledge, embedded by other engines, as it would be served.

    name: of the folder or collection.
    """

    configured: Configured
    way: Way
    name: str
    knowledge: KnowledgeBase


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """Passages that count no more, open for what had begun.

    names: to be deleted with them. due_s: when nobody reads them any more.
    """

    stores: tuple[Qdrant, ...]
    names: tuple[str, ...]
    due_s: float


class Succession:
    """Notices which passages come next, holds them ready, and closes those that went before."""

    def __init__(self, signpost: Signpost) -> None:
        self._signpost = signpost
        self._names: dict[Place, str] = {}
        self._beside: dict[str, Rebuilt] = {}
        self._retired: list[Retired] = []

    async def begin(self, place: Place, *, first: str) -> None:
        """Remember what counts at the start.

        first: what it is called where nobody was told otherwise.
        """
        try:
            kept = await self._signpost.current(place)
        except StoreUnavailable:
            return  # `next` asks again
        self._names[place] = kept.name if kept else first

    async def next(self, place: Place, layout: Layout) -> Kept | None:
        """What counts by now in place of the passages of this layout; None: still these.

        Raises:
            StoreUnavailable: nobody says.
        """
        kept = await self._signpost.current(place)
        known = self._names.get(place)
        if kept is None or kept.name == known:
            return None
        if known is None and kept.layout.same_as(layout):
            self._names[place] = kept.name  # the server did not answer at the start
            return None
        return kept

    async def beside(self, name: str, opened: Callable[[], Awaitable[Rebuilt]]) -> Rebuilt:
        """The passages of this name, opened if they are not: one that failed half way goes on."""
        if name not in self._beside:
            self._beside[name] = await opened()
        return self._beside[name]

    async def point(self, rebuilt: Rebuilt) -> None:
        """Let these count here and after a restart.

        Raises:
            StoreUnavailable: nobody could be told.
        """
        await self._signpost.point(rebuilt.way.place, rebuilt.name)

    def turned(
        self, rebuilt: Rebuilt, *, old: tuple[Qdrant, ...], drop: Sequence[str], patience_s: float
    ) -> None:
        """These count now; the old ones stay open so long for what has begun on them.

        drop: folders or collections to be deleted with the old ones.
        """
        self._beside.pop(rebuilt.name, None)
        self._names = {rebuilt.way.place: rebuilt.name}
        for store in old:
            store.retire()
        due_s = time.monotonic() + patience_s
        self._retired.append(Retired(stores=old, names=tuple(drop), due_s=due_s))

    async def let_go(self) -> None:
        """Nobody asks any more: what was replaced goes now."""
        await self._close_retired(by_s=math.inf)

    async def close_retired(self) -> None:
        """Close what nobody reads any more."""
        await self._close_retired(by_s=time.monotonic())

    async def _close_retired(self, *, by_s: float) -> None:
        for each in [one for one in self._retired if one.due_s <= by_s]:
            self._retired.remove(each)
            for store in each.stores:
                await store.close()
            for name in each.names:
                await self._signpost.drop(name)
