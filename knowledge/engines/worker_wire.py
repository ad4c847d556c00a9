"""What the bot and an engine's process say to each other: JSON, one message a line.

To the process, first of all `{"engine", "path", "context_tokens", "threads"}`; then questions
`{"ask": id, "turns", "max_tokens", "stop", "choices"}` and `{"leave": id}`.
From it, once, `{"ready": true}` or `{"broken": reason}`; then for every question any number of
`{"id", "more"}` and exactly one of `{"id", "end", "chances"}`, `{"id", "too_long"}` and
`{"id", "failed"}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a reply ended. chances: see `Draft`."""

    tokens: Tokens = field(default_factory=Tokens)
    chances: tuple[float, ...] = ()


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
            "choices": list(ask.prompt.choices),
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
            choices=tuple(cast("list[str]", message["choices"])),
        ),
    )


def end_message(ask_id: int, end: End) -> Message:
    """The last message about a question that was answered."""
    tokens = [end.tokens.prompt, end.tokens.completion, end.tokens.cached]
    return {"id": ask_id, "end": tokens, "chances": list(end.chances)}


def read_end(message: Message) -> End:
    """What `end_message` wrote; nothing where the reply goes on."""
    if "end" not in message:
        return End()
    prompt, completion, cached = cast("tuple[int, int, int]", message["end"])
    return End(
        tokens=Tokens(prompt=prompt, completion=completion, cached=cached),
        chances=tuple(cast("list[float]", message["chances"])),
    )
