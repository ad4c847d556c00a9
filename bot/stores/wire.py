"""Values of the core as JSON text and back: what the state store keeps in its payload columns.

ASCII only, so that any string a platform sends survives, half an emoji included. A field that was
added later takes its default when an older payload is read; a field that is gone is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import (
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from bot.core.model import (
    CardAction,
    ChatOpened,
    Event,
    InboundMessage,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    Reaction,
)

T = TypeVar("T")
_Read: TypeAlias = Callable[[Any], Any]
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_EVENTS: Mapping[str, type[Event]] = {
    "message": InboundMessage,
    "reaction": Reaction,
    "card_action": CardAction,
    "member_joined": MemberJoined,
    "member_left": MemberLeft,
    "message_deleted": MessageDeleted,
    "chat_opened": ChatOpened,
}


class Unreadable(ValueError):
    """A stored payload that no longer fits the words of the core."""


def dump(value: object) -> str:
    """Write a value made of our frozen dataclasses as JSON."""
    return _json(_pack(value))


def load(kind: type[T], payload: str) -> T:
    """Read a value that `dump` wrote.

    Raises:
        Unreadable: the payload is not of this kind.
    """
    try:
        value = _reader_of(kind)(json.loads(payload))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable(f"not a stored {kind.__name__}: {error}") from error
    if not isinstance(value, kind):
        raise Unreadable(f"not a stored {kind.__name__}")
    return value


def dump_event(event: Event) -> str:
    """Write an event together with its kind."""
    return _json({"kind": kind_of(event), "event": _pack(event)})


def load_event(payload: str) -> Event:
    """Read an event that `dump_event` wrote.

    Raises:
        Unreadable: the payload is no event, or of a kind this version does not know.
    """
    try:
        envelope = json.loads(payload)
        kind, event = envelope["kind"], json.dumps(envelope["event"])
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable("not a stored event") from error
    if kind not in _EVENTS:
        raise Unreadable(f"no event is called {kind!r}")
    return load(_EVENTS[kind], event)


def kind_of(event: Event) -> str:
    """The event's name on disk."""
    return next(name for name, kind in _EVENTS.items() if type(event) is kind)


def _json(packed: Json) -> str:
    return json.dumps(packed, ensure_ascii=True, separators=(",", ":"))


def _pack(value: object) -> Json:
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    return _pack_many(value)


def _pack_many(value: object) -> Json:
    match value:
        case frozenset():
            return [*sorted(str(member) for member in value)]
        case tuple():
            return [_pack(member) for member in value]
        case Mapping():
            return {str(name): _pack(member) for name, member in value.items()}
        case _ if is_dataclass(value):
            return {
                name: _pack(getattr(value, name)) for name in _names(cast("Hashable", type(value)))
            }
        case _:
            raise TypeError(f"{type(value).__name__} is not a word of the core")


# A reader a type, made once: looking at type hints takes longer than reading by them.


def _reader_of(kind: Any) -> _Read:
    return _reader(kind)


@cache
def _reader(hint: Any) -> _Read:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (some,) = (member for member in arguments if member is not type(None))
        return _optional(_reader(some))
    if origin is Literal:
        return _one_of(arguments)
    if origin in (frozenset, tuple):
        return _many(origin, _reader(arguments[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_reader(arguments[1]))
    return _plain(hint)


def _optional(read: _Read) -> _Read:
    return lambda value: None if value is None else read(value)


def _one_of(allowed: tuple[Any, ...]) -> _Read:
    def read(value: Any) -> Any:
        if value not in allowed:
            raise ValueError(f"{value!r} is not one of {allowed}")
        return value

    return read


def _many(kind: Callable[[Iterable[Any]], Any], read: _Read) -> _Read:
    return lambda value: kind(map(read, value))


def _mapping(read: _Read) -> _Read:
    return lambda value: {name: read(member) for name, member in value.items()}


def _plain(kind: Any) -> _Read:
    if is_dataclass(kind):
        return _fields(kind)
    if issubclass(kind, datetime | date):
        reading: _Read = kind.fromisoformat
        return reading
    if issubclass(kind, Enum):
        return lambda value: kind(value)  # noqa: PLW0108 -- a class is no plain function to mypy
    return _primitive(kind)


def _primitive(kind: Any) -> _Read:
    def read(value: Any) -> Any:
        if kind is float and isinstance(value, int):
            return float(value)
        if not isinstance(value, kind):
            raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
        return value

    return read


def _fields(kind: Any) -> _Read:
    def read(value: Mapping[str, Any]) -> Any:
        readers = _readers(kind)
        return kind(**{name: readers[name](value[name]) for name in readers if name in value})

    return read


@cache
def _readers(kind: type) -> Mapping[str, _Read]:
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
