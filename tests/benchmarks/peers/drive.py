"""Measures one retrieval system, in a process and an environment of its own.

    python drive.py ADAPTER FOLDER OUT [--rounds N] [--budget SECONDS] [--compute]

FOLDER holds what every system gets alike: `passages.jsonl` (`{"id", "text", "words"}`),
`questions.jsonl` (`{"text", "embedded", "words"}`) and `vectors.npy`, a row a passage. `words` is
the text with spaces between Chinese words: none of the peers cuts Chinese by itself, and without
this their keyword search would find whole clauses only. With --compute no vectors are given and
the adapter's embedder computes them, timed.

An adapter is a module with `VERSIONS` (names of distributions) and `build(Corpus, Embedder)`, which
gives a function from a question to the ids of the ten best passages. What its `prepare(Corpus)`
gives, where there is one, is made before anything is timed and handed to `build` as `words`. Only
the standard library and numpy are used here, since the environment is the peer's.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

TOP = 10
_WARM = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """text: as it was asked. embedded: as the embedder reads it. words: cut for keyword search."""

    text: str
    embedded: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """ids, texts and words of the passages, in one order; folder: for what an index writes."""

    ids: Sequence[str]
    texts: Sequence[str]
    words: Sequence[str]
    folder: Path


class Model(Protocol):
    """Computes vectors of length 1 for texts that carry their prefix already."""

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]: ...


class Embedder:
    """What each system embeds with: the same model; passages from what was computed before.

    It is asked by `words`, the only text the systems know. seconds: spent in the model and in
    nothing else.
    """

    def __init__(
        self,
        model: Model,
        *,
        passages: Mapping[str, str],
        questions: Mapping[str, str],
        given: Mapping[str, npt.NDArray[np.float32]],
    ) -> None:
        self._model, self._given = model, given
        self._passages, self._questions = passages, questions
        self.seconds = 0.0

    def passage_vectors(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        if self._given:
            return np.stack([self._given[one] for one in words])
        return self._computed([f"passage: {self._passages[one]}" for one in words])

    def question_vector(self, words: str) -> npt.NDArray[np.float32]:
        vector: npt.NDArray[np.float32] = self._computed([f"query: {self._questions[words]}"])[0]
        return vector

    def is_question(self, words: str) -> bool:
        return words in self._questions

    def _computed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        began = time.perf_counter()
        vectors = self._model.vectors(texts)
        self.seconds += time.perf_counter() - began
        return vectors


Ask = Callable[[Question], list[str]]


def read_corpus(folder: Path) -> Corpus:
    """The passages of the exchange folder."""
    rows = _lines(folder / "passages.jsonl")
    return Corpus(
        ids=[row["id"] for row in rows],
        texts=[row["text"] for row in rows],
        words=[row["words"] for row in rows],
        folder=folder,
    )


def read_questions(folder: Path) -> list[Question]:
    """The questions of the exchange folder."""
    return [Question(**row) for row in _lines(folder / "questions.jsonl")]


def _lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as opened:
        return [json.loads(line) for line in opened]


def measure(
    build: Callable[[Corpus, Embedder], Ask],
    corpus: Corpus,
    questions: Sequence[Question],
    embedder: Embedder,
    *,
    rounds: int,
    budget_s: float,
) -> dict[str, object]:
    """Seconds of the ingestion and milliseconds of every question, one after the other.

    budget_s: a system that needs longer than this for a round is asked no more of the questions.
    """
    began = time.perf_counter()
    ask = build(corpus, embedder)
    ingest_s, embedder_s = time.perf_counter() - began, embedder.seconds
    at_rest_mb = _resident_mb()
    for question in questions[:_WARM]:
        ask(question)
    taken: list[list[float]] = []
    for _ in range(rounds):
        embedder.seconds = 0.0
        processor_s = time.process_time()
        took, hits = _asked(ask, questions, budget_s)
        processor_s = time.process_time() - processor_s
        taken.append(took)
        if sum(took) >= 1_000 * budget_s:
            break
    return {
        "passages": len(corpus.ids),
        "ingest_s": round(ingest_s, 3),
        "ingest_embedder_s": round(embedder_s, 3),
        "ms": [[round(one, 3) for one in took] for took in taken],
        "processor_ms": round(1_000 * processor_s / max(1, len(hits)), 3),
        "embed_ms": round(1_000 * embedder.seconds / max(1, len(hits)), 3),
        "hits": hits,
        "memory_mb": at_rest_mb,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _asked(
    ask: Ask, questions: Iterable[Question], budget_s: float
) -> tuple[list[float], list[list[str]]]:
    took: list[float] = []
    hits: list[list[str]] = []
    for question in questions:
        if sum(took) >= 1_000 * budget_s:
            break
        began = time.perf_counter()
        found = ask(question)
        took.append(1_000 * (time.perf_counter() - began))
        hits.append(found[:TOP])
    return took, hits


def _resident_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024**2


def embedder_of(corpus: Corpus, questions: Sequence[Question], *, compute: bool) -> Embedder:
    """The embedder that a system gets for this corpus."""
    from e5 import E5

    given: Mapping[str, npt.NDArray[np.float32]] = {}
    if not compute:
        rows = np.load(corpus.folder / "vectors.npy")
        given = dict(zip(corpus.words, rows, strict=True))
    return Embedder(
        E5(Path(os.environ["E5_FOLDER"])),
        passages=dict(zip(corpus.words, corpus.texts, strict=True)),
        questions={one.words: one.embedded for one in questions},
        given=given,
    )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("adapter")
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--budget", type=float, default=120.0, help="seconds of a round")
    parser.add_argument("--compute", action="store_true")
    given = parser.parse_args()
    adapter = importlib.import_module(given.adapter)
    corpus, questions = read_corpus(given.folder), read_questions(given.folder)
    build = adapter.build
    if hasattr(adapter, "prepare"):
        build = partial(build, words=adapter.prepare(corpus))
    before = os.getloadavg()[0]
    found = measure(
        build,
        corpus,
        questions,
        embedder_of(corpus, questions, compute=given.compute),
        rounds=given.rounds,
        budget_s=given.budget,
    )
    found["versions"] = {name: version(name) for name in adapter.VERSIONS}
    found["python"] = sys.version.split()[0]
    found["load"] = [round(before, 2), round(os.getloadavg()[0], 2)]
    given.out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
