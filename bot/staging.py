"""Documents that are taken in aside, and count once the bot has tried them out."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeAlias

from bot.knowledge_base import KnowledgeBase, build_ingest, edition_of
from bot.places import Spot, open_store
from bot.settings import Settings
from bot.stores.ways import SqlWays
from bot.ways import Place
from knowledge.engines.qdrant import Qdrant
from knowledge.ingest import Ingest
from knowledge.ports import PassageStore

log = logging.getLogger(__name__)

StoreAt: TypeAlias = Callable[[Place], Awaitable[Qdrant]]
"""The open passages of a place."""


@asynccontextmanager
async def ingesting(
    settings: Settings,
    live: KnowledgeBase,
    ways: SqlWays,
    *,
    store_at: StoreAt | None = None,
) -> AsyncIterator[Ingest]:
    """The way in for documents: aside where changes are held, else where they count at once.

    The first documents of all count at once: there is nothing they could make worse.

    store_at: opens the passages of a place, and closes them when it likes; None: opened here.

    Raises:
        StoreUnavailable, StorageFull: what counts is as it was.
    """
    if settings.loop.gate == "block" and await live.store.count():
        async with _aside(settings, live, ways, store_at) as ingest:
            yield ingest
    else:
        yield live.ingest


@asynccontextmanager
async def _aside(
    settings: Settings, live: KnowledgeBase, ways: SqlWays, store_at: StoreAt | None
) -> AsyncIterator[Ingest]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(ways.alone())
        staged = await ways.stage()
        if store_at is not None:
            store = await store_at(staged.place)
        else:
            spot = Spot(place=staged.place)
            store = await open_store(settings, live.embedders, live.sparse, spot=spot)
            stack.push_async_callback(store.close)
        if not staged.filled:
            await store.mirror(live.store)
            await ways.fill(staged)
        yield build_ingest(
            store,
            live.embedders,
            live.sparse,
            edition=edition_of(settings),
            readers_of=settings.knowledge.readers_of,
        )
        changed = await _differ(store, live.store)
        await ways.finish(staged, changed=changed)


async def _differ(one: PassageStore, other: PassageStore) -> bool:
    return await one.documents() != await other.documents()
