"""The votes that follow from verdicts, on SQL, as knowledge reads them."""

from __future__ import annotations

from sqlalchemy import Row, select

from bot.core.errors import StateUnavailable
from bot.stores.database import Database
from bot.stores.tables import counters, votes
from bot.stores.verdicts import COUNTER, PASSAGE
from knowledge.errors import StoreUnavailable
from knowledge.model import Vote

_MARK = select(counters.c.value).where(counters.c.name == COUNTER)


class SqlVotes:
    """The `VoteLog` on SQL; `SqlVerdicts` writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self) -> int:
        """The number of the last change; cheap."""
        try:
            return await self._database.run(lambda sql: sql.scalar(_MARK)) or 0
        except StateUnavailable as error:
            raise StoreUnavailable(str(error)) from error

    async def since(self, number: int) -> tuple[Vote, ...]:
        """Every vote that changed after this number as it is now, in the order of its numbers."""
        changed = (
            select(votes)
            .where(votes.c.number > number, votes.c.target.startswith(PASSAGE, autoescape=True))
            .order_by(votes.c.number, votes.c.target)
        )
        try:
            rows = await self._database.run(lambda sql: sql.execute(changed).all())
        except StateUnavailable as error:
            raise StoreUnavailable(str(error)) from error
        return tuple(_vote(row) for row in rows)


def _vote(row: Row[tuple[object, ...]]) -> Vote:
    return Vote(
        number=row.number,
        id="\n".join((row.platform, row.message_id, row.person, row.target)),
        voter=row.person,
        passage_id=row.target.removeprefix(PASSAGE),
        question=row.question,
        value=row.value,
        given_at=row.given_at,
    )
