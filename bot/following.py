"""What goes on as another where the way to answer changes under it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from datetime import date

from bot.core.ports import Clock, Freshness, Heeding, Knowledge, MinesThreads
from bot.knowledge_base import KnowledgeBase
from knowledge.freshness import Findings
from knowledge.mining.asked import Mined
from knowledge.mining.threads import Spoken
from knowledge.model import Answer, CuratedAnswer, Draft, Passage, Question
from knowledge.ports import Answerer, VoteLog
from knowledge.votes import Votes


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


class FollowingFreshness:
    """Looks through what counts when somebody asks."""

    def __init__(self, now: Callable[[], Freshness]) -> None:
        self._now = now

    async def findings(self, curated: Sequence[CuratedAnswer], *, today: date) -> Findings:
        """What somebody should look at."""
        return await self._now().findings(curated, today=today)


def following(now: Callable[[], KnowledgeBase]) -> Knowledge:
    """What the bot's core asks of the knowledge side, of what counts when it asks.

    Without what belongs to one that serves: votes, commands, the way in, what waits to count.
    """

    async def engages(message: str, *, audience: frozenset[str], talking: bool = False) -> bool:
        return await now().engaging.engages(message, audience=audience, talking=talking)

    def heeding(given: VoteLog, clock: Clock) -> Heeding:
        votes = Votes(given, embedder=now().embedders[0], clock=clock)
        return Heeding(answerer=Following(lambda: now().answering(votes)), learn=votes.learn)

    return Knowledge(
        answerer=Following(lambda: now().answerer),
        likeness=now().likeness,
        engages=engages,
        heeding=heeding,
        freshness=FollowingFreshness(lambda: now().freshness),
        edition=lambda: now().edition_now(),
        owners=lambda: now().owners_now(),
        threads=FollowingThreads(lambda: now().threads),
        # The model of the start stays open; a judge of another one has other weights.
        same_judge=now().same_judge,
    )
