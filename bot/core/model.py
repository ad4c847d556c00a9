"""The nouns of the core: what arrives as an event, what leaves as a card.

Values only. A platform's payload becomes one of the `Event`s; what the core wants to say becomes a
`Card` of `Block`s, which every platform renders in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

from knowledge.model import Answer, Language

# ── who and where ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A place where people talk to the bot.

    id: the platform's id of the chat or channel.
    thread_id: the thread inside it, empty where there is none.
    direct: only one person and the bot are in it.
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
    """

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime
    ref: MessageRef
    emoji: Literal["up", "down"]
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAction:
    """Somebody pressed a button or sent a form.

    ref: the card's message.
    name: the button's name, from `Button.name` or `Form.name`.
    values: what the button carries and what was typed, by field name.
    """

    keys: tuple[str, ...]
    conversation: Conversation
    user: User
    received_at: datetime
    ref: MessageRef
    name: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined:
    """Somebody became a member of a conversation or of the company."""

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
    InboundMessage | MessageDeleted | Reaction | CardAction | MemberJoined | ChatOpened
)


def lane_of(event: Event) -> str:
    """Events of one lane are handled in the order they came.

    A deletion has a lane of its own: it must reach the work on the message it takes back.
    """
    if isinstance(event, MessageDeleted):
        return f"{event.conversation.platform}:deleted:{event.ref.id}"
    return event.conversation.lane


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
    """

    language: Language
    blocks: tuple[Block, ...]
    title: str = ""
    summary: str = ""
    streaming: bool = False


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
    """

    edits: bool = True
    private: bool = True
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
    """An answer as it was given, so that a verdict or an opened source finds it again."""

    ref: MessageRef
    conversation: Conversation
    asker: User
    question: str
    answer: Answer
    audience: frozenset[str]
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One person's last word on one answer.

    value: 1 helpful, -1 not, 0 withdrawn.
    """

    ref: MessageRef
    user: User
    value: Literal[-1, 0, 1]
    reason: str = ""
    correction: str = ""
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A question the knowledge base could not answer."""

    id: str
    question: str
    language: Language
    conversation: Conversation
    asker: User
    opened_at: datetime
    wants_person: bool = False
    passage_ids: tuple[str, ...] = ()
