"""What a user reads of answers that are for them alone, in Chinese and in English.

As in `texts`: a sentence that is missing in one language is a type error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowledge.model import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateTexts:
    """The words of one language."""

    only_you: str


ZH: Final = PrivateTexts(
    only_you=(
        "🔒 仅您可见：您在群里问的“{question}”，另有资料可以回答，但并非群里每个人都有权阅读。"
    ),
)

EN: Final = PrivateTexts(
    only_you=(
        "🔒 Only you see this. You asked in a group: “{question}”. There is more that you may "
        "read, and not everybody there may:"
    ),
)

PRIVATE: Final[Mapping[Language, PrivateTexts]] = {"zh": ZH, "en": EN}
