"""Feishu's events → ours; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from adapters.dialect import clean, without_bidi
from adapters.feishu.content import Mention, Said, read
from adapters.feishu.envelope import Payload
from adapters.feishu.files import files_in
from adapters.feishu.words import id_or_nothing, part, proper_id, word
from adapters.moments import of_digits
from bot.core.model import (
    CardAction,
    ChatOpened,
    Conversation,
    Event,
    InboundMessage,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageRef,
    Reaction,
    User,
)

PLATFORM: Final = "feishu"
CARD_ACTION: Final = "card.action.trigger"

_MOST_VALUES: Final = 50
_LONGEST_VALUE: Final = 4_000
_LONGEST_NAME: Final = 200
_CHINA: Final = timezone(timedelta(hours=8))
_LATEST_S: Final = 32_503_680_000
_MENU_KEY: Final = re.compile(r"(?:deskmate\.)?([A-Za-z][A-Za-z0-9_-]{0,39})")
_COPY_MARK: Final = re.compile(r"#\d+$")

# Feishu's names for 👍 ✅ 👌 +1 and 👎 ❌, compared without case.
_UP: Final = frozenset({"thumbsup", "done", "checkmark", "ok", "jiayi", "lgtm", "yes"})
_DOWN: Final = frozenset({"thumbsdown", "crossmark", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """Who we are.

    open_id: empty until the platform told us.
    """

    app_id: str
    open_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Envelope:
    """What stands around every event."""

    id: str
    event: Mapping[str, Any]
    bot: Bot
    received_at: datetime
    created_at: datetime | None
    tenant_key: str = ""


def kind_of(payload: Payload) -> str:
    """The event's type in Feishu's words; empty where there is none."""
    return word(part(payload, "header"), "event_type")


def is_known(kind: str) -> bool:
    """Whether events of this type have a meaning here, if only that there is nothing to do."""
    return kind in _DECODERS or kind in _NOTHING_TO_DO


def tenant_of(payload: Payload) -> str:
    """The company an event happened in, as its header says."""
    return word(part(payload, "header"), "tenant_key")


def is_ours(payload: Payload, *, app_id: str, tenant_key: str) -> bool:
    """Whether an event is for this app, and of this company where one is configured."""
    header = part(payload, "header")
    same_tenant = not tenant_key or word(header, "tenant_key") == tenant_key
    return word(header, "app_id") == app_id and same_tenant


def decode(payload: Payload, *, bot: Bot, received_at: datetime) -> tuple[Event, ...]:
    """What happened, one event a person; none where it is nothing to us.

    Raises:
        Malformed: the payload lacks what its type always has.
    """
    decoder = _DECODERS.get(kind_of(payload))
    if decoder is None:
        return ()
    event = part(payload, "event")
    header = part(payload, "header")
    envelope = _Envelope(
        id=proper_id(header, "event_id"),
        event=event,
        bot=bot,
        received_at=received_at,
        created_at=of_digits(word(header, "create_time")),
        tenant_key=word(header, "tenant_key"),
    )
    return decoder(envelope)


# ── messages ──────────────────────────────────────────────────────────────────────────────────


def _message(got: _Envelope) -> tuple[Event, ...]:
    sender, message = part(got.event, "sender"), part(got.event, "message")
    author = proper_id(part(sender, "sender_id"), "open_id")
    if word(sender, "sender_type") != "user" or author == got.bot.open_id:
        return ()
    ref = proper_id(message, "message_id")
    direct = word(message, "chat_type") == "p2p"
    said = read(
        word(message, "message_type"),
        word(message, "content"),
        _mentions(message, got.bot),
    )
    return (
        InboundMessage(
            keys=(ref, got.id),
            conversation=Conversation(
                platform=PLATFORM,
                id=proper_id(message, "chat_id"),
                # In a group an answer hangs under its question, so each question begins a thread.
                thread_id=id_or_nothing(message, "root_id") or ("" if direct else ref),
                direct=direct,
            ),
            user=User(platform=PLATFORM, id=author),
            received_at=got.received_at,
            ref=MessageRef(platform=PLATFORM, id=ref),
            text=said.text,
            addressed=direct or said.mentions_us,
            names_others=said.mentions_others and not said.mentions_us,
            quotes=_quotes(message),
            attachment=said.attachment,
            files=files_in(ref, word(message, "message_type"), word(message, "content")),
            mentions=_people(said),
        ),
    )


def _people(said: Said) -> tuple[User, ...]:
    found = dict.fromkeys(_person({"open_id": one.id}, name=one.name) for one in said.people)
    return tuple(found)


def _quotes(message: Mapping[str, Any]) -> MessageRef | None:
    parent = id_or_nothing(message, "parent_id")
    return MessageRef(platform=PLATFORM, id=parent) if parent else None


def _mentions(message: Mapping[str, Any], bot: Bot) -> Iterator[Mention]:
    mentions = message.get("mentions")
    for mention in mentions if isinstance(mentions, list) else ():
        if isinstance(mention, dict):
            yield Mention(
                key=word(mention, "key"),
                name=word(mention, "name")[:_LONGEST_NAME],
                ourselves=_is_us(mention, bot),
                id=id_or_nothing(part(mention, "id"), "open_id"),
            )


def _is_us(mention: Mapping[str, Any], bot: Bot) -> bool:
    if not bot.open_id:
        # Most apps are shown only what names them, so the bot that is named is likely us.
        return word(mention, "mentioned_type") == "bot"
    return word(part(mention, "id"), "open_id") == bot.open_id


def _recalled(got: _Envelope) -> tuple[Event, ...]:
    ref = proper_id(got.event, "message_id")
    return (
        MessageDeleted(
            # The message's own key was seen when the message came.
            keys=(f"{ref}/recalled", got.id),
            conversation=Conversation(platform=PLATFORM, id=id_or_nothing(got.event, "chat_id")),
            user=User(platform=PLATFORM, id=""),  # Feishu does not say who took it back
            received_at=got.received_at,
            ref=MessageRef(platform=PLATFORM, id=ref),
        ),
    )


def _menu(got: _Envelope) -> tuple[Event, ...]:
    key = _MENU_KEY.fullmatch(word(got.event, "event_key"))
    if key is None:
        return ()
    person = _person(part(got.event, "operator", "operator_id"))
    return (
        InboundMessage(
            keys=(got.id,),
            # A menu belongs to the chat with the bot, which is not named: the person is.
            conversation=Conversation(platform=PLATFORM, id=person.id, direct=True),
            user=person,
            received_at=got.received_at,
            ref=MessageRef(platform=PLATFORM, id=f"menu/{got.id}"),
            text=f"/deskmate {key[1].lower()}",
            addressed=True,
        ),
    )


# ── reactions and cards ───────────────────────────────────────────────────────────────────────


def _reaction(got: _Envelope) -> tuple[Event, ...]:
    return _reacted(got, withdrawn=False)


def _reaction_withdrawn(got: _Envelope) -> tuple[Event, ...]:
    return _reacted(got, withdrawn=True)


def _reacted(got: _Envelope, *, withdrawn: bool) -> tuple[Event, ...]:
    emoji = meaning_of(word(part(got.event, "reaction_type"), "emoji_type"))
    if emoji is None or word(got.event, "operator_type") != "user":
        return ()
    ref = proper_id(got.event, "message_id")
    return (
        Reaction(
            keys=(got.id,),
            # No chat is named; by its message at least the order of votes on it is kept.
            conversation=Conversation(platform=PLATFORM, id="", thread_id=ref),
            user=_person(part(got.event, "user_id")),
            received_at=got.received_at,
            ref=MessageRef(platform=PLATFORM, id=ref),
            emoji=emoji,
            withdrawn=withdrawn,
            happened_at=of_digits(word(got.event, "action_time")),
        ),
    )


def meaning_of(emoji: str) -> Literal["up", "down"] | None:
    if emoji.lower() in _UP:
        return "up"
    return "down" if emoji.lower() in _DOWN else None


def _card_action(got: _Envelope) -> tuple[Event, ...]:
    action, context = part(got.event, "action"), part(got.event, "context")
    name, values = _pressed(action)
    return (
        CardAction(
            keys=(got.id,),
            conversation=Conversation(platform=PLATFORM, id=proper_id(context, "open_chat_id")),
            user=_person(part(got.event, "operator")),
            received_at=got.received_at,
            ref=MessageRef(platform=PLATFORM, id=proper_id(context, "open_message_id")),
            name=name,
            values={**values, **_filled_in(action)},
            happened_at=got.created_at,
        ),
    )


def _pressed(action: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """The button's name and values; a form's button may bring them in its component name alone."""
    value = part(action, "value")
    name = word(value, "name")
    if name:
        return name[:_LONGEST_NAME], _strings(part(value, "values"))
    if value:
        return "", _strings(value)
    name, _, query = word(action, "name").partition("?")
    return _COPY_MARK.sub("", name)[:_LONGEST_NAME], _strings(dict(parse_qsl(query)))


def _filled_in(action: Mapping[str, Any]) -> Mapping[str, str]:
    filled = {_COPY_MARK.sub("", str(key)): one for key, one in part(action, "form_value").items()}
    if "option" in action:
        filled["option"] = action["option"]
    return _strings(filled)


def _strings(values: Mapping[str, Any]) -> Mapping[str, str]:
    """Values as text; several choices stand one a line."""
    kept = list(values.items())[:_MOST_VALUES]
    return {clean(str(name))[:_LONGEST_NAME]: _string(value) for name, value in kept}


def _string(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(_string(one) for one in value[:_MOST_VALUES])[:_LONGEST_VALUE]
    text = value if isinstance(value, str) else json.dumps(value)
    return clean(text)[:_LONGEST_VALUE]


# ── people who come ───────────────────────────────────────────────────────────────────────────


def _opened(got: _Envelope) -> tuple[Event, ...]:
    return (
        ChatOpened(
            keys=(got.id,),
            conversation=Conversation(
                platform=PLATFORM, id=proper_id(got.event, "chat_id"), direct=True
            ),
            user=_person(part(got.event, "operator_id")),
            received_at=got.received_at,
        ),
    )


def _hired(got: _Envelope) -> tuple[Event, ...]:
    person = part(got.event, "object")
    user = _person(person, name=word(person, "name"))
    place = Conversation(platform=PLATFORM, id=user.id, direct=True)
    return (_joined(got, (got.id,), place, user, _profile(person)),)


def _profile(person: Mapping[str, Any]) -> Mapping[str, str]:
    """What the directory tells of somebody new, as far as the app may read it."""
    departments = person.get("department_ids")
    first = departments[0] if isinstance(departments, list) and departments else ""
    told = {
        "department": first if isinstance(first, str) else "",
        "role": word(person, "job_title"),
        "location": word(person, "city"),
        "first_day": _date(person.get("join_time")),
    }
    return {name: clean(said)[:_LONGEST_NAME] for name, said in told.items() if said}


def _date(seconds: object) -> str:
    """A day, which Feishu writes as the second at which it begins in China."""
    if not isinstance(seconds, int) or not 0 < seconds < _LATEST_S:
        return ""
    return datetime.fromtimestamp(seconds, _CHINA).date().isoformat()


def _added(got: _Envelope) -> tuple[Event, ...]:
    place = Conversation(platform=PLATFORM, id=proper_id(got.event, "chat_id"))
    users = got.event.get("users")
    people = [one for one in users if isinstance(one, dict)] if isinstance(users, list) else []
    return tuple(_member(got, place, one) for one in people)


def _member(got: _Envelope, place: Conversation, one: Mapping[str, Any]) -> MemberJoined:
    user = _person(part(one, "user_id"), name=word(one, "name"))
    theirs = word(one, "tenant_key")
    guest = bool(theirs) and theirs != (got.tenant_key or theirs)
    return _joined(got, (f"{got.id}/{user.id}",), place, user, {"guest": "yes"} if guest else {})


def _removed(got: _Envelope) -> tuple[Event, ...]:
    place = Conversation(platform=PLATFORM, id=proper_id(got.event, "chat_id"))
    users = got.event.get("users")
    people = [one for one in users if isinstance(one, dict)] if isinstance(users, list) else []
    return tuple(_left(got, place, _person(part(one, "user_id"))) for one in people)


def _resigned(got: _Envelope) -> tuple[Event, ...]:
    user = _person(part(got.event, "object"))
    place = Conversation(platform=PLATFORM, id=user.id, direct=True)
    return (_left(got, place, user),)


def _left(got: _Envelope, place: Conversation, user: User) -> MemberLeft:
    return MemberLeft(
        keys=(f"{got.id}/{user.id}",),
        conversation=place,
        user=user,
        received_at=got.received_at,
    )


def _joined(
    got: _Envelope,
    keys: tuple[str, ...],
    place: Conversation,
    user: User,
    profile: Mapping[str, str],
) -> MemberJoined:
    return MemberJoined(
        keys=keys,
        conversation=place,
        user=user,
        received_at=got.received_at,
        profile=profile,
    )


_DECODERS: Final[Mapping[str, Callable[[_Envelope], tuple[Event, ...]]]] = {
    "im.message.receive_v1": _message,
    "im.message.recalled_v1": _recalled,
    "im.message.reaction.created_v1": _reaction,
    "im.message.reaction.deleted_v1": _reaction_withdrawn,
    CARD_ACTION: _card_action,
    "application.bot.menu_v6": _menu,
    "im.chat.access_event.bot_p2p_chat_entered_v1": _opened,
    "contact.user.created_v3": _hired,
    "im.chat.member.user.added_v1": _added,
    "im.chat.member.user.deleted_v1": _removed,
    "im.chat.member.user.withdrawn_v1": _removed,
    "contact.user.deleted_v3": _resigned,
}
KINDS: Final = frozenset(_DECODERS)
"""Events and callbacks that mean something to us."""

_NOTHING_TO_DO: Final = frozenset(
    {
        "im.chat.member.bot.added_v1",
        "im.chat.member.bot.deleted_v1",
        "im.message.message_read_v1",
    }
)


def _person(ids: Mapping[str, Any], *, name: str = "") -> User:
    shown = without_bidi(clean(name))[:_LONGEST_NAME]
    return User(platform=PLATFORM, id=proper_id(ids, "open_id"), name=shown)
