"""What new colleagues ask: for the day's tip, and for HR's weekly digest."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.core.errors import StateUnavailable
from bot.core.kin import Kin
from bot.core.model import AnswerRecord
from bot.core.onboarding.model import Joiner, JoinerState, Wondered
from bot.core.onboarding.roster import Roster
from bot.core.onboarding.when import day_number
from knowledge.errors import EngineUnavailable
from knowledge.likeness import Likeness
from knowledge.model import Language, Outcome

log = logging.getLogger(__name__)

_MEMORY: Final = timedelta(days=365)
_COMPARED: Final = 200
_READINGS_KEPT: Final = 2_000
_FRESH: Final = timedelta(minutes=30)
"""On a morning hundreds may get a tip, and what is asked in a week changes slowly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A question that several may have asked, in the words of the first. askers: their ids."""

    question: str
    language: Language
    askers: frozenset[str]
    answered: bool

    @property
    def people(self) -> int:
        """How many asked it."""
        return len(self.askers)


class Wondering:
    """Keeps what people on a journey ask, and brings together what means the same.

    shared_by: so many different people must have asked something before others are told of it.
    """

    def __init__(self, *, roster: Roster, likeness: Likeness, shared_by: int = 2) -> None:
        self._roster = roster
        self._kin = Kin(likeness, most=_READINGS_KEPT)
        self._shared_by = shared_by
        self._weeks: dict[tuple[str, int, str], tuple[datetime, tuple[Wish, ...]]] = {}

    async def heard(self, record: AnswerRecord) -> None:
        """Keep a question, if somebody on a journey asked it; failing to costs nobody anything."""
        try:
            for joiner in await self._roster.joiners.of(record.asker.key):
                if joiner.state is JoinerState.ACTIVE and not joiner.day_s:
                    await self._roster.joiners.wonder(self._wondered(record, joiner))
        except StateUnavailable as error:
            log.warning("question_not_kept", extra={"reason": str(error)})

    async def of_week(self, joiner: Joiner, week: int) -> tuple[Wish, ...]:
        """What others asked in this week of theirs and was answered, the most asked first."""
        key = (joiner.journey, week, joiner.language)
        now = self._roster.clock()
        kept = self._weeks.get(key)
        if kept is None or now >= kept[0]:
            kept = (now + _FRESH, await self._gather_week(*key))
            self._weeks[key] = kept
        others = frozenset({joiner.id})
        return tuple(one for one in kept[1] if len(one.askers - others) >= self._shared_by)

    async def _gather_week(self, journey: str, week: int, language: str) -> tuple[Wish, ...]:
        asked = [
            one
            for one in await self._roster.joiners.wondered(since=self._roster.clock() - _MEMORY)
            if (one.journey, one.week, one.language) == (journey, week, language) and one.answered
        ]
        return await self.gathered(asked)

    async def since(self, period: timedelta) -> tuple[Wish, ...]:
        """All that was asked lately, the most asked first."""
        asked = await self._roster.joiners.wondered(since=self._roster.clock() - period)
        return await self.gathered(asked)

    async def gathered(self, asked: Sequence[Wondered]) -> tuple[Wish, ...]:
        """Questions that mean the same are one, the most asked first."""
        groups: list[list[Wondered]] = []
        for one in asked[-_COMPARED:]:
            at = await self._group_of(one, groups)
            if at is None:
                groups.append([one])
            else:
                groups[at].append(one)
        wishes = [_wish(group) for group in groups]
        wishes.sort(key=lambda wish: (-wish.people, wish.question))
        return tuple(wishes)

    async def _group_of(self, one: Wondered, groups: Sequence[Sequence[Wondered]]) -> int | None:
        """The group that most likely asks the same."""
        for at, group in enumerate(groups):
            if one.question in {other.question for other in group}:
                return at
        try:
            return await self._kin.of(one.question, [group[0].question for group in groups])
        except EngineUnavailable as error:
            log.warning("question_stays_alone", extra={"reason": str(error)})
            return None

    def _wondered(self, record: AnswerRecord, joiner: Joiner) -> Wondered:
        day = day_number(record.answered_at, joiner, self._roster.terms.hours)
        return Wondered(
            id=f"{joiner.id}/{record.ref.platform}:{record.ref.id}",
            joiner_id=joiner.id,
            journey=joiner.journey,
            week=max(1, (day + 6) // 7),
            question=record.question,
            language=record.answer.language,
            answered=record.answer.outcome is not Outcome.UNKNOWN,
            asked_at=record.answered_at,
        )


def _wish(group: Sequence[Wondered]) -> Wish:
    return Wish(
        question=group[0].question,
        language=group[0].language,
        askers=frozenset(one.joiner_id for one in group),
        answered=any(one.answered for one in group),
    )
