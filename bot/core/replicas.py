"""Several bots on one database: what they tell each other, and who does what.

What one of them alone may do goes by turns: reminding, watching, long work. Events go by lanes:
whoever has a conversation's unfinished events gets its next ones too, so their order holds. A bot
that is silent for `LEASE` has ended or is stuck, and the others take over what it had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Protocol, TypeAlias

from bot.core.lanes import Waiting

LEASE: Final = timedelta(seconds=12)
"""So long what a silent replica had stays its own."""

Heard: TypeAlias = Callable[[str], None]


class TakenOver(Exception):
    """Others have taken what this replica had: it was silent too long."""


class Others(Protocol):
    """The other replicas, as far as the core has to do with them."""

    async def turn(self, work: str) -> bool:
        """Whether this work is ours to do now; it stays so for as long as we live.

        Raises:
            StateUnavailable: nobody knows.
        """
        ...

    async def tell(self, topic: str, said: str) -> None:
        """Tell all others, as far as they listen now; what is lost must be found otherwise.

        Raises:
            StateUnavailable: nobody was told.
        """
        ...

    def hear(self, topic: str, heard: Heard) -> None:
        """Call this for whatever is told of a topic, and with nothing where that may be lost."""
        ...


class Tenure(Protocol):
    """What an intake has to itself, of events that several share."""

    async def more(self) -> tuple[Waiting, ...]:
        """Wait until others hand events over, or leave some behind: those, oldest first.

        Raises:
            TakenOver: all that was handed to us, and all that we claimed, is others' now.
            StateUnavailable: nobody knows; asking again goes on.
        """
        ...

    async def secure(self) -> None:
        """Return at once if what we have is ours for certain; else when that is known again."""
        ...


class Alone:
    """There are no others."""

    async def turn(self, _work: str) -> bool:
        """It is."""
        return True

    async def tell(self, _topic: str, _said: str) -> None:
        """Nobody is told."""

    def hear(self, _topic: str, _heard: Heard) -> None:
        """Nothing is heard."""

    async def more(self) -> tuple[Waiting, ...]:
        """Nobody hands anything over."""
        await asyncio.Event().wait()
        return ()

    async def secure(self) -> None:
        """It is."""


ALONE: Final = Alone()
