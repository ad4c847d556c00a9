"""What a GGUF file, the format of llama.cpp models, says of itself: header and vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge.engines.gguf_layout import (
    ARRAY,
    Scalar,
    integer,
    integers,
    opened,
    read_layout,
    scalar,
    strings,
)

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
    with opened(path) as buffer:
        layout = read_layout(buffer)
        metadata = {
            entry.key: scalar(buffer, entry) for entry in layout.entries if entry.kind != ARRAY
        }
        keys = layout.by_key()
        tokens = keys.get("tokenizer.ggml.tokens")
        architecture = str(metadata.get("general.architecture", ""))
        return GgufHeader(
            version=layout.version,
            architecture=architecture,
            name=str(metadata.get("general.name", "")),
            tokenizer=str(metadata.get("tokenizer.ggml.model", "")),
            context_tokens=integer(metadata.get(f"{architecture}.context_length")),
            quantization=_QUANTIZATIONS.get(integer(metadata.get("general.file_type"), -1), ""),
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
    with opened(path) as buffer:
        keys = read_layout(buffer).by_key()
        return Vocabulary(
            tokens=tuple(_decoded(strings(buffer, keys.get("tokenizer.ggml.tokens")))),
            types=integers(buffer, keys.get("tokenizer.ggml.token_type")),
            merges=tuple(_decoded(strings(buffer, keys.get("tokenizer.ggml.merges")))),
        )


def _decoded(texts: Iterable[bytes]) -> Iterator[str]:
    return (raw.decode("utf-8", "replace") for raw in texts)
