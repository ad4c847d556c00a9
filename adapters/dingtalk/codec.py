"""What DingTalk sends → events; pure. Whatever a payload holds ends here as plain strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.dialect import clean, without_bidi
from adapters.dingtalk.files import files_in
from adapters.dingtalk.payload import (
    Payload,
    PayloadForeign,
    PayloadMalformed,
    compare,
    either_of,
    is_number,
    object_in,
    objects_in,
    required,
    short,
    text_of,
    texts_in,
)
from bot.core.model import (
    Attachment,
    Conversation,
    InboundMessage,
    MemberJoined,
    MessageRef,
    User,
)

PLATFORM: Final = "dingtalk"

_ALL: Final = ("@所有人", "@all", "@All", "@ALL")
_ATTACHMENTS: Final[Mapping[str, Attachment]] = {
    "picture": "image",
    "image": "image",
    "file": "file",
    "audio": "audio",
    "voice": "audio",
    "video": "video",
    "emotion": "sticker",
    "sticker": "sticker",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Who we are; what is empty is not compared."""

    robot_code: str = ""
    corp_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address on which one conversation can be answered for a while."""

    conversation_id: str
    url: str
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A robot message: the event, None where it is our own, and how to answer at once."""

    event: InboundMessage | None
    webhook: Webhook | None


# ── robot messages ────────────────────────────────────────────────────────────────────────────


def decode_message(payload: Payload, *, ours: Ours, received_at: datetime) -> Heard:
    """Somebody wrote to the robot, or in a group where it was mentioned.

    Raises:
        PayloadForeign: for another robot or organisation.
        PayloadMalformed: no message at all.
    """
    compare(payload, "robotCode", ours.robot_code)
    compare(payload, "chatbotCorpId", ours.corp_id)
    sender = required(payload, "senderId")
    user = User(
        platform=PLATFORM,
        id=text_of(payload, "senderStaffId") or sender,
        name=without_bidi(text_of(payload, "senderNick")),
    )
    place = _message_place(payload, user)
    message_id = required(payload, "msgId")
    if sender == text_of(payload, "chatbotUserId"):
        return Heard(event=None, webhook=None)
    text, attachment = _content(payload)
    listed, others = _mentions(payload)
    addressed = place.direct or listed or _in_list_alone(payload, text)
    event = InboundMessage(
        keys=(message_id,),
        conversation=place,
        user=user,
        received_at=received_at,
        ref=MessageRef(platform=PLATFORM, id=message_id),
        text=text,
        addressed=addressed,
        names_others=others and not addressed,
        quoted=_quoted(payload),
        attachment=attachment,
        files=files_in(payload),
        mentions=_people(payload),
    )
    return Heard(event=event, webhook=_webhook(payload, place))


def _message_place(payload: Payload, user: User) -> Conversation:
    # Cards and messages to one person are addressed to the person, not to the conversation.
    if text_of(payload, "conversationType") == "1":
        return Conversation(platform=PLATFORM, id=user.id, direct=True)
    return Conversation(platform=PLATFORM, id=required(payload, "conversationId"))


def _content(payload: Payload) -> tuple[str, Attachment | None]:
    kind = text_of(payload, "msgtype")
    content = object_in(payload, "content")
    if kind == "text":
        return text_of(object_in(payload, "text"), "content").strip(), None
    if kind == "richText":
        return _rich_text(content)
    # A voice message comes with what was understood of it.
    return text_of(content, "recognition").strip(), _ATTACHMENTS.get(kind, "other")


def _rich_text(content: Payload) -> tuple[str, Attachment | None]:
    parts = tuple(objects_in(content, "richText"))
    text = "".join(text_of(part, "text") for part in parts).strip()
    kinds = (text_of(part, "type") for part in parts)
    return text, next((_ATTACHMENTS[kind] for kind in kinds if kind in _ATTACHMENTS), None)


def _mentions(payload: Payload) -> tuple[bool, bool]:
    """Whether the list of mentioned people names us, and whether it names others."""
    us = text_of(payload, "chatbotUserId")
    ids = [text_of(person, "dingtalkId") for person in objects_in(payload, "atUsers")]
    return us in ids and bool(us), any(one != us for one in ids)


def _people(payload: Payload) -> tuple[User, ...]:
    """Those who are mentioned and belong to the organisation; only of them the id is told."""
    us = text_of(payload, "chatbotUserId")
    found = (
        short(text_of(person, "staffId"))
        for person in objects_in(payload, "atUsers")
        if text_of(person, "dingtalkId") != us
    )
    named = dict.fromkeys(staff_id for staff_id in found if staff_id)
    return tuple(User(platform=PLATFORM, id=staff_id) for staff_id in named)


def _in_list_alone(payload: Payload, text: str) -> bool:
    """Some payloads only say that we are in the list; a call to everybody is not that."""
    if payload.get("isInAtList") is not True or any(objects_in(payload, "atUsers")):
        return False
    return not any(sign in text for sign in _ALL)


def _quoted(payload: Payload) -> str:
    replied = object_in(object_in(payload, "text"), "repliedMsg")
    content = replied.get("content")
    if isinstance(content, str):
        return clean(content).strip()
    quoted = object_in(replied, "content")
    return (text_of(quoted, "text") or _rich_text(quoted)[0]).strip()


def _webhook(payload: Payload, place: Conversation) -> Webhook | None:
    url, until = text_of(payload, "sessionWebhook"), text_of(payload, "sessionWebhookExpiredTime")
    if not url or not is_number(until):
        return None
    return Webhook(conversation_id=place.id, url=url, expires_at_ms=int(until))


# ── events of the organisation ────────────────────────────────────────────────────────────────


def event_kind(payload: Payload) -> str:
    """What an event callback over HTTP is about, such as `user_add_org` or `check_url`."""
    return either_of(payload, "EventType", "eventType")


def decode_joined(
    payload: Payload, *, ours: Ours, received_at: datetime, event_id: str = ""
) -> tuple[MemberJoined, ...]:
    """People became members of the organisation: one event a person.

    event_id: where it does not stand in the payload.

    Raises:
        PayloadForeign: of another organisation.
        PayloadMalformed: nobody is named.
    """
    corp_id = either_of(payload, "CorpId", "corpId")
    if corp_id and ours.corp_id and corp_id != ours.corp_id:
        raise PayloadForeign
    found = texts_in(payload.get("userId", payload.get("UserId")))
    people = tuple(short(person) for person in found)
    name = event_id or either_of(payload, "eventId", "EventId", "BizId", "timeStamp", "TimeStamp")
    if not people or not name:
        raise PayloadMalformed
    return tuple(
        MemberJoined(
            keys=(short(f"{name}:{person}"),),
            conversation=Conversation(platform=PLATFORM, id=person, direct=True),
            user=User(platform=PLATFORM, id=person),
            received_at=received_at,
        )
        for person in dict.fromkeys(people)
    )
