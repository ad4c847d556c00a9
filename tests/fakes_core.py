"""Small real implementations for tests of the core: a clock, a channel, an answerer, and words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal

import numpy as np

from bot.core.access import Readers, everyone
from bot.core.converse import Pacing, platform_pace
from bot.core.desks import Desks, build_desks
from bot.core.errors import ChannelRefused, FileTooLarge
from bot.core.model import (
    Capabilities,
    Card,
    CardAction,
    Conversation,
    Event,
    InboundMessage,
    Markdown,
    MessageDeleted,
    MessageRef,
    Reaction,
    Reply,
    SharedFile,
    User,
)
from bot.core.ports import Answerer, Channel, Engages, Knowledge, Stores
from bot.core.regression import Edition
from bot.core.replicas import ALONE, Others
from bot.core.rules import Rules
from knowledge.model import Answer, Citation, Draft, Hit, Outcome, Passage, Question
from knowledge.sameness import Match, Reading, Stored, read


@dataclass(frozen=True, slots=True)
class SharedBy:
    """Readers who all belong to the same audiences."""

    names: Callable[[], frozenset[str]]

    async def alone(self, _user: User) -> frozenset[str]:
        return self.names()

    async def together(self, _place: Conversation, _user: User) -> frozenset[str]:
        return self.names()


START = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)

ADA = User(platform="fake", id="ada", name="Ada")
BOB = User(platform="fake", id="bob", name="Bob")
DIRECT = Conversation(platform="fake", id="dm-ada", direct=True)
GROUP = Conversation(platform="fake", id="general")


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


class FakeTime:
    """Seconds that pass only when a test says so; whoever sleeps wakes in the right order."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self.awaited = asyncio.Event()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        wakes: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + seconds, wakes))
        self.awaited.set()
        await wakes

    async def pass_(self, seconds: float) -> None:
        end = self._now + seconds
        await settle()
        while due := [sleeper for sleeper in self._sleepers if sleeper[0] <= end]:
            first = min(due, key=lambda sleeper: sleeper[0])
            self._sleepers.remove(first)
            self._now = first[0]
            if not first[1].done():
                first[1].set_result(None)
            await settle()
        self._now = end


async def settle() -> None:
    """Let every task run until it waits for something outside."""
    for _ in range(20):
        await asyncio.sleep(0)


@dataclass
class FakeFiles:
    """Attached files in memory. contents: what stands in them, by id."""

    contents: dict[str, bytes] = field(default_factory=dict)

    async def of(self, message: InboundMessage) -> tuple[SharedFile, ...]:
        return message.files

    async def fetch(self, file: SharedFile, *, most_bytes: int) -> bytes:
        if file.id not in self.contents:
            raise ChannelRefused("file_not_found")
        if len(self.contents[file.id]) > most_bytes:
            raise FileTooLarge
        return self.contents[file.id]


@dataclass
class FakeChannel:
    """A platform in memory: remembers what is shown, fails and lags on demand.

    fail_send, fail_update: errors to raise, one a call, first to last; None lets a call through.
    sent, updated: every reply that reached the platform, in order.
    """

    platform: str = "fake"
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(draft_interval=timedelta(0))
    )
    fail_send: list[Exception | None] = field(default_factory=list)
    fail_update: list[Exception | None] = field(default_factory=list)
    on_send: Callable[[Reply], None] = lambda _reply: None
    on_update: Callable[[Reply], None] = lambda _reply: None
    gate: asyncio.Event | None = None
    sent: list[Reply] = field(default_factory=list)
    updated: list[tuple[MessageRef, Reply]] = field(default_factory=list)
    shown: dict[MessageRef, Card] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    files: FakeFiles = field(default_factory=FakeFiles)
    _keys: dict[str, MessageRef] = field(default_factory=dict)

    async def send(self, reply: Reply) -> MessageRef:
        await self._pass(self.fail_send)
        ref = self._keys.get(reply.key)
        if ref is None:
            ref = MessageRef(platform=self.platform, id=f"m{len(self._keys) + 1}")
            self._keys[reply.key] = ref
            self.sent.append(reply)
            self.shown[ref] = reply.card
        self.on_send(reply)
        return ref

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        await self._pass(self.fail_update)
        self.updated.append((ref, reply))
        self.shown[ref] = reply.card
        self.on_update(reply)

    async def words_of(self, ref: MessageRef) -> str:
        return self.said.get(ref.id, "")

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        return None

    async def _pass(self, failures: list[Exception | None]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        failure = failures.pop(0) if failures else None
        if failure is not None:
            raise failure

    @property
    def card(self) -> Card:
        """The only card there is."""
        (card,) = self.shown.values()
        return card


@dataclass
class ScriptedAnswerer:
    """Says what it was told to: drafts, then an answer, or raises.

    script: from the question to what is said; an exception in it is raised at its place.
    gate: when there is one, nothing is said before it opens.
    """

    script: Callable[[Question], tuple[Draft | Answer | Exception, ...]]
    passages: Mapping[str, Passage] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    asked: list[Question] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        self.asked.append(question)
        self.reached.set()
        if self.gate is not None:
            await self.gate.wait()
        for said in self.script(question):
            if isinstance(said, Exception):
                raise said
            yield said
            await settle()

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        passage = self.passages.get(passage_id)
        return passage if passage and passage.audience & audience else None


def knows(text: str = "Fifteen days. [1]") -> ScriptedAnswerer:
    """Answers every question with this text and one source."""
    return ScriptedAnswerer(
        script=lambda question: (Draft(text=text[:7]), grounded(question, text)),
        passages={PASSAGE.id: PASSAGE},
    )


PASSAGE = Passage(
    id="leave#3",
    document_id="leave",
    title="Leave",
    uri="leave.md",
    language="en",
    text="Everybody has fifteen days of leave.",
    heading_path=("Annual leave",),
    page=3,
)


def grounded(question: Question, text: str = "Fifteen days. [1]") -> Answer:
    citation = Citation(
        marker=1,
        passage_id=PASSAGE.id,
        document_id=PASSAGE.document_id,
        title=PASSAGE.title,
        uri=PASSAGE.uri,
        quote="fifteen days of leave",
        heading_path=PASSAGE.heading_path,
        page=PASSAGE.page,
    )
    return Answer(
        outcome=Outcome.GROUNDED,
        text=text,
        language=question.language,
        confidence=0.9,
        citations=(citation,),
        hits=(Hit(passage=PASSAGE, score=0.8),),
    )


def unknown(question: Question) -> Answer:
    return Answer(
        outcome=Outcome.UNKNOWN,
        text="",
        language=question.language,
        confidence=0.1,
        hits=(Hit(passage=PASSAGE, score=0.2),),
    )


_numbers = count(1)


def message(
    text: str = "How many days of leave do I have?",
    *,
    key: str = "",
    user: User = ADA,
    conversation: Conversation = DIRECT,
    addressed: bool = True,
) -> InboundMessage:
    key = key or f"e{next(_numbers)}"
    return InboundMessage(
        keys=(key,),
        conversation=conversation,
        user=user,
        received_at=START,
        ref=MessageRef(platform=user.platform, id=f"in-{key}"),
        text=text,
        addressed=addressed,
    )


def deleted(message: InboundMessage) -> MessageDeleted:
    return MessageDeleted(
        keys=(f"deleted-{message.keys[0]}",),
        conversation=message.conversation,
        user=message.user,
        received_at=START,
        ref=message.ref,
    )


def press(
    ref: MessageRef,
    name: str,
    *,
    user: User = ADA,
    conversation: Conversation = DIRECT,
    **values: str,
) -> CardAction:
    return CardAction(
        keys=(f"a{next(_numbers)}",),
        conversation=conversation,
        user=user,
        received_at=START,
        ref=ref,
        name=name,
        values=values,
    )


def emoji(
    ref: MessageRef,
    sign: Literal["up", "down"],
    *,
    user: User = ADA,
    withdrawn: bool = False,
) -> Reaction:
    return Reaction(
        keys=(f"r{next(_numbers)}",),
        conversation=DIRECT,
        user=user,
        received_at=START,
        ref=ref,
        emoji=sign,
        withdrawn=withdrawn,
    )


def words(card: Card) -> str:
    """All Markdown of a card."""
    return "\n".join(block.text for block in card.blocks if isinstance(block, Markdown))


PATIENT = Rules(questions_per_minute=100, deadline_s=30.0)
"""Rules that stop nobody in a test."""


class SameWords:
    """Takes questions for the same that have the same content words."""

    serve = 0.9
    join = 0.5

    async def read(self, question: str) -> Reading:
        return read(question, {"none": np.zeros(1, dtype=np.float32)})

    def best(self, asked: Reading, stored: Stored) -> Match | None:
        return next(iter(self.ranked(asked, stored)), None)

    def ranked(self, asked: Reading, stored: Stored) -> tuple[Match, ...]:
        same = (at for at, one in enumerate(stored.readings) if one.words == asked.words)
        return tuple(Match(at=at, probability=0.99) for at in same)


def knowing(
    answerer: Answerer, *, documents: Answerer | None = None, engages: Engages | None = None
) -> Knowledge:
    """A knowledge side around an answerer."""
    return Knowledge(answerer=answerer, likeness=SameWords(), documents=documents, engages=engages)


def build_core(
    *,
    stores: Stores,
    channel: Channel,
    answerer: Answerer,
    clock: FakeClock,
    rules: Rules | None = None,
    readers: Readers = everyone,
    pacing: Pacing = platform_pace,
    documents: Answerer | None = None,
    edition: Edition | None = None,
    engages: Engages | None = None,
    others: Others = ALONE,
) -> Desks:
    """The core put together as the application does, over one channel."""
    return build_desks(
        stores=stores,
        channels={channel.platform: channel},
        knowledge=replace(knowing(answerer, documents=documents, engages=engages), edition=edition),
        clock=clock,
        rules=rules or PATIENT,
        readers=readers,
        pacing=pacing,
        others=others,
    )


def build_desks_over(
    *,
    stores: Stores,
    channels: Mapping[str, Channel],
    answerer: Answerer,
    clock: FakeClock,
    rules: Rules,
) -> Desks:
    """The core over several channels."""
    return build_desks(
        stores=stores, channels=channels, knowledge=knowing(answerer), clock=clock, rules=rules
    )


class ListInbox:
    """An inbox in memory, for tests of the intake alone."""

    def __init__(self, *left: Event) -> None:
        self.open: dict[tuple[str, ...], Event] = {event.keys: event for event in left}
        self.keys: set[str] = {key for event in left for key in event.keys}
        self.forgot: list[datetime] = []
        self.failures: list[Exception] = []
        self.resumed: list[Event] = []
        self.hopeless: list[Event] = []
        self.gate: asyncio.Event | None = None

    async def claim(self, *events: Event) -> tuple[bool, ...]:
        if self.gate is not None:
            await self.gate.wait()
        self._fail()
        return tuple(self._claim(event) for event in events)

    def _claim(self, event: Event) -> bool:
        if self.keys & set(event.keys):
            return False
        self.keys |= set(event.keys)
        self.open[event.keys] = event
        return True

    async def finish(self, *events: Event) -> None:
        self._fail()
        for event in events:
            del self.open[event.keys]

    async def unfinished(self) -> tuple[Event, ...]:
        return tuple(self.open.values())

    async def resume(self, event: Event) -> bool:
        self._fail()
        self.resumed.append(event)
        return event not in self.hopeless

    async def forget(self, *, before: datetime) -> None:
        self._fail()
        self.forgot.append(before)

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
