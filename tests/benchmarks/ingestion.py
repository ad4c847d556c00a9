"""How fast documents come in, how much of that time the embedders take, and what a repeat costs.

    python -m tests.benchmarks.ingestion [FOLDER…] [--repeats 3] [--out FILE]

The folder (the sample handbook, if none is named) is taken into an empty store with the embedders
and token vectors that ship, then again and again without any change.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.cli.demo import demo_settings, handbook
from bot.cli.options import open_shelf
from bot.engines import build_embedders, build_sparse
from bot.knowledge_base import build_ingest
from bot.places import open_store
from bot.settings import Settings, load
from knowledge.ingest import Ingest
from knowledge.model import TokenEmbedding, Vector
from knowledge.ports import Embedder, TokenEmbedder
from tests.benchmarks.machine import machine


class Timed:
    """An embedder and the seconds its callers waited for it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self.seconds = 0.0

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        began = time.perf_counter()
        vectors = await self._embedder.embed_passages(texts)
        self.seconds += time.perf_counter() - began
        return vectors

    async def embed_question(self, text: str) -> Vector:
        return await self._embedder.embed_question(text)


class TimedByToken(Timed):
    """The same for one that tells tokens too."""

    def __init__(self, embedder: TokenEmbedder) -> None:
        super().__init__(embedder)
        self._by_token = embedder

    async def embed_passage_tokens(self, texts: Sequence[str]) -> list[TokenEmbedding]:
        began = time.perf_counter()
        read = await self._by_token.embed_passage_tokens(texts)
        self.seconds += time.perf_counter() - began
        return read

    async def embed_question_tokens(self, text: str) -> TokenEmbedding:
        return await self._by_token.embed_question_tokens(text)


async def measure(
    settings: Settings, folders: Sequence[Path], *, repeats: int
) -> dict[str, object]:
    """Seconds of the first ingestion, of the repeats, and of the embedders in the first."""
    embedders = [_timed(one) for one in build_embedders(settings.knowledge, open_shelf())]
    async with _open(settings, embedders) as ingest:
        for one in embedders:
            await one.embed_passages(["warm"])  # loading a model is no part of an ingestion
            one.seconds = 0.0
        first = await ingest.run(folders)
        inside = {one.name: one.seconds for one in embedders}
        again = [(await ingest.run(folders)).seconds for _ in range(repeats)]
    return {
        "machine": machine(),
        "documents": first.documents,
        "passages": first.passages,
        "first_s": round(first.seconds, 3),
        "passages_per_s": round(first.passages / first.seconds, 1),
        "embedders_s": {name: round(seconds, 3) for name, seconds in inside.items()},
        "embedder_share": round(sum(inside.values()) / first.seconds, 4),
        "again_s": round(statistics.median(again), 4),
        "again_times_faster": round(first.seconds / statistics.median(again), 1),
    }


def _timed(embedder: Embedder) -> Timed:
    return TimedByToken(embedder) if isinstance(embedder, TokenEmbedder) else Timed(embedder)


@asynccontextmanager
async def _open(settings: Settings, embedders: Sequence[Timed]) -> AsyncIterator[Ingest]:
    sparse = build_sparse(settings.knowledge)
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(settings, embedders, sparse, folder=Path(folder) / "store")
        try:
            yield build_ingest(store, tuple(embedders), sparse)
        finally:
            await store.close()


def run(folders: Sequence[Path] = (), *, repeats: int = 3) -> dict[str, object]:
    """The figures as JSON has them."""
    return asyncio.run(measure(demo_settings(load()), folders or [handbook()], repeats=repeats))


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = json.dumps(run(given.folders, repeats=given.repeats), indent=1)
    print(found)
    if given.out:
        given.out.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    main()
