"""llama.cpp, as packed by xllamacpp: runs every GGUF there is.

Same prompt, same text. llama.cpp keeps what it computed for the last prompt and continues where
the next one differs, so the same token is computed now alone and now in a batch of fifty, by
other kernels that round differently. (Measured with 0.5 B: log probabilities off by up to 0.07.)
So the split must depend on the prompt alone: what comes before the last turn is computed once,
by a prompt that ends in an `_ANCHOR` no question begins with, and every reply continues from
there. Afterwards the anchor is asked again, which cuts off the last question and its reply.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from knowledge.engines.cores import available_cores
from knowledge.engines.first_word import CANDIDATES, FirstWord
from knowledge.engines.gguf import Vocabulary, read_vocabulary
from knowledge.engines.local_process import LocalProcess
from knowledge.engines.worker_wire import End, Load
from knowledge.errors import EngineRefused, EngineUnavailable, PromptTooLong
from knowledge.model import Prompt, Tokens, Turn

Say = Callable[[str], None]
Left = Callable[[], bool]

CONTROL = 3
"""The type of a token that no text may contain, in a GGUF vocabulary."""
KEPT_BEGINNINGS = 5
"""To write in Chinese and in English, to judge evidence, and to compare questions in two ways."""
BATCH_TOKENS = 128
"""Tokens computed between two looks at whether somebody still waits: some seconds at most."""
_ANCHOR = "\u25c6"


def build_llamacpp(
    path: Path, *, name: str, context_tokens: int = 4096, threads: int | None = None
) -> LocalProcess:
    """A Generator over a GGUF file; nothing is loaded before the first prompt.

    threads: by default all cores but one, yet two of two: idle threads sleep in our processes,
    so that the event loop gets its core when it needs it.
    """
    cores = available_cores()
    load = Load(
        engine="llamacpp",
        path=str(path),
        context_tokens=context_tokens,
        threads=threads or max(cores - 1, min(cores, 2)),
    )
    return LocalProcess(load, name=f"llamacpp:{name}")


class Server(Protocol):
    """What we use of xllamacpp's."""

    def handle_chat_completions(
        self, request: Mapping[str, object], hear: Callable[[Any], bool], /
    ) -> object:
        """Complete, telling `hear` every event; its True ends the reply."""
        ...


class LlamaCppModel:
    """A model in this process. Not for the bot's own: see worker.py."""

    def __init__(self, load: Load, server: Server | None = None) -> None:
        self._markers = marker_pattern(read_vocabulary(Path(load.path)))
        self._server = server or _serve(load)
        self._beginnings = Beginnings(KEPT_BEGINNINGS)
        self._used: set[int] = set()
        self._last: tuple[Turn, ...] | None = None

    def reply(self, prompt: Prompt, say: Say, left: Left) -> End:
        """Write the reply; see `LoadedModel`."""
        self._last = prompt.turns[:-1]
        slot = self._anchor(self._last, left)
        if left():
            return End()
        self._used.add(slot)
        return self._complete(prompt, say, left, slot=slot)

    def settle(self) -> None:
        """Return to the anchor; see `LoadedModel`."""
        if self._last is not None:
            self._anchor(self._last, lambda: False)

    def _anchor(self, beginning: tuple[Turn, ...], left: Left) -> int:
        """Bring the slot of this beginning to its anchor, and say which it is."""
        slot, known = self._beginnings.slot(beginning)
        if known and slot not in self._used:
            return slot
        turns = (*beginning, Turn(speaker="user", text=_ANCHOR))
        try:
            anchored = Prompt(turns=turns, max_tokens=1)
            self._complete(anchored, _nothing, left, slot=slot, keep=known)
        except (EngineRefused, EngineUnavailable):
            self._beginnings.forget(beginning)
            raise
        self._used.discard(slot)
        if left():
            self._beginnings.forget(beginning)
        return slot

    def _complete(
        self, prompt: Prompt, say: Say, left: Left, *, slot: int, keep: bool = True
    ) -> End:
        reply = _Reply(say, left)
        messages = [{"role": turn.speaker, "content": self._tame(turn)} for turn in prompt.turns]
        request = {
            "messages": messages,
            "max_tokens": prompt.max_tokens,
            "stop": list(prompt.stop),
            "temperature": 0,
            "seed": 1,
            "stream": True,
            "stream_options": {"include_usage": True},
            # Progress is reported after every batch: the only way to stop before the first token.
            "return_progress": True,
            "cache_prompt": keep,
            "id_slot": slot,
        }
        if prompt.choices:
            request |= {"logprobs": True, "top_logprobs": CANDIDATES}
        self._server.handle_chat_completions(request, reply.hear)
        return End(tokens=reply.tokens(), chances=reply.chances(prompt.choices))

    def _tame(self, turn: Turn) -> str:
        """The turn's text without the model's own markers, which could open another turn."""
        return self._markers.sub(lambda found: f"{found[0][0]} {found[0][1:]}", turn.text)


class Beginnings:
    """Which slot holds which beginning; the one unused for longest gives way."""

    def __init__(self, slots: int) -> None:
        self._slots: OrderedDict[object, int] = OrderedDict()
        self._free = list(range(slots))

    def slot(self, beginning: tuple[Turn, ...]) -> tuple[int, bool]:
        """The slot for this beginning, and whether it holds it already."""
        known = beginning in self._slots
        if not known:
            self._slots[beginning] = (
                self._free.pop() if self._free else self._slots.popitem(last=False)[1]
            )
        self._slots.move_to_end(beginning)
        return self._slots[beginning], known

    def forget(self, beginning: tuple[Turn, ...]) -> None:
        """It was not computed to its end."""
        self._free.append(self._slots.pop(beginning))


class _Reply:
    """Listens to llama.cpp; an exception must not cross native code, so errors are kept."""

    def __init__(self, say: Say, left: Left) -> None:
        self._say = say
        self._left = left
        self._error: Mapping[str, Any] = {}
        self._usage: Mapping[str, Any] = {}
        self._first = FirstWord()

    def hear(self, said: Mapping[str, Any] | list[Mapping[str, Any]]) -> bool:
        """Take in what llama.cpp said; True ends the reply."""
        for event in said if isinstance(said, list) else [said]:
            self._error = event.get("error") or self._error
            self._usage = event.get("usage") or self._usage
            self._first.hear(event)
            for choice in event.get("choices") or ():
                if piece := choice.get("delta", {}).get("content"):
                    self._say(piece)
        return self._left()

    def tokens(self) -> Tokens:
        """How much was read and written, once all was heard."""
        if self._error.get("type") == "exceed_context_size_error":
            raise PromptTooLong(self._error["n_prompt_tokens"], self._error["n_ctx"])
        if self._error:
            refused = 400 <= int(self._error.get("code", 500)) < 500
            raise (EngineRefused if refused else EngineUnavailable)(str(self._error.get("message")))
        details = self._usage.get("prompt_tokens_details") or {}
        return Tokens(
            prompt=self._usage.get("prompt_tokens", 0),
            completion=self._usage.get("completion_tokens", 0),
            cached=details.get("cached_tokens", 0),
        )

    def chances(self, choices: Sequence[str]) -> tuple[float, ...]:
        """The log probability of each choice, once all was heard."""
        return self._first.chances(choices)


def _nothing(_: str) -> None:
    """Nobody reads what follows an anchor."""


def marker_pattern(vocabulary: Vocabulary) -> re.Pattern[str]:
    """Finds the tokens in a text that the model takes for its own markers, longest first."""
    kinds = zip(vocabulary.tokens, vocabulary.types, strict=False)
    markers = {token for token, kind in kinds if kind == CONTROL and token}
    longest_first = sorted(markers, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def _serve(load: Load) -> Server:
    import xllamacpp  # type: ignore[import-untyped] # it has no stubs

    # xllamacpp always listens; so on a socket in a folder of ours, gone before anyone could call.
    with tempfile.TemporaryDirectory(prefix="deskmate-") as folder:
        socket = str(Path(folder) / "unused.sock")
        return cast("Server", xllamacpp.Server(parameters(load, socket)))


def parameters(load: Load, socket: str) -> Any:
    """What xllamacpp needs to know; everything bounded, nothing reachable from outside."""
    import xllamacpp

    chosen = xllamacpp.CommonParams()
    chosen.model.path = load.path
    # One memory for all beginnings, which are short: a context each would be 120 MB for 1.5 B.
    chosen.kv_unified = True
    chosen.n_ctx = load.context_tokens * 2
    chosen.n_parallel = KEPT_BEGINNINGS
    chosen.n_batch = chosen.n_ubatch = BATCH_TOKENS
    chosen.cpuparams.n_threads = load.threads
    chosen.cpuparams_batch.n_threads = load.threads
    chosen.n_gpu_layers = 0
    chosen.fit_params = False
    chosen.verbosity = -1
    chosen.warmup = False
    # A second, repacked copy of the weights: 600 MB for 1.5 B.
    chosen.no_extra_bufts = True
    # Copies of old prompts: up to 8 GB, and only of beginnings that we do not ask for again.
    chosen.cache_ram_mib = 0
    chosen.cache_idle_slots = False
    chosen.ui = False
    chosen.hostnames = [socket] if os.name == "posix" else ["127.0.0.1"]
    return chosen
