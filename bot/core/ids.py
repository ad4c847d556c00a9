"""Ids that are made of what they name, so that the same thing is never kept twice."""

from __future__ import annotations

import hashlib


def hashed_id(name: str, *, digits: int = 32) -> str:
    """The id of this name; one that UTF-8 cannot hold has an id too."""
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:digits]
