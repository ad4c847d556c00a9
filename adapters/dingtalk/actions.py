"""Buttons and forms: what they carry out and what comes back; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from adapters.dialect import clean
from adapters.dingtalk.codec import PLATFORM, Ours
from adapters.dingtalk.payload import (
    Payload,
    as_object,
    as_text,
    compare,
    first_in,
    is_number,
    object_in,
    parse,
    required,
    short,
    text_of,
)
from bot.core.model import CardAction, Conversation, MessageRef, User

_MOST_VALUES: Final = 32
_LONGEST_VALUE: Final = 4_000
_LONGEST_NAME: Final = 64
_ALONE: Final = "dp"
_AMONG_OTHERS: Final = "dm"


def track_id(key: str, *, alone: bool) -> str:
    """The name of the card that carries a reply: the same for the same key, also after a crash.

    alone: one person gets it in their conversation with the robot. What is pressed there may come
    from an `im` space like any group's, so the card's own name has to tell.
    """
    digest = hashlib.sha256(key.encode(errors="replace")).hexdigest()[:48]
    return f"{_ALONE if alone else _AMONG_OTHERS}{digest}"


def button_token(name: str, values: Mapping[str, str]) -> str:
    """A button's name and values as the one string that DingTalk brings back."""
    return f"{name}?{urlencode(dict(values), errors='replace')}" if values else name


def decode_action(
    payload: Payload, *, ours: Ours, received_at: datetime, clicked_at_ms: str, frame_id: str = ""
) -> CardAction | None:
    """Somebody pressed a button; None where it has no name.

    clicked_at_ms: when DingTalk sent it. Presses of one button within a second are one.
    frame_id: the id of the delivery, where it has one.

    Raises:
        PayloadForeign: from another organisation.
        PayloadMalformed: no card callback at all.
    """
    compare(payload, "corpId", ours.corp_id)
    track, user_id = required(payload, "outTrackId"), required(payload, "userId")
    content = _card_content(payload)
    private = object_in(content, "cardPrivateData")
    params = {**object_in(content, "params"), **object_in(private, "params")}
    pressed = (
        text_of(params, "button")
        or first_in(private, "actionIds")
        or first_in(content, "actionIds")
    )
    name, carried = _read_token(pressed)
    if not name:
        return None
    values = dict(_bounded({**carried, **dict(_typed(params))}))
    moment = clicked_at_ms if is_number(clicked_at_ms) else str(int(received_at.timestamp() * 1e3))
    what = hashlib.sha256(json.dumps([name, values]).encode()).hexdigest()[:16]
    press = short(f"{track}:{user_id}:{what}:{int(moment) // 1000}")
    return CardAction(
        keys=(press, short(f"frame:{frame_id}")) if frame_id else (press,),
        conversation=_card_place(payload),
        user=User(platform=PLATFORM, id=user_id),
        received_at=received_at,
        ref=MessageRef(platform=PLATFORM, id=track),
        name=name,
        values=values,
    )


def _card_content(payload: Payload) -> Payload:
    content = payload.get("content", payload.get("value"))
    if isinstance(content, str):
        return parse(content.encode(errors="replace"))
    return as_object(content)


def _card_place(payload: Payload) -> Conversation:
    kind, _, space = text_of(payload, "openSpaceId").rpartition("//")[2].partition(".")
    kind, space = kind or text_of(payload, "spaceType"), space or text_of(payload, "spaceId")
    direct = kind.upper() == "IM_ROBOT" or text_of(payload, "outTrackId").startswith(_ALONE)
    place = text_of(payload, "userId") if direct else space
    return Conversation(platform=PLATFORM, id=short(place), direct=direct)


def _read_token(token: str) -> tuple[str, Mapping[str, str]]:
    name, _, query = token.partition("?")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_VALUES)
    except ValueError:
        return "", {}
    return name[:_LONGEST_NAME], dict(pairs)


def _typed(params: Payload) -> Iterator[tuple[str, str]]:
    """What was typed or chosen, flat: a select says {index, value}, a form is an object of them."""
    for name, value in params.items():
        if isinstance(value, dict) and "value" in value:
            yield name, as_text(value["value"])
        elif isinstance(value, dict):
            yield from ((inner, _chosen(one)) for inner, one in value.items())
        elif name != "button":
            yield name, as_text(value)


def _chosen(value: object) -> str:
    return as_text(value["value"] if isinstance(value, dict) and "value" in value else value)


def _bounded(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in list(values.items())[:_MOST_VALUES]:
        yield clean(name)[:_LONGEST_NAME], clean(value)[:_LONGEST_VALUE]
