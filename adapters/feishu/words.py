"""Words of a payload, read with care: anything may be missing, or of another type; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

# Ids stand in addresses and in keys: nothing else may.
_ID: Final = re.compile(r"[A-Za-z0-9_.:=@-]{1,120}")


class Malformed(ValueError):
    """A payload that lacks what its kind always has."""


def json_object(content: str) -> Mapping[str, Any]:
    """The object that a text is, empty where it is none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def part(value: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The object at the end of this path, empty where there is none."""
    for name in path:
        inner = value.get(name)
        value = inner if isinstance(inner, dict) else {}
    return value


def word(value: Mapping[str, Any], name: str) -> str:
    """A string, empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, str) else ""


def proper_id(value: Mapping[str, Any], name: str) -> str:
    """An id that can be stored, compared and put into an address.

    Raises:
        Malformed: there is none.
    """
    found = id_or_nothing(value, name)
    if not found:
        raise Malformed(f"no {name}")
    return found


def id_or_nothing(value: Mapping[str, Any], name: str) -> str:
    """The same, empty where there is none."""
    found = word(value, name)
    return found if _ID.fullmatch(found) else ""
