"""What the bot and an engine's process say to each other: JSON, one message a line.

To the process, first of all `{"engine", "path", "context_tokens", "threads"}`; then questions
`{"ask": id, "turns", "max_tokens", "stop"}` and `{"leave": id}`.
From it, once, `{"ready": true}` or `{"broken": reason}`; then for every question any number of
`{"id", "more"}` and exactly one `{"id", "end"}`, `{"id", "too_long"}` or `{"id", "failed"}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, cast

from knowledge.model import Prompt, Tokens, Turn

EngineKind: TypeAlias = Literal["llamacpp", "ctransformers"]
Message: TypeAlias = Mapping[str, object]

MAX_LINE_BYTES = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Which model to load, and how."""

    engine: EngineKind
    path: str
    context_tokens: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One prompt."""

    id: int
    prompt: Prompt


def encode(message: Message) -> bytes:
    """One line."""
    return json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The message in a line; ValueError where there is none."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is a JSON object")  # noqa: TRY004 - one error for a bad line
    return message


def encode_load(load: Load) -> bytes:
    """The first line an engine's process reads."""
    return encode(asdict(load))


def decode_load(line: bytes) -> Load:
    """Which model to load."""
    return Load(**cast("dict[str, str]", decode(line)))  # type: ignore[arg-type] # our own words


def encode_ask(ask: Ask) -> bytes:
    """One prompt as a line."""
    return encode(
        {
            "ask": ask.id,
            "turns": [[turn.speaker, turn.text] for turn in ask.prompt.turns],
            "max_tokens": ask.prompt.max_tokens,
            "stop": list(ask.prompt.stop),
        }
    )


def read_ask(message: Message) -> Ask:
    """The prompt in a message that `encode_ask` wrote."""
    turns = cast("list[tuple[Literal['system', 'user', 'assistant'], str]]", message["turns"])
    return Ask(
        id=cast("int", message["ask"]),
        prompt=Prompt(
            turns=tuple(Turn(speaker=speaker, text=text) for speaker, text in turns),
            max_tokens=cast("int", message["max_tokens"]),
            stop=tuple(cast("list[str]", message["stop"])),
        ),
    )


def read_tokens(pair: object) -> Tokens:
    """How much was read and written, from `[prompt, completion]`."""
    prompt, completion = cast("tuple[int, int]", pair)
    return Tokens(prompt=prompt, completion=completion)
