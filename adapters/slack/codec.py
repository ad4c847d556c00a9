"""Slack payload → Event; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias

from adapters.dialect import clean
from adapters.moments import of_seconds
from adapters.slack.files import files_in
from adapters.slack.identity import Identity, addressed_ids, ours, own_ids
from adapters.slack.interactions import decode_action, decode_command, decode_view
from adapters.slack.shape import (
    Json,
    Origin,
    conversation_of,
    id_of,
    part_of,
    parts_of,
    ref_of,
    text_of,
    ts_of,
    user_of,
    users_of,
)
from adapters.slack.words import hear
from bot.core.model import (
    Attachment,
    ChatOpened,
    Event,
    InboundMessage,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageRef,
    Reaction,
)

_Decode: TypeAlias = Callable[[Json, Json, Identity, Origin], Event | None]

# A message of a person has no subtype, or one of these; all others are news about the channel.
SAID: Final = frozenset({"", "file_share", "me_message", "thread_broadcast"})
_SKIN_TONE: Final = re.compile(r"::skin-tone-\d$")
_EMOJI: Final[Mapping[str, Literal["up", "down"]]] = {
    "+1": "up",
    "thumbsup": "up",
    "white_check_mark": "up",
    "heavy_check_mark": "up",
    "-1": "down",
    "thumbsdown": "down",
    "x": "down",
}
_LONGEST_QUOTE: Final = 4_000
_LONGEST_FACT: Final = 100
_SLACKBOT: Final = "USLACKBOT"
"""Slack itself, which has no bot's id."""


def decode(payload: Json, *, identity: Identity, received_at: datetime) -> Event | None:
    """The event in a payload, of a request or of a Socket Mode envelope; None where it is nothing
    to us: our own, another bot's, another workspace's, edited, or of a kind we do not know.
    """
    if not ours(payload, identity):
        return None
    event_id = id_of(payload, "event_id")
    origin = Origin(event_id=event_id, received_at=received_at)
    match text_of(payload, "type"):
        case "event_callback":
            return _event(payload, identity, origin)
        case "block_actions":
            return decode_action(payload, origin)
        case "view_submission":
            return decode_view(payload, origin)
        case "" if text_of(payload, "command"):
            return decode_command(payload, origin)
        case _:
            return None


def kind_of(payload: Json) -> str:
    """What Slack calls this payload, for the log."""
    kind = text_of(part_of(payload, "event"), "type") or text_of(payload, "type")
    return clean(kind or ("command" if "command" in payload else "unknown"))[:64]


def known(payload: Json) -> bool:
    """Whether payloads of this kind mean something to us."""
    kind = kind_of(payload)
    return kind in _KINDS or kind in ("block_actions", "view_submission", "command")


# ── events ────────────────────────────────────────────────────────────────────────────────────


def _event(payload: Json, identity: Identity, origin: Origin) -> Event | None:
    event = part_of(payload, "event")
    decoder = _KINDS.get(text_of(event, "type"))
    return decoder(event, payload, identity, origin) if decoder else None


def _message(event: Json, payload: Json, identity: Identity, origin: Origin) -> Event | None:
    subtype = text_of(event, "subtype")
    if subtype == "message_deleted":
        return _deleted(event, part_of(event, "previous_message"), origin)
    if subtype == "message_changed":
        return _changed(event, origin)
    if subtype not in SAID or _from_bot(event, identity):
        return None
    return _said(event, payload, identity, origin)


def _from_bot(event: Json, identity: Identity) -> bool:
    if event.get("bot_id") or event.get("bot_profile") or text_of(event, "user") == _SLACKBOT:
        return True
    return bool(identity.user_id) and text_of(event, "user") == identity.user_id


def _said(event: Json, payload: Json, identity: Identity, origin: Origin) -> Event | None:
    channel, ts, user = id_of(event, "channel"), ts_of(event, "ts"), id_of(event, "user")
    if not (channel and ts and user):
        return None
    direct = text_of(event, "channel_type") == "im" or channel.startswith("D")
    thread = ts_of(event, "thread_ts") or ("" if direct else ts)
    heard = hear(text_of(event, "text"), addressed_ids(payload, identity))
    mentioned = heard.mentioned or text_of(event, "type") == "app_mention"
    return InboundMessage(
        keys=origin.keys(channel, ts),
        conversation=conversation_of(channel, thread, direct=direct),
        user=user_of(user),
        received_at=origin.received_at,
        ref=ref_of(channel, ts),
        text=heard.text,
        addressed=mentioned or direct,
        names_others=heard.names_others and not mentioned,
        quoted=_quoted(event),
        quotes=_quotes(event, own_ids(payload, identity)),
        attachment=_attachment(event),
        files=files_in(event),
        mentions=users_of(heard.people),
    )


def _quoted(event: Json) -> str:
    """A message that was shared, or the one a reply to the whole channel belongs to."""
    shared = (
        text_of(one, "text")
        for one in parts_of(event, "attachments")
        if one.get("is_share") is True or one.get("is_msg_unfurl") is True
    )
    texts = (*shared, text_of(part_of(event, "root"), "text"))
    return "\n\n".join(hear(one, ()).text for one in texts if one)[:_LONGEST_QUOTE]


def _quotes(event: Json, own: frozenset[str]) -> MessageRef | None:
    """The first message of a thread that somebody else began; its words do not come along."""
    root, beginner = ts_of(event, "thread_ts"), id_of(event, "parent_user_id")
    if not (root and beginner) or beginner in own | {text_of(event, "user")}:
        return None
    return ref_of(id_of(event, "channel"), root)


def _attachment(event: Json) -> Attachment | None:
    files = parts_of(event, "files")
    if not files:
        return None
    match text_of(files[0], "mimetype").partition("/")[0]:
        case "image":
            return "image"
        case "audio":
            return "audio"
        case "video":
            return "video"
        case _:
            return "file"


def _changed(event: Json, origin: Origin) -> Event | None:
    """Edits mean nothing to us; but a question with answers under it is deleted as a change."""
    message = part_of(event, "message")
    if text_of(message, "subtype") != "tombstone":
        return None
    previous = part_of(event, "previous_message")
    gone = {**message, "user": text_of(previous, "user"), "bot_id": previous.get("bot_id")}
    return _deleted({**event, "deleted_ts": text_of(message, "ts")}, gone, origin)


def _deleted(event: Json, previous: Json, origin: Origin) -> Event | None:
    channel = id_of(event, "channel")
    ts = ts_of(event, "deleted_ts") or ts_of(previous, "ts")
    user = id_of(previous, "user")
    if not (channel and ts and user) or previous.get("bot_id"):
        return None
    direct = text_of(event, "channel_type") == "im" or channel.startswith("D")
    thread = ts_of(previous, "thread_ts") or ("" if direct else ts)
    return MessageDeleted(
        keys=origin.keys(channel, ts, "deleted"),
        conversation=conversation_of(channel, thread, direct=direct),
        user=user_of(user),
        received_at=origin.received_at,
        ref=ref_of(channel, ts),
    )


def _reaction(event: Json, payload: Json, identity: Identity, origin: Origin) -> Event | None:
    item = part_of(event, "item")
    channel, ts, user = id_of(item, "channel"), ts_of(item, "ts"), id_of(event, "user")
    emoji = meaning_of(text_of(event, "reaction"))
    if emoji is None or not (channel and ts and user) or user in own_ids(payload, identity):
        return None
    withdrawn = text_of(event, "type") == "reaction_removed"
    moment = ts_of(event, "event_ts") or origin.event_id
    return Reaction(
        keys=origin.keys(channel, ts, user, emoji, "off" if withdrawn else "on", moment),
        conversation=conversation_of(channel),
        user=user_of(user),
        received_at=origin.received_at,
        ref=ref_of(channel, ts),
        emoji=emoji,
        withdrawn=withdrawn,
        happened_at=of_seconds(text_of(event, "event_ts")),
    )


def meaning_of(emoji: str) -> Literal["up", "down"] | None:
    """Whether an emoji of this name says yes or no, if either."""
    return _EMOJI.get(_SKIN_TONE.sub("", emoji))


def _team_join(event: Json, payload: Json, identity: Identity, origin: Origin) -> Event | None:
    person = part_of(event, "user")
    user = id_of(person, "id")
    if not user or person.get("is_bot") is True or user in own_ids(payload, identity):
        return None
    name = text_of(person, "real_name") or text_of(person, "name")
    return MemberJoined(
        keys=origin.keys("team_join", user, _moment(event, payload)),
        # Slack opens the direct conversation when something is posted to the person's id.
        conversation=conversation_of(user, direct=True),
        user=user_of(user, name),
        received_at=origin.received_at,
        profile=_profile(person),
    )


def _profile(person: Json) -> Mapping[str, str]:
    """What Slack tells of a new member; guests see some channels only."""
    guest = person.get("is_restricted") is True or person.get("is_ultra_restricted") is True
    told = {
        "time_zone": text_of(person, "tz"),
        "role": text_of(part_of(person, "profile"), "title"),
        "guest": "yes" if guest else "",
    }
    return {name: clean(said)[:_LONGEST_FACT] for name, said in told.items() if said}


def _joined(event: Json, payload: Json, identity: Identity, origin: Origin) -> Event | None:
    channel, user = id_of(event, "channel"), id_of(event, "user")
    if not (channel and user) or user in own_ids(payload, identity):
        return None
    return MemberJoined(
        keys=origin.keys(channel, "joined", user, _moment(event, payload)),
        conversation=conversation_of(channel),
        user=user_of(user),
        received_at=origin.received_at,
    )


def _left(event: Json, payload: Json, identity: Identity, origin: Origin) -> Event | None:
    channel, user = id_of(event, "channel"), id_of(event, "user")
    if not (channel and user) or user in own_ids(payload, identity):
        return None
    return MemberLeft(
        keys=origin.keys(channel, "left", user, _moment(event, payload)),
        conversation=conversation_of(channel),
        user=user_of(user),
        received_at=origin.received_at,
    )


def _opened(event: Json, _payload: Json, _identity: Identity, origin: Origin) -> Event | None:
    channel, user = id_of(event, "channel"), id_of(event, "user")
    if not (channel and user):
        return None
    return ChatOpened(
        keys=origin.keys("opened", user),
        conversation=conversation_of(channel, direct=True),
        user=user_of(user),
        received_at=origin.received_at,
    )


def _moment(event: Json, payload: Json) -> str:
    """When it happened; somebody may leave and join again."""
    when = payload.get("event_time")
    return ts_of(event, "event_ts") or (str(when) if isinstance(when, int) else "")


_KINDS: Final[Mapping[str, _Decode]] = {
    "message": _message,
    "app_mention": _message,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "team_join": _team_join,
    "member_joined_channel": _joined,
    "member_left_channel": _left,
    "app_home_opened": _opened,
}
