from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter

from knowledge.engines.gguf import read_header, read_vocabulary
from knowledge.engines.gguf_for_ctransformers import (
    copy_for_ctransformers,
    needs_rewrite,
    rewrite_for_ctransformers,
    runs_on_ctransformers,
)
from knowledge.errors import ModelUnreadable
from knowledge.weights import Shelf

# "Ġ" is a space and "Ċ" a line end, as GPT-2 writes bytes; the last one is a control token.
TOKENS = ["a", "Ġa", "Ċ", "<|im_end|>", "å¹´"]


def write_gguf(
    path: Path,
    *,
    architecture: str = "llama",
    tokenizer: str = "gpt2",
    untied: bool = False,
    **numbers: int,
) -> Path:
    writer = GGUFWriter(path, architecture)
    writer.add_name("Tiny")
    writer.add_context_length(2048)
    writer.add_file_type(2)
    writer.add_tokenizer_model(tokenizer)
    writer.add_token_list(TOKENS)
    writer.add_token_types([1, 1, 1, 3, 1])
    writer.add_token_merges(["Ġ a"])
    writer.add_chat_template("{{ messages }}")
    for key, value in numbers.items():
        writer.add_uint32(key.replace("__", "."), value)
    weights = np.arange(18 * len(TOKENS), dtype=np.uint8).reshape(len(TOKENS), 18)
    writer.add_tensor("token_embd.weight", weights, raw_dtype=GGMLQuantizationType.Q4_0)
    writer.add_tensor("output_norm.weight", np.linspace(0, 1, 32, dtype=np.float32))
    if untied:
        writer.add_tensor("output.weight", weights[::-1], raw_dtype=GGMLQuantizationType.Q4_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_gguf(tmp_path / "tiny.gguf")


def test_a_header_says_what_the_model_is(tiny: Path) -> None:
    header = read_header(tiny)

    assert (header.version, header.architecture, header.name) == (3, "llama", "Tiny")
    assert (header.tokenizer, header.vocabulary) == ("gpt2", len(TOKENS))
    assert (header.context_tokens, header.quantization) == (2048, "Q4_0")
    assert header.chat_template == "{{ messages }}"
    assert header.tensor_names == {"token_embd.weight", "output_norm.weight"}


def test_what_a_header_does_not_say_is_empty(tmp_path: Path) -> None:
    writer = GGUFWriter(tmp_path / "bare.gguf", "llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()

    header = read_header(tmp_path / "bare.gguf")

    assert (header.name, header.context_tokens, header.quantization) == ("", 0, "")
    assert read_vocabulary(tmp_path / "bare.gguf").tokens == ()


def test_a_vocabulary_comes_as_the_file_writes_it(tiny: Path) -> None:
    vocabulary = read_vocabulary(tiny)

    assert vocabulary.tokens == tuple(TOKENS)
    assert vocabulary.types == (1, 1, 1, 3, 1)
    assert vocabulary.merges == ("Ġ a",)


@pytest.mark.parametrize(
    "kind",
    [
        {"architecture": "qwen2"},
        {"tokenizer": "bert"},
        {"llama__expert_count": 8},
    ],
)
def test_only_plain_llama_runs_on_ctransformers(tmp_path: Path, kind: dict[str, object]) -> None:
    other = write_gguf(tmp_path / "other.gguf", **kind)

    assert not runs_on_ctransformers(read_header(other))
    with pytest.raises(ModelUnreadable, match="plain Llama"):
        rewrite_for_ctransformers(other, tmp_path / "copy.gguf")
    assert not (tmp_path / "copy.gguf").exists()


def test_a_rewritten_file_has_all_the_old_reader_asks_for(tiny: Path, tmp_path: Path) -> None:
    rewrite_for_ctransformers(tiny, tmp_path / "copy.gguf")

    header = read_header(tmp_path / "copy.gguf")
    assert header.version == 2
    assert header.scored
    assert "output.weight" in header.tensor_names
    assert not needs_rewrite(header)


def test_rewriting_keeps_every_weight(tiny: Path, tmp_path: Path) -> None:
    rewrite_for_ctransformers(tiny, tmp_path / "copy.gguf")

    before = {tensor.name: tensor.data.copy() for tensor in GGUFReader(tiny).tensors}
    after = {t.name: t.data.copy() for t in GGUFReader(tmp_path / "copy.gguf").tensors}
    for name, weights in before.items():
        np.testing.assert_array_equal(after[name], weights)
    np.testing.assert_array_equal(after["output.weight"], before["token_embd.weight"])


def test_a_models_own_output_weights_stay(tmp_path: Path) -> None:
    untied = write_gguf(tmp_path / "untied.gguf", untied=True)

    rewrite_for_ctransformers(untied, tmp_path / "copy.gguf")

    after = {t.name: t.data.copy() for t in GGUFReader(tmp_path / "copy.gguf").tensors}
    np.testing.assert_array_equal(after["output.weight"], after["token_embd.weight"][::-1])


def test_rewritten_tokens_are_the_bytes_they_stand_for(tiny: Path, tmp_path: Path) -> None:
    rewrite_for_ctransformers(tiny, tmp_path / "copy.gguf")

    assert read_vocabulary(tmp_path / "copy.gguf").tokens == ("a", " a", "\n", "<|im_end|>", "年")


def test_a_sentencepiece_vocabulary_is_left_alone(tmp_path: Path) -> None:
    pieces = write_gguf(tmp_path / "pieces.gguf", tokenizer="llama")

    rewrite_for_ctransformers(pieces, tmp_path / "copy.gguf")

    assert read_vocabulary(tmp_path / "copy.gguf").tokens == tuple(TOKENS)


def test_the_copy_is_made_once_and_the_original_kept(tiny: Path) -> None:
    original = tiny.read_bytes()

    first = copy_for_ctransformers(tiny)
    made = first.stat().st_mtime_ns

    assert copy_for_ctransformers(tiny) == first
    assert first.stat().st_mtime_ns == made
    assert tiny.read_bytes() == original


def test_a_file_the_old_reader_takes_is_not_copied(tiny: Path) -> None:
    copy = copy_for_ctransformers(tiny)

    assert copy_for_ctransformers(copy) == copy


def test_every_cut_of_a_file_is_refused(tiny: Path) -> None:
    content = tiny.read_bytes()

    for length in range(0, len(content), 37):
        tiny.write_bytes(content[:length])
        with pytest.raises(ModelUnreadable):
            read_header(tiny)


def number(place: int, value: int) -> object:
    """A file with one 8-byte number replaced."""
    return pytest.param(place, struct.pack("<Q", value), id=f"{place}:{value}")


@pytest.mark.parametrize(
    ("place", "content"),
    [
        number(0, 0x4B504E47),  # another magic
        pytest.param(4, struct.pack("<I", 9), id="version"),
        number(8, 2**40),  # tensors
        number(16, 2**62),  # entries
        number(24, 2**63),  # the first key's length
        number(24, 1_000),  # a key that runs over everything after it
    ],
)
def test_absurd_numbers_are_refused_before_they_are_believed(
    tiny: Path, place: int, content: bytes
) -> None:
    raw = bytearray(tiny.read_bytes())
    raw[place : place + len(content)] = content
    tiny.write_bytes(raw)

    with pytest.raises(ModelUnreadable):
        read_header(tiny)


def test_an_absurd_alignment_is_refused(tmp_path: Path) -> None:
    odd = write_gguf(tmp_path / "odd.gguf", general__alignment=3)

    with pytest.raises(ModelUnreadable, match="alignment of 3"):
        read_header(odd)


@pytest.mark.models
def test_the_small_model_is_read_in_a_moment(shelf: Shelf) -> None:
    header = read_header(shelf.pull("smollm2-135m"))

    assert (header.architecture, header.tokenizer) == ("llama", "gpt2")
    assert (header.context_tokens, header.quantization) == (8192, "Q4_1")
    assert runs_on_ctransformers(header)
    assert needs_rewrite(header)
