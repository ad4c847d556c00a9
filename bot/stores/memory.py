"""What a person and the bot said to each other in one thread, on SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from bot.core.model import Conversation, User
from bot.core.ports import Clock
from bot.stores.database import Database
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
        database: Database,
        *,
        clock: Clock,
        kept: int = 6,
        fades_after: timedelta = timedelta(hours=2),
    ) -> None:
        self._database = database
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
        payloads = await self._database.run(lambda sql: sql.scalars(latest).all())
        return tuple(load(Turn, payload) for payload in reversed(payloads))

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
        rows = [self._row(conversation, user, turn) for turn in said]

        def add_and_drop(sql: Connection) -> None:
            sql.execute(insert(turns), rows)
            sql.execute(delete(turns).where(*_of(conversation, user), turns.c.id <= newest_dropped))

        await self._database.run(add_and_drop)

    async def clear(self, conversation: Conversation, user: User) -> None:
        """Forget this person's turns in this thread."""
        theirs = delete(turns).where(*_of(conversation, user))
        await self._database.run(lambda sql: sql.execute(theirs))

    async def forget(self, *, before: datetime) -> None:
        """Drop what was said before this moment."""
        old = delete(turns).where(turns.c.said_at < before)
        await self._database.run(lambda sql: sql.execute(old))

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
