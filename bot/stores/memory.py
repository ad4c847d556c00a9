"""What a person and the bot said to each other in one thread, on SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.model import Conversation, User
from bot.core.ports import Clock
from bot.stores.engine import transaction
from bot.stores.tables import turns
from bot.stores.wire import dump, load
from knowledge.model import Turn

_LONGEST_TURN = 2_000
"""Characters; a prompt has no room for more."""


class SqlMemory:
    """The `Memory` on SQL.

    kept: how many turns of a person in a thread are remembered.
    fades_after: a turn older than this belongs to another talk; a direct conversation has no
        threads that would tell them apart.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        clock: Clock,
        kept: int = 6,
        fades_after: timedelta = timedelta(hours=2),
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._kept = kept
        self._fades_after = fades_after

    async def turns(self, conversation: Conversation, user: User) -> tuple[Turn, ...]:
        """The latest turns, oldest first; few enough for a prompt."""
        latest = (
            select(turns.c.payload)
            .where(*_of(conversation, user), turns.c.said_at > self._clock() - self._fades_after)
            .order_by(turns.c.id.desc())
            .limit(self._kept)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(latest)).all()
        return tuple(load(Turn, row.payload) for row in reversed(rows))

    async def remember(self, conversation: Conversation, user: User, *said: Turn) -> None:
        """Add turns; the oldest ones make room."""
        if not said:
            return
        newest_dropped = (
            select(turns.c.id)
            .where(*_of(conversation, user))
            .order_by(turns.c.id.desc())
            .offset(self._kept)
            .limit(1)
            .scalar_subquery()
        )
        async with transaction(self._engine) as connection:
            await connection.execute(
                insert(turns), [self._row(conversation, user, turn) for turn in said]
            )
            await connection.execute(
                delete(turns).where(*_of(conversation, user), turns.c.id <= newest_dropped)
            )

    async def clear(self, conversation: Conversation, user: User) -> None:
        """Forget this person's turns in this thread."""
        async with transaction(self._engine) as connection:
            await connection.execute(delete(turns).where(*_of(conversation, user)))

    async def forget(self, *, before: datetime) -> None:
        """Drop what was said before this moment."""
        async with transaction(self._engine) as connection:
            await connection.execute(delete(turns).where(turns.c.said_at < before))

    def _row(self, conversation: Conversation, user: User, turn: Turn) -> dict[str, object]:
        short = Turn(speaker=turn.speaker, text=turn.text[:_LONGEST_TURN])
        return {
            "lane": conversation.lane,
            "person": user.key,
            "payload": dump(short),
            "said_at": self._clock(),
        }


def _of(conversation: Conversation, user: User) -> tuple[ColumnElement[bool], ...]:
    return turns.c.lane == conversation.lane, turns.c.person == user.key
