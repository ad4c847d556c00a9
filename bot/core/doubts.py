"""Verified answers that people find wrong."""

from __future__ import annotations

from bot.core.ids import hashed_id
from bot.core.model import AnswerRecord, Gap, Proposal
from bot.core.ports import Clock, CuratedLog, Proposals, Verdicts
from bot.core.voting import revision_of
from knowledge.model import CuratedAnswer, Tally

LEAST_PEOPLE = 3
"""So many must find it not helpful; one angry colleague takes nothing away from the others."""


class Doubts:
    """Takes a doubted answer out of service and hands it to those who review.

    It happens once to the same words: who brings them back has decided.
    """

    def __init__(
        self, *, verdicts: Verdicts, curated: CuratedLog, proposals: Proposals, clock: Clock
    ) -> None:
        self._verdicts = verdicts
        self._curated = curated
        self._proposals = proposals
        self._clock = clock

    async def consider(self, record: AnswerRecord, gap: Gap) -> None:
        """Act where more people find this answer wrong than right, and enough of them.

        gap: of those who were not helped; they are told what the review comes to.

        Raises:
            StateUnavailable: it was not kept.
        """
        served = record.answer.curated
        if served is None or not doubtful(await self._verdicts.people(revision_of(served))):
            return
        now = [revision.answer for revision in await self._curated.history(served.id)][-1:]
        if not any(answer and revision_of(answer) == revision_of(served) for answer in now):
            return  # it was changed or taken back since
        # Proposed first: after a crash in between the same steps are taken again.
        await self._proposals.add(self._proposal(served, gap))
        key = f"doubted:{revision_of(served)}"
        await self._curated.withdraw(served.id, key=key, by="votes", reason="doubted")

    def _proposal(self, served: CuratedAnswer, gap: Gap) -> Proposal:
        name = f"doubted\n{revision_of(served)}"
        return Proposal(
            id=hashed_id(name),
            kind="doubted",
            question=served.question,
            text=served.text,
            language=served.language,
            by=served.owner,
            by_name=served.verified_by,
            proposed_at=self._clock(),
            audience=served.audience,
            wordings=served.asked_as[1:],
            citations=served.citations,
            gap_id=gap.id,
        )


def doubtful(people: Tally) -> bool:
    """Whether so many people, each counted once, outweigh those it helped."""
    return people.not_helpful >= LEAST_PEOPLE and people.not_helpful > people.helpful
