"""LlamaIndex: a vector index in memory and its BM25 retriever, fused by reciprocal rank."""

from __future__ import annotations

from drive import TOP, Corpus, Embedder, Question
from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms.mock import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from pydantic import PrivateAttr

VERSIONS = ("llama-index-core", "llama-index-retrievers-bm25", "bm25s")


class _Given(BaseEmbedding):
    """The benchmark's embedder in LlamaIndex's form."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name="e5-small", embed_batch_size=64)
        self._embedder = embedder

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._embedder.passage_vectors(texts).tolist()

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embedder.question_vector(query).tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def build(corpus: Corpus, embedder: Embedder):
    """As its guide on BM25 puts the two together, without a language model rewriting questions."""
    nodes = [
        TextNode(id_=id_, text=words) for id_, words in zip(corpus.ids, corpus.words, strict=True)
    ]
    index = VectorStoreIndex(nodes, embed_model=_Given(embedder))
    retriever = QueryFusionRetriever(
        [
            index.as_retriever(similarity_top_k=TOP),
            BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=TOP),
        ],
        llm=MockLLM(),
        mode="reciprocal_rerank",
        similarity_top_k=TOP,
        num_queries=1,
        use_async=False,
    )

    def ask(question: Question) -> list[str]:
        return [found.node.node_id for found in retriever.retrieve(question.words)]

    return ask
