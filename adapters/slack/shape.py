"""What Slack sends, read without trust: a value that is not of its kind counts as missing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from adapters.dialect import clean, without_bidi
from adapters.ingress import RequestRefused
from bot.core.model import Conversation, MessageRef, User

PLATFORM: Final = "slack"
FORM: Final = "application/x-www-form-urlencoded"

Json: TypeAlias = Mapping[str, Any]

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_TS: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}", re.ASCII)
_LONGEST_KEY: Final = 200
_LONGEST_NAME: Final = 100
_MOST_FORM_FIELDS: Final = 50
_MOST_PEOPLE: Final = 50


def parse(raw: bytes, content_type: str) -> Json:
    """A verified request's payload: an event, an interaction, or the fields of a command.

    Interactions come as JSON in the form field `payload`; a command's own text never counts, as
    it stands in another field.

    Raises:
        RequestRefused: 400, it is neither JSON nor such a form.
    """
    if content_type.partition(";")[0].strip().lower() != FORM:
        return _json_object(raw)
    try:
        fields = dict(
            parse_qsl(
                raw.decode(),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=_MOST_FORM_FIELDS,
            )
        )
    except ValueError as error:
        raise RequestRefused(400, "malformed") from error
    if "payload" in fields and "command" not in fields:
        return _json_object(fields["payload"].encode("utf-8", "surrogatepass"))
    return fields


def text_of(source: Json, name: str) -> str:
    """A text field, or nothing."""
    value = source.get(name)
    return value if isinstance(value, str) else ""


def part_of(source: Json, name: str) -> Json:
    """An object field, or an empty one."""
    value = source.get(name)
    return value if isinstance(value, dict) else {}


def parts_of(source: Json, name: str) -> Sequence[Json]:
    """The objects of a list field."""
    value = source.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def id_of(source: Json, name: str) -> str:
    """An id, or nothing: also where it is no id Slack would give."""
    value = text_of(source, name)
    return value if _ID.fullmatch(value) else ""


def ts_of(source: Json, name: str) -> str:
    """A message's time, which is its name inside its channel, or nothing."""
    value = text_of(source, name)
    return value if _TS.fullmatch(value) else ""


def values_of(text: str) -> Mapping[str, str] | None:
    """Text fields written as a JSON object, or None where that is something else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {clean(name): clean(value) for name, value in found.items() if isinstance(value, str)}


def key(*parts: str) -> str:
    """An event's name, short enough for the store."""
    whole = ":".join(parts)
    if len(whole) <= _LONGEST_KEY and clean(whole) == whole:
        return whole
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()


def ref_of(channel: str, ts: str) -> MessageRef:
    """A message; its time alone is unique only inside its channel."""
    return MessageRef(platform=PLATFORM, id=f"{channel}:{ts}")


def place_of(ref: MessageRef) -> tuple[str, str]:
    """Channel and time out of a reference."""
    channel, _, ts = ref.id.rpartition(":")
    return channel, ts


def user_of(user_id: str, name: str = "") -> User:
    """A person; the name is shortened and cannot turn the text around it."""
    return User(platform=PLATFORM, id=user_id, name=without_bidi(clean(name))[:_LONGEST_NAME])


def users_of(people: Iterable[tuple[str, str]]) -> tuple[User, ...]:
    """People by id and name; what is no id Slack would give is left out."""
    named = [(user_id, name) for user_id, name in people if _ID.fullmatch(user_id)]
    return tuple(user_of(user_id, name) for user_id, name in named[:_MOST_PEOPLE])


def conversation_of(channel: str, thread_ts: str = "", *, direct: bool = False) -> Conversation:
    """A channel's thread, or a direct conversation."""
    return Conversation(
        platform=PLATFORM,
        id=channel,
        thread_id=thread_ts,
        direct=direct or channel.startswith("D"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What every event has beside its meaning: the delivery it came in, and when."""

    event_id: str
    received_at: datetime

    def keys(self, *parts: str) -> tuple[str, ...]:
        """The event's own name first, then the id of this delivery."""
        return (key(*parts), self.event_id) if self.event_id else (key(*parts),)


def _json_object(raw: bytes) -> Json:
    try:
        found = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise RequestRefused(400, "malformed") from error
    if not isinstance(found, dict):
        raise RequestRefused(400, "malformed")
    return found
