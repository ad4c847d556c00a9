"""Does anybody ever see what is not theirs? `python -m tests.benchmarks.canaries --questions N`

Random organisations live with the bot: people ask alone and in groups, press what they see and what
they do not, come and go, pages change their readers, owners and experts teach, votes are given.
Every page and every taught answer has a canary in it. Each card, draft and line of the log is
looked through at the moment it appears, by whoever can see it then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from knowledge.ports import Embedder
from tests.benchmarks.canaries_office import Seen, office_of
from tests.fakes import HashedEmbedder

QUESTIONS_AN_ORGANISATION: Final = 250
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- only folders with names of their own in it


class Straight(asyncio.SelectorEventLoop):
    """An event loop that does at once what would wait for a thread: the same work in less time."""

    def run_in_executor(  # type: ignore[override]  # a future that is done is a future as well
        self, _executor: object, func: Callable[..., Any], *args: object
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except StopIteration as error:
            future.set_exception(RuntimeError(str(error)))
        except Exception as error:  # noqa: BLE001 -- what it raises is for whoever waits for it
            future.set_exception(error)
        return future


def hashed() -> tuple[Embedder, ...]:
    """Two small embedders in place of the two that ship."""
    return HashedEmbedder("e5", 64), HashedEmbedder("use", 64)


async def lived(
    seed: int, questions: int, folder: Path, *, embedders: tuple[Embedder, ...]
) -> Seen:
    """What was seen in one organisation until so many questions were asked."""
    async with office_of(seed, folder, embedders=embedders) as office:
        while office.seen.questions < questions:
            await office.step()
        return office.seen


def one(seed: int, questions: int) -> Seen:
    """The same, in an event loop of its own."""
    with (
        tempfile.TemporaryDirectory(dir=_quick_folder()) as folder,
        asyncio.Runner(loop_factory=Straight) as runner,
    ):
        return runner.run(lived(seed, questions, Path(folder), embedders=hashed()))


def _listen() -> None:
    """What is written to the log is looked through, not shown."""
    logging.getLogger().setLevel(logging.INFO)
    logging.getLogger().addHandler(logging.NullHandler())


def _quick_folder() -> str | None:
    """Where a commit waits for no disk."""
    return str(_IN_MEMORY) if _IN_MEMORY.is_dir() else None


def main(arguments: list[str] | None = None) -> int:
    """Run, say what was seen, and fail if anything was."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.canaries")
    parser.add_argument("--questions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    began_s = time.perf_counter()
    seen = _all(given.questions, given.seed, given.workers)
    took_s = time.perf_counter() - began_s
    figures = {
        "questions": seen.questions,
        "leaks": len(seen.leaks),
        "cards": seen.cards,
        "canaries_shown": seen.canaries,
        "private_answers": seen.asides,
        "events": dict(seen.kinds),
        "seconds": round(took_s),
        "seed": given.seed,
        "workers": given.workers,
    }
    print(json.dumps(figures))
    if given.out is not None:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps({**figures, "said": seen.leaks}), "utf-8")
    return 1 if seen.leaks else 0


def _all(questions: int, seed: int, workers: int) -> Seen:
    count = -(-questions // QUESTIONS_AN_ORGANISATION)
    seeds = range(seed, seed + count)
    seen, told = Seen(), 0
    spawn = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_listen) as pool:
        lives = pool.map(partial(one, questions=QUESTIONS_AN_ORGANISATION), seeds)
        for number, life in enumerate(lives, start=1):
            seen += life
            for leak in life.leaks:
                print(leak, file=sys.stderr, flush=True)
            if seen.questions - told >= 5_000 or number == count:
                told = seen.questions
                print(f"{told} questions, {len(seen.leaks)} leaks", file=sys.stderr, flush=True)
    return seen


if __name__ == "__main__":
    sys.exit(main())
