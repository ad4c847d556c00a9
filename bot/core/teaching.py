"""How an answer becomes one that a person verified, and stops being one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.ids import hashed_id
from bot.core.model import User
from bot.core.ports import Clock, CuratedLog
from knowledge.model import EVERYONE, Citation, CuratedAnswer, Language

LONGEST_ANSWER = 8_000
"""Characters; what is longer is a document and should be ingested as one."""

WORDING = "wording"
"""The reason of a change that follows from votes on wordings."""

_REVIEWED_AFTER = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A question with the answer that is to be verified.

    owner: who answers for it; empty: whoever verifies it. review_on: empty: after half a year.
    """

    question: str
    text: str
    language: Language
    wordings: tuple[str, ...] = ()
    audience: frozenset[str] = frozenset({EVERYONE})
    citations: tuple[Citation, ...] = ()
    owner: str = ""
    review_on: date | None = None


class Teaching:
    """Keeps curated answers; each change has an author and can be undone."""

    def __init__(self, *, curated: CuratedLog, clock: Clock) -> None:
        self._curated = curated
        self._clock = clock

    async def teach(self, lesson: Lesson, *, by: User, key: str, reason: str) -> CuratedAnswer:
        """Verify an answer; one to the same question for the same readers is replaced.

        In what other words that was asked stays known; which wordings are not the same is judged
        anew.

        key: names the change; the same one again changes nothing.

        Raises:
            StateUnavailable: it was not kept.
        """
        now = self._clock()
        before = await self.standing(curated_id(lesson))
        wordings = (*lesson.wordings, *(before.asked_as if before else ()))
        answer = CuratedAnswer(
            id=curated_id(lesson),
            question=lesson.question,
            text=lesson.text[:LONGEST_ANSWER],
            language=lesson.language,
            wordings=tuple(word for word in dict.fromkeys(wordings) if word != lesson.question),
            audience=lesson.audience,
            owner=lesson.owner or by.key,
            verified_by=by.name or by.id,
            verified_at=now,
            review_on=lesson.review_on or (now + _REVIEWED_AFTER).date(),
            citations=lesson.citations,
        )
        await self._curated.keep(answer, key=key, by=by.key, reason=reason)
        return answer

    async def forget(self, answer_id: str, *, by: User, key: str) -> CuratedAnswer | None:
        """Take an answer back: what it was, or None where there is none to take back."""
        answer = await self.standing(answer_id)
        if answer is not None:
            await self._curated.withdraw(answer_id, key=key, by=by.key, reason="forget")
        return answer

    async def undo(self, answer_id: str, *, by: User, key: str) -> CuratedAnswer | None:
        """Bring back what was before the last change: the answer as it is now, None where none is.

        Undoing twice does what was undone again. What follows from votes is no change of anybody.
        """
        history = await self._curated.history(answer_id)
        before = [revision.answer for revision in history if revision.reason != WORDING][-2:-1]
        answer = before[0] if before else None
        if answer is None:
            await self._curated.withdraw(answer_id, key=key, by=by.key, reason="undo")
        else:
            await self._curated.keep(answer, key=key, by=by.key, reason="undo")
        return answer

    async def standing(self, answer_id: str) -> CuratedAnswer | None:
        """The answer as it is now."""
        history = await self._curated.history(answer_id)
        return history[-1].answer if history else None

    async def last(self, answer_id: str) -> CuratedAnswer | None:
        """The answer as it is, or was before it was taken back."""
        history = await self._curated.history(answer_id)
        kept = (revision.answer for revision in reversed(history) if revision.answer is not None)
        return next(kept, None)

    async def all_standing(self) -> tuple[CuratedAnswer, ...]:
        """Every answer as it is now, in the order in which they were changed."""
        latest = {revision.id: revision.answer for revision in await self._curated.since(0)}
        return tuple(answer for answer in latest.values() if answer is not None)


def curated_id(lesson: Lesson) -> str:
    """The same question for the same readers has one answer."""
    readers = ",".join(sorted(lesson.audience))
    asked = " ".join(lesson.question.casefold().split())
    name = f"{readers}\n{asked}"
    return hashed_id(name, digits=16)
