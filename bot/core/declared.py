"""Who answers for something because a document names them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final

_KEY: Final = re.compile(r"[a-z]+:\S+")
"""A person, as in `slack:U1`; a team's name is nobody who could press a button."""


class Declared:
    """Remembers those whom documents name as their owners; whom none names any more is forgotten.

    named: what documents say of who answers for them; None where nobody can tell.
    """

    def __init__(self, named: Callable[[], Awaitable[frozenset[str]]] | None) -> None:
        self._named = named
        self._keys: frozenset[str] = frozenset()

    def keys(self) -> frozenset[str]:
        """Their keys, as they were at the last look; none before the first."""
        return self._keys

    async def look(self) -> None:
        """Read them anew.

        Raises:
            StoreUnavailable: what was known stays.
        """
        if self._named is not None:
            named = await self._named()
            self._keys = frozenset(name for name in named if _KEY.fullmatch(name))
