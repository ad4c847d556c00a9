"""What commands are told of the process around the core, and what they can make it do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from bot.core.library import WayIn

PartState: TypeAlias = Literal["ok", "late", "unavailable"]


class Exports(Protocol):
    """Writes what was taught and said to files of the server."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can be exported."""
        ...

    async def write(self, what: str, *, by: str, at: datetime) -> tuple[str, int]:
        """The file it was written to, and how many lines it has; the same moment, the same file.

        Raises:
            StateUnavailable, StorageFull: there is no such file.
        """
        ...


async def _nothing() -> Mapping[str, PartState]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The process, as far as commands know it.

    parts: whether each part works. queue: how many events wait.
    way_in, exports: None where there is no such thing.
    audiences: the names that configuration knows.
    """

    version: str = ""
    parts: Callable[[], Awaitable[Mapping[str, PartState]]] = _nothing
    queue: Callable[[], int] | None = None
    way_in: WayIn | None = None
    exports: Exports | None = None
    audiences: frozenset[str] = frozenset()
