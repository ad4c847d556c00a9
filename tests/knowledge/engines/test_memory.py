"""How much memory the bot holds that is its own, at rest and without a language model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from knowledge.weights import Shelf

MOST_MB: Final = 200
"""It was 155; before vocabularies and word tables stayed in their files, 687."""

MOST_AFTER_INGEST_MB: Final = 260
"""It was 178: passages need room that is given back."""

PROGRAM: Final = """
import asyncio, sys
from pathlib import Path
import bot.cli.serve
from bot.knowledge_base import open_knowledge
from bot.settings import Settings
from knowledge.weights import Shelf

def own_mb():
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon:"))

async def main(folder, models):
    settings = Settings(storage={"data_dir": folder}, generation={"engine": "extractive"})
    async with open_knowledge(settings, Shelf(Path(models))) as knowledge:
        await knowledge.warm_search()
        print(own_mb())
        passages = ["员工入职满一年后，每年享有五天带薪年假。" * 12] * 24
        for embedder in knowledge.embedders:
            await embedder.embed_passages(passages)
        print(own_mb())

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.models
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is a process's own")
def test_at_rest_the_bot_without_a_model_stays_small(shelf: Shelf, tmp_path: Path) -> None:
    models = shelf.pull("e5-small").parent.parent
    assert shelf.pull("use-multilingual").is_relative_to(models)

    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(models)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd()), "OPENBLAS_NUM_THREADS": "1"},
    )
    at_rest, after_ingest = map(int, ran.stdout.split())

    assert at_rest <= MOST_MB
    assert after_ingest <= MOST_AFTER_INGEST_MB
