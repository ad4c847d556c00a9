"""The years and versions that a text names: the plan of 2024 and that of 2025 may differ."""

from __future__ import annotations

import re

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<![a-z0-9])(?:v\d[\d.]*|[qh][1-4]|fy\d\d)(?!\d)")
_VERSION = re.compile(r"(?<!\d)\d{1,3}([.-])\d{1,3}\1\d{1,3}(?!\d)")
_EDITION = re.compile(r"第?[一二三四五六七八九十\d]+版|修订[一二三四五六七八九十\d]*")


def editions(folded: str) -> frozenset[str]:
    """The years and versions that a folded text names, as they stand there."""
    patterns = (_YEAR, _VERSION, _EDITION)
    return frozenset(found.group() for each in patterns for found in each.finditer(folded))
