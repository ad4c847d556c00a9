"""ctransformers 0.2.27: the llama.cpp of September 2023, for small Llama models.

Its own tokeniser guesses at byte-level BPE, so we tokenise, with the file's vocabulary. A turn's
text is tokenised apart from the markers around it: nothing in a document can open a new turn.

Same prompt, same text: what comes before the last turn is computed in one piece and the last
turn in another, always; see llamacpp.py for what happens otherwise.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from knowledge.engines.cores import available_cores
from knowledge.engines.gguf import GgufHeader, read_header, read_vocabulary
from knowledge.engines.gguf_for_ctransformers import copy_for_ctransformers, runs_on_ctransformers
from knowledge.engines.local_process import LocalProcess
from knowledge.engines.worker_wire import End, Load
from knowledge.errors import EngineRefused, EngineUnavailable, PromptTooLong
from knowledge.model import Prompt, Tokens, Turn

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Say = Callable[[str], None]
Left = Callable[[], bool]

START, END = "<|im_start|>", "<|im_end|>"
BATCH_TOKENS = 64
"""Tokens computed between two looks at whether somebody still waits."""
_HALF_CHARACTER = "\ufffd"


def runs(header: GgufHeader) -> bool:
    """Both the library and what we know of templates and tokenisers suffice for this file."""
    return (
        runs_on_ctransformers(header)
        and header.tokenizer == "gpt2"
        and header.metadata.get("tokenizer.ggml.pre", "smollm") in {"smollm", "gpt-2", "default"}
        and START in header.chat_template
    )


def build_ctransformers(
    path: Path, *, name: str, context_tokens: int = 2048, threads: int | None = None
) -> LocalProcess:
    """A Generator over a small Llama's GGUF file; nothing is loaded before the first prompt.

    threads: by default all cores but one, for this library's idle threads do not sleep.
    """
    load = Load(
        engine="ctransformers",
        path=str(path),
        context_tokens=context_tokens,
        threads=threads or max(1, available_cores() - 1),
    )
    return LocalProcess(load, name=f"ctransformers:{name}")


class Evaluator(Protocol):
    """The native model, by token ids."""

    def eval(self, tokens: Sequence[int], past: int) -> None:
        """Compute these tokens after the `past` ones computed before."""
        ...

    def best(self) -> int:
        """The likeliest next token."""
        ...


class CTransformersModel:
    """A model in this process. Not for the bot's own: see worker.py."""

    def __init__(self, load: Load, evaluator: Evaluator | None = None) -> None:
        path, header = Path(load.path), read_header(Path(load.path))
        if not runs(header):
            raise EngineRefused(f"ctransformers cannot run {path.name}; llamacpp can")
        self._context_tokens = min(load.context_tokens, header.context_tokens or 2048)
        self._chat = ChatTokens(path, digits_apart=_pre(header) == "smollm")
        self._model = evaluator or NativeModel(
            copy_for_ctransformers(path), threads=load.threads, context_tokens=self._context_tokens
        )
        self._beginning: list[int] = []

    def reply(self, prompt: Prompt, say: Say, left: Left) -> End:
        """Write the reply; see `LoadedModel`. It tells no chances."""
        beginning, ending = self._read(prompt)
        past = len(beginning) + len(ending)
        cached = len(beginning) if beginning == self._beginning else 0
        if not self._continue_from(beginning, left) or not self._eval(ending, len(beginning), left):
            return End(tokens=Tokens(prompt=past))
        written: list[int] = []
        text = GrowingText(prompt.stop, say)
        while len(written) < prompt.max_tokens and past < self._context_tokens and not left():
            token = self._model.best()
            if token in self._chat.ends:
                break
            written.append(token)
            if text.grow(self._chat.decode(written)):
                break
            self._model.eval([token], past)
            past += 1
        text.finish()
        read = len(beginning) + len(ending)
        return End(tokens=Tokens(prompt=read, completion=len(written), cached=cached))

    def settle(self) -> None:
        """Nothing to do: the next reply overwrites what came after its beginning."""

    def _read(self, prompt: Prompt) -> tuple[list[int], list[int]]:
        beginning = self._chat.turns(prompt.turns[:-1])
        ending = self._chat.turns(prompt.turns[-1:]) + self._chat.opening()
        if len(beginning) + len(ending) >= self._context_tokens:
            raise PromptTooLong(len(beginning) + len(ending), self._context_tokens)
        return beginning, ending

    def _continue_from(self, beginning: list[int], left: Left) -> bool:
        """Have this beginning computed; False if it was left before that."""
        if beginning == self._beginning:
            return True
        self._beginning = []
        if not self._eval(beginning, 0, left):
            return False
        self._beginning = beginning
        return True

    def _eval(self, tokens: list[int], past: int, left: Left) -> bool:
        for start in range(0, len(tokens), BATCH_TOKENS):
            if left():
                return False
            self._model.eval(tokens[start : start + BATCH_TOKENS], past + start)
        return True


class ChatTokens:
    """Turns as the token ids of a ChatML model with a byte-level vocabulary."""

    def __init__(self, path: Path, *, digits_apart: bool) -> None:
        vocabulary = read_vocabulary(path)
        ids = {token: place for place, token in enumerate(vocabulary.tokens)}
        self._start, self._end = ids[START], ids[END]
        self._text = _tokenizer(ids, vocabulary.merges, digits_apart=digits_apart)
        self.ends = frozenset({self._end, ids.get("<|endoftext|>", self._end)})

    def turns(self, turns: Sequence[Turn]) -> list[int]:
        """Whole turns, one after the other."""
        ids: list[int] = []
        for turn in turns:
            ids += [self._start, *self._encode(f"{turn.speaker}\n{turn.text}")]
            ids += [self._end, *self._encode("\n")]
        return ids

    def opening(self) -> list[int]:
        """Where the reply begins."""
        return [self._start, *self._encode("assistant\n")]

    def decode(self, ids: list[int]) -> str:
        """The text; a character whose last bytes are still to come is U+FFFD."""
        text: str = self._text.decode(ids)
        return text

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._text.encode(text, add_special_tokens=False).ids
        return ids


class GrowingText:
    """Says what is certain of a text: no half characters, no beginning of a stop string."""

    def __init__(self, stop: tuple[str, ...], say: Say) -> None:
        self._stop = stop
        self._say = say
        self._text = ""
        self._said = 0

    def grow(self, text: str) -> bool:
        """Take the whole text so far; True if it holds a stop string and must not grow further."""
        found = [place for stop in self._stop if (place := text.find(stop)) >= 0]
        self._text = text[: min(found)] if found else text
        if not found:
            self._say_up_to(len(text) - self._uncertain(text))
        return bool(found)

    def finish(self) -> None:
        """Nothing more will come: what was held back is text after all."""
        self._text = self._text.rstrip(_HALF_CHARACTER)
        self._say_up_to(len(self._text))

    def _say_up_to(self, end: int) -> None:
        if end > self._said:
            self._say(self._text[self._said : end])
            self._said = end

    def _uncertain(self, text: str) -> int:
        if text.endswith(_HALF_CHARACTER):
            return len(text) - len(text.rstrip(_HALF_CHARACTER))
        return max(
            (n for stop in self._stop for n in range(1, len(stop)) if text.endswith(stop[:n])),
            default=0,
        )


class NativeModel:
    """The library behind `Evaluator`."""

    def __init__(self, path: Path, *, threads: int, context_tokens: int) -> None:
        from ctransformers.llm import LLM, Config  # type: ignore[import-untyped] # it has no stubs

        config = Config(context_length=context_tokens, threads=threads, batch_size=BATCH_TOKENS)
        self._llm: Any = LLM(str(path), model_type="gguf", config=config, lib=instructions())
        self._threads = threads

    def eval(self, tokens: Sequence[int], past: int) -> None:
        """Compute tokens; see `Evaluator`."""
        import ctypes

        ids = (ctypes.c_int * len(tokens))(*tokens)
        done = self._llm.ctransformers_llm_batch_eval(
            ids, len(tokens), past, BATCH_TOKENS, self._threads
        )
        if not done:
            raise EngineUnavailable("ctransformers could not compute the prompt")

    def best(self) -> int:
        """The likeliest token; see `Evaluator`."""
        # top_k 1 leaves one candidate, so neither temperature nor seed matters.
        token: int = self._llm.sample(top_k=1, temperature=1.0, repetition_penalty=1.0, seed=1)
        return token


def instructions(
    cpu: Path = Path("/proc/cpuinfo"), machine: str = platform.machine()
) -> str | None:
    """Which of the library's builds; None lets it find out, which takes it two seconds."""
    if not cpu.exists() or machine != "x86_64":
        return None
    return "avx2" if "avx2" in cpu.read_text(encoding="utf-8").split() else None


def _pre(header: GgufHeader) -> object:
    return header.metadata.get("tokenizer.ggml.pre", "smollm")


def _tokenizer(ids: dict[str, int], merges: Sequence[str], *, digits_apart: bool) -> Tokenizer:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=pairs))
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    digits = [pre_tokenizers.Digits(individual_digits=True)] if digits_apart else []
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*digits, bytes_])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
