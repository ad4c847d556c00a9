"""Whether the audit log, and the tables it tells of, are as they were written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.core.audit import AuditEntry, curated_entry, gate_entry, proposal_entry
from bot.core.chain import (
    START,
    Fault,
    Head,
    Inspector,
    Link,
    fingerprint,
    forged_on,
    said_by,
    stored_key,
)
from bot.core.ports import Stores
from knowledge.model import CuratedAnswer

_AT_ONCE: Final = 1_000
_TRIES: Final = 20
"""Each only where the log has grown in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What looking came to. head: the end of what is as it was. fault: None: all of it is."""

    head: Head
    fault: Fault | None


async def verify(stores: Stores, *, noted: str = "") -> Verified:
    """Read the whole log, some rows at a time, and compare the tables with it.

    Roles, verified answers, and what was decided about proposals and held changes are compared;
    somebody may be changing them at this very moment, so what differs is looked at again where the
    log has grown.

    noted: a hash that somebody wrote down: the log must still have that row.

    Raises:
        StateUnavailable: a store does not answer.
    """
    verified = await _look(stores, noted)
    for _ in range(_TRIES):
        moved = await stores.audit.head() != verified.head
        if verified.fault is None or verified.fault.number or not moved:
            break
        verified = await _look(stores, noted)
    return verified


async def _look(stores: Stores, noted: str) -> Verified:
    inspector, told = Inspector(noted=noted), _Told()
    head: Head | None = None
    last: int | None = None
    while True:
        links = await stores.audit.links(after=last, most=_AT_ONCE)
        for link in links:
            fault = inspector.see(link)
            if fault is not None:
                return Verified(head=inspector.head, fault=fault)
            told.hear(link)
            last = link.number
        if links:
            continue
        before, head = head, await stores.audit.head()
        # Where the head is ahead of us rows may have come meanwhile; if not, they are missing.
        if head is None or head == before or head.count <= inspector.head.count:
            break
    fault = inspector.end(head) or await told.compare(stores)
    return Verified(head=inspector.head, fault=fault)


class _Told:
    """What the log says the tables should hold."""

    def __init__(self) -> None:
        self._roles: set[tuple[str, str, str]] = set()
        self._curated: dict[str, str] = {}
        self._proposals: dict[str, str] = {}
        self._trials: dict[str, str] = {}

    def hear(self, link: Link) -> None:
        """One more row of the log, in order."""
        if link.what in ("role.given", "role.taken"):
            self._hear_of_role(said_by(link))
        elif link.what.startswith("curated.") and link.key:
            self._curated[link.key] = fingerprint(link)
        elif link.what.startswith("proposal.") and link.key:
            self._proposals[link.key] = fingerprint(link)
        elif link.what.startswith("gate."):
            # A change may be decided about more than once; the table has the last word.
            self._trials[str(said_by(link).about["id"])] = fingerprint(link)

    def _hear_of_role(self, entry: AuditEntry) -> None:
        shown = entry.after or entry.before or {}
        role = (str(entry.about["person"]), str(shown["role"]), str(shown["topic"]))
        if entry.what == "role.given":
            self._roles.add(role)
        else:
            self._roles.discard(role)

    async def compare(self, stores: Stores) -> Fault | None:
        """What is otherwise in the tables."""
        _, grants = await stores.grants.all()
        stand = {(one.person, one.role.value, one.topic) for one in grants}
        for person, role, _ in sorted(stand - self._roles):
            return Fault(number=0, problem=f"{person} has the role {role}, which no row gave")
        for person, role, _ in sorted(self._roles - stand):
            return Fault(number=0, problem=f"{person} lacks the role {role}, which no row took")
        found = await self._compare_curated(stores) or await self._compare_proposals(stores)
        return found or await self._compare_trials(stores)

    async def _compare_curated(self, stores: Stores) -> Fault | None:
        before: dict[str, CuratedAnswer | None] = {}
        left = dict(self._curated)
        try:
            revisions = await stores.curated.since(0)
        except ValueError:
            return Fault(number=0, problem="a verified answer can no longer be read")
        for revision in revisions:
            entry = curated_entry(revision, before.get(revision.id))
            before[revision.id] = revision.answer
            if left.pop(entry.key, None) != _print(entry):
                problem = f"change {revision.number} of verified answers is not as it was told"
                return Fault(number=0, problem=problem)
        if left:
            problem = f"{len(left)} changes of verified answers are gone, first {min(left)}"
            return Fault(number=0, problem=problem)
        return None

    async def _compare_proposals(self, stores: Stores) -> Fault | None:
        try:
            decided = await stores.proposals.decided()
        except ValueError:
            return Fault(number=0, problem="a decided proposal can no longer be read")
        entries = [proposal_entry(proposal) for proposal in decided]
        stand = {stored_key(entry.key): _print(entry) for entry in entries}
        return _differing("proposal", stand, self._proposals)

    async def _compare_trials(self, stores: Stores) -> Fault | None:
        try:
            trials = await stores.trials.all()
        except ValueError:
            return Fault(number=0, problem="a held change can no longer be read")
        entries = ((trial.id, gate_entry(trial)) for trial in trials)
        stand = {name: _print(entry) for name, entry in entries if entry is not None}
        return _differing("held change", stand, self._trials)


def _differing(kind: str, stand: Mapping[str, str], told: Mapping[str, str]) -> Fault | None:
    """What was decided in the tables and in the log, by name, as fingerprints."""
    for name in sorted(stand):
        if name not in told:
            return Fault(number=0, problem=f"no row tells of the decision about {kind} {name}")
        if told[name] != stand[name]:
            return Fault(
                number=0, problem=f"the decision about {kind} {name} is not as it was told"
            )
    gone = sorted(told.keys() - stand.keys())
    if gone:
        problem = f"{len(gone)} decisions about a {kind} are gone, first {gone[0]}"
        return Fault(number=0, problem=problem)
    return None


def _print(entry: AuditEntry) -> str:
    return fingerprint(forged_on(START, entry))
