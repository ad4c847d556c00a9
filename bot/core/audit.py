"""Who changed what people are told, when, and why: for whoever has to answer for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.core.model import Proposal
from bot.core.ports import Stores
from knowledge.model import CuratedAnswer, CuratedRevision


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that was done.

    what: the kind of thing and what became of it, as in `curated.changed`.
    by: the key of who did it, as in `slack:U1`.
    about: what else there is to say, ready for JSON.
    """

    at: datetime
    what: str
    by: str
    reason: str
    about: Mapping[str, object]


AuditSource: TypeAlias = Callable[[Stores], Awaitable[list[AuditEntry]]]
"""Reads what one part of the bot keeps of what was done, in any order."""


async def curated_changes(stores: Stores) -> list[AuditEntry]:
    """Every change of a curated answer."""
    entries: list[AuditEntry] = []
    before: dict[str, CuratedAnswer | None] = {}
    for revision in await stores.curated.since(0):
        entries.append(_changed(revision, before.get(revision.id)))
        before[revision.id] = revision.answer
    return entries


async def decided_proposals(stores: Stores) -> list[AuditEntry]:
    """Every proposal that was decided: who made it, who decided, and when."""
    return [_decided(proposal) for proposal in await stores.proposals.decided()]


async def gate_decisions(stores: Stores) -> list[AuditEntry]:
    """What administrators decided about changes that were held back."""
    return [
        AuditEntry(
            at=trial.decided_at,
            what=f"gate.{trial.state}",
            by=trial.decided_by,
            reason="",
            about={"id": trial.id, **trial.what},
        )
        for trial in await stores.trials.all()
        if trial.decided_at is not None
    ]


AUDIT_SOURCES: tuple[AuditSource, ...] = (curated_changes, decided_proposals, gate_decisions)
"""Everything that is audited; what is kept elsewhere joins here."""


async def audited(stores: Stores) -> list[AuditEntry]:
    """Everything of every source, oldest first.

    Raises:
        StateUnavailable: a store does not answer.
    """
    entries = [entry for source in AUDIT_SOURCES for entry in await source(stores)]
    return sorted(entries, key=lambda entry: entry.at)


def _changed(revision: CuratedRevision, before: CuratedAnswer | None) -> AuditEntry:
    if revision.answer is None:
        what = "curated.withdrawn"
    else:
        what = "curated.changed" if before else "curated.added"
    shown = revision.answer or before
    return AuditEntry(
        at=revision.at,
        what=what,
        by=revision.by,
        reason=revision.reason,
        about={
            "id": revision.id,
            "question": shown.question if shown else "",
            "answer": shown.text if shown else "",
            "audience": sorted(shown.audience) if shown else [],
        },
    )


def _decided(proposal: Proposal) -> AuditEntry:
    what = "edited" if proposal.edited else proposal.state
    return AuditEntry(
        # What was decided before names were kept stands under who made it, and when.
        at=proposal.decided_at or proposal.proposed_at,
        what=f"proposal.{what}",
        by=proposal.decided_by or proposal.by,
        reason=proposal.kind,
        about={
            "id": proposal.id,
            "proposed_by": proposal.by,
            "proposed_at": proposal.proposed_at.isoformat(),
            "question": proposal.question,
            "answer": proposal.text,
            "audience": sorted(proposal.audience),
        },
    )
