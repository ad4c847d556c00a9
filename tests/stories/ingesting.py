"""An ingest in a process of its own: `python -m tests.stories.ingesting URL FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from knowledge.engines.bm25 import Bm25
from knowledge.engines.qdrant_remote import Remote
from knowledge.ingest import Ingest
from knowledge.parsers import parser_for
from knowledge.parsers.jsonl import parse_jsonl
from knowledge.ports import PassageStore
from tests.fakes import HashedEmbedder

EMBEDDERS = (HashedEmbedder("e5", 64), HashedEmbedder("use", 64))
DENSE = {embedder.name: embedder.dimension for embedder in EMBEDDERS}
SPARSE = ("bm25",)


async def take_in(store: PassageStore, folder: Path) -> None:
    """Bring the store up to date with the folder."""
    ingest = Ingest(
        store=store,
        embedders=EMBEDDERS,
        sparse=(Bm25(),),
        parser_for=parser_for,
        parse_jsonl=parse_jsonl,
    )
    report = await ingest.run([folder])
    assert not report.failed


async def _main(url: str, folder: Path) -> None:
    store = await Remote.open(url, dense=DENSE, sparse=SPARSE)
    try:
        await take_in(store, folder)
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2])))
