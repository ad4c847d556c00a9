"""From a question to the passages that may answer it.

Every retriever is asked at once; their rankings are fused; near-copies are dropped; the best are
compared with the question token by token; no document fills the whole list; and each passage is
read together with what stands around it.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge import fuse
from knowledge.language import language_of
from knowledge.late import COMPARED, reordered
from knowledge.model import Hit, Passage, Probe, TokenVectors, Vector
from knowledge.ports import (
    Embedder,
    PassageStore,
    Prior,
    Reranker,
    SparseEncoder,
    TokenEmbedder,
)
from knowledge.steps import UNTOLD, Steps
from knowledge.widen import STRETCH_TOKENS, in_place, widened

Respelling = Callable[[str, Sequence[str]], str]
"""A question in better words, by the texts that were found for it; none before it is searched."""

WEIGHTS: Mapping[str, float] = {"e5": 1.0, "use": 0.5, "bm25": 0.7}
"""How much each retriever counts.

From three development sets (two English handbooks, Chinese law), by mean recall@5. It is a plateau:
0.3 to 0.7 for `use` and 0.5 to 1.0 for `bm25` cost about one question in two hundred.
"""

USUAL_WEIGHT = 1.0
"""For a retriever that `WEIGHTS` does not know, such as a downloaded embedder."""

DEPTH = 80
"""How many passages each retriever is asked for."""

RERANKED = 20
"""How many passages a reranker reads."""

_LOOKED_THROUGH = 5
"""Candidates for each hit wanted; enough to find other documents behind one that leads."""

_LEAST_LOOKED_THROUGH = COMPARED + 10
"""Some candidates are copies of others, and those left are to be as many as can be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the ranked passages become the list of hits.

    least_documents: so many documents are among the first ten hits, if so many were found.
    late: the best are compared with the question token by token, where embedders tell tokens.
    copies_dropped: of passages with the same words only the first stays.
    stretch_tokens: how much of its section is read around a passage; 0 leaves passages as they are.
    """

    least_documents: int = 5
    late: bool = True
    copies_dropped: bool = True
    stretch_tokens: int = STRETCH_TOKENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search came to. text: the question as it was understood."""

    text: str
    hits: tuple[Hit, ...]


_UNHEARD = dict.fromkeys(map(ord, " \t\n*_`#>|-,.;:!?\"'()，。；：！？、（）　"))


class Hybrid:
    """Finds passages by meaning and by words at the same time.

    embedders, sparse: asked together; their names are those of the vectors in the store.
    reranker: reads the best passages again, where there is one.
    respell: betters a question before it is searched and by what was found; without it questions
        are taken as typed.
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
        shape: Shape | None = None,
        respell: Respelling = lambda text, _: text,
    ) -> None:
        self._store = store
        self._embedders = tuple(embedders)
        self._sparse = tuple(sparse)
        self._reranker = reranker
        names = (*(e.name for e in self._embedders), *(s.name for s in self._sparse))
        self._weights = {name: weights.get(name, USUAL_WEIGHT) for name in names}
        self._depth = depth
        self._shape = shape or Shape()
        self._respell = respell
        self._steps = UNTOLD
        self._prior: Prior | None = None

    def heeding(self, prior: Prior) -> Hybrid:
        """The same search, with what is known of passages before they are compared."""
        other = copy.copy(self)
        other._prior = prior
        return other

    def telling(self, steps: Steps) -> Hybrid:
        """The same search, which tells of each of its parts."""
        other = copy.copy(self)
        other._steps = steps
        return other

    async def find(self, text: str, *, audience: frozenset[str], limit: int = 10) -> Found:
        """Retrieve, and once more where what was found shows how the question is better put.

        Raises:
            EngineUnavailable, StoreUnavailable: as `retrieve`.
        """
        asked = self._respell(text, ())
        hits = await self.retrieve(asked, audience=audience, limit=limit)
        understood = self._respell(text, [_readable(hit.passage) for hit in hits])
        if understood != asked:
            hits = await self.retrieve(understood, audience=audience, limit=limit)
        return Found(text=understood, hits=hits)

    async def retrieve(
        self, text: str, *, audience: frozenset[str], limit: int = 10
    ) -> tuple[Hit, ...]:
        """Find the passages this audience may read that fit a question, best first.

        A hit's text is its passage's and what stands around it in the same section; id and signals
        are those of the passage that was found.

        `score` orders the hits of one question and means nothing across questions. `signals`:

        - by a retriever's name (`e5`, `use`, `bm25`): its raw score, a cosine or a BM25 score.
          Missing where it did not rank the passage among its best `depth`.
        - `<name>_rank`: the place it gave the passage, from 1. Missing likewise.
        - `<name>_lead`: how far the raw score is above the last one of that ranking: large where a
          passage stands out, near 0 where all fit alike. Missing likewise.
        - `late`: how well it answers token by token, the mean cosine over the question's tokens.
          Missing where it was not compared.

        Raises:
            EngineUnavailable: an embedder or reranker broke.
            StoreUnavailable: nothing could be searched.
        """
        with self._steps.timing("retrieve") as told:
            hits = await self._retrieved(text, audience, limit)
            told.note(hits=len(hits))
        return hits

    async def in_place(self, passage: Passage) -> Passage:
        """A passage with what stands around it, as the best hits carry it.

        Raises:
            StoreUnavailable: what stands around it could not be read.
        """
        return await in_place(passage, self._store, most_tokens=self._shape.stretch_tokens)

    async def _retrieved(self, text: str, audience: frozenset[str], limit: int) -> tuple[Hit, ...]:
        timing = self._steps.timing
        probe = await self._probe(text)
        with timing("search"):
            rankings = await self._store.search(probe, audience=audience, limit=self._depth)
        with timing("fuse"):
            best, shifts = await self._fused(rankings, probe, limit)
        with timing("late"):
            best = await self._compared(text, best, probe, audience, shifts)
        reranked = await self._reranked(text, best)
        varied = _varied(reranked, limit, self._shape.least_documents)
        with timing("widen"):
            return tuple(await self._read_in_place(varied, reranked, limit))

    async def _fused(
        self, rankings: Mapping[str, Sequence[Hit]], probe: Probe, limit: int
    ) -> tuple[list[Hit], Mapping[str, float]]:
        """The best candidates, and how far each was moved by what is known of it."""
        scores = {name: self._comparable(name, rankings) for name in rankings}
        fused = fuse.standard_scores(scores, self._weights)
        moved = fused if self._prior is None else await self._prior.moved(fused, probe)
        most = max(_LEAST_LOOKED_THROUGH, limit * _LOOKED_THROUGH)
        best = _candidates(rankings, moved, most)
        if self._shape.copies_dropped:
            best = _distinct(best)
        return best, {id_: score - fused[id_] for id_, score in moved.items()}

    async def _probe(self, text: str) -> Probe:
        read = await asyncio.gather(*(self._embedded(one, text) for one in self._embedders))
        names = [embedder.name for embedder in self._embedders]
        return Probe(
            dense={name: vector for name, (vector, _) in zip(names, read, strict=True)},
            sparse={encoder.name: encoder.encode_question(text) for encoder in self._sparse},
            tokens={
                name: tokens
                for name, (_, tokens) in zip(names, read, strict=True)
                if tokens is not None
            },
        )

    async def _embedded(self, embedder: Embedder, text: str) -> tuple[Vector, TokenVectors | None]:
        with self._steps.timing("embed", engine=embedder.name):
            if self._shape.late and isinstance(embedder, TokenEmbedder):
                read = await embedder.embed_question_tokens(text)
                return read.vector, read.tokens
            return await embedder.embed_question(text), None

    async def _compared(
        self,
        text: str,
        hits: list[Hit],
        probe: Probe,
        audience: frozenset[str],
        shifts: Mapping[str, float],
    ) -> list[Hit]:
        """The first hits in the question's language by late interaction; all others stay."""
        language = language_of(text)
        ids = [hit.passage.id for hit in hits if hit.passage.language == language][:COMPARED]
        scores = {
            name: await self._store.max_sim(name, tokens, passage_ids=ids, audience=audience)
            for name, tokens in probe.tokens.items()
        }
        return reordered(hits, scores, shifts=shifts)

    def _comparable(self, name: str, rankings: Mapping[str, Sequence[Hit]]) -> fuse.Ranking:
        """A ranking's scores; where words match few passages, all others match with 0.

        Without the zeros, the only passage that has a rare code would stand out of nothing.
        """
        ranking = [(hit.passage.id, hit.score) for hit in rankings[name]]
        if len(ranking) >= self._depth or name not in {encoder.name for encoder in self._sparse}:
            return ranking
        matched = {id_ for id_, _ in ranking}
        found = dict.fromkeys(hit.passage.id for hits in rankings.values() for hit in hits)
        return ranking + [(id_, 0.0) for id_ in found if id_ not in matched]

    async def _read_in_place(
        self, varied: Sequence[Hit], ranked: Sequence[Hit], limit: int
    ) -> list[Hit]:
        """The chosen hits widened; those of the same stretch make room for the next ones."""
        if not self._shape.stretch_tokens:
            return list(varied)
        chosen = {hit.passage.id for hit in varied}
        candidates = (*varied, *(hit for hit in ranked if hit.passage.id not in chosen))
        wide = await widened(
            candidates, self._store, limit=limit, most_tokens=self._shape.stretch_tokens
        )
        places = {hit.passage.id: place for place, hit in enumerate(ranked)}
        return sorted(wide, key=lambda hit: places[hit.passage.id])

    async def _reranked(self, text: str, hits: list[Hit]) -> list[Hit]:
        if self._reranker is None or not hits:
            return hits
        read, rest = hits[:RERANKED], hits[RERANKED:]
        with self._steps.timing("rerank"):
            scores = await self._reranker.rerank(text, [hit.passage for hit in read])
        judged = [
            replace(hit, signals={**hit.signals, "rerank": score})
            for hit, score in zip(read, scores, strict=True)
        ]
        judged.sort(key=lambda hit: (-hit.signals["rerank"], -hit.score, hit.passage.id))
        return judged + rest


def in_turn(*steps: Respelling) -> Respelling:
    """One after the other, each on the question as the one before left it."""

    def put(text: str, found: Sequence[str]) -> str:
        for step in steps:
            text = step(text, found)
        return text

    return put


def _readable(passage: Passage) -> str:
    return "\n".join((passage.title, *passage.heading_path, passage.text))


def _candidates(
    rankings: Mapping[str, Sequence[Hit]], fused: Mapping[str, float], most: int
) -> list[Hit]:
    """The best passages that were found, with what each retriever said of them, best first."""
    passages = {hit.passage.id: hit.passage for hits in rankings.values() for hit in hits}
    signals: dict[str, dict[str, float]] = {id_: {} for id_ in fuse.best_first(fused)[:most]}
    for name, hits in rankings.items():
        for rank, hit in enumerate(hits, start=1):
            if (said := signals.get(hit.passage.id)) is not None:
                said[name] = hit.score
                said[f"{name}_rank"] = float(rank)
                said[f"{name}_lead"] = hit.score - hits[-1].score
    return [Hit(passage=passages[id_], score=fused[id_], signals=signals[id_]) for id_ in signals]


def _varied(hits: Sequence[Hit], limit: int, least_documents: int) -> list[Hit]:
    """The first hits, the last of them given up for documents that would otherwise be missing.

    A document far ahead can fill all places; what a second reader would call the right one then
    never shows. Of the best documents, so many (or half the limit) get a place.
    """
    firsts: dict[str, str] = {}
    for hit in hits:
        firsts.setdefault(hit.passage.document_id, hit.passage.id)
    promised = set(list(firsts.values())[: min(least_documents, (limit + 1) // 2)])
    free = limit - len(promised)
    chosen = []
    for hit in hits:
        if hit.passage.id in promised:
            chosen.append(hit)
        elif free > 0:
            chosen.append(hit)
            free -= 1
    return chosen


def _distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The first of each group of passages with the same words, whatever the punctuation."""
    kept: dict[str, Hit] = {}
    for hit in hits:
        kept.setdefault(hit.passage.text.translate(_UNHEARD).casefold(), hit)
    return list(kept.values())
