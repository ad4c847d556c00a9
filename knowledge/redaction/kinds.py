"""What is recognised, and what a recogniser says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Kind(StrEnum):
    """What a stretch of text is. The value stands in settings and, in capitals, in placeholders."""

    NAME = "name"
    ID = "id"
    """A number that a state gave a person."""
    PHONE = "phone"
    CARD = "card"
    """A bank card or account."""
    EMAIL = "email"
    ADDRESS = "address"
    PLATE = "plate"
    IP = "ip"
    SECRET = "secret"  # noqa: S105 - the name of a kind, no secret
    """A password, key or token."""
    NUMBER = "number"
    """Ten digits or more in a row that are none of the above; a mistyped one still tells."""
    AMOUNT = "amount"
    """Money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A stretch of a text, from `start` up to but without `end`."""

    start: int
    end: int
    kind: Kind


Recogniser: TypeAlias = Callable[[str], Iterable[Find]]
"""Reads text in the form of `folding.fold`; what it finds may overlap."""
