"""The years and versions that a text names: the plan of 2024 and that of 2025 may differ."""

from __future__ import annotations

import re

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<![a-z0-9])(?:v\d[\d.]*|[qh][1-4]|fy\d\d)(?!\d)")
_EDITION = re.compile(r"第?[一二三四五六七八九十\d]+版|修订[一二三四五六七八九十\d]*")


def editions(folded: str) -> frozenset[str]:
    """The years and versions that a folded text names, as they stand there."""
    return frozenset((*_YEAR.findall(folded), *_EDITION.findall(folded)))
