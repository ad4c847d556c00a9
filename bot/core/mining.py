"""What is mined becomes a proposal, unless somebody has answered or refused it already."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.core.ids import hashed_id
from bot.core.kin import Kin
from bot.core.model import Proposal, ProposalKind, ProposalState, User
from bot.core.ports import Clock, Proposals
from bot.core.teaching import LONGEST_ANSWER, Teaching
from knowledge.language import language_of
from knowledge.likeness import Likeness
from knowledge.mining.asked import Mined
from knowledge.wording import wording_key

_READINGS_KEPT = 100_000


class Fate(StrEnum):
    """What became of something mined."""

    PROPOSED = "proposed"
    KNOWN = "known"
    """The same question is answered, or an answer to it waits."""
    REJECTED = "rejected"
    """Somebody decided against the very same before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of it. proposal: the one that was made; known: the question that is known."""

    fate: Fate
    proposal: Proposal | None = None
    known: str = ""


class Mining:
    """Proposes what is mined, once, and nothing that is known."""

    def __init__(
        self, *, proposals: Proposals, teaching: Teaching, likeness: Likeness, clock: Clock
    ) -> None:
        self._proposals = proposals
        self._teaching = teaching
        self._kin = Kin(likeness, most=_READINGS_KEPT)
        self._clock = clock

    async def propose(
        self,
        mined: Mined,
        *,
        kind: ProposalKind,
        by: User,
        audience: frozenset[str],
        origin: str,
        owner: str = "",
    ) -> Result:
        """Leave it to whoever reviews.

        by: who brings it, not who wrote it. origin: names the place it was found in; the same
        question and answer from there is one proposal, however often it is found.

        Raises:
            StateUnavailable: it was not kept.
            EngineUnavailable: nobody can tell whether it is known.
        """
        proposal_id = _name(origin, mined)
        before = await self._proposals.find(proposal_id)
        if before is not None:
            return _again(before)
        known = await self._known(mined.question, audience)
        if known:
            return Result(fate=Fate.KNOWN, known=known)
        proposal = Proposal(
            id=proposal_id,
            kind=kind,
            question=mined.question,
            text=mined.text[:LONGEST_ANSWER],
            language=language_of(mined.text),
            by=by.key,
            by_name=by.name,
            proposed_at=self._clock(),
            audience=audience,
            citations=mined.citations,
            owner=owner,
        )
        await self._proposals.add(proposal)
        return Result(fate=Fate.PROPOSED, proposal=proposal)

    async def waiting(self) -> tuple[Proposal, ...]:
        """The proposals that wait for a decision."""
        return await self._proposals.waiting()

    async def _known(self, question: str, audience: frozenset[str]) -> str:
        """The question that most likely asks the same, of those some of these readers get."""
        asked = await self._asked(audience)
        key = wording_key(question)
        same = next((words for words in asked if wording_key(words) == key), "")
        if same:
            return same
        at = await self._kin.of(question, asked)
        return "" if at is None else asked[at]

    async def _asked(self, audience: frozenset[str]) -> list[str]:
        """All that is asked of what these readers get, or may get once it is accepted."""
        standing = [
            words
            for answer in await self._teaching.all_standing()
            if answer.audience & audience
            for words in answer.asked_as
        ]
        waiting = [
            words
            for proposal in await self._proposals.waiting()
            if proposal.audience & audience
            for words in (proposal.question, *proposal.wordings)
        ]
        return [*dict.fromkeys((*standing, *waiting))]


def _again(before: Proposal) -> Result:
    match before.state:
        case ProposalState.WAITING:
            return Result(fate=Fate.PROPOSED, proposal=before)
        case ProposalState.ACCEPTED:
            return Result(fate=Fate.KNOWN, known=before.question)
        case ProposalState.REJECTED:
            return Result(fate=Fate.REJECTED)


def _name(origin: str, mined: Mined) -> str:
    name = "\0".join(("mined", origin, wording_key(mined.question), mined.text))
    return hashed_id(name)
