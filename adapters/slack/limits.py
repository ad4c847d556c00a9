"""What Slack takes at most, and texts cut to it; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from adapters.dialect import clean, cut, without_bidi
from adapters.slack.words import escape

BLOCKS: Final = 50
WEIGHT: Final = 40_000
"""All blocks together, as far as they can be left out."""
MARKDOWN: Final = 12_000
"""All `markdown` blocks of a message together."""
SECTION: Final = 3_000
FIELD: Final = 2_000
FIELDS: Final = 10
HEADER: Final = 150
LABEL: Final = 75
INPUT_LABEL: Final = 2_000
VALUE: Final = 2_000
OPTION_VALUE: Final = 150
OPTIONS: Final = 100
ACTIONS: Final = 25
ALT: Final = 2_000
URL: Final = 3_000
ID: Final = 255

NOTHING: Final = "…"
"""For a text that may not be empty."""


def cut_escaped(text: str, limit: int) -> str:
    """Plain text, escaped, with at most so many characters."""
    return escape(cut(clean(text), lambda part: size(escape(part)) <= limit))


def as_value(values: Mapping[str, str]) -> str:
    """Values as JSON; where it gets too long the longest go, as half a value is none."""
    kept = {clean(name): clean(value) for name, value in values.items()}
    while size(text := _compact(kept)) > VALUE:
        del kept[max(kept, key=lambda name: size(name) + size(kept[name]))]
    return text


def _compact(values: Mapping[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def label(text: str) -> str:
    """What can stand on a button; never empty."""
    return one_line(text, LABEL) or NOTHING


def one_line(text: str, limit: int) -> str:
    """One line that cannot turn what stands around it."""
    return cut(" ".join(without_bidi(clean(text)).split()), fits(limit))


def is_web(url: str) -> bool:
    """Whether a browser would open this address."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def fits(limit: int) -> Callable[[str], bool]:
    """Whether a text has at most so many characters."""
    return lambda text: size(text) <= limit


def size(text: str) -> int:
    """Characters as JavaScript counts them: one outside the basic plane is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
