"""What was done before there was an audit log, put down in it when it begins."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection, select

from bot.core.audit import AuditEntry, curated_entry, gate_entry, proposal_entry
from bot.core.model import GateTrial, Proposal, ProposalState
from bot.stores.tables import curated, proposals, trials
from bot.stores.wire import Unreadable, load
from knowledge.model import CuratedAnswer, CuratedRevision

log = logging.getLogger(__name__)

T = TypeVar("T")


def done_earlier(sql: Connection) -> list[AuditEntry]:
    """Every change and decision that the tables remember, oldest first."""
    entries = [*_curated(sql), *_proposals(sql), *_trials(sql)]
    return sorted(entries, key=lambda entry: entry.at)


def _curated(sql: Connection) -> Iterator[AuditEntry]:
    before: dict[str, CuratedAnswer | None] = {}
    for row in sql.execute(select(curated).order_by(curated.c.number)):
        answer = _read(lambda payload: load(CuratedAnswer, payload), row.payload)
        revision = CuratedRevision(
            number=row.number, id=row.id, answer=answer, by=row.by, at=row.at, reason=row.reason
        )
        if answer is not None or row.payload is None:
            yield curated_entry(revision, before.get(row.id))
        before[row.id] = answer


def _proposals(sql: Connection) -> Iterator[AuditEntry]:
    decided = select(proposals).where(proposals.c.state != ProposalState.WAITING)
    for row in sql.execute(decided):
        proposal = _read(lambda payload: load(Proposal, payload), row.payload)
        if proposal is not None:
            yield proposal_entry(replace(proposal, state=ProposalState(row.state)))


def _trials(sql: Connection) -> Iterator[AuditEntry]:
    for payload in sql.scalars(select(trials.c.payload)):
        trial = _read(lambda payload: load(GateTrial, payload), payload)
        entry = gate_entry(trial) if trial is not None else None
        if entry is not None:
            yield entry


def _read(read: Callable[[str], T], payload: str | None) -> T | None:
    """One written by another version may be unreadable; the log must still begin."""
    try:
        return None if payload is None else read(payload)
    except Unreadable as error:
        log.warning("not_adopted", extra={"reason": str(error)})
        return None
