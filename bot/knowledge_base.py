"""The knowledge side, plugged together: store, embedders, model, and what is built on them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bot.agreed import fitted_for
from bot.core.ports import Clock, Heeding, Knowledge
from bot.deciders import deciders_of, judge_of, policy_of
from bot.egress import open_guard
from bot.engines import (
    build_embedders,
    build_reranker,
    build_sparse,
    choose_generator,
    embedders_of,
)
from bot.library import OpenLibrary
from bot.places import COUNTING, Spot, as_stored, open_store
from bot.settings import Settings
from knowledge import prompt
from knowledge.answer import Grounded
from knowledge.certainty import Certainty
from knowledge.confidence import JudgeWeights, load_model
from knowledge.engage import Engaging, load_engage_model
from knowledge.engines.deadlined import Deadlined
from knowledge.engines.drafts import warm
from knowledge.engines.everyday import Everyday
from knowledge.engines.nearness import Nearness
from knowledge.engines.qdrant import Qdrant
from knowledge.engines.spelling import Spelling
from knowledge.errors import EngineUnavailable
from knowledge.freshness import Freshness
from knowledge.hashes import sha256_of
from knowledge.ingest import Ingest, everybody
from knowledge.judge import Judge
from knowledge.judge import beginning as judging
from knowledge.likeness import Embedded, Likeness
from knowledge.mining.threads import ThreadMiner
from knowledge.model import EVERYONE, Language, Prompt, Turn
from knowledge.ports import (
    Embedder,
    Generator,
    PassageStore,
    Prior,
    Reranker,
    SparseEncoder,
    VoteLog,
)
from knowledge.retrieve import Hybrid, Shape, in_turn
from knowledge.same_judge import SameJudge, load_same_judge
from knowledge.same_judge import beginning as comparing
from knowledge.sameness import Sameness, load_sameness
from knowledge.settings import GenerationSettings
from knowledge.steps import UNTOLD, Steps
from knowledge.votes import Votes
from knowledge.weights import Shelf

log = logging.getLogger(__name__)

_LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeBase:
    """Everything that is needed to take documents in and to answer from them.

    beginnings: how the prompts begin that the language model will read.
    answerer: without votes. answering: the same with a prior.
    deciders: what decides whether is answered: embedders, judge and threshold.
    """

    store: Qdrant
    embedders: tuple[Embedder, ...]
    sparse: tuple[SparseEncoder, ...]
    retriever: Hybrid
    generator: Generator
    beginnings: tuple[tuple[Turn, ...], ...]
    answerer: Grounded
    likeness: Likeness
    engaging: Engaging
    threads: ThreadMiner
    ingest: Ingest
    freshness: Freshness
    answering: Callable[[Prior], Grounded]
    deciders: str
    same_judge: SameJudge | None = None

    async def warm(self) -> None:
        """Load what is loaded late, so that the first question does not wait for it.

        A language model that cannot be loaded is logged: answers then quote the evidence.
        """
        await self.warm_search()
        for beginning in self.beginnings:
            turns = (*beginning, Turn(speaker="user", text="…"))
            try:
                await warm(self.generator, Prompt(turns=turns, max_tokens=1, passages=()))
            except EngineUnavailable as error:
                log.warning("model_not_ready", extra={"reason": str(error)})
                return

    def for_core(self) -> Knowledge:
        """What the bot's core asks of it."""
        return Knowledge(
            answerer=self.answerer,
            likeness=self.likeness,
            engages=self.engaging.engages,
            heeding=self._heeding,
            tallies=self.store,
            freshness=self.freshness,
            edition=self.edition_now,
            owners=self.owners_now,
            threads=self.threads,
            same_judge=self.same_judge,
            library=OpenLibrary(now=lambda: self, stores=lambda: (self.store,)),
            ingesting=self._ingesting,
        )

    @asynccontextmanager
    async def _ingesting(self) -> AsyncIterator[Ingest]:
        yield self.ingest

    async def owners_now(self) -> frozenset[str]:
        """What documents say of who answers for them."""
        documents = await self.store.documents()
        return frozenset(filter(None, (document.owner for document in documents.values())))

    async def edition_now(self) -> str:
        """Another word once documents, model or threshold are others."""
        documents = await self.store.documents()
        digests = sorted(f"{one.id}\t{one.digest}" for one in documents.values())
        parts = (*digests, self.generator.name, self.deciders)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def _heeding(self, given: VoteLog, clock: Clock) -> Heeding:
        # The first embedder is e5, for whose cosines votes are weighed, wherever e5 is used.
        votes = Votes(given, embedder=self.embedders[0], clock=clock)
        return Heeding(answerer=self.answering(votes), learn=votes.learn)

    async def warm_search(self) -> None:
        """Load the embedders."""
        await self.retriever.retrieve("warm", audience=frozenset({EVERYONE}), limit=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search is made of."""

    embedders: tuple[Embedder, ...]
    sparse: tuple[SparseEncoder, ...]
    reranker: Reranker | None = None
    shape: Shape = field(default_factory=Shape)

    def on(self, store: PassageStore) -> Hybrid:
        """The retriever for a store that has the vectors of these embedders, and maybe more."""
        return Hybrid(
            store=store,
            embedders=self.embedders,
            sparse=self.sparse,
            reranker=self.reranker,
            shape=self.shape,
            respell=in_turn(Spelling().respelled, Everyday().glossed),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Parts that somebody else opened and closes."""

    embedders: tuple[Embedder, ...]
    sparse: tuple[SparseEncoder, ...]
    store: Qdrant | None = None
    generator: Generator | None = None


@asynccontextmanager
async def open_knowledge(
    settings: Settings,
    shelf: Shelf,
    *,
    store_folder: Path | None = None,
    generator: Generator | None = None,
    adjust: Callable[[Search], Search] | None = None,
    spot: Spot = COUNTING,
    shared: Shared | None = None,
    steps: Steps = UNTOLD,
) -> AsyncIterator[KnowledgeBase]:
    """Open the knowledge side; everything is closed again at the end of the block.

    store_folder: an embedded store elsewhere than configured, whatever the configuration says.
    generator: in place of the configured language model.
    adjust: changes how is searched, as an experiment does; what is stored stays the same.
    spot: which passages are meant.
    shared: parts that are open already, which must be the configured ones; without them, passages
        are searched by what they were embedded by, whatever the configuration says.
    steps: is told of each step of an answer.

    Raises:
        ModelError: weights are missing or wrong.
        StoreUnavailable: the store cannot be opened; StoreLocked if another process has it.
    """
    if shared is None:
        if store_folder is None and spot.name is None:
            settings = await as_stored(settings, spot.place)
        embedders = await asyncio.to_thread(build_embedders, settings.knowledge, shelf)
        sparse = await asyncio.to_thread(build_sparse, settings.knowledge)
    else:
        embedders, sparse = shared.embedders, shared.sparse
    search = Search(embedders=embedders, sparse=sparse, reranker=build_reranker(settings.knowledge))
    if adjust is not None:
        search = adjust(search)
    evidence_model = await asyncio.to_thread(load_model, embedders_of(settings.knowledge))
    engage_model = await asyncio.to_thread(load_engage_model, embedders_of(settings.knowledge))
    sameness = await asyncio.to_thread(load_sameness, embedders_of(settings.knowledge))
    judge_weights = evidence_model.judges.get(judge_of(settings))
    async with AsyncExitStack() as stack:
        if shared is not None and shared.generator is not None:
            generator = shared.generator
        else:
            if generator is None:
                guard = await stack.enter_async_context(open_guard(settings))
                generator = await asyncio.to_thread(
                    choose_generator, settings.generation, shelf, guard=guard, steps=steps
                )
            stack.push_async_callback(generator.close)
        if shared is not None and shared.store is not None:
            store = shared.store
        else:
            store = await open_store(settings, embedders, sparse, folder=store_folder, spot=spot)
            stack.push_async_callback(store.close)
        retriever = search.on(store).telling(steps)
        punctual = _punctual(generator, settings.generation)
        judge = Judge(punctual, judge_weights) if judge_weights else None
        same_judge = await asyncio.to_thread(_same_judge, settings, punctual, sameness)
        policy = await policy_of(settings, evidence_model, partial(fitted_for, settings))

        def answering(prior: Prior | None = None) -> Grounded:
            return Grounded(
                retriever=retriever.heeding(prior) if prior else retriever,
                store=store,
                # The last embedder is the fast one that reads Chinese and English alike.
                similarity=Nearness(embedders[-1]),
                closely=Nearness(embedders[0]) if len(embedders) > 1 else None,
                certainty=Certainty(evidence_model, judge, steps=steps),
                generator=punctual,
                policy=policy,
                steps=steps,
            )

        yield KnowledgeBase(
            store=store,
            embedders=embedders,
            sparse=sparse,
            retriever=retriever,
            generator=generator,
            beginnings=_beginnings(judge_weights, same_judge),
            answerer=answering(),
            answering=answering,
            deciders=f"{deciders_of(settings)} {policy.least_confidence:.4f}",
            likeness=Embedded(embedders, sameness),
            engaging=Engaging(retriever=retriever, model=engage_model),
            ingest=build_ingest(
                store,
                embedders,
                sparse,
                edition=edition_of(settings),
                readers_of=settings.knowledge.readers_of,
            ),
            freshness=Freshness(store),
            threads=ThreadMiner(similarity=Nearness(embedders[-1]), generator=punctual),
            same_judge=same_judge,
        )


def build_ingest(
    store: PassageStore,
    embedders: tuple[Embedder, ...],
    sparse: tuple[SparseEncoder, ...],
    *,
    edition: str = "",
    readers_of: Callable[[str], frozenset[str]] = everybody,
) -> Ingest:
    """The way in for documents of every format we read.

    edition: of the dictionary; after a new one every document is read again.
    readers_of: who may read a document of this id, where neither it nor the command says so.
    """
    from knowledge.parsers import parser_for
    from knowledge.parsers.jsonl import parse_jsonl

    return Ingest(
        store=store,
        embedders=embedders,
        sparse=sparse,
        parser_for=parser_for,
        parse_jsonl=parse_jsonl,
        edition=edition,
        readers_of=readers_of,
    )


def edition_of(settings: Settings) -> str:
    """Of the company's words: after a new one every document is read again."""
    dictionary = settings.knowledge.dictionary
    return sha256_of(dictionary) if dictionary else ""


def _punctual(generator: Generator, settings: GenerationSettings) -> Generator:
    """For askers only: loading a model at the start may take as long as it takes."""
    return Deadlined(generator, first_draft_s=settings.first_draft_s, total_s=settings.total_s)


def _same_judge(settings: Settings, generator: Generator, sameness: Sameness) -> SameJudge | None:
    weights = load_same_judge(embedders_of(settings.knowledge), judge_of(settings))
    return SameJudge(generator, weights, serve=sameness.serve) if weights else None


def _beginnings(
    judge: JudgeWeights | None, same_judge: SameJudge | None
) -> tuple[tuple[Turn, ...], ...]:
    judged = tuple(judging(language) for language in judge.by_language) if judge else ()
    compared = tuple(comparing(pair) for pair in same_judge.pairs) if same_judge else ()
    return (*judged, *compared, *(prompt.beginning(language) for language in _LANGUAGES))
