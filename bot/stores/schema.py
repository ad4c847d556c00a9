"""All tables of the state store, whichever module describes them."""

from __future__ import annotations

from typing import Literal

from bot.stores import (
    agreed_tables,
    audit,
    egress,
    grants,
    onboarding_tables,
    replica_tables,
    steering_tables,
)
from bot.stores.tables import ROW_ID, Moment, Word, metadata

__all__ = ["metadata", "written"]

DESCRIBING = (
    agreed_tables,
    audit,
    egress,
    grants,
    onboarding_tables,
    replica_tables,
    steering_tables,
)
"""Modules that add tables when they are imported."""


def written(kind: str, what: object, _context: object) -> str | Literal[False]:
    """How our own column types are written in a new revision; False: alembic knows."""
    if kind != "type":
        return False
    match what:
        case Moment():
            return "Moment()"
        case Word():
            length = getattr(what.impl, "length", None)
            return f"Word({length or ''})"
        case _ if what is ROW_ID:
            return "ROW_ID"
        case _:
            return False
