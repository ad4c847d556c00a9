"""What goes on as another where the way to answer changes under it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.core.ports import MinesThreads
from bot.knowledge_base import KnowledgeBase
from bot.settings import Settings
from bot.ways import Way
from knowledge.engines.qdrant import Qdrant
from knowledge.mining.asked import Mined
from knowledge.mining.threads import Spoken
from knowledge.model import Answer, Draft, Passage, Question
from knowledge.ports import Answerer


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """The same knowledge, embedded by other engines, as it would be served.

    plain: settings without any choice. name: of the folder or collection.
    """

    plain: Settings
    configured: Way
    way: Way
    name: str
    knowledge: KnowledgeBase


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """Passages that count no more, open for what had begun.

    names: to be deleted with them. due_s: when nobody reads them any more.
    """

    stores: tuple[Qdrant, ...]
    names: tuple[str, ...]
    due_s: float
