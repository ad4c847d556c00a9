"""What one replica noted of a channel, as it is told to the others: marks, never words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from bot.core.model import Conversation

What: TypeAlias = Literal["asked", "unasked", "quiet"]

_WHATS: Final = frozenset(get_args(What))
_MOST_MARKS: Final = 300
"""Of words, and of sources: PostgreSQL takes 8,000 bytes at once."""
_PARTS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An answer that somebody asked for or not, or the wish that we be quiet.

    by: the replica that noted it. channel: the platform, and its name for the channel.
    sources, words: marks of what the answer rests on, and of what was asked.
    """

    by: str
    what: What
    channel: tuple[str, str]
    sources: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    def told(self) -> str:
        """As a line."""
        platform, channel = self.channel
        marks = (_listed(self.sources), _listed(self.words))
        return " ".join((self.by, self.what, platform, *marks, channel))


def noted_in(said: str) -> Noted | None:
    """What a line tells; None where it tells nothing that we know."""
    parts = said.split(" ", _PARTS - 1)
    if len(parts) != _PARTS or parts[1] not in _WHATS:
        return None
    by, what, platform, sources, words, channel = parts
    return Noted(
        by=by,
        what=what,  # type: ignore[arg-type] # one of them
        channel=(platform, channel),
        sources=frozenset(filter(None, sources.split(","))),
        words=frozenset(filter(None, words.split(","))),
    )


def channel_of(conversation: Conversation) -> tuple[str, str]:
    """What a channel is called, threads and all."""
    return conversation.platform, conversation.id


def marks(words: Iterable[str]) -> frozenset[str]:
    """Something short for each that is the same for the same."""
    return frozenset(map(_mark, words))


def _mark(word: str) -> str:
    return hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()


def _listed(some: frozenset[str]) -> str:
    return ",".join(sorted(some)[:_MOST_MARKS])
