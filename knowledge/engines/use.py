"""Universal Sentence Encoder: a second opinion, strong across languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from knowledge.engines.model_thread import ModelThread
from knowledge.engines.question_memory import QuestionMemory
from knowledge.engines.use_network import DIMENSION, UseNetwork
from knowledge.model import Vector

_BATCH = 64
"""Texts at a time: a question that comes during an ingest waits for one batch at most."""


class Use:
    """An Embedder; the same for questions and passages.

    The model is loaded at first use, in its own thread, and takes about 30 MB: its words stay in
    their file. How many threads a multiplication takes is numpy's affair: OPENBLAS_NUM_THREADS,
    read when numpy is imported.
    """

    def __init__(self, folder: Path) -> None:
        self._thread = ModelThread("use", lambda: UseNetwork(folder))
        self._questions: QuestionMemory[Vector] = QuestionMemory()

    @property
    def name(self) -> str:
        return "use"

    @property
    def dimension(self) -> int:
        return DIMENSION

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        vectors: list[Vector] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            vectors += await self._embed(batch)
        return vectors

    async def embed_question(self, text: str) -> Vector:
        vector = self._questions.find(text)
        if vector is None:
            (vector,) = await self._embed([text])
            vector.setflags(write=False)
            self._questions.keep(text, vector, size=vector.nbytes)
        return vector

    async def _embed(self, texts: Sequence[str]) -> list[Vector]:
        return await self._thread.run(lambda network: list(network.vectors(texts)))
