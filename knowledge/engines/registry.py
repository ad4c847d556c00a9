"""Which language model engine, by configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from knowledge.engines.ctransformers import build_ctransformers, runs
from knowledge.engines.extractive import Extractive
from knowledge.engines.gguf import read_header
from knowledge.engines.limited import Limited, Room
from knowledge.engines.llamacpp import build_llamacpp
from knowledge.engines.openai_http import OpenAIHttp
from knowledge.engines.retrying import Retrying
from knowledge.engines.told import Told
from knowledge.errors import ModelUnknown
from knowledge.ports import Generator
from knowledge.steps import UNTOLD, Steps

Engine: TypeAlias = Literal["auto", "ctransformers", "llamacpp", "openai", "extractive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationChoice:
    """What the configuration says about generation.

    model: the catalogue's name of it, or the server's.
    path: its weights, for an engine of this machine.
    threads: None leaves it to the engine.
    guard: what a server is asked through, where it stands outside the house.
    room: how much it takes on; a model of this machine one prompt at a time.
    steps: is told how long prompts wait, and how long they take.
    """

    engine: Engine = "auto"
    model: str = ""
    path: Path | None = None
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    threads: int | None = None
    context_tokens: int = 4096
    guard: Callable[[Generator], Generator] | None = None
    room: Room = field(default_factory=Room)
    steps: Steps = UNTOLD


def choose_engine(choice: GenerationChoice) -> Engine:
    """The engine that `auto` means.

    A server where one is named; else what can run the file, ctransformers first; without a file,
    none at all.

    Raises:
        ModelUnreadable: the file is broken.
    """
    if choice.engine != "auto":
        return choice.engine
    if choice.base_url:
        return "openai"
    if choice.path is None:
        return "extractive"
    return "ctransformers" if runs(read_header(choice.path)) else "llamacpp"


def build_generator(choice: GenerationChoice) -> Generator:
    """The language model, with back-pressure; nothing is loaded or connected yet.

    Raises:
        ModelUnknown: an engine of this machine was chosen without weights.
        ModelUnreadable: the file is broken.
        EngineRefused: `base_url` is not one.
    """
    match choose_engine(choice):
        case "openai":
            remote: Generator = OpenAIHttp(choice.base_url, choice.model, api_key=choice.api_key)
            # Inside of the second tries: each of them leaves, so each of them is written down.
            remote = choice.guard(remote) if choice.guard else remote
            return _limited(Retrying(remote), choice, choice.room)
        case "llamacpp" | "ctransformers" as engine:
            return _limited(
                _build_local(engine, choice), choice, replace(choice.room, concurrent=1)
            )
        case _:
            return Extractive()


def _limited(inner: Generator, choice: GenerationChoice, room: Room) -> Limited:
    return Limited(Told(inner, choice.steps), room, steps=choice.steps)


def _build_local(
    engine: Literal["llamacpp", "ctransformers"], choice: GenerationChoice
) -> Generator:
    if choice.path is None:
        raise ModelUnknown(choice.model)
    build = build_llamacpp if engine == "llamacpp" else build_ctransformers
    return build(
        choice.path,
        name=choice.model or choice.path.stem,
        context_tokens=choice.context_tokens,
        threads=choice.threads,
    )
