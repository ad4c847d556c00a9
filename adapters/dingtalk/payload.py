"""Reading JSON of anybody's making: fields may be missing, of another type, or endless; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from adapters.dialect import clean

Payload: TypeAlias = Mapping[str, Any]

_LONGEST_ID: Final = 160


class PayloadMalformed(Exception):
    """Something in it is missing or of another shape."""


class PayloadForeign(Exception):
    """It is for another robot or another organisation."""


def parse(body: bytes) -> Payload:
    """A JSON object.

    Raises:
        PayloadMalformed: it is anything else.
    """
    try:
        payload = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise PayloadMalformed from error
    return as_object(payload)


def as_object(payload: object) -> Payload:
    """What should be a JSON object.

    Raises:
        PayloadMalformed: it is something else.
    """
    if not isinstance(payload, dict):
        raise PayloadMalformed
    return payload


def compare(payload: Payload, name: str, ours: str) -> None:
    """Refuse what names somebody else than us; what is empty on either side is not compared.

    Raises:
        PayloadForeign: it differs.
    """
    found = text_of(payload, name)
    if found and ours and found != ours:
        raise PayloadForeign


def required(payload: Payload, name: str) -> str:
    """A field without which there is nothing to decode.

    Raises:
        PayloadMalformed: it is missing.
    """
    value = short(text_of(payload, name))
    if not value:
        raise PayloadMalformed
    return value


def either_of(payload: Payload, *names: str) -> str:
    """The first of these fields that says something, or nothing."""
    return next((value for name in names if (value := text_of(payload, name))), "")


def text_of(payload: Payload, name: str) -> str:
    """A field as text; one of another type says nothing."""
    return as_text(payload.get(name))


def as_text(value: object) -> str:
    """Text, and numbers as text, without lone surrogates and control characters."""
    if isinstance(value, str):
        return clean(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def object_in(payload: Payload, name: str) -> Payload:
    """An object inside, empty where there is none."""
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def objects_in(payload: Payload, name: str) -> Iterator[Payload]:
    """The objects in a list."""
    value = payload.get(name)
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def texts_in(value: object) -> Iterable[str]:
    """What a list says, or a single value."""
    found = value if isinstance(value, list) else [value]
    return (text for one in found if (text := as_text(one)))


def first_in(payload: Payload, name: str) -> str:
    """What the first entry of a list says."""
    return next(iter(texts_in(payload.get(name))), "")


def is_number(text: str) -> bool:
    """A whole number small enough to be a time."""
    return text.isascii() and text.isdigit() and len(text) <= 15


def short(name: str) -> str:
    """A name that fits in a key; a longer one keeps its identity, not its letters."""
    return name if len(name) <= _LONGEST_ID else hashlib.sha256(name.encode()).hexdigest()
