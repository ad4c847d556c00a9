"""The process a local language model lives in: `python -m knowledge.engines.worker`.

Why a process: a crafted or damaged GGUF makes llama.cpp abort (a block count of a million is
enough), and that must not take the bot along; native threads compete with the event loop for
nothing there; and libgomp reads its settings only when a process starts. Why JSON lines: both
sides can read them, and nothing in them can be executed.

It answers one question at a time, in order, and ends with its standard input.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import BinaryIO, Final, Protocol, TypeAlias

from knowledge.engines.worker_wire import (
    Ask,
    End,
    Load,
    Message,
    decode,
    decode_load,
    encode,
    end_message,
    read_ask,
)
from knowledge.errors import EngineRefused, EngineUnavailable, KnowledgeError, PromptTooLong
from knowledge.model import Prompt

NICENESS: Final = 10
"""A model can wait for a processor for a millisecond, but a platform does not wait for long."""

Say: TypeAlias = Callable[[str], None]
"""Takes the next piece of the reply."""
Left: TypeAlias = Callable[[], bool]
"""Nobody waits for this reply any more."""


class LoadedModel(Protocol):
    """A model in memory; every call blocks."""

    def reply(self, prompt: Prompt, say: Say, left: Left) -> End:
        """Write the reply piece by piece; stop early, without error, once it is left.

        Raises:
            PromptTooLong: nothing was said.
            EngineUnavailable: the engine failed.
        """
        ...

    def settle(self) -> None:
        """Do now, while nobody waits, what would slow the next reply down."""
        ...


class Asks:
    """Questions in the order they came, and those that were left meanwhile."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Ask] = SimpleQueue()
        self._left: set[int] = set()

    def listen(self, lines: BinaryIO, end: Callable[[], object]) -> None:
        """Take in messages until the bot hangs up, or says what nobody understands."""
        try:
            for line in lines:
                message = decode(line)
                if "leave" in message:
                    self._left.add(int(str(message["leave"])))
                else:
                    self._queue.put(read_ask(message))
        finally:
            end()

    def next(self) -> Ask:
        """The next question, as soon as there is one."""
        return self._queue.get()

    def idle(self) -> bool:
        """Nobody waits."""
        return self._queue.empty()

    def left(self, ask: Ask) -> bool:
        """Nobody waits for this one any more."""
        return ask.id in self._left

    def forget(self, ask: Ask) -> None:
        """It is done, and so are those before it, even if their leaving was heard too late."""
        for done in tuple(self._left):
            if done <= ask.id:
                self._left.discard(done)


def answer(model: LoadedModel, ask: Ask, send: Callable[[Message], None], left: Left) -> None:
    """Let the model answer one question, sending what it says and how it ended."""

    def say(piece: str) -> None:
        send({"id": ask.id, "more": piece})

    try:
        end = model.reply(ask.prompt, say, left)
    except PromptTooLong as error:
        send({"id": ask.id, "too_long": [error.tokens, error.context_tokens]})
    except (EngineRefused, EngineUnavailable) as error:
        send({"id": ask.id, "failed": str(error), "refused": isinstance(error, EngineRefused)})
    else:
        send(end_message(ask.id, end))


def load_model(load: Load) -> LoadedModel:
    """Load a model with the engine that was asked for."""
    if load.engine == "llamacpp":
        from knowledge.engines.llamacpp import LlamaCppModel

        return LlamaCppModel(load)
    from knowledge.engines.ctransformers import CTransformersModel

    return CTransformersModel(load)


def run(lines: BinaryIO, send: Callable[[Message], None], end: Callable[[], object]) -> None:
    """Load what the first line names, then answer for ever; `end` is called when lines end."""
    load = decode_load(lines.readline())
    asks = Asks()
    # A thread of its own, so that the process ends with the bot even in the middle of a token.
    threading.Thread(target=asks.listen, args=(lines, end), daemon=True).start()
    try:
        model = load_model(load)
    except (KnowledgeError, ImportError, OSError, RuntimeError, ValueError) as error:
        send({"broken": f"{type(error).__name__}: {error}"})
        return
    send({"ready": True})
    while True:
        ask = asks.next()
        answer(model, ask, send, lambda ask=ask: asks.left(ask))  # type: ignore[misc] # bound now
        asks.forget(ask)
        if asks.idle():
            model.settle()


def main() -> None:
    """Speak over standard input and output."""
    os.nice(NICENESS)
    # Native code prints to descriptor 1 as it likes; the bot listens to a private copy of it.
    voice = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def send(message: Message) -> None:
        voice.write(encode(message))

    # Not sys.exit: another thread holds the model, and libraries' destructors may crash.
    run(sys.stdin.buffer, send, lambda: os._exit(0))
    os._exit(1)


if __name__ == "__main__":
    main()
