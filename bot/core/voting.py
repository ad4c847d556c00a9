"""Verdicts on answers: whose counts, how many a day, and what they are votes on."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from enum import StrEnum

from bot.core.access import Readers
from bot.core.limits import VoteLimit
from bot.core.model import AnswerRecord, CardAction, Grounds, Reaction, Verdict
from bot.core.ports import Verdicts
from knowledge.errors import KnowledgeError
from knowledge.model import CuratedAnswer, Outcome
from knowledge.ports import Answerer, Tallies
from knowledge.wording import wording_key

log = logging.getLogger(__name__)


class Refusal(StrEnum):
    """Why a verdict does not count."""

    ENOUGH = "enough"
    """This person voted too often today."""
    NOT_A_READER = "not_a_reader"
    """Not every source is open to this person now; it may also be gone."""


class Voting:
    """Takes verdicts from those who may give them, and tells the passages.

    tallies: where passages carry their votes, if anywhere.
    """

    def __init__(
        self,
        *,
        verdicts: Verdicts,
        answerer: Answerer,
        readers: Readers,
        limit: VoteLimit,
        tallies: Tallies | None = None,
    ) -> None:
        self._verdicts = verdicts
        self._answerer = answerer
        self._readers = readers
        self._limit = limit
        self._tallies = tallies
        # Two votes on one passage must not write each other's older count.
        self._telling = asyncio.Lock()

    async def give(
        self, verdict: Verdict, record: AnswerRecord, event: CardAction | Reaction
    ) -> Refusal | None:
        """Count the verdict that came with this event, or tell why it does not count.

        Raises:
            StateUnavailable: it was not kept.
        """
        if not await self._limit.welcomes(verdict.user, record.ref):
            return Refusal.ENOUGH
        if not await self._reads(record, await self._readers.alone(event.user)):
            return Refusal.NOT_A_READER
        await self._keep(verdict, record)
        return None

    async def withdraw(self, record: AnswerRecord, reaction: Reaction) -> None:
        """Take back an emoji; the contrary, given by a button since, stays.

        Raises:
            StateUnavailable: it was not kept.
        """
        verdict = Verdict(
            ref=record.ref,
            user=reaction.user,
            value=0,
            given_at=moment_of(reaction),
            withdraws=1 if reaction.emoji == "up" else -1,
        )
        await self._keep(verdict, record)

    async def of(self, record: AnswerRecord) -> tuple[Verdict, ...]:
        """All standing verdicts on this answer, oldest first."""
        return await self._verdicts.of(record.ref)

    async def _reads(self, record: AnswerRecord, names: frozenset[str]) -> bool:
        """Whether these names open everything the answer was made of, now and not only then."""
        curated = record.answer.curated
        if curated is not None and not curated.audience & names:
            return False
        cited = dict.fromkeys(citation.passage_id for citation in record.answer.citations)
        for passage_id in cited:
            if await self._answerer.passage(passage_id, audience=names) is None:
                return False
        return True

    async def _keep(self, verdict: Verdict, record: AnswerRecord) -> None:
        grounds = grounds_of(record)
        await self._verdicts.give(verdict, grounds=grounds)
        if self._tallies is None or not grounds.passages:
            return
        async with self._telling:
            tallies = await self._verdicts.tallies(grounds.passages)
            try:
                await self._tallies.tally(tallies)
            except KnowledgeError as error:
                # The next vote on these passages tells their whole count again.
                log.warning("votes_not_told", extra={"reason": str(error)})


def moment_of(event: CardAction | Reaction) -> datetime:
    """When it was done. Platforms deliver again, and then not in the order in which things were
    done, so their own word counts where there is one; but nothing was done after it arrived.
    """
    return min(event.happened_at or event.received_at, event.received_at)


def grounds_of(record: AnswerRecord) -> Grounds:
    """What a verdict on this answer is about.

    The sources of an answer that said it does not know are only where to look: nobody votes on
    them. Whoever finds that an answer to a similar question does not help says nothing against it
    as the answer to its own.
    """
    answer = record.answer
    cited = () if answer.outcome is Outcome.UNKNOWN else answer.citations
    served = revision_of(answer.curated) if answer.curated else ""
    return Grounds(
        question=wording_of(record),
        passages=tuple(dict.fromkeys(citation.passage_id for citation in cited)),
        curated="" if answer.similar else served,
        similar=served if answer.similar or _by_learnt_wording(record) else "",
    )


def wording_of(record: AnswerRecord) -> str:
    """The question as it was understood."""
    return record.answer.standalone or record.question


def _by_learnt_wording(record: AnswerRecord) -> bool:
    served = record.answer.curated
    learnt = served.learnt if served else ()
    return wording_key(wording_of(record)) in {wording_key(wording) for wording in learnt}


def revision_of(answer: CuratedAnswer) -> str:
    """A curated answer as it was verified then: other words are judged anew."""
    return f"{answer.id}@{answer.verified_at.isoformat()}"
