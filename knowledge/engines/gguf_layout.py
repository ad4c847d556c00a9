"""Where things lie in a GGUF file, read in place: entries, tensors and their weights.

In pure Python: the `gguf` package needs 7 to 19 seconds for headers that take a fraction of a
second here. Every count and length is checked before it is believed, because the file may come
from anywhere.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from knowledge.errors import ModelUnreadable

Scalar: TypeAlias = int | float | bool | str

MAX_ENTRIES = 4_096
MAX_TENSORS = 65_536
MAX_ITEMS = 4_000_000
MAX_TEXT_BYTES = 1 << 24
MAX_NAME_BYTES = 1_024
MAX_DIMENSIONS = 4

STRING, ARRAY, FLOAT32 = 8, 9, 6
_SCALARS = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    FLOAT32: struct.Struct("<f"),
    7: struct.Struct("<?"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
U32, U64 = _SCALARS[4], _SCALARS[10]

# Tensor type → (weights in a block, bytes of a block): the ones llama.cpp had in September 2023.
BLOCKS = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key and where its value lies. kind: of an array's items where `kind` is ARRAY."""

    key: str
    kind: int
    item_kind: int
    items: int
    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """A tensor and where its weights lie, counted from the start of all weights."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int

    def size_bytes(self) -> int:
        """0 for a type we do not know."""
        weights, size = BLOCKS.get(self.kind, (1, 0))
        count = 1
        for length in self.shape:
            count *= length
        return count // weights * size


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything lies. weights: where those of the tensors begin."""

    version: int
    entries: tuple[Entry, ...]
    tensors: tuple[Tensor, ...]
    alignment: int
    weights: int

    def by_key(self) -> dict[str, Entry]:
        """The entries by their keys."""
        return {entry.key: entry for entry in self.entries}


class Broken(Exception):
    """The bytes contradict the format; becomes ModelUnreadable where the path is known."""


@contextmanager
def opened(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, to be read where they lie.

    Raises:
        ModelUnreadable: what is read in the block is not GGUF, or broken.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as map_:
            yield map_
    except (Broken, struct.error, UnicodeDecodeError, ValueError) as error:
        reason = str(error) if isinstance(error, Broken) else "it ends too early or is damaged"
        raise ModelUnreadable(str(path), reason) from error


def read_layout(buffer: mmap.mmap) -> Layout:
    """Where things lie; all of them are there.

    Raises:
        Broken: not GGUF, or not all of it.
    """
    if buffer[:4] != b"GGUF":
        raise Broken("not a GGUF file")
    (version,) = U32.unpack_from(buffer, 4)
    if version not in {2, 3}:
        raise Broken(f"GGUF version {version} is not 2 or 3")
    tensor_count = _bounded(buffer, 8, MAX_TENSORS, "tensors")
    entry_count = _bounded(buffer, 16, MAX_ENTRIES, "entries")
    at = 24
    entries: list[Entry] = []
    for _ in range(entry_count):
        entries.append(_read_entry(buffer, at))
        at = entries[-1].end
    tensors: list[Tensor] = []
    for _ in range(tensor_count):
        tensor, at = _read_tensor(buffer, at)
        tensors.append(tensor)
    alignment = _alignment(buffer, entries)
    weights = aligned(at, alignment)
    for tensor in tensors:
        if weights + tensor.offset + tensor.size_bytes() > len(buffer):
            raise Broken(f"the weights of {tensor.name} are missing")
    return Layout(
        version=version,
        entries=tuple(entries),
        tensors=tuple(tensors),
        alignment=alignment,
        weights=weights,
    )


def _read_entry(buffer: mmap.mmap, start: int) -> Entry:
    key, at = _text(buffer, start, MAX_NAME_BYTES)
    (kind,) = U32.unpack_from(buffer, at)
    value = at + 4
    item_kind, items = kind, 1
    at = value
    if kind == ARRAY:
        (item_kind,) = U32.unpack_from(buffer, value)
        items = _bounded(buffer, value + 4, MAX_ITEMS, "items")
        at = value + 12
    if item_kind != STRING and item_kind not in _SCALARS:
        raise Broken(f"{key} has the unknown type {item_kind}")
    end = _skip(buffer, at, item_kind, items)
    return Entry(
        key=key, kind=kind, item_kind=item_kind, items=items, start=start, value=value, end=end
    )


def _skip(buffer: mmap.mmap, at: int, kind: int, items: int) -> int:
    if kind != STRING:
        end = at + items * _SCALARS[kind].size
    else:
        length_of = U64.unpack_from
        for _ in range(items):
            at += 8 + length_of(buffer, at)[0]
        end = at
    if end > len(buffer):
        raise Broken("it ends too early")
    return end


def _read_tensor(buffer: mmap.mmap, at: int) -> tuple[Tensor, int]:
    name, at = _text(buffer, at, MAX_NAME_BYTES)
    (dimensions,) = U32.unpack_from(buffer, at)
    if dimensions > MAX_DIMENSIONS:
        raise Broken(f"{name} has {dimensions} dimensions, more than {MAX_DIMENSIONS}")
    shape = struct.unpack_from(f"<{dimensions}Q", buffer, at + 4)
    at += 4 + 8 * dimensions
    kind, offset = struct.unpack_from("<IQ", buffer, at)
    return Tensor(name=name, shape=shape, kind=kind, offset=offset), at + 12


def _alignment(buffer: mmap.mmap, entries: Iterable[Entry]) -> int:
    for entry in entries:
        if entry.key == "general.alignment":
            alignment = integer(scalar(buffer, entry))
            if alignment not in {1 << bits for bits in range(3, 17)}:
                raise Broken(f"an alignment of {alignment} bytes makes no sense")
            return alignment
    return 32


def scalar(buffer: mmap.mmap, entry: Entry) -> Scalar:
    """The value of an entry that is no array."""
    if entry.kind == STRING:
        return _text(buffer, entry.value, MAX_TEXT_BYTES)[0]
    value: int | float | bool = _SCALARS[entry.kind].unpack_from(buffer, entry.value)[0]
    return value


def strings(buffer: mmap.mmap, entry: Entry | None) -> Iterator[bytes]:
    """The items of an array of texts, undecoded; none of anything else."""
    if entry is None or entry.kind != ARRAY or entry.item_kind != STRING:
        return
    at = entry.value + 12
    for _ in range(entry.items):
        end = at + 8 + U64.unpack_from(buffer, at)[0]
        yield buffer[at + 8 : end]
        at = end


def integers(buffer: mmap.mmap, entry: Entry | None) -> tuple[int, ...]:
    """The items of an array of 32-bit numbers; none of anything else."""
    if entry is None or entry.kind != ARRAY or entry.item_kind not in {4, 5}:
        return ()
    return struct.unpack_from(f"<{entry.items}i", buffer, entry.value + 12)


def _text(buffer: mmap.mmap, at: int, max_bytes: int) -> tuple[str, int]:
    length = _bounded(buffer, at, max_bytes, "bytes of text")
    end = at + 8 + length
    if end > len(buffer):
        raise Broken("it ends too early")
    return buffer[at + 8 : end].decode("utf-8"), end


def _bounded(buffer: mmap.mmap, at: int, limit: int, what: str) -> int:
    count: int = U64.unpack_from(buffer, at)[0]
    if count > limit:
        raise Broken(f"{count} {what} are more than {limit}")
    return count


def integer(value: Scalar | None, default: int = 0) -> int:
    """A value that should be a whole number."""
    return value if isinstance(value, int) else default


def aligned(at: int, alignment: int) -> int:
    """The next place from here on at which weights may begin."""
    return at + -at % alignment
