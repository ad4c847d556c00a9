"""Whom a command names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.core.commands.parse import normal
from bot.core.model import InboundMessage, User

_KEY: Final = re.compile(r"[a-z]{2,20}:\S+")
_ME: Final = frozenset({"me", "我"})


def people_in(message: InboundMessage, words: Sequence[str]) -> tuple[User, ...]:
    """The people named: mentioned, by their key as in `slack:U1`, or as `me`; in this order."""
    found = [*message.mentions]
    for word in words:
        if _KEY.fullmatch(word):
            platform, _, user_id = word.partition(":")
            found.append(User(platform=platform, id=user_id))
        elif normal(word) in _ME:
            found.append(message.user)
    return tuple(dict.fromkeys(found))


def without_people(message: InboundMessage, words: Sequence[str]) -> tuple[str, ...]:
    """The words that name nobody."""
    names = {part for user in message.mentions for part in user.name.split()}
    return tuple(
        word
        for word in words
        if not (
            word.startswith("@") or word in names or normal(word) in _ME or _KEY.fullmatch(word)
        )
    )
