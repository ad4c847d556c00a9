"""What it takes to be one of several bots on a database; nothing where a bot has it to itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.core.limits import RecentUses, UsesInMemory
from bot.core.ports import Clock, Inbox
from bot.core.replicas import ALONE, Others, Tenure
from bot.stores.state import State


async def _nobody() -> None:
    """There is nobody to take leave of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """The core's ports that depend on whether there are others.

    go: leave everything to them.
    """

    inbox: Inbox
    uses: RecentUses
    tenure: Tenure = ALONE
    others: Others = ALONE
    go: Callable[[], Awaitable[None]] = _nobody


def sharing_of(state: State, *, clock: Clock) -> Sharing:
    """On PostgreSQL there may be others at any time; a file of this machine is ours alone."""
    if state.database.embedded:
        return Sharing(inbox=state.inbox, uses=UsesInMemory())
    from bot.stores.replicas import SqlReplica
    from bot.stores.shared_inbox import SharedInbox
    from bot.stores.uses import SqlUses

    replica = SqlReplica(state.database)
    inbox = SharedInbox(state.database, replica=replica, clock=clock)
    return Sharing(
        inbox=inbox,
        uses=SqlUses(state.database),
        tenure=inbox,
        others=replica,
        go=replica.go,
    )
