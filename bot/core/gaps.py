"""What the knowledge base cannot answer, gathered by meaning."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.core.ids import hashed_id
from bot.core.kin import Kin
from bot.core.model import AnswerRecord, Ask, Gap, MessageRef, Nearby, User
from bot.core.ports import Clock, Gaps
from knowledge.errors import EngineUnavailable
from knowledge.likeness import Likeness
from knowledge.model import EVERYONE, Hit, Passage

log = logging.getLogger(__name__)

_NEARBY_KEPT = 5
_READINGS_KEPT = 10_000
_WORDINGS_COMPARED = 10


class GapDesk:
    """Opens gaps and brings questions that mean the same together, in whatever language.

    What some may read and what all may read stay apart: an answer for some is not one for all.

    unbidden: somebody is to be asked about each gap, though no asker presses the button.
    """

    def __init__(
        self, *, gaps: Gaps, likeness: Likeness, clock: Clock, unbidden: bool = False
    ) -> None:
        self._gaps = gaps
        self._kin = Kin(likeness, most=_READINGS_KEPT)
        self._clock = clock
        self._unbidden = unbidden
        # Two questions that mean the same and come at once must not open two gaps. Of replicas
        # the store sees to that; here it spares comparing twice.
        self._one_by_one = asyncio.Lock()

    async def open(self, record: AnswerRecord, asker: User, *, wants_person: bool = False) -> Gap:
        """The gap of this question, with this person among its askers; a second time the same.

        Raises:
            StateUnavailable: it was not kept.
        """
        ask = Ask(
            id=ask_id(record.ref, asker),
            question=record.question,
            language=record.answer.language,
            conversation=record.conversation,
            user=asker,
            ref=record.ref,
            asked=record.asked,
            asked_at=self._clock(),
            audience=record.audience,
            wants_person=wants_person,
        )
        async with self._one_by_one:
            return await self._place(ask, record.answer.hits)

    async def find(self, gap_id: str) -> Gap | None:
        """One gap with all its asks."""
        return await self._gaps.find(gap_id)

    async def asking(self, question: str, *, readers: frozenset[str]) -> Gap | None:
        """The standing gap for these readers that most likely asks this.

        Raises:
            StateUnavailable: the store does not answer.
        """
        return await self._nearest(await self._gaps.standing(), question, readers)

    async def _place(self, ask: Ask, hits: Sequence[Hit]) -> Gap:
        gap = await self._gaps.of_ask(ask.id)
        if gap is not None and not ask.wants_person:
            return gap
        if gap is None:
            new = _new(ask, hits)
            due_at = new.opened_at if self._unbidden else None
            gap = await self._kept(replace(new, due_at=due_at))
            if gap is None:
                return new
        before = [known.asked_at for known in gap.asks if known.id == ask.id]
        await self._gaps.join(gap.id, replace(ask, asked_at=min(before, default=ask.asked_at)))
        return await self._gaps.find(gap.id) or gap

    async def _kept(self, new: Gap) -> Gap | None:
        """The standing gap that asks the same; None where there was none, and the new one is kept.

        Another replica may open one while we compare: then that one is compared too.
        """
        while True:
            standing = await self._gaps.standing()
            gap = await self._nearest(standing, new.question, new.readers)
            if gap is not None:
                return gap
            if await self._gaps.add(new, seen={each.id for each in standing}):
                return None

    async def _nearest(
        self, standing: Sequence[Gap], question: str, readers: frozenset[str]
    ) -> Gap | None:
        these = [gap for gap in standing if gap.readers == readers]
        # Each in all its words, so that the next wording is near one of them.
        worded = [(gap, words) for gap in these for words in gap.wordings[:_WORDINGS_COMPARED]]
        try:
            at = await self._kin.of(question, [words for _, words in worded])
        except EngineUnavailable as error:
            log.warning("gap_stays_alone", extra={"reason": str(error)})
            return None
        return None if at is None else worded[at][0]


def ask_id(ref: MessageRef, asker: User) -> str:
    """One ask a person and answer: "I do not know" and "ask a person" under it are the same."""
    name = f"{ref.platform}\n{ref.id}\n{asker.key}"
    return hashed_id(name)


def _new(ask: Ask, hits: Sequence[Hit]) -> Gap:
    nearest = [hit.passage for hit in hits[:_NEARBY_KEPT]]
    return Gap(
        id=ask.id,
        question=ask.question,
        language=ask.language,
        opened_at=ask.asked_at,
        readers=_readers(nearest, ask.audience),
        asks=(ask,),
        found=tuple(
            Nearby(
                passage_id=passage.id,
                document_id=passage.document_id,
                title=passage.title,
                audience=passage.audience,
                owner=passage.owner,
            )
            for passage in nearest
        ),
    )


def _readers(nearest: Sequence[Passage], audience: frozenset[str]) -> frozenset[str]:
    """Whoever may read the nearest passage and is one of those who asked."""
    if not nearest or EVERYONE in nearest[0].audience:
        return frozenset({EVERYONE})
    return nearest[0].audience & audience
