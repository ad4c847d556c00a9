"""What replicas do one after the other, each until its transaction ends."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


def one_by_one(sql: Connection, what: str) -> None:
    """Wait for whoever does the same on PostgreSQL; SQLite has one writer in any case."""
    if sql.dialect.name == "postgresql":
        sql.execute(_LOCK, {"key": number_of(what)})


def number_of(name: str) -> int:
    """The number by which PostgreSQL knows this lock."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), signed=True)
