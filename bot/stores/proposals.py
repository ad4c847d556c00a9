"""Answers that wait for a decision, on SQL; each decision goes into the audit log with it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, Row, insert, select, update

from bot.core.audit import proposal_entry
from bot.core.model import Proposal, ProposalState, User
from bot.core.ports import Clock
from bot.stores.audit import append
from bot.stores.database import Database, KeyTaken
from bot.stores.tables import proposals
from bot.stores.wire import dump, load


class SqlProposals:
    """The `Proposals` on SQL."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def add(self, proposal: Proposal) -> bool:
        """Keep it; False where its id is known, decided or not."""
        row = {
            "id": proposal.id,
            "state": proposal.state,
            "payload": dump(proposal),
            "proposed_at": proposal.proposed_at,
        }
        try:
            await self._database.run(lambda sql: sql.execute(insert(proposals).values(**row)))
        except KeyTaken:
            return False
        return True

    async def find(self, proposal_id: str) -> Proposal | None:
        """One proposal."""
        this = select(proposals).where(proposals.c.id == proposal_id)
        row = await self._database.run(lambda sql: sql.execute(this).one_or_none())
        return None if row is None else _proposal(row)

    async def waiting(self) -> tuple[Proposal, ...]:
        """Those not decided yet, oldest first."""
        these = (
            select(proposals.c.payload)
            .where(proposals.c.state == ProposalState.WAITING)
            .order_by(proposals.c.proposed_at, proposals.c.id)
        )
        payloads = await self._database.run(lambda sql: sql.scalars(these).all())
        return tuple(load(Proposal, payload) for payload in payloads)

    async def decided(self) -> tuple[Proposal, ...]:
        """Those that were accepted or rejected, in the order in which they were made."""
        these = (
            select(proposals)
            .where(proposals.c.state != ProposalState.WAITING)
            .order_by(proposals.c.proposed_at, proposals.c.id)
        )
        rows = await self._database.run(lambda sql: sql.execute(these).all())
        return tuple(_proposal(row) for row in rows)

    async def decide(
        self, proposal_id: str, state: ProposalState, *, by: User, edited: bool = False
    ) -> bool:
        """Decide it in this person's name; False, and nothing changes, where somebody did already.

        edited: it was accepted in other words.
        """
        this = proposals.c.id == proposal_id
        first = (
            update(proposals)
            .where(this, proposals.c.state == ProposalState.WAITING)
            .values(state=state)
        )

        def write(sql: Connection) -> bool:
            if sql.execute(first).rowcount != 1:
                return False
            proposed = load(Proposal, sql.scalars(select(proposals.c.payload).where(this)).one())
            decided = replace(
                proposed,
                decided_by=by.key,
                decided_by_name=by.name,
                decided_at=self._clock(),
                edited=edited,
            )
            sql.execute(update(proposals).where(this).values(payload=dump(decided)))
            append(sql, proposal_entry(replace(decided, state=state)))
            return True

        return await self._database.run(write)


def _proposal(row: Row[tuple[object, ...]]) -> Proposal:
    # The columns are what it is found by, so they are what it is.
    return replace(load(Proposal, row.payload), id=row.id, state=ProposalState(row.state))
