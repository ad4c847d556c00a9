"""Vectors of the default embedder, computed once a text and kept in the user's cache folder."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from bot.cli.options import open_shelf
from knowledge.engines.e5 import E5
from knowledge.engines.one_form import OneForm
from knowledge.hashes import sha256_of
from knowledge.split import indexed_text
from tests.benchmarks.speed_corpus import SpeedCorpus

_AT_ONCE = 512
_KEY_BYTES = 16

Vectors = npt.NDArray[np.float32]


def embedder_folder() -> Path:
    """Where the default embedder's converted weights lie."""
    return open_shelf().path("e5-small")


def vectors_of(texts: Sequence[str], *, threads: int = 0) -> Vectors:
    """A row a text, in their order; what is not in the cache is computed, which can be stopped."""
    cache = _Cache(_folder(), E5(embedder_folder(), threads=threads))
    return asyncio.run(cache.rows(texts))


def corpus_vectors(corpus: SpeedCorpus, *, threads: int = 0) -> Vectors:
    """A row a passage: what the embedder says, or for made ones the mean of their sentences."""
    real = [one for one in corpus.passages if one.id not in corpus.made]
    made = [corpus.made[one.id] for one in corpus.passages if one.id in corpus.made]
    rows = vectors_of([indexed_text(one) for one in real], threads=threads)
    if not made:
        return rows
    each = sorted({sentence for pair in made for sentence in pair})
    known = dict(zip(each, vectors_of(each, threads=threads), strict=True))
    return np.concatenate([rows, _means(known, made)])


def made_vectors_are_near(corpus: SpeedCorpus, *, sample: int = 200) -> float:
    """The mean cosine between made passages' vectors and what the embedder says of them."""
    some = [one for one in corpus.passages if one.id in corpus.made][:sample]
    if not some:
        return 1.0
    exact = vectors_of([indexed_text(one) for one in some])
    each = sorted({sentence for one in some for sentence in corpus.made[one.id]})
    known = dict(zip(each, vectors_of(each), strict=True))
    means = _means(known, [corpus.made[one.id] for one in some])
    return round(float((exact * means).sum(axis=1).mean()), 4)


def _means(known: Mapping[str, Vectors], pairs: Sequence[tuple[str, str]]) -> Vectors:
    rows = np.stack([known[one] + known[other] for one, other in pairs])
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _folder() -> Path:
    """A folder of its own for each edition of the weights."""
    weights = next(iter(sorted(embedder_folder().glob("*.onnx"))))
    return user_cache_path("deskmate") / "bench" / f"vectors-{sha256_of(weights)[:16]}"


class _Cache:
    """Two files that grow together: keys of texts, and the rows that belong to them."""

    def __init__(self, folder: Path, embedder: E5) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._keys, self._rows = folder / "keys", folder / "rows"
        self._embedder = OneForm(embedder)
        self._width = embedder.dimension

    async def rows(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(text.encode()).digest()[:_KEY_BYTES] for text in texts]
        known = self._known()
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        await self._compute(list(missing.items()))
        known = self._known()
        rows = np.memmap(self._rows, np.float32, "r").reshape(-1, self._width)
        found: Vectors = rows[[known[key] for key in keys]]
        return found

    def _known(self) -> dict[bytes, int]:
        """Row numbers by key; a row whose writing was cut short does not count."""
        if not self._keys.exists():
            return {}
        joined = self._keys.read_bytes()
        whole = min(len(joined) // _KEY_BYTES, self._rows.stat().st_size // (4 * self._width))
        starts = range(0, whole * _KEY_BYTES, _KEY_BYTES)
        return {joined[at : at + _KEY_BYTES]: number for number, at in enumerate(starts)}

    async def _compute(self, missing: Sequence[tuple[bytes, str]]) -> None:
        began = time.perf_counter()
        with self._rows.open("ab") as rows, self._keys.open("ab") as keys:
            self._mend(rows.tell(), keys.tell())
            for start in range(0, len(missing), _AT_ONCE):
                batch = missing[start : start + _AT_ONCE]
                vectors = await self._embedder.embed_passages([text for _, text in batch])
                rows.write(np.stack(vectors).astype(np.float32).tobytes())
                rows.flush()
                keys.write(b"".join(key for key, _ in batch))
                keys.flush()
                done = start + len(batch)
                speed = done / (time.perf_counter() - began)
                print(f"embedded {done:,} of {len(missing):,}, {speed:.0f}/s", flush=True)

    def _mend(self, row_bytes: int, key_bytes: int) -> None:
        """Cut off what a killed run wrote of one file and not of the other."""
        whole = min(row_bytes // (4 * self._width), key_bytes // _KEY_BYTES)
        for file, size in ((self._rows, whole * 4 * self._width), (self._keys, whole * _KEY_BYTES)):
            with file.open("rb+") as opened:
                opened.truncate(size)
