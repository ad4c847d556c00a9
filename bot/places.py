"""Where passages lie: in one of two places of the data folder, or of a Qdrant server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.agreed import record_now
from bot.settings import Settings
from bot.signposts import (
    FolderSignpost,
    cluster_of,
    collection_name,
    embedded_as,
    open_signpost,
)
from bot.ways import Place
from knowledge.engines.folder_lock import FolderLock
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_layout import Layout
from knowledge.errors import KnowledgeError, StoreUnavailable
from knowledge.ports import Embedder, SparseEncoder, TokenEmbedder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Which passages are meant.

    place: None: those that count now. name: of the folder or collection there; None: the one that
    counts.
    """

    place: Place | None = None
    name: str | None = None


COUNTING: Final = Spot()
"""The passages that count now."""


async def open_store(
    settings: Settings,
    embedders: Sequence[Embedder],
    sparse: Sequence[SparseEncoder],
    *,
    folder: Path | None = None,
    spot: Spot = COUNTING,
) -> Qdrant:
    """The passages that are meant.

    folder: embedded in it, whatever the configuration says.

    Raises:
        StoreUnavailable: it cannot be opened; StoreLocked if another process has it.
    """
    layout = layout_of(embedders, sparse)
    if folder is not None:
        return await _embedded(folder, layout)
    if spot.name is not None:
        return await open_named(settings, layout, spot.name)
    place = spot.place or await _place_now(settings)
    if settings.knowledge.qdrant_url:
        from knowledge.engines.qdrant_aliases import alias_of

        configured = collection_name(settings.knowledge.collection, place)
        return await _remote(settings, layout, configured, alias=alias_of(configured))
    signpost = FolderSignpost(settings.storage.data_dir)
    return await _embedded(await asyncio.to_thread(signpost.folder, place), layout)


async def open_named(settings: Settings, layout: Layout, name: str) -> Qdrant:
    """The folder or collection of this name; it is made where it is missing.

    Raises:
        StoreUnavailable: it cannot be opened; StoreLocked if another process has it.
    """
    if settings.knowledge.qdrant_url:
        return await _remote(settings, layout, name)
    return await _embedded(settings.storage.data_dir / name, layout)


def layout_of(embedders: Sequence[Embedder], sparse: Sequence[SparseEncoder]) -> Layout:
    """The vectors that these engines make."""
    return Layout(
        dense={embedder.name: embedder.dimension for embedder in embedders},
        sparse=tuple(encoder.name for encoder in sparse),
        tokens={one.name: one.dimension for one in embedders if isinstance(one, TokenEmbedder)},
    )


async def _embedded(folder: Path, layout: Layout) -> Qdrant:
    from knowledge.engines.qdrant_edge import Edge

    return await Edge.open(folder, dense=layout.dense, sparse=layout.sparse, tokens=layout.tokens)


async def _remote(settings: Settings, layout: Layout, name: str, *, alias: str = "") -> Qdrant:
    from knowledge.engines.qdrant_remote import Remote

    return await Remote.open(
        settings.knowledge.qdrant_url,
        dense=layout.dense,
        sparse=layout.sparse,
        tokens=layout.tokens,
        collection=name,
        alias=alias,
        api_key=settings.knowledge.qdrant_api_key,
        cluster=cluster_of(settings.knowledge.qdrant),
    )


async def as_stored(settings: Settings, place: Place | None = None) -> Settings:
    """These settings with the embedders of the passages that count, whatever is configured.

    What is configured counts from `deskmate reindex` on; until then the old embedders go on. A
    server that does not answer now says nothing, and then it is as configured.
    """
    place = place or await _place_now(settings)
    try:
        async with open_signpost(settings) as signpost:
            kept = await signpost.current(place)
    except StoreUnavailable as error:
        log.warning("store_not_asked", extra={"reason": str(error)})
        return settings
    stored = settings if kept is None else embedded_as(settings, kept.layout)
    if stored != settings:
        log.warning("reindex_needed", extra={"passages": str(kept.layout) if kept else ""})
    return stored


async def nobody_has_open(settings: Settings) -> bool:
    """Whether the passages that count could be opened now."""
    try:
        place = await _place_now(settings)
        await asyncio.to_thread(_open_and_close, settings.storage.data_dir, place)
    except (KnowledgeError, OSError):
        return False
    return True


def _open_and_close(data_dir: Path, place: Place) -> None:
    FolderLock(FolderSignpost(data_dir).folder(place)).release()


async def _place_now(settings: Settings) -> Place:
    return (await record_now(settings)).place
