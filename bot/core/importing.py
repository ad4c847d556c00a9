"""Answers that come in as files: proposed, or verified at once by whoever vouches for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from bot.core.ids import hashed_id
from bot.core.model import Proposal, ProposalState, User
from bot.core.ports import Clock, CuratedLog, Proposals
from bot.core.teaching import Lesson, Teaching, curated_id
from knowledge.model import CuratedAnswer, CuratedRevision


class Taken(StrEnum):
    """What became of one imported lesson."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    """It is verified as it is, or was proposed before."""


class Importing:
    """Takes lessons in, each as often as one likes: what is known already changes nothing.

    latest: the last change of each verified answer by id, as `latest_changes` reads it.
    """

    def __init__(
        self,
        *,
        proposals: Proposals,
        curated: CuratedLog,
        latest: Mapping[str, CuratedRevision],
        clock: Clock,
    ) -> None:
        self._proposals = proposals
        self._teaching = Teaching(curated=curated, clock=clock)
        self._latest = latest
        self._clock = clock

    async def propose(self, lesson: Lesson, *, by: User) -> Taken:
        """Leave the decision to whoever reviews.

        Raises:
            StateUnavailable: it was not kept.
        """
        if self._known(lesson):
            return Taken.UNCHANGED
        whole = self._with_wordings(lesson)
        proposal = Proposal(
            id=proposal_id(lesson),
            kind="import",
            question=whole.question,
            text=whole.text,
            language=whole.language,
            by=by.key,
            by_name=by.name,
            proposed_at=self._clock(),
            audience=whole.audience,
            wordings=whole.wordings,
            citations=whole.citations,
            owner=whole.owner,
            review_on=whole.review_on,
        )
        return Taken.PROPOSED if await self._proposals.add(proposal) else Taken.UNCHANGED

    async def accept(self, lesson: Lesson, *, by: User) -> Taken:
        """Verify it in this person's name; a proposal of the same is decided with it.

        Raises:
            StateUnavailable: it was not kept.
        """
        known = self._known(lesson)
        if not known:
            last = self._latest.get(curated_id(lesson))
            # Named after the change before it: two imports at once teach once, a later one again.
            key = f"import:{proposal_id(lesson)}:{last.number if last else 0}"
            whole = self._with_wordings(lesson)
            await self._teaching.teach(whole, by=by, key=key, reason="import")
        # Decided last and in any case: a crash may have come between the two.
        await self._proposals.decide(proposal_id(lesson), ProposalState.ACCEPTED, by=by)
        return Taken.UNCHANGED if known else Taken.ACCEPTED

    def _standing(self, lesson: Lesson) -> CuratedAnswer | None:
        last = self._latest.get(curated_id(lesson))
        return last.answer if last else None

    def _known(self, lesson: Lesson) -> bool:
        """Whether all that the lesson says is verified already."""
        standing = self._standing(lesson)
        return (
            standing is not None
            and standing.text == lesson.text
            and set(standing.asked_as) >= set(lesson.wordings)
            and lesson.owner in ("", standing.owner)
            and lesson.review_on in (None, standing.review_on)
            and lesson.citations in ((), standing.citations)
        )

    def _with_wordings(self, lesson: Lesson) -> Lesson:
        """The lesson with what else is known to ask the same, and the sources of the same text."""
        standing = self._standing(lesson)
        if standing is None:
            return lesson
        sources = standing.citations if standing.text == lesson.text else ()
        return replace(
            lesson,
            wordings=tuple(dict.fromkeys((*lesson.wordings, *standing.asked_as))),
            citations=lesson.citations or sources,
        )


async def latest_changes(curated: CuratedLog) -> Mapping[str, CuratedRevision]:
    """The last change of each answer that is, or once was, verified.

    Raises:
        StateUnavailable: the store does not answer.
    """
    return {change.id: change for change in await curated.since(0)}


def proposal_id(lesson: Lesson) -> str:
    """The same for all that a file says of a question, however often it is read."""
    parts = (
        curated_id(lesson),
        lesson.text,
        *sorted(lesson.wordings),
        lesson.owner,
        str(lesson.review_on),
        *(f"{cited.passage_id}\n{cited.quote}" for cited in lesson.citations),
    )
    name = "\0".join(("import", *parts))
    return hashed_id(name)
