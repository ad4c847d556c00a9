"""Deskmate: its ingestion into the embedded engine, and its retrieval without token comparison."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from drive import TOP, Corpus, Embedder, Question

from knowledge.engines.bm25 import Bm25
from knowledge.engines.e5 import E5
from knowledge.engines.one_form import OneForm
from knowledge.engines.qdrant_edge import Edge
from knowledge.engines.question_memory import QuestionMemory
from knowledge.ingest import Ingest
from knowledge.language import language_of
from knowledge.model import EVERYONE, Document, Section, Vector
from knowledge.retrieve import Hybrid, Shape
from knowledge.split import indexed_text, split

VERSIONS = ("deskmate", "qdrant-edge-py", "fastembed")


class _Given:
    """The shipped embedder for questions; passages as the benchmark gives them."""

    name = "e5"
    dimension = 384

    def __init__(self, embedder: Embedder, words: Mapping[str, str]) -> None:
        e5 = E5(Path(os.environ["SHIPPED_E5_FOLDER"]))
        # Each question of a round is new to the others' embedder, so it has to be to ours.
        e5._questions = QuestionMemory(max_questions=0)
        self._questions = OneForm(e5)
        self._passages, self._words = embedder, words

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        words = [self._words[text] for text in texts]
        return list(await asyncio.to_thread(self._passages.passage_vectors, words))

    async def embed_question(self, text: str) -> Vector:
        return await self._questions.embed_question(text)


def _documents(corpus: Corpus) -> Iterator[Document]:
    """Ten passages a document; text and nothing else, as for the others."""
    numbered = enumerate(zip(corpus.ids, corpus.texts, strict=True))
    for number, group in groupby(numbered, key=lambda pair: pair[0] // 10):
        rows = [row for _, row in group]
        yield Document(
            id=f"document-{number}",
            title="",
            uri="",
            language=language_of("\n".join(text for _, text in rows)),
            sections=tuple(Section(text=text, passage_id=id_) for id_, text in rows),
        )


def prepare(corpus: Corpus) -> Mapping[str, str]:
    """Which of the given texts each indexed text is: ours leaves Markdown's marks out once more."""
    words = dict(zip(corpus.ids, corpus.words, strict=True))
    passages = (passage for document in _documents(corpus) for passage in split(document))
    return {indexed_text(passage): words[passage.id] for passage in passages}


def build(corpus: Corpus, embedder: Embedder, words: Mapping[str, str]):
    """What `deskmate ingest` and a question go through, with one embedder and BM25."""
    folder = corpus.folder / "store"
    shutil.rmtree(folder, ignore_errors=True)
    loop = asyncio.new_event_loop()
    store = loop.run_until_complete(Edge.open(folder, dense={"e5": 384}, sparse=("bm25",)))
    e5, bm25 = _Given(embedder, words), Bm25()
    ingest = Ingest(
        store=store,
        embedders=(e5,),
        sparse=(bm25,),
        parser_for=lambda _suffix: None,
        parse_jsonl=lambda _content, uri: tuple(_documents(corpus)),
    )
    loop.run_until_complete(ingest.run([corpus.folder / "passages.jsonl"]))
    # The last of the ingestion: what a restart would do to the files before the first question.
    loop.run_until_complete(store.close())
    store = loop.run_until_complete(Edge.open(folder, dense={"e5": 384}, sparse=("bm25",)))
    hybrid = Hybrid(store=store, embedders=(e5,), sparse=(bm25,), shape=Shape(late=False))
    readers = frozenset({EVERYONE})

    def ask(question: Question) -> list[str]:
        hits = loop.run_until_complete(hybrid.retrieve(question.text, audience=readers, limit=TOP))
        return [hit.passage.id for hit in hits]

    return ask
