"""How fast a language model writes through our process, beside the engine with nothing around it.

    python -m tests.benchmarks.decode [--model qwen2.5-coder-0.5b] [--tokens 96] [--rounds 5]

The same weights, as many threads and the same niceness, in one run: the bare engine and ours write
in turns, so that whatever else the machine does falls on both. Printed are tokens a second from the
first token to the last, and the share that ours reaches of the bare one's: by the clock, which says
something only where nothing else runs, and by processor time, which does not depend on that. Ours
counts the bot's side too.

bare: `xllamacpp.Server`, or ctransformers' own loop, in a process of its own, with our parameters
and, for llama.cpp, once more with its defaults, which take twice the memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from knowledge.engines.ctransformers import NativeModel, build_ctransformers, runs
from knowledge.engines.gguf import read_header
from knowledge.engines.gguf_for_ctransformers import copy_for_ctransformers
from knowledge.engines.llamacpp import build_llamacpp, parameters
from knowledge.engines.local_process import LocalProcess, environment
from knowledge.engines.worker import NICENESS
from knowledge.engines.worker_wire import Load
from knowledge.model import Prompt, Turn
from knowledge.weights import Shelf, models_folder

QUESTION = "Count from one to five hundred, in words."
CONTEXT_TOKENS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many tokens came in how many seconds, the first one not counted.

    processor_s: of every thread that took part.
    """

    tokens: int
    seconds: float
    processor_s: float


Moment: TypeAlias = tuple[float, float]
"""On the wall, and of the processor."""


def now() -> Moment:
    return time.perf_counter(), time.process_time()


# ── the bare engines, in a process of their own ───────────────────────────────────────────────


def bare_llamacpp(load: Load, *, defaults: bool) -> Callable[[int], list[Moment]]:
    """Writes so many tokens, and says when each came."""
    import xllamacpp

    chosen = parameters(load, "")
    if defaults:
        chosen.no_extra_bufts = False
        chosen.kv_unified, chosen.n_ctx, chosen.n_parallel = False, load.context_tokens, 1
        chosen.n_batch, chosen.n_ubatch = 2048, 512
    chosen.hostnames = ["127.0.0.1"]
    server = xllamacpp.Server(chosen)

    def write(tokens: int) -> list[Moment]:
        came: list[Moment] = []

        def hear(said: object) -> bool:
            events = said if isinstance(said, list) else [said]
            pieces = [e for e in events if e.get("choices") and e["choices"][0].get("delta")]
            came.extend(now() for e in pieces if e["choices"][0]["delta"].get("content"))
            return False

        messages = [{"role": "user", "content": QUESTION}]
        request = {"messages": messages, "max_tokens": tokens, "temperature": 0, "stream": True}
        server.handle_chat_completions(request, hear)
        return came

    return write


def bare_ctransformers(load: Load) -> Callable[[int], list[Moment]]:
    """Writes so many tokens, and says when each came."""
    native = NativeModel(
        copy_for_ctransformers(Path(load.path)),
        threads=load.threads,
        context_tokens=load.context_tokens,
    )

    def write(tokens: int) -> list[Moment]:
        llm = native._llm
        came: list[Moment] = []
        for token in llm.generate(llm.tokenize(QUESTION), top_k=1, repetition_penalty=1.0):
            came.append(now())
            if len(came) >= tokens or llm.is_eos_token(token):
                break
        return came

    return write


def serve_bare(given: argparse.Namespace) -> None:
    """Write once for every line on standard input: its seconds and tokens as a line of JSON."""
    os.nice(NICENESS)
    voice = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    load = Load(
        engine=given.engine,
        path=given.path,
        context_tokens=CONTEXT_TOKENS,
        threads=given.threads,
    )
    if given.engine == "llamacpp":
        write = bare_llamacpp(load, defaults=given.defaults)
    else:
        write = bare_ctransformers(load)
    print(json.dumps("ready"), file=voice, flush=True)
    for line in sys.stdin:
        came = write(int(line))
        took = [last - first for first, last in zip(came[0], came[-1], strict=True)]
        print(json.dumps([len(came) - 1, *took]), file=voice, flush=True)
    os._exit(0)


class Bare:
    """An engine in its process, as seen from here."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @staticmethod
    @asynccontextmanager
    async def running(load: Load, *, defaults: bool) -> AsyncIterator[Bare]:
        words = [load.engine, load.path, str(load.threads), *(["--defaults"] if defaults else [])]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.decode", "--bare", *words,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
            env=environment(os.environ) | {"PYTHONPATH": str(Path.cwd())},
        )  # fmt: skip
        bare = Bare(process)
        try:
            await bare._said()
            yield bare
        finally:
            process.kill()
            await process.wait()

    async def write(self, tokens: int) -> Written:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{tokens}\n".encode())
        count, seconds, processor_s = await self._said()
        return Written(tokens=count, seconds=seconds, processor_s=processor_s)

    async def _said(self) -> tuple[int, float, float]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the bare engine ended by itself"
        said: tuple[int, float, float] = json.loads(line)
        return said


# ── ours ──────────────────────────────────────────────────────────────────────────────────────


async def write_through(engine: LocalProcess, tokens: int) -> Written:
    """From the first draft to the last, as the bot gets them."""
    prompt = Prompt(turns=(Turn(speaker="user", text=QUESTION),), max_tokens=tokens)
    first: Moment | None = None
    count = 0
    async for draft in engine.stream(prompt):
        first = first or _both(engine)
        count = max(count, draft.tokens.completion)
    assert first is not None, "it wrote nothing"
    seconds, processor_s = (end - begin for begin, end in zip(first, _both(engine), strict=True))
    return Written(tokens=count - 1, seconds=seconds, processor_s=processor_s)


def _both(engine: LocalProcess) -> Moment:
    """With the processor time of the engine's process and of this one."""
    assert engine._child is not None
    fields = Path(f"/proc/{engine._child._process.pid}/stat").read_text("ascii")
    user, system = fields.rpartition(")")[2].split()[11:13]
    wall_s, own_s = now()
    return wall_s, own_s + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def measure(given: argparse.Namespace) -> dict[str, object]:
    """All of them in turns."""
    shelf = Shelf(models_folder(os.environ))
    path = await asyncio.to_thread(shelf.pull, given.model)
    figures: dict[str, object] = {"model": given.model, "tokens": given.tokens}
    for name in engines_for(path):
        build = build_llamacpp if name == "llamacpp" else build_ctransformers
        ours = build(
            path, name=given.model, context_tokens=CONTEXT_TOKENS, threads=given.threads or None
        )
        load = ours._load
        async with AsyncExitStack() as stack:
            stack.push_async_callback(ours.close)
            bare = await stack.enter_async_context(Bare.running(load, defaults=False))
            plain = (
                await stack.enter_async_context(Bare.running(load, defaults=True))
                if name == "llamacpp"
                else None
            )
            figures[name] = {"threads": load.threads} | await in_turns(
                given, ours=ours, bare=bare, plain=plain
            )
    return figures


def engines_for(path: Path) -> Iterator[str]:
    """Those that can run the file."""
    yield "llamacpp"
    if runs(read_header(path)):
        yield "ctransformers"


async def in_turns(
    given: argparse.Namespace, *, ours: LocalProcess, bare: Bare, plain: Bare | None
) -> dict[str, object]:
    """Rounds of everybody writing once; the first is not counted."""
    written: dict[str, list[Written]] = {"bare": [], "ours": [], "bare_defaults": []}
    for turn in range(given.rounds + 1):
        this = {"bare": await bare.write(given.tokens)}
        this["ours"] = await write_through(ours, given.tokens)
        if plain is not None:
            this["bare_defaults"] = await plain.write(given.tokens)
        for name, one in this.items() if turn else ():
            written[name].append(one)
    by_clock = {name: [w.tokens / w.seconds for w in seen] for name, seen in written.items()}
    by_work = {name: [w.tokens / w.processor_s for w in seen] for name, seen in written.items()}
    return {
        "tokens_per_s": _each(by_clock, statistics.median),
        "best_tokens_per_s": _each(by_clock, max),
        "tokens_per_processor_s": _each(by_work, statistics.median),
        "share_of_bare": {
            "by_clock": _share(by_clock, statistics.median),
            "by_clock_best": _share(by_clock, max),
            "by_processor": _share(by_work, statistics.median),
        },
    }


Rates: TypeAlias = Mapping[str, Sequence[float]]
Choose: TypeAlias = Callable[[Sequence[float]], float]


def _each(rates: Rates, choose: Choose) -> dict[str, float]:
    return {name: round(choose(seen), 1) for name, seen in rates.items() if seen}


def _share(rates: Rates, choose: Choose) -> float:
    return round(choose(rates["ours"]) / choose(rates["bare"]), 3)


def main() -> None:
    """Read the command line and measure."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    if "--bare" in sys.argv[1:]:
        arguments.add_argument("engine")
        arguments.add_argument("path")
        arguments.add_argument("threads", type=int)
        arguments.add_argument("--defaults", action="store_true")
        serve_bare(arguments.parse_args())
    arguments.add_argument("--model", default="qwen2.5-coder-0.5b")
    arguments.add_argument("--tokens", type=int, default=96)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=0, help="0: as the bot would choose")
    arguments.add_argument("--out", type=Path)
    given = arguments.parse_args()
    figures = json.dumps(asyncio.run(measure(given)), indent=2)
    if given.out:
        given.out.write_text(f"{figures}\n", encoding="utf-8")
    print(figures)


if __name__ == "__main__":
    main()
