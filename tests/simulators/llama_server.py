"""llama.cpp's own HTTP server, on loopback, in a process of its own."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

SCRIPT = """
import os, sys, xllamacpp
voice = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.n_ctx = int(sys.argv[2])
parameters.n_parallel = 1
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
parameters.n_gpu_layers = 0
parameters.fit_params = parameters.warmup = False
parameters.verbosity = -1
parameters.no_extra_bufts = True
# Same prompt, same text: this server is asked by one test at a time and need not be fast.
parameters.cache_prompt = False
server = xllamacpp.Server(parameters)
print(server.listening_address, file=voice, flush=True)
sys.stdin.read()
os._exit(0)
"""


@asynccontextmanager
async def llama_server(path: Path, *, context_tokens: int) -> AsyncIterator[str]:
    """Its address, while it runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SCRIPT, str(path), str(context_tokens)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    lines = cast("asyncio.StreamReader", process.stdout)
    try:
        yield (await lines.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()
