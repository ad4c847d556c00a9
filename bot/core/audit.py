"""Who did what, where, when and why: the words of the audit log, and what knowledge adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.model import GateTrial, Proposal
from knowledge.model import CuratedAnswer, CuratedRevision


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that was done, or was refused.

    what: the kind of thing and what became of it, as in `curated.changed`.
    by: the key of who did it, as in `slack:U1`.
    where: the place it was said in, as in `Conversation.lane`; empty where it was in none.
    before, after: what it changed, ready for JSON; None where there was or is nothing.
    about: what else there is to say, ready for JSON.
    key: names this deed: the same one again is put down once. Empty: it may happen any number
        of times.
    """

    at: datetime
    what: str
    by: str
    where: str = ""
    reason: str = ""
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    about: Mapping[str, object] = field(default_factory=dict)
    key: str = ""


def curated_entry(revision: CuratedRevision, before: CuratedAnswer | None) -> AuditEntry:
    """What is put down of a change of a curated answer. before: as it stood until then."""
    if revision.answer is None:
        what = "curated.withdrawn"
    else:
        what = "curated.changed" if before else "curated.added"
    return AuditEntry(
        at=revision.at,
        what=what,
        by=revision.by,
        reason=revision.reason,
        before=_said(before),
        after=_said(revision.answer),
        about={"id": revision.id},
        key=f"curated/{revision.number}",
    )


def proposal_entry(proposal: Proposal) -> AuditEntry:
    """What is put down of a proposal that was decided."""
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
        key=f"proposal/{proposal.id}",
    )


def gate_entry(trial: GateTrial) -> AuditEntry | None:
    """What is put down of an administrator's decision about a change that was held back.

    None: nobody decided yet.
    """
    if trial.decided_at is None:
        return None
    return AuditEntry(
        at=trial.decided_at,
        what=f"gate.{trial.state}",
        by=trial.decided_by,
        about={"id": trial.id, **trial.what},
        key=f"gate/{trial.id}/{trial.decided_at.isoformat()}",
    )


def _said(answer: CuratedAnswer | None) -> Mapping[str, object] | None:
    if answer is None:
        return None
    return {
        "question": answer.question,
        "answer": answer.text,
        "audience": sorted(answer.audience),
    }
