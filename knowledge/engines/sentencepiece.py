"""Reading the vocabulary of a SentencePiece unigram model, without SentencePiece itself.

Its file is a protocol buffer (sentencepiece_model.proto): pieces are field 1 (text 1, score 2),
the normaliser is field 3 with its compiled character map in field 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import ModelUnreadable

_PIECE, _NORMALISER = 1, 3
_PIECE_TEXT, _PIECE_SCORE, _CHARACTER_MAP = 1, 2, 2
_WIDTHS = {1: 8, 5: 4}
"""Bytes of the wire types that have a fixed length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Pieces by id with their log-probabilities, and how characters are normalised before."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    character_map: bytes


def read_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary in the file.

    Raises:
        ModelUnreadable: not a SentencePiece unigram model.
    """
    try:
        return _read(memoryview(path.read_bytes()))
    except (struct.error, ValueError, IndexError) as error:
        raise ModelUnreadable(str(path), "not a SentencePiece unigram model") from error


def _read(content: memoryview) -> Vocabulary:
    pieces: list[str] = []
    scores: list[float] = []
    character_map = b""
    for number, value in _fields(content):
        if number == _PIECE:
            piece = dict(_fields(value))
            pieces.append(str(piece[_PIECE_TEXT], "utf-8") if _PIECE_TEXT in piece else "")
            score = piece.get(_PIECE_SCORE)
            scores.append(struct.unpack("<f", score)[0] if score is not None else 0.0)
        elif number == _NORMALISER:
            character_map = bytes(dict(_fields(value)).get(_CHARACTER_MAP, b""))
    if not pieces or not character_map:
        raise ValueError("no pieces or no character map")
    return Vocabulary(pieces=tuple(pieces), scores=tuple(scores), character_map=character_map)


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
