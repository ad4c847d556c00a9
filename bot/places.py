"""Where passages lie: in one of two places of the data folder, or of a Qdrant server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.settings import Settings
from bot.ways import Place, Ways
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.qdrant_cluster import Cluster
from knowledge.ports import Embedder, SparseEncoder, TokenEmbedder
from knowledge.settings import QdrantSettings


async def open_store(
    settings: Settings,
    embedders: Sequence[Embedder],
    sparse: Sequence[SparseEncoder],
    *,
    folder: Path | None = None,
    place: Place | None = None,
) -> Qdrant:
    """The passages of one place; None: where those lie that count now.

    folder: embedded in it, whatever the configuration says.

    Raises:
        StoreUnavailable: it cannot be opened; StoreLocked if another process has it.
    """
    from knowledge.engines.qdrant_edge import Edge
    from knowledge.engines.qdrant_remote import Remote

    dense = {embedder.name: embedder.dimension for embedder in embedders}
    tokens = {one.name: one.dimension for one in embedders if isinstance(one, TokenEmbedder)}
    names = [encoder.name for encoder in sparse]
    if folder is not None:
        return await Edge.open(folder, dense=dense, sparse=names, tokens=tokens)
    if place is None:
        place = (await asyncio.to_thread(Ways(settings.storage.data_dir).read)).place
    suffix = "" if place == "first" else "-b"
    if settings.knowledge.qdrant_url:
        return await Remote.open(
            settings.knowledge.qdrant_url,
            dense=dense,
            sparse=names,
            tokens=tokens,
            collection=f"{settings.knowledge.collection}{suffix}",
            api_key=settings.knowledge.qdrant_api_key,
            cluster=cluster_of(settings.knowledge.qdrant),
        )
    own = settings.storage.data_dir / f"passages{suffix}"
    return await Edge.open(own, dense=dense, sparse=names, tokens=tokens)


def cluster_of(settings: QdrantSettings) -> Cluster:
    """A server as the configuration describes it."""
    return Cluster(
        shards=settings.shards or None,
        replicas=settings.replicas or None,
        write_consistency=settings.write_consistency or None,
        quantization=settings.quantization,
        rescore=settings.rescore,
        always_ram=settings.always_ram,
        oversampling=settings.oversampling,
        payload_on_disk=settings.payload_on_disk,
        vectors_on_disk=settings.vectors_on_disk,
        timeout_s=settings.timeout_s,
        retries=settings.retries,
        verify_tls=settings.verify_tls,
        ca_file=settings.ca_file,
    )
