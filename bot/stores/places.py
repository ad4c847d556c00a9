"""Where a database is, said without secrets."""

from __future__ import annotations

from sqlalchemy import URL


def place_of(url: URL) -> str:
    """Database and host, never the password."""
    host = url.host or url.query.get("host") or "localhost"
    return f"database {url.database} on {host}{f':{url.port}' if url.port else ''}"
