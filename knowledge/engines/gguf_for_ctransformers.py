"""GGUF files for ctransformers, which reads them as llama.cpp did in September 2023."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from knowledge.atomic import whole_file
from knowledge.engines.gguf import GgufHeader, read_header
from knowledge.engines.gguf_layout import (
    ARRAY,
    BLOCKS,
    FLOAT32,
    STRING,
    U32,
    U64,
    Broken,
    Layout,
    Tensor,
    aligned,
    opened,
    read_layout,
    scalar,
    strings,
)
from knowledge.errors import ModelUnreadable


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
        and header.tensor_types <= BLOCKS.keys()
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
    with opened(src) as buffer, whole_file(dst) as file:
        layout = read_layout(buffer)
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


def _old_entries(buffer: mmap.mmap, layout: Layout) -> list[bytes]:
    keys = layout.by_key()
    tokens = keys.get("tokenizer.ggml.tokens")
    model = keys.get("tokenizer.ggml.model")
    if tokens is None or model is None:
        raise Broken("it has no vocabulary")
    entries = {entry.key: buffer[entry.start : entry.end] for entry in layout.entries}
    if scalar(buffer, model) == "gpt2":
        letters = _byte_letters()
        spelt = [_bytes_of(raw, letters) for raw in strings(buffer, tokens)]
        entries[tokens.key] = _array(
            tokens.key, STRING, len(spelt), b"".join(U64.pack(len(raw)) + raw for raw in spelt)
        )
    if "tokenizer.ggml.scores" not in keys:
        scores = "tokenizer.ggml.scores"
        entries[scores] = _array(scores, FLOAT32, tokens.items, bytes(4 * tokens.items))
    return list(entries.values())


def _old_tensors(layout: Layout) -> list[tuple[str, Tensor]]:
    """The tensors under the names they are written with."""
    tensors = [(tensor.name, tensor) for tensor in layout.tensors]
    named = dict(tensors)
    if "output.weight" not in named:
        if "token_embd.weight" not in named:
            raise Broken("it has no embedding")
        tensors.append(("output.weight", named["token_embd.weight"]))
    return tensors


def _write(
    file: BinaryIO,
    buffer: mmap.mmap,
    layout: Layout,
    entries: list[bytes],
    tensors: list[tuple[str, Tensor]],
) -> None:
    file.write(b"GGUF" + struct.pack("<IQQ", 2, len(tensors), len(entries)))
    file.writelines(entries)
    offset = 0
    for name, tensor in tensors:
        file.write(_prefixed(name) + U32.pack(len(tensor.shape)))
        file.write(struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape))
        file.write(struct.pack("<IQ", tensor.kind, offset))
        offset = aligned(offset + tensor.size_bytes(), layout.alignment)
    for _, tensor in tensors:
        file.write(bytes(-file.tell() % layout.alignment))
        start = layout.weights + tensor.offset
        with memoryview(buffer) as whole, whole[start : start + tensor.size_bytes()] as weights:
            file.write(weights)


def _array(key: str, kind: int, items: int, content: bytes) -> bytes:
    return _prefixed(key) + struct.pack("<IIQ", ARRAY, kind, items) + content


def _prefixed(text: str) -> bytes:
    raw = text.encode()
    return U64.pack(len(raw)) + raw


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
