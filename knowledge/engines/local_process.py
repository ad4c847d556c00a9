"""The bot's side of a language model that runs in a process of its own."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import cast

import knowledge
from knowledge.engines.gguf import read_header
from knowledge.engines.worker_wire import (
    MAX_LINE_BYTES,
    Ask,
    End,
    Load,
    Message,
    decode,
    encode,
    encode_ask,
    encode_load,
    read_end,
)
from knowledge.errors import EngineRefused, EngineUnavailable, ModelError, PromptTooLong
from knowledge.model import Draft, Prompt

# The bot's environment holds tokens and keys; the engine needs none of them.
PASSED_ON = frozenset(
    "PATH HOME LANG LC_ALL TMPDIR TEMP TMP SYSTEMROOT LD_LIBRARY_PATH XDG_CACHE_HOME".split()
)
GRACE_S = 2.0
# -P: a file in the folder we were started from must not pass for a library.
WORKER = (sys.executable, "-P", "-m", "knowledge.engines.worker")


class LocalProcess:
    """A local model as a Generator: loaded at the first prompt, again after a crash.

    command: what speaks as worker_wire.py says.
    load_s: a model that takes longer to load counts as broken.
    patience_s: a process that still computes for somebody who left this long ago is replaced.
    """

    def __init__(
        self,
        load: Load,
        *,
        name: str,
        command: Sequence[str] = WORKER,
        load_s: float = 180.0,
        patience_s: float = 30.0,
    ) -> None:
        self._load = load
        self._command = command
        self._name = name
        self._load_s = load_s
        self._patience_s = patience_s
        self._child: _Child | None = None
        self._starting = asyncio.Lock()

    @property
    def name(self) -> str:
        """Engine and model."""
        return self._name

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Draft, None]:
        """Write the reply: drafts growing to the whole text; the last one counts the tokens.

        Raises:
            PromptTooLong, EngineRefused, EngineUnavailable: as the port says.
        """
        child = await self._running()
        inbox = child.ask(prompt)
        text, ended = "", False
        try:
            while not ended:
                message = await inbox.messages.get()
                while "more" in message and not inbox.messages.empty():
                    text += str(message["more"])
                    message = inbox.messages.get_nowait()
                ended = "more" not in message
                text += str(message.get("more", ""))
                end = _end(message)
                yield Draft(text=text, tokens=end.tokens, chances=end.chances)
        finally:
            child.leave(inbox, ended=ended)

    async def ping(self) -> None:
        """Return if the model is loaded or its file can be read."""
        if self._child is None or not self._child.alive:
            await self._check_file()

    async def close(self) -> None:
        """End the process; a later prompt would start it again."""
        async with self._starting:
            child, self._child = self._child, None
            if child:
                await child.end(GRACE_S)

    async def _running(self) -> _Child:
        async with self._starting:
            if self._child and self._child.stuck(self._patience_s):
                await self._child.end()
            if self._child is None or not self._child.alive:
                await self._check_file()
                self._child = await _Child.start(self._command, self._load)
            child = self._child
        await child.loaded(self._load_s)
        return child

    async def _check_file(self) -> None:
        # What a header gives away need not cost a process.
        try:
            await asyncio.to_thread(read_header, Path(self._load.path))
        except (ModelError, OSError) as error:
            raise EngineUnavailable(f"{self._name} cannot be loaded: {error}") from error


class _Inbox:
    """What the process says to one question; as many messages as tokens, so it is bounded."""

    def __init__(self, ask_id: int) -> None:
        self.id = ask_id
        self.messages: asyncio.Queue[Message] = asyncio.Queue()


class _Child:
    """One process from start to end."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._ids = itertools.count(1)
        self._inboxes: dict[int, _Inbox] = {}
        self._left: dict[int, float] = {}
        self._ready = asyncio.Event()
        self._gone = ""
        self._reading = asyncio.create_task(self._read(), name="engine-process")

    @staticmethod
    async def start(command: Sequence[str], load: Load) -> _Child:
        """Start a process that loads the model."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                limit=MAX_LINE_BYTES,
                env=environment(os.environ),
                # Ctrl-C is for the bot, which then ends the engine. Not a session of its own: Linux
                # shares processors between sessions before it looks at how nice a process is.
                process_group=0,
            )
        except OSError as error:
            raise EngineUnavailable(f"the engine's process does not start: {error}") from error
        child = _Child(process)
        child._send(encode_load(load))
        return child

    @property
    def alive(self) -> bool:
        return not self._gone

    async def loaded(self, limit_s: float) -> None:
        """Return when the model is in memory."""
        try:
            async with asyncio.timeout(limit_s):
                await self._ready.wait()
        except TimeoutError:
            await self.end()
            raise EngineUnavailable(f"the model was not loaded within {limit_s:g} s") from None
        if self._gone:
            raise EngineUnavailable(self._gone)

    def ask(self, prompt: Prompt) -> _Inbox:
        inbox = _Inbox(next(self._ids))
        self._inboxes[inbox.id] = inbox
        if self._gone:
            inbox.messages.put_nowait({"failed": self._gone})
        self._send(encode_ask(Ask(id=inbox.id, prompt=prompt)))
        return inbox

    def leave(self, inbox: _Inbox, *, ended: bool) -> None:
        """Nobody reads this inbox any more."""
        self._inboxes.pop(inbox.id, None)
        if not ended:
            self._left[inbox.id] = time.monotonic()
            self._send(encode({"leave": inbox.id}))

    def stuck(self, patience_s: float) -> bool:
        """It computes for somebody who left long ago."""
        oldest = min(self._left.values(), default=None)
        return oldest is not None and time.monotonic() - oldest > patience_s

    async def end(self, grace_s: float = 0.0) -> None:
        """End the process, by force where it does not end in time by itself."""
        self._gone = self._gone or "the engine was closed"
        if self._process.stdin:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    def _send(self, line: bytes) -> None:
        # Without drain: a prompt is small beside what the pipe's buffer in the bot may hold.
        if self._process.stdin and not self._process.stdin.is_closing():
            self._process.stdin.write(line)

    async def _read(self) -> None:
        lines = cast("asyncio.StreamReader", self._process.stdout)
        try:
            while line := await lines.readline():
                self._hear(decode(line))
        except (ValueError, KeyError) as error:
            self._gone = f"the engine's process talks nonsense: {error}"
            self._process.kill()
        code = await self._process.wait()
        self._gone = self._gone or f"the engine's process ended with code {code}"
        self._ready.set()
        for inbox in self._inboxes.values():
            inbox.messages.put_nowait({"failed": self._gone})

    def _hear(self, message: Message) -> None:
        if "ready" in message:
            self._ready.set()
        elif "broken" in message:
            self._gone = f"the model does not load: {message['broken']}"
        else:
            self._deliver(cast("int", message["id"]), message)

    def _deliver(self, ask_id: int, message: Message) -> None:
        if "more" not in message:
            self._left.pop(ask_id, None)
        if inbox := self._inboxes.get(ask_id):
            inbox.messages.put_nowait(message)


def _end(message: Message) -> End:
    """What a reply's last message tells, those before nothing; raises what ended it instead."""
    if "too_long" in message:
        prompt, context = cast("tuple[int, int]", message["too_long"])
        raise PromptTooLong(prompt, context)
    if "failed" in message:
        error = EngineRefused if message.get("refused") else EngineUnavailable
        raise error(str(message["failed"]))
    return read_end(message)


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """What the engine's process sees of our environment, and what its libraries need."""
    passed = {key: own[key] for key in sorted(PASSED_ON & own.keys())}
    return passed | {
        "PYTHONPATH": str(Path(knowledge.__file__).parents[1]),
        # libgomp's threads spin while they wait for each other. Where anything else needs a core,
        # two spinning threads on two cores gave 0.4–2.5 tokens/s; sleeping ones gave 10.
        "GOMP_SPINCOUNT": "0",
        # An abort must not start a debugger to print a backtrace.
        "GGML_NO_BACKTRACE": "1",
    }
