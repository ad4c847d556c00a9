"""multilingual-e5-small on fastembed: the default embedder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from knowledge.engines.cores import available_cores
from knowledge.engines.model_thread import ModelThread
from knowledge.engines.onnx_errors import told
from knowledge.engines.question_memory import QuestionMemory
from knowledge.model import Vector

if TYPE_CHECKING:
    from fastembed import TextEmbedding

# The model was trained with these words before every text; without them recall@1 falls from
# .87 to .77 on our questions, and fastembed does not add them.
_QUESTION, _PASSAGE = "query: ", "passage: "

_DIMENSION = 384
_BATCH = 16
"""Texts at a time: a question that comes during an ingest waits for one batch at most."""
_MODEL = "deskmate/multilingual-e5-small"


class E5:
    """An Embedder; texts past 512 tokens are cut by the model.

    The model is loaded at first use, in its own thread, and takes about 430 MB.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        """folder: the converted model. threads: 0: as many as this process may use."""
        # Nothing of ours in there: a circle would keep the model until the next full collection.
        load = partial(_load, folder, threads or available_cores())
        self._thread: ModelThread[TextEmbedding] = ModelThread("e5", load)
        self._questions = QuestionMemory()

    @property
    def name(self) -> str:
        return "e5"

    @property
    def dimension(self) -> int:
        return _DIMENSION

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        # Neighbours in a batch are padded to the longest: of equal length, nothing is wasted.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        found: dict[int, Vector] = {}
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            vectors = await self._embed([_PASSAGE + texts[place] for place in places])
            found.update(zip(places, vectors, strict=True))
        return [found[place] for place in range(len(texts))]

    async def embed_question(self, text: str) -> Vector:
        vector = self._questions.find(text)
        if vector is None:
            (vector,) = await self._embed([_QUESTION + text])
            self._questions.keep(text, vector)
        return vector

    async def _embed(self, texts: list[str]) -> list[Vector]:
        return await self._thread.run(lambda model: _vectors(model, texts))


def _load(folder: Path, threads: int) -> TextEmbedding:
    # They bring onnxruntime: half a second and 60 MB.
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    with suppress(ValueError):  # the library's registry lasts as long as the process
        TextEmbedding.add_custom_model(
            _MODEL,
            pooling=PoolingType.MEAN,
            normalization=True,
            sources=ModelSource(hf=_MODEL),
            dim=_DIMENSION,
            model_file="model.onnx",
        )
    with told("e5"):
        return TextEmbedding(
            _MODEL,
            threads=threads,
            providers=["CPUExecutionProvider"],
            specific_model_path=str(folder),
            local_files_only=True,
        )


def _vectors(model: TextEmbedding, texts: list[str]) -> list[Vector]:
    with told("e5"):
        found = list(model.embed(texts, batch_size=_BATCH))
    return [np.asarray(vector, dtype=np.float32) for vector in found]
