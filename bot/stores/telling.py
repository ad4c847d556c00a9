"""Telling other replicas, by PostgreSQL's NOTIFY."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

CHANNEL: Final = "deskmate"
_NOTIFY: Final = text("SELECT pg_notify(:channel, :said)")


def tell(sql: Connection, topic: str, said: str = "") -> None:
    """Tell every replica, this one too, once the transaction is committed; SQLite has nobody."""
    if sql.dialect.name == "postgresql":
        sql.execute(_NOTIFY, {"channel": CHANNEL, "said": f"{topic} {said}"})
