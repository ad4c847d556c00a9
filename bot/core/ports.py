"""What the core needs from the outside, in its own words.

Stores raise `StateUnavailable`, channels raise `ChannelError`s; nothing else crosses these borders.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol, TypeAlias, runtime_checkable

from bot.core.audit import AuditEntry
from bot.core.chain import Head, Link
from bot.core.grants import GrantLog
from bot.core.library import Library, Steering
from bot.core.model import (
    AnswerRecord,
    Ask,
    Capabilities,
    Conversation,
    Errand,
    EvalRun,
    Event,
    Gap,
    GateTrial,
    Grounds,
    HeldPart,
    InboundMessage,
    Member,
    MessageRef,
    Proposal,
    ProposalState,
    Remark,
    Reply,
    SharedFile,
    TrialState,
    User,
    Verdict,
    WordingVote,
)
from bot.core.onboarding.ports import Joiners
from bot.core.schedule import Agenda
from bot.core.steering import Choices, Figures, Mutes, NamedReaders
from knowledge.freshness import Findings
from knowledge.ingest import Ingest
from knowledge.likeness import Likeness
from knowledge.mining.asked import Mined
from knowledge.mining.threads import Spoken
from knowledge.model import CuratedAnswer, CuratedRevision, Departure, Tally, Turn
from knowledge.ports import Answerer, Tallies, VoteLog
from knowledge.same_judge import SameJudge

Clock: TypeAlias = Callable[[], datetime]
"""Now, aware, in UTC."""


class Engages(Protocol):
    """Decides what is answered in groups though nobody asked the bot."""

    async def __call__(
        self, message: str, *, audience: frozenset[str], talking: bool = False
    ) -> bool:
        """Whether a helpful colleague would answer this line, if they know the answer.

        talking: whoever wrote it is in the midst of a talk.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeding:
    """An answerer that heeds what people thought of earlier answers.

    learn: reads all votes there are, so that no question has to wait for them.
    """

    answerer: Answerer
    learn: Callable[[], Awaitable[None]]


class MinesThreads(Protocol):
    """Finds out what people said to each other came to."""

    async def mine(self, spoken: Sequence[Spoken], *, names: Iterable[str]) -> Mined | None:
        """The question with its answer, without these names; None where there is no such thing.

        Raises:
            EngineUnavailable: an embedder does not answer.
        """
        ...


class Freshness(Protocol):
    """Looks through all that is stored for what somebody should bring up to date."""

    async def findings(self, curated: Sequence[CuratedAnswer], *, today: date) -> Findings:
        """What is overdue, said twice or at odds, among the documents and these answers.

        Raises:
            StoreUnavailable: the passages cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A change that does not count yet.

    id: other for every other change. what: what it changes, and how, to be read.
    answerer: answers as the documents would with it.
    edition: of documents, model and threshold with it, as `Knowledge.edition`.
    let: makes it count from the next question on, also after a crash; False, and nothing changed,
        where there is another change by now.
    """

    id: str
    what: Mapping[HeldPart, str]
    answerer: Answerer
    edition: Callable[[], Awaitable[str]]
    let: Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """The side of the bot that knows things.

    documents: answers without what people verified; the same as `answerer` where there is none.
    engages: decides what is answered in groups unasked; without it nothing is.
    heeding: the same answerer with votes; without it they change no ranking.
    tallies: where passages carry their votes.
    freshness: looks for what somebody should bring up to date.
    edition: tells by another word that documents, model or threshold are no longer the same.
    owners: what documents say of who answers for them, whoever or whatever that is.
    held: the change that waits to count, if there is one; without it every change counts at once.
    threads: finds out what a conversation came to; without it, without a model.
    same_judge: says in doubt whether a verified question is meant; without it doubt stays.
    library: what commands are told of documents. steering: what changes model and threshold.
    ingesting: the way in for documents, through the gate.
    """

    answerer: Answerer
    likeness: Likeness
    documents: Answerer | None = None
    engages: Engages | None = None
    heeding: Callable[[VoteLog, Clock], Heeding] | None = None
    tallies: Tallies | None = None
    freshness: Freshness | None = None
    edition: Callable[[], Awaitable[str]] | None = None
    owners: Callable[[], Awaitable[frozenset[str]]] | None = None
    held: Callable[[], Awaitable[Held | None]] | None = None
    threads: MinesThreads | None = None
    same_judge: SameJudge | None = None
    library: Library | None = None
    steering: Steering | None = None
    ingesting: Callable[[], AbstractAsyncContextManager[Ingest]] | None = None


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


MOST_REMARKS: Final = 200
"""Messages that are read of a thread: its first ones."""


@runtime_checkable
class ReadsThreads(Protocol):
    """A channel of a platform that shows a bot what was said in a thread."""

    async def thread(self, conversation: Conversation) -> tuple[Remark, ...]:
        """The messages of a thread, oldest first, `MOST_REMARKS` at most; none if there is no such.

        Raises:
            ChannelRefused: the bot may not read there.
            ChannelUnavailable: no answer now.
        """
        ...


class Files(Protocol):
    """Gives out the files that people attach on a platform."""

    async def of(self, message: InboundMessage) -> tuple[SharedFile, ...]:
        """The files that came with a message; where none did, those of the one it answers.

        Raises:
            ChannelRefused: the platform does not tell.
            ChannelUnavailable: no answer now.
        """
        ...

    async def fetch(self, file: SharedFile, *, most_bytes: int) -> bytes:
        """What stands in a file, from the platform itself; no address of a message is followed.

        most_bytes: of a larger file no more than this is read.

        Raises:
            FileTooLarge: there is more in it.
            ChannelRefused: the platform does not give it out, or not any more.
            ChannelUnavailable: no answer now.
        """
        ...


@runtime_checkable
class GivesFiles(Protocol):
    """A channel of a platform that gives out files."""

    @property
    def files(self) -> Files:
        """What gives them out."""
        ...


class Membership(Protocol):
    """Tells who is where on a platform."""

    def is_group(self, group_id: str) -> bool:
        """Whether an id of this platform is that of a group of people, not of one person."""
        ...

    async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
        """Everybody who can read in a conversation, or belongs to a department or group; not us.

        most: a larger group is refused as `too_many`.

        Raises:
            ChannelRefused: the platform does not tell.
            ChannelUnavailable: no answer now.
        """
        ...

    async def is_open(self, group_id: str) -> bool:
        """Whether others than its members can read what is said there.

        Raises:
            ChannelRefused: the platform does not tell.
            ChannelUnavailable: no answer now.
        """
        ...

    async def is_outside(self, user: User) -> bool:
        """Whether somebody is a guest, or of another company.

        Raises:
            ChannelRefused: the platform does not tell.
            ChannelUnavailable: no answer now.
        """
        ...


@runtime_checkable
class TellsMembers(Protocol):
    """A channel of a platform that tells who is where."""

    @property
    def membership(self) -> Membership:
        """Who tells."""
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

    async def give(self, verdict: Verdict, *, grounds: Grounds | None = None) -> None:
        """One verdict a person and answer: the one given last counts, whichever arrives last.

        Value 0 withdraws it, also from an older one that is still to arrive; where it says which
        word it takes back, the contrary stays. Of two given at the same moment 0 counts before
        -1, and -1 before 1. So the same words come to the same, in whatever order they arrive.

        grounds: what it is a vote on; None: on nothing but this answer.
        """
        ...

    async def of(self, ref: MessageRef) -> tuple[Verdict, ...]:
        """All standing verdicts on one answer, oldest first."""
        ...

    async def standing(self) -> tuple[Verdict, ...]:
        """All standing verdicts on whatever answer, oldest first."""
        ...

    async def given(self, user: User, *, since: datetime, but: MessageRef) -> int:
        """On how many other answers than `but` this person's last word came after this moment."""
        ...

    async def tallies(self, passage_ids: Collection[str]) -> Mapping[str, Tally]:
        """The standing votes on each of these passages."""
        ...

    async def people(self, curated: str) -> Tally:
        """What people think of a curated answer, named as in `Grounds`: each counts once, by the
        last word they said under any answer it was served as.
        """
        ...

    async def wordings(self, curated: str) -> tuple[WordingVote, ...]:
        """The standing votes on whether a curated answer, named as in `Grounds`, is the one to
        questions like its own, oldest first.
        """
        ...


class Gaps(Protocol):
    """What people asked and the knowledge base could not answer."""

    async def of_ask(self, ask_id: str) -> Gap | None:
        """The gap that holds this ask."""
        ...

    async def find(self, gap_id: str) -> Gap | None:
        """One gap with all its asks."""
        ...

    async def standing(self) -> tuple[Gap, ...]:
        """Every gap that is open or asked, oldest first."""
        ...

    async def due(self, now: datetime) -> tuple[Gap, ...]:
        """Standing gaps about which somebody is to be asked or reminded by now, oldest first."""
        ...

    async def add(self, gap: Gap, *, seen: Collection[str] | None = None) -> bool:
        """Keep a new gap with its asks; one whose id is known gets its new asks.

        seen: all standing gaps that it was compared with. False, and nothing kept, where another
            stands by now that may be the same. None: nobody asks.
        """
        ...

    async def join(self, gap_id: str, ask: Ask) -> None:
        """Add an ask; the same id again replaces it."""
        ...

    async def change(self, gap: Gap) -> bool:
        """Keep everything but the asks, with the next version.

        False, and nothing changed, where somebody else changed it since it was read.
        """
        ...


class CuratedLog(Protocol):
    """Curated answers and every change of them."""

    async def keep(
        self,
        answer: CuratedAnswer,
        *,
        key: str,
        by: str,
        reason: str = "",
        after: int | None = None,
    ) -> None:
        """Add an answer, or replace the one with its id. The same `key` again changes nothing.

        after: the number of its last change as far as we know; nothing happens if there is a later
            one.
        """
        ...

    async def withdraw(self, answer_id: str, *, key: str, by: str, reason: str = "") -> None:
        """Take an answer back; its history stays. The same `key` again changes nothing."""
        ...

    async def history(self, answer_id: str) -> tuple[CuratedRevision, ...]:
        """Its changes, oldest first; empty where there never was such an answer."""
        ...

    async def mark(self) -> tuple[int, int]:
        """How many changes there are and the last one's number; cheap, and other after a change."""
        ...

    async def since(self, number: int) -> tuple[CuratedRevision, ...]:
        """The changes with a higher number, in their order."""
        ...


class Proposals(Protocol):
    """Answers that wait for somebody's decision."""

    async def add(self, proposal: Proposal) -> bool:
        """Keep it; False where its id is known, decided or not."""
        ...

    async def find(self, proposal_id: str) -> Proposal | None:
        """One proposal."""
        ...

    async def waiting(self) -> tuple[Proposal, ...]:
        """Those not decided yet, oldest first."""
        ...

    async def decided(self) -> tuple[Proposal, ...]:
        """Those that were accepted or rejected, in the order in which they were made."""
        ...

    async def decide(
        self, proposal_id: str, state: ProposalState, *, by: User, edited: bool = False
    ) -> bool:
        """Decide it in this person's name; False, and nothing changes, where somebody did already.

        edited: it was accepted in other words.
        """
        ...


class EvalRuns(Protocol):
    """Runs of the test set."""

    async def keep(self, run: EvalRun) -> None:
        """Keep a run; the same id again replaces it."""
        ...

    async def latest(self, count: int = 12) -> tuple[EvalRun, ...]:
        """The latest runs, oldest first."""
        ...


class Trials(Protocol):
    """Changes that were tried out before they count, and what was decided about them."""

    async def keep(self, trial: GateTrial) -> None:
        """Keep a trial; the same id again replaces it."""
        ...

    async def change(self, trial: GateTrial, *, was: TrialState | None) -> bool:
        """Keep a trial whose state is still `was`; None: nobody has kept it yet.

        False, and nothing changed, where it is not: somebody else was quicker.
        """
        ...

    async def find(self, change_id: str) -> GateTrial | None:
        """The trial of one change."""
        ...

    async def all(self) -> tuple[GateTrial, ...]:
        """Every trial there was, oldest first."""
        ...


class Reminders(Protocol):
    """Of what somebody was reminded."""

    async def last(self, person: str) -> Mapping[str, datetime]:
        """When this person, by their key, was reminded of each thing last."""
        ...

    async def note(self, person: str, things: Collection[str], *, at: datetime) -> None:
        """They were reminded of these things now."""
        ...


class Errands(Protocol):
    """What people asked for and wait for the report of."""

    async def add(self, errand: Errand) -> None:
        """Keep it until it is done; one whose id is known stays as it is."""
        ...

    async def waiting(self) -> tuple[Errand, ...]:
        """Those that are not done, oldest first."""
        ...

    async def begin(self, errand_id: str) -> int:
        """Work on it begins: how often it has by now."""
        ...

    async def done(self, errand_id: str) -> None:
        """It needs no more work, and is forgotten."""
        ...


class Departures(Protocol):
    """What left the house for a language model elsewhere."""

    async def all(self) -> tuple[Departure, ...]:
        """Every departure, oldest first."""
        ...


class AuditLog(Protocol):
    """What was done and refused: entries are added and read, nothing changes or deletes one."""

    async def append(self, *entries: AuditEntry) -> None:
        """Put entries down, in this order; one whose key is known is there already."""
        ...

    async def latest(self, count: int, *, by: str = "") -> tuple[AuditEntry, ...]:
        """The latest entries, newest first. by: only of this person, by their key."""
        ...

    async def links(self, *, after: int | None, most: int) -> tuple[Link, ...]:
        """The links with a higher number, as they are stored, in their order.

        after: None: from the lowest number there is.
        """
        ...

    async def head(self) -> Head | None:
        """The end of the chain as it is kept beside it."""
        ...


class Stores(Protocol):
    """Every store of the core."""

    @property
    def audit(self) -> AuditLog:
        """What was done and refused."""
        ...

    @property
    def grants(self) -> GrantLog:
        """Roles granted in chat."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Replies that were sent."""
        ...

    @property
    def memory(self) -> Memory:
        """What was said before."""
        ...

    @property
    def answers(self) -> AnswerLog:
        """Answers given."""
        ...

    @property
    def verdicts(self) -> Verdicts:
        """What people thought of them."""
        ...

    @property
    def gaps(self) -> Gaps:
        """What could not be answered."""
        ...

    @property
    def curated(self) -> CuratedLog:
        """What people verified."""
        ...

    @property
    def proposals(self) -> Proposals:
        """What waits for a decision."""
        ...

    @property
    def runs(self) -> EvalRuns:
        """How the test set went."""
        ...

    @property
    def errands(self) -> Errands:
        """What takes long."""
        ...

    @property
    def trials(self) -> Trials:
        """What was tried out before it counts."""
        ...

    @property
    def reminders(self) -> Reminders:
        """Of what people were reminded."""
        ...

    @property
    def departures(self) -> Departures:
        """What left the house."""
        ...

    @property
    def joiners(self) -> Joiners:
        """People on journeys."""
        ...

    @property
    def agenda(self) -> Agenda:
        """What is due."""
        ...

    @property
    def mutes(self) -> Mutes:
        """Where the bot keeps silent."""
        ...

    @property
    def named_readers(self) -> NamedReaders:
        """Who may read what because somebody said so."""
        ...

    @property
    def choices(self) -> Choices:
        """What was chosen in place of what is configured."""
        ...

    @property
    def figures(self) -> Figures:
        """What answers came to."""
        ...
