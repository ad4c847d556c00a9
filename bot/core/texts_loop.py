"""What a user reads of decisions, held changes and reminders, in Chinese and in English.

As in `texts`: a sentence that is missing in one language is a type error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopTexts:
    """The words of one language."""

    # decisions
    accepted_by: str
    rejected_by: str


ZH: Final = LoopTexts(
    accepted_by="{name} 已于 {date} 采用。",
    rejected_by="{name} 已于 {date} 决定不采用。",
)

EN: Final = LoopTexts(
    accepted_by="{name} accepted it on {date}.",
    rejected_by="{name} rejected it on {date}.",
)

LOOP_TEXTS: Final[Mapping[Language, LoopTexts]] = {"zh": ZH, "en": EN}
