"""What `deskmate doctor` says of one thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    to_do: what the operator does about it; empty where nothing is wrong.
    """

    part: str
    level: Literal["ok", "warning", "error"]
    found: str
    to_do: str = ""
