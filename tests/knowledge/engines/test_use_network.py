"""On an encoder with random weights; the real one is in test_embedders.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.engines.sentencepiece import read_vocabulary
from knowledge.engines.use_network import UseNetwork
from knowledge.engines.use_table import convert
from knowledge.errors import ModelUnreadable
from tests.weights import write_tiny_use

TEXTS = ["holiday days", "", "年假天", "holiday " * 300, "天", "?"]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> UseNetwork:
    folder = tmp_path_factory.mktemp("use")
    write_tiny_use(folder)
    convert(folder, folder / "table")
    return UseNetwork(folder / "table")


def test_a_vector_has_512_numbers_and_length_1(network: UseNetwork) -> None:
    vectors = network.vectors(TEXTS)

    assert vectors.shape == (len(TEXTS), 512)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_window_reaches_into_the_next_text(network: UseNetwork) -> None:
    together = network.vectors(TEXTS)

    alone = np.concatenate([network.vectors([text]) for text in TEXTS])

    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_order_of_words_matters(network: UseNetwork) -> None:
    one, other = network.vectors(["holiday days days", "days days holiday"])

    assert one @ other < 0.9999


def test_an_endless_text_is_cut(network: UseNetwork) -> None:
    long, longer = network.vectors(["天" * 2_048, "天" * 5_000])

    np.testing.assert_allclose(long, longer, atol=1e-5)


def test_no_texts_give_no_vectors(network: UseNetwork) -> None:
    assert network.vectors([]).shape == (0, 512)


@pytest.mark.parametrize(
    "content", [b"", b"\x0a", b"\x0f", b"\x0a\x7f...", b"\x0a\x00", b"\xff" * 9]
)
def test_a_broken_vocabulary_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sp.model").write_bytes(content)

    with pytest.raises(ModelUnreadable):
        read_vocabulary(tmp_path / "sp.model")


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    write_tiny_use(tmp_path)
    np.savez(tmp_path / "weights.npz", q1=np.array([{"a": 1}], dtype=object))

    with pytest.raises(ModelUnreadable):
        convert(tmp_path, tmp_path / "table")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not an archive"])
def test_broken_weights_are_refused(tmp_path: Path, content: bytes) -> None:
    write_tiny_use(tmp_path)
    (tmp_path / "weights.npz").write_bytes(content)

    with pytest.raises(ModelUnreadable):
        convert(tmp_path, tmp_path / "table")

    assert not (tmp_path / "table").exists()


@pytest.mark.parametrize("name", ["words.npy", "network.npz", "branches.bin", "ends.bin"])
def test_a_broken_copy_is_refused(tmp_path: Path, name: str) -> None:
    write_tiny_use(tmp_path)
    convert(tmp_path, tmp_path / "table")
    (tmp_path / "table" / name).write_bytes(b"cut off.")

    with pytest.raises(ModelUnreadable):
        UseNetwork(tmp_path / "table")
