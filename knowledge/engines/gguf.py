"""GGUF, the file format of llama.cpp models: reading headers, rewriting for an old reader.

Read in place and in pure Python: the `gguf` package needs 7 to 19 seconds for headers that take
a fraction of a second here. Every count and length is checked before it is believed, because
the file may come from anywhere.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from knowledge.atomic import whole_file
from knowledge.errors import ModelUnreadable

Scalar: TypeAlias = int | float | bool | str

MAX_ENTRIES = 4_096
MAX_TENSORS = 65_536
MAX_ITEMS = 4_000_000
MAX_TEXT_BYTES = 1 << 24
MAX_NAME_BYTES = 1_024
MAX_DIMENSIONS = 4

_STRING, _ARRAY, _FLOAT32 = 8, 9, 6
_SCALARS = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    _FLOAT32: struct.Struct("<f"),
    7: struct.Struct("<?"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
_U32, _U64 = _SCALARS[4], _SCALARS[10]

# Tensor type → (weights in a block, bytes of a block): the ones llama.cpp had in September 2023.
_BLOCKS = {
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
_QUANTIZATIONS = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    32: "BF16",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """What a GGUF file says of itself.

    architecture: as in `llama` or `qwen2`.
    tokenizer: `gpt2` is byte-level BPE, `llama` is SentencePiece.
    context_tokens: what the model was trained for; 0 where the file does not say.
    quantization: as in `Q4_K_M`; empty where the file does not say or we do not know the number.
    tensor_types: llama.cpp's numbers of the types that occur.
    """

    version: int
    architecture: str
    name: str
    tokenizer: str
    context_tokens: int
    quantization: str
    vocabulary: int
    chat_template: str
    tensor_names: frozenset[str]
    tensor_types: frozenset[int]
    metadata: Mapping[str, Scalar]
    scored: bool
    """Every token has a score, as old readers demand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The tokens of a model by id, as the file writes them.

    types: 1 normal, 3 control, 4 user-defined, 6 byte; one a token, or none at all.
    merges: two tokens with a space between, most frequent first; byte-level BPE only.
    """

    tokens: tuple[str, ...]
    types: tuple[int, ...]
    merges: tuple[str, ...]


def read_header(path: Path) -> GgufHeader:
    """What the file says of itself, without reading its weights.

    Raises:
        ModelUnreadable: not GGUF, or broken.
    """
    with _opened(path) as buffer:
        layout = _read_layout(buffer)
        metadata = {
            entry.key: _scalar(buffer, entry) for entry in layout.entries if entry.kind != _ARRAY
        }
        keys = layout.by_key()
        tokens = keys.get("tokenizer.ggml.tokens")
        architecture = str(metadata.get("general.architecture", ""))
        return GgufHeader(
            version=layout.version,
            architecture=architecture,
            name=str(metadata.get("general.name", "")),
            tokenizer=str(metadata.get("tokenizer.ggml.model", "")),
            context_tokens=_count(metadata.get(f"{architecture}.context_length")),
            quantization=_QUANTIZATIONS.get(_count(metadata.get("general.file_type"), -1), ""),
            vocabulary=tokens.items if tokens else 0,
            chat_template=str(metadata.get("tokenizer.chat_template", "")),
            tensor_names=frozenset(tensor.name for tensor in layout.tensors),
            tensor_types=frozenset(tensor.kind for tensor in layout.tensors),
            metadata=metadata,
            scored="tokenizer.ggml.scores" in keys,
        )


def read_vocabulary(path: Path) -> Vocabulary:
    """The model's tokens, to tokenise outside the engine.

    Raises:
        ModelUnreadable: not GGUF, or broken.
    """
    with _opened(path) as buffer:
        keys = _read_layout(buffer).by_key()
        return Vocabulary(
            tokens=tuple(_decoded(_strings(buffer, keys.get("tokenizer.ggml.tokens")))),
            types=_integers(buffer, keys.get("tokenizer.ggml.token_type")),
            merges=tuple(_decoded(_strings(buffer, keys.get("tokenizer.ggml.merges")))),
        )


def runs_on_ctransformers(header: GgufHeader) -> bool:
    """ctransformers 0.2.27 can load the file, rewritten by `rewrite_for_ctransformers` if need be.

    It holds the llama.cpp of September 2023: plain Llama only, no experts, no scaled rotary
    embedding (it counts the tensors and refuses an extra one), and no newer quantization.
    """
    return (
        header.architecture == "llama"
        and header.tokenizer in {"llama", "gpt2"}
        and not header.metadata.get("llama.expert_count")
        and "rope_freqs.weight" not in header.tensor_names
        and header.tensor_types <= _BLOCKS.keys()
    )


def needs_rewrite(header: GgufHeader) -> bool:
    """ctransformers would refuse the file as it is."""
    return header.version > 2 or not header.scored or "output.weight" not in header.tensor_names


def rewrite_for_ctransformers(src: Path, dst: Path) -> None:
    """Write a copy that ctransformers 0.2.27 loads; `dst` appears whole or not at all.

    The reader of September 2023 knows version 2 (version 3 has the same layout), looks for
    `output.weight` even where it equals the embedding, wants a score a token, and expects
    byte-level tokens as the bytes they stand for.

    Raises:
        ModelUnreadable: broken, or nothing for ctransformers.
        StorageFull: no room.
    """
    if not runs_on_ctransformers(read_header(src)):
        raise ModelUnreadable(str(src), "ctransformers loads plain Llama models only")
    with _opened(src) as buffer, whole_file(dst) as file:
        layout = _read_layout(buffer)
        _write(file, buffer, layout, _old_entries(buffer, layout), _old_tensors(layout))


def copy_for_ctransformers(path: Path) -> Path:
    """The file to give to ctransformers: itself where that works, else a copy beside it.

    The copy is made at first use and again when the original changes; one that is there is
    believed, so whoever may write the folder may write the model.

    Raises:
        ModelUnreadable: broken, or nothing for ctransformers.
        StorageFull: no room.
    """
    if not needs_rewrite(read_header(path)):
        return path
    copy = path.with_name(f"{path.stem}.ctransformers{path.suffix}")
    if not copy.exists() or copy.stat().st_mtime_ns < path.stat().st_mtime_ns:
        rewrite_for_ctransformers(path, copy)
    return copy


# ── reading ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A key and where its value lies. kind: of an array's items where `kind` is _ARRAY."""

    key: str
    kind: int
    item_kind: int
    items: int
    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tensor:
    """A tensor and where its weights lie, counted from the start of all weights."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int

    def size_bytes(self) -> int:
        """0 for a type we do not know."""
        weights, size = _BLOCKS.get(self.kind, (1, 0))
        count = 1
        for length in self.shape:
            count *= length
        return count // weights * size


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    version: int
    entries: tuple[_Entry, ...]
    tensors: tuple[_Tensor, ...]
    alignment: int
    weights: int

    def by_key(self) -> dict[str, _Entry]:
        return {entry.key: entry for entry in self.entries}


class _Broken(Exception):
    """The bytes contradict the format; becomes ModelUnreadable where the path is known."""


@contextmanager
def _opened(path: Path) -> Iterator[mmap.mmap]:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as map_:
            yield map_
    except (_Broken, struct.error, UnicodeDecodeError, ValueError) as error:
        reason = str(error) if isinstance(error, _Broken) else "it ends too early or is damaged"
        raise ModelUnreadable(str(path), reason) from error


def _read_layout(buffer: mmap.mmap) -> _Layout:
    if buffer[:4] != b"GGUF":
        raise _Broken("not a GGUF file")
    (version,) = _U32.unpack_from(buffer, 4)
    if version not in {2, 3}:
        raise _Broken(f"GGUF version {version} is not 2 or 3")
    tensor_count = _bounded(buffer, 8, MAX_TENSORS, "tensors")
    entry_count = _bounded(buffer, 16, MAX_ENTRIES, "entries")
    at = 24
    entries: list[_Entry] = []
    for _ in range(entry_count):
        entries.append(_read_entry(buffer, at))
        at = entries[-1].end
    tensors: list[_Tensor] = []
    for _ in range(tensor_count):
        tensor, at = _read_tensor(buffer, at)
        tensors.append(tensor)
    alignment = _alignment(buffer, entries)
    weights = _aligned(at, alignment)
    for tensor in tensors:
        if weights + tensor.offset + tensor.size_bytes() > len(buffer):
            raise _Broken(f"the weights of {tensor.name} are missing")
    return _Layout(
        version=version,
        entries=tuple(entries),
        tensors=tuple(tensors),
        alignment=alignment,
        weights=weights,
    )


def _read_entry(buffer: mmap.mmap, start: int) -> _Entry:
    key, at = _text(buffer, start, MAX_NAME_BYTES)
    (kind,) = _U32.unpack_from(buffer, at)
    value = at + 4
    item_kind, items = kind, 1
    at = value
    if kind == _ARRAY:
        (item_kind,) = _U32.unpack_from(buffer, value)
        items = _bounded(buffer, value + 4, MAX_ITEMS, "items")
        at = value + 12
    if item_kind != _STRING and item_kind not in _SCALARS:
        raise _Broken(f"{key} has the unknown type {item_kind}")
    end = _skip(buffer, at, item_kind, items)
    return _Entry(
        key=key, kind=kind, item_kind=item_kind, items=items, start=start, value=value, end=end
    )


def _skip(buffer: mmap.mmap, at: int, kind: int, items: int) -> int:
    if kind != _STRING:
        end = at + items * _SCALARS[kind].size
    else:
        length_of = _U64.unpack_from
        for _ in range(items):
            at += 8 + length_of(buffer, at)[0]
        end = at
    if end > len(buffer):
        raise _Broken("it ends too early")
    return end


def _read_tensor(buffer: mmap.mmap, at: int) -> tuple[_Tensor, int]:
    name, at = _text(buffer, at, MAX_NAME_BYTES)
    (dimensions,) = _U32.unpack_from(buffer, at)
    if dimensions > MAX_DIMENSIONS:
        raise _Broken(f"{name} has {dimensions} dimensions, more than {MAX_DIMENSIONS}")
    shape = struct.unpack_from(f"<{dimensions}Q", buffer, at + 4)
    at += 4 + 8 * dimensions
    kind, offset = struct.unpack_from("<IQ", buffer, at)
    return _Tensor(name=name, shape=shape, kind=kind, offset=offset), at + 12


def _alignment(buffer: mmap.mmap, entries: Iterable[_Entry]) -> int:
    for entry in entries:
        if entry.key == "general.alignment":
            alignment = _count(_scalar(buffer, entry))
            if alignment not in {1 << bits for bits in range(3, 17)}:
                raise _Broken(f"an alignment of {alignment} bytes makes no sense")
            return alignment
    return 32


def _scalar(buffer: mmap.mmap, entry: _Entry) -> Scalar:
    if entry.kind == _STRING:
        return _text(buffer, entry.value, MAX_TEXT_BYTES)[0]
    value: int | float | bool = _SCALARS[entry.kind].unpack_from(buffer, entry.value)[0]
    return value


def _strings(buffer: mmap.mmap, entry: _Entry | None) -> Iterator[bytes]:
    if entry is None or entry.kind != _ARRAY or entry.item_kind != _STRING:
        return
    at = entry.value + 12
    for _ in range(entry.items):
        end = at + 8 + _U64.unpack_from(buffer, at)[0]
        yield buffer[at + 8 : end]
        at = end


def _decoded(strings: Iterable[bytes]) -> Iterator[str]:
    return (raw.decode("utf-8", "replace") for raw in strings)


def _integers(buffer: mmap.mmap, entry: _Entry | None) -> tuple[int, ...]:
    if entry is None or entry.kind != _ARRAY or entry.item_kind not in {4, 5}:
        return ()
    return struct.unpack_from(f"<{entry.items}i", buffer, entry.value + 12)


def _text(buffer: mmap.mmap, at: int, max_bytes: int) -> tuple[str, int]:
    length = _bounded(buffer, at, max_bytes, "bytes of text")
    end = at + 8 + length
    if end > len(buffer):
        raise _Broken("it ends too early")
    return buffer[at + 8 : end].decode("utf-8"), end


def _bounded(buffer: mmap.mmap, at: int, limit: int, what: str) -> int:
    count: int = _U64.unpack_from(buffer, at)[0]
    if count > limit:
        raise _Broken(f"{count} {what} are more than {limit}")
    return count


def _count(value: Scalar | None, default: int = 0) -> int:
    return value if isinstance(value, int) else default


def _aligned(at: int, alignment: int) -> int:
    return at + -at % alignment


# ── writing for the reader of September 2023 ──────────────────────────────────────────────────


def _old_entries(buffer: mmap.mmap, layout: _Layout) -> list[bytes]:
    keys = layout.by_key()
    tokens = keys.get("tokenizer.ggml.tokens")
    model = keys.get("tokenizer.ggml.model")
    if tokens is None or model is None:
        raise _Broken("it has no vocabulary")
    entries = {entry.key: buffer[entry.start : entry.end] for entry in layout.entries}
    if _scalar(buffer, model) == "gpt2":
        letters = _byte_letters()
        spelt = [_bytes_of(raw, letters) for raw in _strings(buffer, tokens)]
        entries[tokens.key] = _array(
            tokens.key, _STRING, len(spelt), b"".join(_U64.pack(len(raw)) + raw for raw in spelt)
        )
    if "tokenizer.ggml.scores" not in keys:
        scores = "tokenizer.ggml.scores"
        entries[scores] = _array(scores, _FLOAT32, tokens.items, bytes(4 * tokens.items))
    return list(entries.values())


def _old_tensors(layout: _Layout) -> list[tuple[str, _Tensor]]:
    """The tensors under the names they are written with."""
    tensors = [(tensor.name, tensor) for tensor in layout.tensors]
    named = dict(tensors)
    if "output.weight" not in named:
        if "token_embd.weight" not in named:
            raise _Broken("it has no embedding")
        tensors.append(("output.weight", named["token_embd.weight"]))
    return tensors


def _write(
    file: BinaryIO,
    buffer: mmap.mmap,
    layout: _Layout,
    entries: list[bytes],
    tensors: list[tuple[str, _Tensor]],
) -> None:
    file.write(b"GGUF" + struct.pack("<IQQ", 2, len(tensors), len(entries)))
    file.writelines(entries)
    offset = 0
    for name, tensor in tensors:
        file.write(_prefixed(name) + _U32.pack(len(tensor.shape)))
        file.write(struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape))
        file.write(struct.pack("<IQ", tensor.kind, offset))
        offset = _aligned(offset + tensor.size_bytes(), layout.alignment)
    for _, tensor in tensors:
        file.write(bytes(-file.tell() % layout.alignment))
        start = layout.weights + tensor.offset
        with memoryview(buffer) as whole, whole[start : start + tensor.size_bytes()] as weights:
            file.write(weights)


def _array(key: str, kind: int, items: int, content: bytes) -> bytes:
    return _prefixed(key) + struct.pack("<IIQ", _ARRAY, kind, items) + content


def _prefixed(text: str) -> bytes:
    raw = text.encode()
    return _U64.pack(len(raw)) + raw


def _byte_letters() -> dict[str, int]:
    """GPT-2's letters for bytes: printable Latin-1 stands for itself, the rest from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {chr(byte): byte for byte in printable}
    return letters | {chr(256 + place): byte for place, byte in enumerate(others)}


def _bytes_of(token: bytes, letters: Mapping[str, int]) -> bytes:
    text = token.decode("utf-8")
    if any(letter not in letters for letter in text):
        return token
    return bytes(letters[letter] for letter in text)
