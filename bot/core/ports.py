"""What the core needs from the outside, in its own words.

Stores raise `StateUnavailable`, channels raise `ChannelError`s; nothing else crosses these borders.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.core.model import (
    AnswerRecord,
    Capabilities,
    Conversation,
    Event,
    Gap,
    MessageRef,
    Reply,
    User,
    Verdict,
)
from knowledge.model import Answer, Draft, Passage, Question, Turn

Clock: TypeAlias = Callable[[], datetime]
"""Now, aware, in UTC."""


class Answerer(Protocol):
    """Knows things."""

    def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """Answer: any number of drafts, then exactly one answer. Closing the generator stops it."""
        ...

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """A cited passage in full, or None where it is gone or not for this audience."""
        ...


class Engages(Protocol):
    """Decides what is answered in groups though nobody asked the bot."""

    async def __call__(self, message: str, *, audience: frozenset[str]) -> bool:
        """Whether a helpful colleague would answer this line, if they know the answer."""
        ...


class Channel(Protocol):
    """A platform to speak on."""

    @property
    def platform(self) -> str:
        """Its name, as in `Conversation.platform`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    async def send(self, reply: Reply) -> MessageRef:
        """Show a card. The same `reply.key` again returns the first message and shows no second."""
        ...

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        """Replace a shown card by this one."""
        ...

    async def words_of(self, ref: MessageRef) -> str:
        """What a message of anybody says; empty where it cannot be read.

        Raises:
            ChannelError: the platform did not say.
        """
        ...

    async def ping(self) -> None:
        """Return if a card could be sent now; raise ChannelError otherwise."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Inbox(Protocol):
    """Events on disk between acknowledgement and completion."""

    async def claim(self, *events: Event) -> tuple[bool, ...]:
        """Store events and all their keys: for each, False if any of its keys was seen before.

        All in one transaction, in this order, so what one of them brings the next has seen.
        """
        ...

    async def finish(self, *events: Event) -> None:
        """The events need no more work; their keys stay known for at least 8 hours."""
        ...

    async def unfinished(self) -> tuple[Event, ...]:
        """Events claimed but not finished, oldest first: what a crash left behind."""
        ...

    async def resume(self, event: Event) -> bool:
        """Work on an event of `unfinished` begins again: False where it has so often that it is
        most likely what takes the process down each time.

        One that only waited while the process ended is not counted.
        """
        ...

    async def forget(self, *, before: datetime) -> None:
        """Drop keys of events finished before this moment."""
        ...


class Ledger(Protocol):
    """Which reply was sent as which message."""

    async def sent(self, key: str) -> MessageRef | None:
        """The message that carries this reply, if it was sent."""
        ...

    async def record(self, key: str, ref: MessageRef) -> None:
        """Remember it; recording the same key again changes nothing."""
        ...


class Memory(Protocol):
    """What a person and the bot said to each other in one thread."""

    async def turns(self, conversation: Conversation, user: User) -> tuple[Turn, ...]:
        """The latest turns, oldest first; few enough for a prompt."""
        ...

    async def remember(self, conversation: Conversation, user: User, *turns: Turn) -> None:
        """Add turns."""
        ...

    async def clear(self, conversation: Conversation, user: User) -> None:
        """Forget this person's turns in this thread."""
        ...


class AnswerLog(Protocol):
    """Answers given, by their message."""

    async def add(self, record: AnswerRecord) -> None:
        """Keep an answer; the same message again replaces it."""
        ...

    async def find(self, ref: MessageRef) -> AnswerRecord | None:
        """The answer shown in this message."""
        ...

    async def any_in(self, conversation: Conversation) -> bool:
        """Whether an answer was given in exactly this thread."""
        ...


class Verdicts(Protocol):
    """What people thought of answers."""

    async def give(self, verdict: Verdict) -> None:
        """One verdict a person and answer: the last one counts, value 0 withdraws it."""
        ...

    async def of(self, ref: MessageRef) -> tuple[Verdict, ...]:
        """All standing verdicts on one answer, oldest first."""
        ...


class Gaps(Protocol):
    """Questions waiting for knowledge."""

    async def open(self, gap: Gap) -> None:
        """Keep a gap; the same id again updates it."""
        ...

    async def all(self) -> tuple[Gap, ...]:
        """Every gap, oldest first."""
        ...
