"""The knowledge side as it counts now, while a change of it may wait to be tried out."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from functools import partial

from bot.core.model import HeldPart
from bot.core.ports import Clock, Heeding, Held, Knowledge, MinesThreads
from bot.knowledge_base import KnowledgeBase, Shared, embedders_of, open_knowledge, policy_of
from bot.settings import Settings, SettingsInvalid
from bot.ways import Way, Ways
from knowledge.confidence import load_model
from knowledge.errors import ModelError
from knowledge.freshness import Findings
from knowledge.mining.asked import Mined
from knowledge.mining.threads import Spoken
from knowledge.model import Answer, CuratedAnswer, Draft, Passage, Question, Tally
from knowledge.ports import Answerer, VoteLog
from knowledge.votes import Votes
from knowledge.weights import Shelf

log = logging.getLogger(__name__)

_TITLES_SHOWN = 5


class Following:
    """An answerer that is another one after a change; what has begun ends as it began."""

    def __init__(self, now: Callable[[], Answerer]) -> None:
        self._now = now

    def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """Answer as is answered now."""
        return self._now().stream(question)

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """A passage as it is now."""
        return await self._now().passage(passage_id, audience=audience)


class FollowingThreads:
    """Mines threads by the way that counts when one is mined."""

    def __init__(self, now: Callable[[], MinesThreads]) -> None:
        self._now = now

    async def mine(self, spoken: Sequence[Spoken], *, names: Iterable[str]) -> Mined | None:
        """What the thread came to."""
        return await self._now().mine(spoken, names=names)


class Serving:
    """Serves one way until another is let; then, from the next question on, that one.

    Both stay open until the end, so that what has begun on the old one ends well.
    """

    def __init__(
        self,
        settings: Settings,
        shelf: Shelf,
        *,
        configured: Way,
        stack: AsyncExitStack,
        shared: Shared | None = None,
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._configured = configured
        self._stack = stack
        self._shared = shared
        self._ways = Ways(settings.storage.data_dir)
        self._open: dict[Way, KnowledgeBase] = {}
        self._cores: dict[Way, Knowledge] = {}
        self._way = configured
        self._held: Held | None = None
        # The gate and a button may look at once, and a folder can be opened only once.
        self._looking = asyncio.Lock()

    @property
    def now(self) -> KnowledgeBase:
        """What counts now."""
        return self._open[self._way]

    async def start(self) -> None:
        """Open what counts; what is configured and cannot be opened is said at once.

        Raises:
            ModelError: weights are missing or wrong.
            StoreUnavailable: the store cannot be opened.
        """
        way = await asyncio.to_thread(lambda: self._ways.start(self._configured, holds=self._holds))
        configured = self._configured.model_copy(update={"place": way.place})
        try:
            await self._opened(way)
        except ModelError as error:
            if way == configured:
                raise
            # The model from before is gone from this machine: nothing is left to go on with.
            log.warning("change_not_held", extra={"reason": str(error)})
            way = configured
            await asyncio.to_thread(lambda: self._ways.let(way, number=0))
        self._way = way
        await self._opened(way)
        await self._opened(configured)

    def for_core(self) -> Knowledge:
        """What the bot's core asks of it."""
        return Knowledge(
            answerer=Following(lambda: self.now.answerer),
            likeness=self.now.likeness,
            engages=self._engages,
            heeding=self._heeding,
            tallies=self,
            freshness=self,
            edition=self._edition,
            owners=self._owners,
            threads=FollowingThreads(lambda: self.now.threads),
            # The model of the start stays open; a judge of another one has other weights.
            same_judge=self.now.same_judge,
            held=self.held if self._holds else None,
        )

    async def warm(self) -> None:
        """Load what is loaded late."""
        await self.now.warm()

    async def ping_store(self) -> None:
        """Return if a search would work now."""
        await self.now.store.ping()

    async def ping_model(self) -> None:
        """Return if the model is loaded or can be."""
        await self.now.generator.ping()

    async def held(self) -> Held | None:
        """The change that waits to count.

        Raises:
            ModelError, StoreUnavailable: it cannot be opened.
        """
        async with self._looking:
            return await self._held_now()

    async def _held_now(self) -> Held | None:
        staged = (await asyncio.to_thread(self._ways.read)).ready
        place = staged.place if staged else self._way.place
        way = self._configured.model_copy(update={"place": place})
        if way == self._way:
            return None
        number = staged.number if staged else 0
        name = _id(self._way, way, number)
        if self._held is None or self._held.id != name:
            knowledge = await self._opened(way)
            self._held = Held(
                id=name,
                what=await _what(self.now, knowledge, self._way, way),
                answerer=knowledge.answerer,
                edition=knowledge.edition_now,
                let=partial(self._let, way, number),
            )
        return self._held

    async def _let(self, way: Way, number: int) -> bool:
        if not await asyncio.to_thread(lambda: self._ways.let(way, number=number)):
            return False
        self._way, self._held = way, None
        return True

    @property
    def _holds(self) -> bool:
        return self._settings.loop.gate == "block"

    async def _opened(self, way: Way) -> KnowledgeBase:
        if way not in self._open:
            opening = open_knowledge(
                _settings_for(self._settings, way),
                self._shelf,
                place=way.place,
                shared=self._shared_with(way),
            )
            self._open[way] = await self._stack.enter_async_context(opening)
            self._cores[way] = self._open[way].for_core()
        return self._open[way]

    def _shared_with(self, way: Way) -> Shared | None:
        """What is open already and the same for this way: a folder can be opened only once."""
        if not self._open:
            return self._shared
        known = tuple(self._open.items())
        stores = [each.store for other, each in known if other.place == way.place]
        models = [each.generator for other, each in known if _model_of(other) == _model_of(way)]
        _, any_of_them = known[0]
        return Shared(
            embedders=any_of_them.embedders,
            sparse=any_of_them.sparse,
            store=next(iter(stores), None),
            generator=next(iter(models), None),
        )

    # ── what follows the way that counts ──────────────────────────────────────────────────────

    async def tally(self, tallies: Mapping[str, Tally]) -> None:
        """Write votes, also where passages lie that may count tomorrow."""
        stores = {way.place: each.store for way, each in self._open.items()}
        for store in stores.values():
            await store.tally(tallies)

    async def findings(self, curated: Sequence[CuratedAnswer], *, today: date) -> Findings:
        """What somebody should look at, of what counts now."""
        freshness = self._cores[self._way].freshness
        return await freshness.findings(curated, today=today) if freshness else Findings()

    async def _engages(
        self, message: str, *, audience: frozenset[str], talking: bool = False
    ) -> bool:
        return await self.now.engaging.engages(message, audience=audience, talking=talking)

    async def _edition(self) -> str:
        return await self.now.edition_now()

    async def _owners(self) -> frozenset[str]:
        return await self.now.owners_now()

    def _heeding(self, given: VoteLog, clock: Clock) -> Heeding:
        votes = Votes(given, embedder=self.now.embedders[0], clock=clock)
        return Heeding(answerer=Following(lambda: self.now.answering(votes)), learn=votes.learn)


@asynccontextmanager
async def open_serving(
    settings: Settings, shelf: Shelf, *, shared: Shared | None = None
) -> AsyncIterator[Serving]:
    """Open the knowledge side to serve from; everything is closed at the end of the block.

    shared: embedders in place of the configured ones.

    Raises:
        SettingsInvalid: changes are to be held, and nobody could let them count.
        ModelError: weights are missing or wrong.
        StoreUnavailable: the store cannot be opened; StoreLocked if another process has it.
    """
    if settings.loop.gate == "block" and not settings.access.admins:
        raise SettingsInvalid('[loop] gate = "block" needs somebody to ask: [access] admins')
    configured = await asyncio.to_thread(_configured, settings)
    async with AsyncExitStack() as stack:
        serving = Serving(settings, shelf, configured=configured, stack=stack, shared=shared)
        await serving.start()
        yield serving


def _configured(settings: Settings) -> Way:
    embedders, generation = embedders_of(settings.knowledge), settings.generation
    return Way(
        embedders=embedders,
        engine=generation.engine,
        model=generation.model,
        base_url=generation.base_url,
        judge=settings.answering.judge,
        least_confidence=policy_of(settings, load_model(embedders)).least_confidence,
    )


def _settings_for(settings: Settings, way: Way) -> Settings:
    model = {"engine": way.engine, "model": way.model, "base_url": way.base_url}
    when = {"judge": way.judge, "least_confidence": way.least_confidence}
    return settings.model_copy(
        update={
            "generation": settings.generation.model_copy(update=model),
            "answering": settings.answering.model_copy(update=when),
        }
    )


def _model_of(way: Way) -> tuple[str, str, str]:
    return way.engine, way.model, way.base_url


def _id(one: Way, other: Way, number: int) -> str:
    parts = f"{one.model_dump_json()}\n{other.model_dump_json()}\n{number}"
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


async def _what(
    one: KnowledgeBase, other: KnowledgeBase, before: Way, after: Way
) -> dict[HeldPart, str]:
    found: dict[HeldPart, str] = {}
    if before.place != after.place:
        found["documents"] = await _documents(one, other)
    models = [_model(one, before), _model(other, after)]
    if models[0] != models[1]:
        found["model"] = " → ".join(models)
    if before.least_confidence != after.least_confidence:
        found["threshold"] = f"{before.least_confidence:.3f} → {after.least_confidence:.3f}"
    return found


def _model(knowledge: KnowledgeBase, way: Way) -> str:
    return f"{knowledge.generator.name}{' + judge' if way.judge else ''}"


async def _documents(one: KnowledgeBase, other: KnowledgeBase) -> str:
    """How many came, changed and went, and what some are called."""
    old, new = await one.store.documents(), await other.store.documents()
    came, gone = new.keys() - old.keys(), old.keys() - new.keys()
    changed = {id_ for id_ in new.keys() & old.keys() if new[id_].digest != old[id_].digest}
    titles = sorted({**old, **new}[id_].title for id_ in came | gone | changed)
    shown = ", ".join(titles[:_TITLES_SHOWN]) + ("…" if len(titles) > _TITLES_SHOWN else "")
    return f"+{len(came)} ~{len(changed)} −{len(gone)}: {shown}"
