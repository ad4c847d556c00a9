"""Buttons, forms and commands → Event; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from adapters.dialect import clean
from adapters.moments import of_seconds
from adapters.slack.shape import (
    PLATFORM,
    Json,
    Origin,
    conversation_of,
    id_of,
    key,
    part_of,
    parts_of,
    ref_of,
    text_of,
    ts_of,
    user_of,
    users_of,
    values_of,
)
from adapters.slack.words import hear
from bot.core.model import CardAction, Conversation, InboundMessage, MessageRef, User

COMMAND: Final = "/deskmate"

_LONGEST_NAME: Final = 255
_TYPED_FIELDS: Final = ("value", "selected_date", "selected_time")


def decode_action(payload: Json, origin: Origin) -> CardAction | None:
    """A pressed button; what was typed beside it belongs to it where both are of one form."""
    container = part_of(payload, "container")
    message = part_of(payload, "message")
    channel = id_of(part_of(payload, "channel"), "id") or id_of(container, "channel_id")
    ts = ts_of(container, "message_ts") or ts_of(message, "ts")
    user = _person(payload)
    actions = parts_of(payload, "actions")
    if not (channel and ts and user.id and actions):
        return None
    action = actions[0]
    thread = ts_of(container, "thread_ts") or ts_of(message, "thread_ts")
    if not thread and not channel.startswith("D") and container.get("is_ephemeral") is not True:
        thread = ts
    action_id = clean(text_of(action, "action_id"))
    pressed = text_of(action, "action_ts") or text_of(payload, "trigger_id")
    return CardAction(
        keys=origin.keys(channel, ts, user.id, action_id, pressed),
        conversation=conversation_of(channel, thread),
        user=user,
        received_at=origin.received_at,
        ref=ref_of(channel, ts),
        name=_name(action_id),
        # What the button carries comes last: nothing that is typed can take its place.
        values={**_typed(payload, text_of(action, "block_id")), **_carried(action)},
        happened_at=of_seconds(text_of(action, "action_ts")),
    )


def decode_view(payload: Json, origin: Origin) -> CardAction | None:
    """A sent dialog; None where it is none of ours, see `stale_dialog`."""
    view = part_of(payload, "view")
    user = _person(payload)
    view_id = id_of(view, "id")
    metadata = text_of(view, "private_metadata")
    carried = values_of(metadata) if metadata else {}
    if not (view_id and user.id) or carried is None:
        return None
    places = (id_of(one, "channel_id") for one in parts_of(payload, "response_urls"))
    channel = next((place for place in places if place), "")
    return CardAction(
        keys=origin.keys("view", view_id, text_of(view, "hash"), user.id),
        conversation=conversation_of(channel) if channel else _alone_with(user),
        user=user,
        received_at=origin.received_at,
        ref=MessageRef(platform=PLATFORM, id=f"view:{view_id}"),
        name=clean(text_of(view, "callback_id"))[:_LONGEST_NAME],
        values={**_inputs(view, ""), **carried},
    )


def stale_dialog(payload: Json) -> str | None:
    """The input to put an error under where a sent dialog was not opened by this version."""
    if text_of(payload, "type") != "view_submission":
        return None
    view = part_of(payload, "view")
    metadata = text_of(view, "private_metadata")
    if not metadata or values_of(metadata) is not None:
        return None
    blocks = (text_of(block, "block_id") for block in parts_of(view, "blocks"))
    return next((block_id for block_id in blocks if block_id), None)


def decode_command(fields: Json, origin: Origin) -> InboundMessage | None:
    """A slash command, as the text it would be in a message; whatever the command is called."""
    channel, user = id_of(fields, "channel_id"), id_of(fields, "user_id")
    trigger = text_of(fields, "trigger_id")
    if not (channel and user and trigger):
        return None
    name = key("command", channel, user, trigger)
    heard = hear(text_of(fields, "text"), ())
    return InboundMessage(
        keys=(name,),
        conversation=conversation_of(
            channel, direct=text_of(fields, "channel_name") == "directmessage"
        ),
        user=user_of(user, text_of(fields, "user_name")),
        received_at=origin.received_at,
        ref=MessageRef(platform=PLATFORM, id=name),
        text=f"{COMMAND} {heard.text}".strip(),
        addressed=True,
        mentions=users_of(heard.people),
    )


# ── inside ────────────────────────────────────────────────────────────────────────────────────


def _person(payload: Json) -> User:
    person = part_of(payload, "user")
    return user_of(id_of(person, "id"), text_of(person, "name") or text_of(person, "username"))


def _alone_with(user: User) -> Conversation:
    return conversation_of(user.id, direct=True)


def _name(action_id: str) -> str:
    """The renderer numbers its buttons, because Slack wants each id once: `verdict:2`."""
    name, colon, number = action_id.rpartition(":")
    numbered = colon and number.isascii() and number.isdigit()
    return (name if numbered else action_id)[:_LONGEST_NAME]


def _carried(action: Json) -> Mapping[str, str]:
    value = _value(action)
    if value is None:
        return {}
    ours = values_of(value)
    return {"value": clean(value)} if ours is None else ours


def _typed(payload: Json, block_id: str) -> Mapping[str, str]:
    return _inputs(payload, f"{block_id}:") if block_id else {}


def _inputs(source: Json, prefix: str) -> Mapping[str, str]:
    """What stands in the inputs whose block's id begins like this, by the inputs' own ids."""
    return dict(_each_input(part_of(part_of(source, "state"), "values"), prefix))


def _each_input(blocks: Json, prefix: str) -> Iterator[tuple[str, str]]:
    for block_id in blocks:
        if not block_id.startswith(prefix):
            continue
        inputs = part_of(blocks, block_id)
        for action_id in inputs:
            value = _value(part_of(inputs, action_id))
            if value is not None:
                yield _name(clean(action_id)), clean(value)


def _value(element: Json) -> str | None:
    option = text_of(part_of(element, "selected_option"), "value")
    if option:
        return option
    return next((text_of(element, name) for name in _TYPED_FIELDS if text_of(element, name)), None)
