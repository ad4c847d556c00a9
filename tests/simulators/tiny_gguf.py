"""A GGUF file with a byte-level ChatML vocabulary and no weights."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

MARKERS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
TEMPLATE = "{% for m in messages %}<|im_start|>{{ m }}<|im_end|>{% endfor %}"


def byte_letters() -> list[str]:
    """GPT-2's letter for every byte from 0 to 255."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


TOKENS = (*MARKERS, *byte_letters())
"""Ids 0 to 2 are the markers; byte b has the id 3 + b."""


def write_tiny_gguf(
    path: Path,
    *,
    architecture: str = "llama",
    template: str = TEMPLATE,
    pre: str = "smollm",
    context_tokens: int = 64,
) -> Path:
    entries = [
        _text("general.architecture", architecture),
        _number(f"{architecture}.context_length", context_tokens),
        _text("tokenizer.ggml.model", "gpt2"),
        _text("tokenizer.ggml.pre", pre),
        _text("tokenizer.chat_template", template),
        _array("tokenizer.ggml.tokens", 8, [_string(token) for token in TOKENS]),
        _array(
            "tokenizer.ggml.token_type",
            5,
            [struct.pack("<i", 3 if token in MARKERS else 1) for token in TOKENS],
        ),
        _array("tokenizer.ggml.merges", 8, []),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries))
    path.write_bytes(head + b"".join(entries))
    return path


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _text(key: str, value: str) -> bytes:
    return _string(key) + struct.pack("<I", 8) + _string(value)


def _number(key: str, value: int) -> bytes:
    return _string(key) + struct.pack("<II", 4, value)


def _array(key: str, kind: int, items: Sequence[bytes]) -> bytes:
    return _string(key) + struct.pack("<IIQ", 9, kind, len(items)) + b"".join(items)
