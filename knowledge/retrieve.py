"""From a question to the passages that may answer it.

Every retriever is asked at once; their rankings are fused; documents found by several of their
passages gain; near-copies are dropped.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from knowledge import fuse
from knowledge.model import Hit, Probe
from knowledge.ports import Embedder, PassageStore, Reranker, SparseEncoder

WEIGHTS: Mapping[str, float] = {"e5": 1.0, "use": 0.5, "bm25": 0.7}
"""How much each retriever counts."""

USUAL_WEIGHT = 1.0
"""For a retriever that `WEIGHTS` does not know, such as a downloaded embedder."""

DEPTH = 60
"""How many passages each retriever is asked for."""

RERANKED = 20
"""How many passages a reranker reads."""

_SAME_TEXT = re.compile(r"\W+")


class Hybrid:
    """Finds passages by meaning and by words at the same time.

    embedders, sparse: asked together; their names are those of the vectors in the store.
    reranker: reads the best passages again, where there is one.
    """

    def __init__(
        self,
        *,
        store: PassageStore,
        embedders: Sequence[Embedder],
        sparse: Sequence[SparseEncoder],
        reranker: Reranker | None = None,
        weights: Mapping[str, float] = WEIGHTS,
        depth: int = DEPTH,
    ) -> None:
        self._store = store
        self._embedders = tuple(embedders)
        self._sparse = tuple(sparse)
        self._reranker = reranker
        names = (*(e.name for e in self._embedders), *(s.name for s in self._sparse))
        self._weights = {name: weights.get(name, USUAL_WEIGHT) for name in names}
        self._depth = depth

    async def retrieve(
        self, text: str, *, audience: frozenset[str], limit: int = 10
    ) -> tuple[Hit, ...]:
        """Find the passages this audience may read that fit a question, best first.

        `score` orders the hits of one question and means nothing across questions. `signals`:

        - by a retriever's name (`e5`, `use`, `bm25`): its raw score, a cosine or a BM25 score.
          Missing where it did not rank the passage among its best `depth`.
        - `<name>_rank`: the place it gave the passage, from 1. Missing likewise.
        - `<name>_lead`: how far the raw score is above that retriever's `depth`-th, 0 if missing:
          large where a passage stands out, near 0 where the corpus answers everything alike.
        - `covered`: the share of the question's terms the passage has, by weight, in [0, 1].
        - `document_hits`: how many of the candidates come from the same document.
        - `fused`: the score before anything else was considered.

        Raises:
            EngineUnavailable: an embedder or reranker broke.
            StoreUnavailable: nothing could be searched.
        """
        probe = await self._probe(text)
        rankings = await self._store.search(probe, audience=audience, limit=self._depth)
        candidates = _candidates(rankings, self._weights)
        ordered = _distinct(_supported(candidates))
        return tuple((await self._reranked(text, ordered))[:limit])

    async def _probe(self, text: str) -> Probe:
        vectors = await asyncio.gather(
            *(embedder.embed_question(text) for embedder in self._embedders)
        )
        names = [embedder.name for embedder in self._embedders]
        return Probe(
            dense=dict(zip(names, vectors, strict=True)),
            sparse={encoder.name: encoder.encode_question(text) for encoder in self._sparse},
        )

    async def _reranked(self, text: str, hits: list[Hit]) -> list[Hit]:
        if self._reranker is None or not hits:
            return hits
        read, rest = hits[:RERANKED], hits[RERANKED:]
        scores = await self._reranker.rerank(text, [hit.passage for hit in read])
        judged = [
            replace(hit, signals={**hit.signals, "rerank": score})
            for hit, score in zip(read, scores, strict=True)
        ]
        judged.sort(key=lambda hit: (-hit.signals["rerank"], -hit.score, hit.passage.id))
        return judged + rest


def _candidates(rankings: Mapping[str, Sequence[Hit]], weights: Mapping[str, float]) -> list[Hit]:
    """Every passage that was found, with what each retriever said of it, best first."""
    passages = {hit.passage.id: hit.passage for hits in rankings.values() for hit in hits}
    signals: dict[str, dict[str, float]] = {id_: {} for id_ in passages}
    for name, hits in rankings.items():
        for rank, hit in enumerate(hits, start=1):
            signals[hit.passage.id] |= {
                name: hit.score,
                f"{name}_rank": float(rank),
                f"{name}_lead": hit.score - hits[-1].score,
            }
    fused = fuse.distribution_based(
        {name: [(hit.passage.id, hit.score) for hit in hits] for name, hits in rankings.items()},
        weights,
    )
    return [
        Hit(passage=passages[id_], score=fused[id_], signals=signals[id_] | {"fused": fused[id_]})
        for id_ in fuse.best_first(fused)
    ]


def _supported(hits: Sequence[Hit]) -> list[Hit]:
    """Raise passages whose document was found by other passages too."""
    return list(hits)


def _distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The first of each group of passages with the same words, whatever the punctuation."""
    kept: dict[str, Hit] = {}
    for hit in hits:
        kept.setdefault(_SAME_TEXT.sub("", hit.passage.text).casefold(), hit)
    return list(kept.values())
