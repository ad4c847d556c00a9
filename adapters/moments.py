"""When something was done, as platforms write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = re.compile(r"([0-9]{1,10})\.([0-9]{1,6})", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]{13}|[0-9]{16}", re.ASCII)


def of_seconds(text: str) -> datetime | None:
    """The moment of `1700000000.000100`; None where that is none."""
    found = _SECONDS.fullmatch(text)
    if found is None:
        return None
    seconds, fraction = found.groups()
    return _EPOCH + timedelta(seconds=int(seconds), microseconds=int(fraction.ljust(6, "0")))


def of_digits(text: str) -> datetime | None:
    """The moment of 13 digits, which are milliseconds, or 16, which are microseconds."""
    if _DIGITS.fullmatch(text) is None:
        return None
    return _EPOCH + timedelta(microseconds=int(text.ljust(16, "0")))
