"""A SentencePiece unigram model as a `tokenizers` tokenizer, without SentencePiece itself.

Its file is a protocol buffer (sentencepiece_model.proto): pieces are field 1 (text 1, score 2),
the normaliser is field 3 with its compiled character map in field 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import ModelUnreadable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_PIECE, _NORMALISER = 1, 3
_PIECE_TEXT, _PIECE_SCORE, _CHARACTER_MAP = 1, 2, 2
_WIDTHS = {1: 8, 5: 4}
"""Bytes of the wire types that have a fixed length."""


def read_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer that gives the ids of the model, without begin and end.

    Raises:
        ModelUnreadable: not a SentencePiece unigram model.
    """
    # Rust, 10 MB: only where the model is used.
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    content = memoryview(path.read_bytes())
    try:
        vocabulary, character_map = _read(content)
        tokenizer = Tokenizer(models.Unigram(vocabulary, 0, byte_fallback=False))
        tokenizer.normalizer = normalizers.Sequence(
            [
                normalizers.Precompiled(character_map),
                normalizers.Replace(Regex(" {2,}"), " "),
                normalizers.Strip(),
            ]
        )
    except (struct.error, ValueError, IndexError) as error:
        raise ModelUnreadable(str(path), "not a SentencePiece unigram model") from error
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="always")
    return tokenizer


def _read(content: memoryview) -> tuple[list[tuple[str, float]], bytes]:
    vocabulary: list[tuple[str, float]] = []
    character_map = b""
    for number, value in _fields(content):
        if number == _PIECE:
            piece = dict(_fields(value))
            text = str(piece[_PIECE_TEXT], "utf-8") if _PIECE_TEXT in piece else ""
            score = struct.unpack("<f", piece[_PIECE_SCORE])[0] if _PIECE_SCORE in piece else 0.0
            vocabulary.append((text, score))
        elif number == _NORMALISER:
            character_map = bytes(dict(_fields(value)).get(_CHARACTER_MAP, b""))
    if not vocabulary or not character_map:
        raise ValueError("no pieces or no character map")
    return vocabulary, character_map


def _fields(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and bytes of each field; variable-length integers come as they are written."""
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        number, wire = tag >> 3, tag & 7
        start = at
        if wire == 0:
            _, end = _varint(content, at)
        elif wire == 2:
            length, start = _varint(content, at)
            end = start + length
        elif wire in _WIDTHS:
            end = at + _WIDTHS[wire]
        else:
            raise ValueError(f"wire type {wire}")
        if end > len(content):
            raise ValueError("it ends too early")
        yield number, content[start:end]
        at = end


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
