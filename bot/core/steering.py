"""What administrators decide by command, and where that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from bot.core.model import Conversation
from knowledge.model import Outcome
from knowledge.ruling import AudienceRules

CHOICES: Final = "choices"
READERS: Final = "readers"
WAYS: Final = "ways"
"""The topics by which replicas tell each other of changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A channel in which the bot keeps silent. by: the key of who said so."""

    platform: str
    channel: str
    by: str
    at: datetime


class Mutes(Protocol):
    """Channels in which the bot keeps silent; a thread belongs to its channel."""

    async def of(self, place: Conversation) -> Mute | None:
        """Since when, and by whom; None where it may speak."""
        ...

    async def put(self, mute: Mute) -> None:
        """From now on it is silent there; a channel that is silent stays as it is."""
        ...

    async def lift(self, place: Conversation, *, by: str, at: datetime) -> bool:
        """It may speak again; False where it could already."""
        ...


class NamedReaders(Protocol):
    """Who may read what because somebody said so."""

    async def all(self) -> AudienceRules:
        """Every rule that stands."""
        ...

    async def put(self, name: str, audience: frozenset[str], *, by: str, at: datetime) -> None:
        """Keep a rule; one of this name is replaced."""
        ...


class Choices(Protocol):
    """What was chosen in place of what is configured, by name."""

    async def all(self) -> Mapping[str, str]:
        """Every choice that stands."""
        ...

    async def put(self, values: Mapping[str, str], *, by: str, at: datetime) -> None:
        """Keep these choices; an empty value is forgotten."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One answer as statistics count it. document: the first it cites; empty: none."""

    outcome: Outcome
    document: str
    answered_at: datetime


class Figures(Protocol):
    """What answers came to, without a word of them."""

    async def since(self, moment: datetime) -> tuple[Figure, ...]:
        """Those from this moment on, oldest first."""
        ...
