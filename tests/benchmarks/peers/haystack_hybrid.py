"""Haystack: its in-memory store, searched by vectors and by BM25, joined by reciprocal rank."""

from __future__ import annotations

from dataclasses import replace

from drive import TOP, Corpus, Embedder, Question
from haystack import Document, Pipeline, component
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore

VERSIONS = ("haystack-ai",)


def build(corpus: Corpus, embedder: Embedder):
    """As its tutorial on hybrid retrieval, without the reranker."""

    @component
    class EmbedDocuments:
        @component.output_types(documents=list[Document])
        def run(self, documents: list[Document]) -> dict[str, list[Document]]:
            rows = embedder.passage_vectors([one.content or "" for one in documents])
            pairs = zip(documents, rows, strict=True)
            return {"documents": [replace(one, embedding=row.tolist()) for one, row in pairs]}

    @component
    class EmbedQuestion:
        @component.output_types(embedding=list[float])
        def run(self, text: str) -> dict[str, list[float]]:
            return {"embedding": embedder.question_vector(text).tolist()}

    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    indexing = Pipeline()
    indexing.add_component("embed", EmbedDocuments())
    indexing.add_component("write", DocumentWriter(store))
    indexing.connect("embed.documents", "write.documents")
    documents = [
        Document(id=id_, content=words) for id_, words in zip(corpus.ids, corpus.words, strict=True)
    ]
    indexing.run({"embed": {"documents": documents}})
    asking = Pipeline()
    asking.add_component("embed", EmbedQuestion())
    asking.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=TOP))
    asking.add_component("words", InMemoryBM25Retriever(store, top_k=TOP))
    asking.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP))
    asking.connect("embed.embedding", "dense.query_embedding")
    asking.connect("dense", "join")
    asking.connect("words", "join")

    def ask(question: Question) -> list[str]:
        found = asking.run({"embed": {"text": question.words}, "words": {"query": question.words}})
        return [one.id for one in found["join"]["documents"]]

    return ask
