"""What the page posts → events; pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.core.model import CardAction, Conversation, InboundMessage, MessageRef, Reaction, User

PLATFORM: Final = "playground"

# The page draws its conversation's id at random; whoever knows the id may read along.
CONVERSATION: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_ConversationId = Annotated[str, StringConstraints(pattern=rf"^{CONVERSATION.pattern}$")]
_Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Value = Annotated[str, StringConstraints(max_length=4_000)]


class PostRefused(Exception):
    """A post that is no event.

    status: the HTTP status that says whose turn it is.
    code: one word for the page.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


class _Post(BaseModel):
    """id: drawn by the page for each post, so that a repeated post is one event."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conversation: _ConversationId
    id: _Id


_PostT = TypeVar("_PostT", bound=_Post)


class _Message(_Post):
    # The core reads the language from the text itself; the page's is accepted and not needed.
    text: str
    language: Literal["zh", "en"] | None = None


class _Action(_Post):
    ref: _Id
    name: _Name
    values: dict[_Name, _Value] = {}


class _Reaction(_Post):
    ref: _Id
    emoji: Literal["up", "down"]
    withdrawn: bool = False


def decode_message(
    body: bytes, *, user: User, received_at: datetime, max_text_chars: int
) -> InboundMessage:
    """A question or command as it was typed.

    Raises:
        PostRefused: malformed, empty, or longer than `max_text_chars`.
    """
    post = _parse(_Message, body)
    if len(post.text) > max_text_chars:
        raise PostRefused(413, "too_long")
    text = _CONTROL.sub("", post.text.replace("\r\n", "\n")).strip()
    if not text:
        raise PostRefused(400, "empty")
    return InboundMessage(
        keys=(event_key(post.conversation, post.id),),
        conversation=conversation(post.conversation),
        user=user,
        received_at=received_at,
        ref=said_ref(post.conversation, post.id),
        text=text,
        addressed=True,
    )


def decode_action(body: bytes, *, user: User, received_at: datetime) -> CardAction:
    """A pressed button or a sent form.

    Raises:
        PostRefused: malformed.
    """
    post = _parse(_Action, body)
    return CardAction(
        keys=(event_key(post.conversation, post.id),),
        conversation=conversation(post.conversation),
        user=user,
        received_at=received_at,
        ref=MessageRef(platform=PLATFORM, id=post.ref),
        name=post.name,
        values=_without_controls(post.values),
    )


def decode_reaction(body: bytes, *, user: User, received_at: datetime) -> Reaction:
    """A thumb put on a card, or taken back.

    Raises:
        PostRefused: malformed.
    """
    post = _parse(_Reaction, body)
    return Reaction(
        keys=(event_key(post.conversation, post.id),),
        conversation=conversation(post.conversation),
        user=user,
        received_at=received_at,
        ref=MessageRef(platform=PLATFORM, id=post.ref),
        emoji=post.emoji,
        withdrawn=post.withdrawn,
    )


def conversation(conversation_id: str) -> Conversation:
    """One browser tab: a person alone with the bot."""
    return Conversation(platform=PLATFORM, id=conversation_id, direct=True)


def said_ref(conversation_id: str, post_id: str) -> MessageRef:
    """The message somebody typed; the page computes nothing, it is told."""
    return MessageRef(platform=PLATFORM, id=_digest("said", conversation_id, post_id))


def card_ref(conversation_id: str, reply_key: str) -> MessageRef:
    """The message that carries a reply: the same for the same key, also after a restart."""
    return MessageRef(platform=PLATFORM, id=_digest("card", conversation_id, reply_key))


def event_key(conversation_id: str, post_id: str) -> str:
    """A post's name for ever; hashed, because a conversation's id is its secret."""
    return f"{PLATFORM}:{_digest('event', conversation_id, post_id)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _without_controls(values: Mapping[str, str]) -> Mapping[str, str]:
    return {name: _CONTROL.sub("", value) for name, value in values.items()}


def _parse(shape: type[_PostT], body: bytes) -> _PostT:
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise PostRefused(400, "malformed") from error
