"""The nouns of the core: what arrives as an event, what leaves as a card.

Values only. A platform's payload becomes one of the `Event`s; what the core wants to say becomes a
`Card` of `Block`s, which every platform renders in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

from knowledge.model import EVERYONE, Answer, Citation, Language

# ── who and where ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A place where people talk to the bot. It may be kept and written to days later.

    id: the platform's id of the chat or channel. With `direct` also a person's own, as in
        `User.id` and so in configuration: Slack's `U…`, Feishu's open id `ou_…`, DingTalk's
        `userId`. That is their conversation with the bot, whether they ever wrote or not; what
        they do there may name it by the chat's id, so tell people by `User.key`.
    thread_id: the thread inside it, empty where there is none.
    direct: only one person and the bot are in it, as far as the platform says.
    """

    platform: str
    id: str
    thread_id: str = ""
    direct: bool = False

    @property
    def lane(self) -> str:
        """Its name, unique over all platforms."""
        return f"{self.platform}:{self.id}:{self.thread_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person, known by the platform's user id; the name is for display only."""

    platform: str
    id: str
    name: str = ""

    @property
    def key(self) -> str:
        """The person's name in configuration, as in `slack:U123`."""
        return f"{self.platform}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """One message on a platform; `id` is unique inside the platform by itself."""

    platform: str
    id: str


# ── what arrives ──────────────────────────────────────────────────────────────────────────────


Attachment: TypeAlias = Literal["image", "file", "audio", "video", "sticker", "other"]
"""What a message carries that the bot cannot read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """A file that somebody attached, as far as its message tells.

    id: what the platform gives it out for, now or a little later.
    name: as whoever sent it called it: anything may stand there.
    size_bytes: as the message says; None where it does not.
    """

    platform: str
    id: str
    name: str
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """Somebody wrote something.

    keys: every id under which the platform may deliver this again; any of them seen before
        means the whole event was seen before. Never empty. The first names the message itself,
        the same in each delivery.
    text: without the mention of the bot, entities decoded, ends trimmed; other people who are
        mentioned stand in it by name.
    addressed: the bot was mentioned, or the conversation is direct.
    names_others: somebody else was mentioned, and the bot was not.
    quoted: the text of the message it quotes; context, never this person's own words.
    quotes: that message, where its words did not come along.
    attachment: what came with the text or instead of it.
    files: those that came with it, and those of a message it quotes where these came along.
    mentions: the people named in it but us, as far as the platform gives their ids.
    ref: the message itself, to reply to.
    """

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime
    ref: MessageRef
    text: str
    addressed: bool
    names_others: bool = False
    quoted: str = ""
    quotes: MessageRef | None = None
    attachment: Attachment | None = None
    files: tuple[SharedFile, ...] = ()
    mentions: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted:
    """Somebody took back a message.

    ref: the message that is gone.
    """

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime
    ref: MessageRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """Somebody put an emoji on a message, or took it back.

    emoji: the meaning, skin tones removed.
    happened_at: when, as the platform says; None where it does not.
    """

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime
    ref: MessageRef
    emoji: Literal["up", "down"]
    withdrawn: bool = False
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAction:
    """Somebody pressed a button or sent a form.

    ref: the card's message.
    name: the button's name, from `Button.name` or `Form.name`.
    values: what the button carries and what was typed, by field name.
    happened_at: when, as the platform says; None where it does not.
    """

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime
    ref: MessageRef
    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined:
    """Somebody became a member of a conversation or of the company.

    profile: what the platform tells of them, as far as it does: `time_zone`, `department`, `role`,
        `location`, `first_day` as an ISO date; `guest` where they belong to another company.
    """

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime
    profile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft:
    """Somebody is no longer a member of a conversation or of the company."""

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOpened:
    """Somebody opened their direct conversation with the bot."""

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime


Event: TypeAlias = (
    InboundMessage | MessageDeleted | Reaction | CardAction | MemberJoined | MemberLeft | ChatOpened
)


def lane_of(event: Event) -> str:
    """Events of one lane are handled in the order they came.

    A deletion has a lane of its own: it must reach the work on the message it takes back.
    """
    if isinstance(event, MessageDeleted):
        return f"{event.conversation.platform}:deleted:{event.ref.id}"
    return event.conversation.lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of a group of people.

    outside: a guest, or of another company, as far as the list of members says.
    """

    user: User
    outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One message of a thread, as it stands there now.

    ref: the message. user: who wrote it; called: all names by which the platform knows them.
    by_bot: we wrote it, or another program.
    approvals: so many other people put an emoji on it that says yes.
    """

    ref: MessageRef
    user: User
    text: str
    called: tuple[str, ...] = ()
    by_bot: bool = False
    approvals: int = 0


# ── what leaves ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Markdown:
    """Text in CommonMark with pipe tables and fenced code."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One numbered source under an answer.

    marker: the number in the text, as in `[1]`.
    place: headings and page, ready to read.
    quote: the exact words.
    """

    marker: int
    title: str
    uri: str
    place: str
    quote: str
    passage_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The sources of an answer, in the order of their markers."""

    items: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Short label–value pairs."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to press; it comes back as a `CardAction` with this name and these values."""

    name: str
    label: str
    values: Mapping[str, str] = field(default_factory=dict)
    style: Literal["default", "primary", "danger"] = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """A row of buttons."""

    items: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Work under way. fraction: in [0, 1], or None while the end is unknown."""

    text: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture by address, with words for those who cannot see it."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a select field."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of a form: a select where there are choices, else text."""

    name: str
    label: str
    choices: tuple[Choice, ...] = ()
    multiline: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Inputs with one button; it comes back as a `CardAction` named `name`."""

    name: str
    fields: tuple[Field, ...]
    submit_label: str
    values: Mapping[str, str] = field(default_factory=dict)


Block: TypeAlias = Markdown | Sources | Fields | Buttons | Progress | Image | Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One message, as meaning.

    summary: one plain line for notifications and screen readers.
    streaming: more of this card is coming.
    passing: what comes takes the place of what is shown, so it cannot be added to that.
    """

    language: Language
    blocks: tuple[Block, ...]
    title: str = ""
    summary: str = ""
    streaming: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A card on its way.

    key: names this reply for ever; sending the same key again must not show a second message.
    answers: the message it replies to, if there is one.
    only_for: nobody but this person may see it, where the platform can do that.
    """

    key: str
    conversation: Conversation
    card: Card
    answers: MessageRef | None = None
    only_for: User | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a platform can do.

    edits: a sent card can be changed.
    draft_interval: drafts must not come faster than this.
    max_drafts: how many edits one card may get, the last one included; None means no limit.
    forms: text can be typed into a card.
    """

    edits: bool = True
    private: bool = True
    forms: bool = True
    draft_interval: timedelta = timedelta(milliseconds=300)
    max_drafts: int | None = None


# ── what is remembered ────────────────────────────────────────────────────────────────────────


class Role(StrEnum):
    """What somebody may do; each person has EVERYONE."""

    EVERYONE = "everyone"
    OWNER = "owner"
    HR = "hr"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A command as it was typed: `/deskmate name argument argument`."""

    name: str
    arguments: tuple[str, ...]
    message: InboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """An answer as it was given, so that a verdict or an opened source finds it again.

    asked: the question's own message, to reply to it again.
    """

    ref: MessageRef
    conversation: Conversation
    asker: User
    question: str
    answer: Answer
    audience: frozenset[str]
    answered_at: datetime
    asked: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One person's last word on one answer.

    value: 1 helpful, -1 not, 0 withdrawn.
    withdraws: which word a withdrawal takes back; 0: whichever it was.
    """

    ref: MessageRef
    user: User
    value: Literal[-1, 0, 1]
    reason: str = ""
    correction: str = ""
    given_at: datetime
    withdraws: Literal[-1, 0, 1] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What an answer was made of, which is what a verdict on it is about.

    question: as it was understood.
    passages: the ids of those it cited.
    curated: the answer that a person verified, in the words it had; empty where none was served.
    similar: the same, where it was given because this question is like its own, or was said to be
        the same: a verdict then tells whether they are.
    """

    question: str
    passages: tuple[str, ...] = ()
    curated: str = ""
    similar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingVote:
    """Whether a verified answer was the one to this wording, by one person's last word.

    person: their key. value: 1 it was, -1 it was not.
    """

    wording: str
    person: str
    value: Literal[-1, 1]
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One person's question that waits for knowledge.

    id: the same for one person and answer, however often they ask for more.
    ref: the message that answered it as well as the bot could; asked: the question's own.
    audience: the names its readers share.
    """

    id: str
    question: str
    language: Language
    conversation: Conversation
    user: User
    ref: MessageRef
    asked: MessageRef | None = None
    asked_at: datetime
    audience: frozenset[str] = frozenset({EVERYONE})
    wants_person: bool = False


class GapState(StrEnum):
    """How far a gap is."""

    OPEN = "open"
    """Nobody was asked yet."""
    ASKED = "asked"
    """Somebody who should know was asked."""
    ANSWERED = "answered"
    """The asked one has told; it may wait for approval."""
    CLOSED = "closed"
    """Nobody needs to answer this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearby:
    """A passage that came near a question and did not answer it.

    owner: who answers for its document, as the document says.
    """

    passage_id: str
    document_id: str
    title: str
    audience: frozenset[str] = frozenset({EVERYONE})
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What several people asked in their words, and the knowledge base could not answer.

    asks: everybody's question, oldest first.
    asked: the keys of those who were asked to answer it, the last one now.
    reminded: how often the last one was reminded. due_at: when somebody is reminded or asked next.
    found: the passages that were nearest. version: counts its changes.
    readers: the names of those who may read the answer; some only where what was found is for some.
    """

    id: str
    question: str
    language: Language
    opened_at: datetime
    readers: frozenset[str] = frozenset({EVERYONE})
    asks: tuple[Ask, ...] = ()
    state: GapState = GapState.OPEN
    asked: tuple[str, ...] = ()
    reminded: int = 0
    due_at: datetime | None = None
    found: tuple[Nearby, ...] = ()
    version: int = 0

    @property
    def standing(self) -> bool:
        """Whether an answer would still help."""
        return self.state in (GapState.OPEN, GapState.ASKED)

    @property
    def wordings(self) -> tuple[str, ...]:
        """The different questions, in the order they came."""
        return tuple(dict.fromkeys((self.question, *(ask.question for ask in self.asks))))


# ── what waits for a decision ─────────────────────────────────────────────────────────────────


class ProposalState(StrEnum):
    """What became of a proposal."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


ProposalKind: TypeAlias = Literal[
    "expert", "correction", "promotion", "import", "mined", "thread", "doubted", "wording"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A question with an answer that somebody has to accept before it counts as verified.

    id: the same for the same proposal, however often it is made.
    by: the key of who wrote the answer; by_name: for people to read.
    gap_id: the gap it answers, if there is one.
    owner, review_on: of the answer it will be, where somebody said so already.
    decided_by: the key of who accepted or rejected it; decided_by_name: for people to read.
    edited: accepted in other words than it was proposed in.
    """

    id: str
    kind: ProposalKind
    question: str
    text: str
    language: Language
    by: str
    by_name: str = ""
    proposed_at: datetime
    audience: frozenset[str] = frozenset({EVERYONE})
    wordings: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    gap_id: str = ""
    owner: str = ""
    review_on: date | None = None
    state: ProposalState = ProposalState.WAITING
    decided_by: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
    edited: bool = False


# ── what takes long ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Work that somebody asked for by a command and whose report is posted when it is done.

    id: the key of the reply that carries the report.
    name: the command's first name. message: the one it was typed in.
    """

    id: str
    name: str
    message: InboundMessage
    language: Language
    asked_at: datetime


# ── the test set ──────────────────────────────────────────────────────────────────────────────


CaseResult: TypeAlias = Literal["right", "refused", "wrong"]
"""What the documents alone say to a question whose answer somebody verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalRun:
    """One run of the test set.

    results, questions: by the case's id.
    edition: of documents, model and threshold, as they were then; empty where nobody could tell.
    """

    id: str
    at: datetime
    results: Mapping[str, CaseResult]
    questions: Mapping[str, str]
    edition: str = ""

    def share(self, result: CaseResult) -> float:
        """The share of cases with this result, in [0, 1]; 0 where there are none."""
        return list(self.results.values()).count(result) / max(1, len(self.results))


# ── what is held back ─────────────────────────────────────────────────────────────────────────


HeldPart: TypeAlias = Literal["documents", "model", "threshold"]
"""What a change is a change of."""


class TrialState(StrEnum):
    """What became of a change that was tried out before it counts."""

    PASSED = "passed"
    """The test set went as well as before."""
    WAITING = "waiting"
    """It went worse; administrators are asked."""
    LET = "let"
    """An administrator lets it count anyway."""
    KEPT_BACK = "kept_back"
    """An administrator wants things to stay as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateTrial:
    """A change that was tried out on the test set before it counts.

    id: of the change. what: what it changes, and how, to be read.
    before, after: the test set without and with it.
    """

    id: str
    what: Mapping[str, str]
    before: EvalRun
    after: EvalRun
    at: datetime
    state: TrialState
    decided_by: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
