"""What every platform's attached files have in common; pure."""

from __future__ import annotations

import re
from typing import Final

from adapters.dialect import clean, without_bidi

MOST_FILES: Final = 10
"""Of one message; what more it carries is left out."""

_LONGEST_NAME: Final = 200
_PATH: Final = re.compile(r"[/\\]")


def file_name(name: str) -> str:
    """A file's name in one line, without the folders that somebody may have put before it."""
    last = _PATH.split(without_bidi(clean(name)))[-1]
    return " ".join(last.split())[-_LONGEST_NAME:]
