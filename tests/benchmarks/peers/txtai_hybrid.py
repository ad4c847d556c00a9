"""txtai: Faiss and its own BM25, put together by the weights it comes with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from drive import TOP, Corpus, Embedder, Question
from txtai import Embeddings

VERSIONS = ("txtai", "faiss-cpu", "torch")


def build(corpus: Corpus, embedder: Embedder):
    """`hybrid=True` and nothing else, vectors from a function of ours."""

    def transform(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if len(texts) == 1 and embedder.is_question(texts[0]):
            return embedder.question_vector(texts[0])[None]
        return embedder.passage_vectors(texts)

    index = Embeddings(method="external", transform=transform, hybrid=True)
    index.index((id_, words, None) for id_, words in zip(corpus.ids, corpus.words, strict=True))

    def ask(question: Question) -> list[str]:
        return [id_ for id_, _score in index.search(question.words, TOP)]

    return ask
