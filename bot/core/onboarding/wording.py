"""Words of HR with the names of those they are for; names and dates as people read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from bot.core.cards import plain
from bot.core.model import User
from bot.core.onboarding.model import Joiner, Step
from bot.core.onboarding.texts import TEXTS
from knowledge.model import Language

PLACEHOLDERS: Final = ("name", "manager", "buddy", "department", "location")
"""What HR may write in braces."""

_PLACEHOLDER: Final = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
_BEGINS: Final = re.compile(r"(?:\A|[.!?]\s+|\n)[\s*_>#-]*\Z")


def filled(text: str, joiner: Joiner) -> str:
    """HR's Markdown with the names of this joiner in it, escaped."""
    names = _names(joiner)
    return _PLACEHOLDER.sub(
        lambda match: plain(_as_begun(names[match[1]], text, match.start())), text
    )


def _as_begun(name: str, text: str, at: int) -> str:
    """A name as it is written there: "your buddy" begins a sentence with a capital."""
    stands_in = any(name in (one.your_buddy, one.your_manager) for one in TEXTS.values())
    begins = stands_in and _BEGINS.search(text, 0, at) is not None
    return name[0].upper() + name[1:] if begins else name


def titled(step: Step, joiner: Joiner) -> str:
    """A step's title with the names of this joiner in it, as plain text."""
    names = _names(joiner)
    return _PLACEHOLDER.sub(
        lambda match: _as_begun(names[match[1]], step.title, match.start()), step.title
    )


def _names(joiner: Joiner) -> Mapping[str, str]:
    texts = TEXTS[joiner.language]
    return {
        # Some platforms tell no names, and nobody likes to be called by a number.
        "name": joiner.user.name or texts.colleague,
        "manager": named(joiner.manager, texts.your_manager),
        "buddy": named(joiner.buddy, texts.your_buddy),
        "department": joiner.department,
        "location": joiner.location,
    }


def general(text: str, language: Language) -> str:
    """HR's words about nobody in particular."""
    texts = TEXTS[language]
    known = {
        "name": texts.for_whom,
        "manager": texts.your_manager,
        "buddy": texts.your_buddy,
    }
    return _PLACEHOLDER.sub(lambda match: known.get(match[1], "…"), text)


def name_of(user: User) -> str:
    """What to call somebody."""
    return user.name or user.id


def named(user: User | None, otherwise: str) -> str:
    """The person's name, or what they are to somebody."""
    return user.name if user is not None and user.name else otherwise


def shown_date(day: date, language: Language) -> str:
    """A date with its weekday: `Mon 2026-11-30`."""
    return f"{TEXTS[language].weekdays.split()[day.weekday()]} {day.isoformat()}"


def readers_of(visible_to: Sequence[str], joiner: Joiner) -> str:
    """Who may read an answer, by name."""
    texts = TEXTS[joiner.language]
    parts = {
        "hr": texts.hr,
        "manager": named(joiner.manager, texts.your_manager),
        "buddy": named(joiner.buddy, texts.your_buddy),
        "joiner": texts.you,
    }
    named_ones = [parts.get(reader, reader) for reader in dict.fromkeys((*visible_to, "joiner"))]
    return ("、" if joiner.language == "zh" else ", ").join(named_ones)
