"""Decisions about knowledge: proposals, what is taught by hand, and taking either back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.core.access import Access
from bot.core.cards import plain, said_card
from bot.core.experts import Experts, change_of
from bot.core.gaps import GapDesk
from bot.core.ids import hashed_id
from bot.core.languages import Languages
from bot.core.loop_cards import (
    FORGET,
    GAP_OPEN,
    PROPOSAL_ACCEPT,
    PROPOSAL_EDIT,
    PROPOSAL_REJECT,
    TEACH,
    UNDO,
    expert_card,
    forgotten_card,
    proposal_card,
    taught_card,
)
from bot.core.model import (
    AnswerRecord,
    Card,
    CardAction,
    Gap,
    Proposal,
    ProposalKind,
    ProposalState,
    Role,
    User,
    Verdict,
)
from bot.core.ports import Proposals
from bot.core.replies import Replies, private_reply
from bot.core.teaching import LONGEST_ANSWER, Lesson, Teaching
from bot.core.texts import TEXTS
from bot.core.texts_loop import LOOP_TEXTS
from bot.core.voting import wording_of
from knowledge.language import language_of
from knowledge.model import EVERYONE, Language, Outcome

log = logging.getLogger(__name__)

MOST_CORRECTIONS: Final = 20

Desk = Callable[[CardAction, Language], Awaitable[Card]]


class Review:
    """Takes proposals in, and does what administrators and owners decide about them.

    promote_after: what so many people found helpful, and nobody the contrary, is proposed.
    """

    def __init__(
        self,
        *,
        proposals: Proposals,
        gaps: GapDesk,
        teaching: Teaching,
        experts: Experts,
        access: Access,
        replies: Replies,
        languages: Languages,
        promote_after: int = 3,
    ) -> None:
        self._clearance = experts.clearance
        self._proposals = proposals
        self._gaps = gaps
        self._teaching = teaching
        self._experts = experts
        self._access = access
        self._replies = replies
        self._languages = languages
        self._promote_after = promote_after

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button and form does, by its name."""
        desks: Mapping[str, Desk] = {
            PROPOSAL_ACCEPT: self._accept,
            PROPOSAL_EDIT: self._accept,
            PROPOSAL_REJECT: self._reject,
            GAP_OPEN: self._open_gap,
            TEACH: self._teach,
            UNDO: self._undo,
            FORGET: self._forget,
        }
        return {name: self._for_reviewers(desk) for name, desk in desks.items()}

    # ── proposals come in ─────────────────────────────────────────────────────────────────────

    async def correct(self, record: AnswerRecord, verdict: Verdict) -> None:
        """Somebody wrote what the right answer would have been.

        Of one person so many wait at the most: however often they change their mind about an
        answer, it is one vote, and whoever reviews has to read each.

        Raises:
            StateUnavailable: it was not kept.
        """
        waiting = await self._proposals.waiting()
        theirs = [one for one in waiting if one.by == verdict.user.key and one.kind == "correction"]
        if len(theirs) >= MOST_CORRECTIONS:
            log.warning("correction_not_kept", extra={"by": verdict.user.key})
            return
        await self._proposals.add(
            _proposal(record, "correction", verdict, text=verdict.correction, by=verdict.user)
        )

    async def consider(self, record: AnswerRecord, verdicts: Sequence[Verdict]) -> None:
        """Propose an answer as a verified one, once enough people found it helpful.

        Raises:
            StateUnavailable: it was not kept.
        """
        values = [verdict.value for verdict in verdicts]
        liked = values.count(1) >= self._promote_after and -1 not in values
        if liked and record.answer.outcome in (Outcome.GROUNDED, Outcome.DEGRADED):
            proposal = _proposal(
                record, "promotion", verdicts[-1], text=record.answer.text, by=record.asker
            )
            await self._proposals.add(replace(proposal, citations=record.answer.citations))

    # ── decisions ─────────────────────────────────────────────────────────────────────────────

    async def next_card(self, language: Language, *, to: User) -> Card:
        """The oldest proposal that waits and is for this person, to decide about."""
        sight = await self._clearance.of(to.key)
        waiting = [one for one in await self._proposals.waiting() if await sight.proposal(one)]
        if not waiting:
            return said_card(TEXTS[language].review_none, language)
        return proposal_card(waiting[0], language, waiting=len(waiting))

    async def _accept(self, action: CardAction, language: Language) -> Card:
        """Verify it, perhaps in better words; whoever accepts it answers for it."""
        proposal = await self._proposal(action)
        if proposal is None or proposal.state is ProposalState.REJECTED:
            return _decided_card(proposal, language)
        if not await (await self._clearance.of(action.user.key)).open_to(proposal):
            return said_card(LOOP_TEXTS[language].sources_narrowed, language)
        text = action.values.get("answer", "").strip()[:LONGEST_ANSWER] or proposal.text
        lesson = Lesson(
            question=proposal.question,
            text=text,
            language=language_of(text),
            wordings=proposal.wordings,
            audience=proposal.audience,
            citations=proposal.citations if text == proposal.text else (),
            owner=proposal.owner,
            review_on=proposal.review_on,
        )
        # Decided last: after a crash in between the same steps are taken again.
        key = f"proposal:{proposal.id}"
        answer = await self._teaching.teach(lesson, by=action.user, key=key, reason=proposal.kind)
        gap = await self._waiting_for(proposal)
        if gap is not None:
            await self._experts.settle(gap, answer)
        await self._proposals.decide(
            proposal.id, ProposalState.ACCEPTED, by=action.user, edited=text != proposal.text
        )
        return taught_card(answer, language, told=len(gap.asks) if gap else 0)

    async def _proposal(self, action: CardAction) -> Proposal | None:
        """The proposal on the card, unless it is not for whoever pressed."""
        proposal = await self._proposals.find(action.values.get("proposal", ""))
        sight = await self._clearance.of(action.user.key)
        return proposal if proposal is not None and await sight.proposal(proposal) else None

    async def _waiting_for(self, proposal: Proposal) -> Gap | None:
        """The gap that it answers: the one it was written for, or one that asks the same."""
        if proposal.gap_id:
            return await self._gaps.find(proposal.gap_id)
        return await self._gaps.asking(proposal.question, readers=proposal.audience)

    async def _reject(self, action: CardAction, language: Language) -> Card:
        proposal = await self._proposal(action)
        if proposal is None:
            return _decided_card(None, language)
        name = proposal.id
        if await self._proposals.decide(name, ProposalState.REJECTED, by=action.user):
            return said_card(TEXTS[language].rejected, language)
        return _decided_card(await self._proposals.find(name), language)

    async def _open_gap(self, action: CardAction, language: Language) -> Card:
        gap = await self._gaps.find(action.values.get("gap", ""))
        sight = await self._clearance.of(action.user.key)
        gap = await sight.gap(gap) if gap is not None else None
        if gap is None:
            return said_card(TEXTS[language].gap_gone, language)
        if not gap.standing:
            return said_card(TEXTS[language].gap_done, language)
        return expert_card(gap, language)

    # ── by hand ───────────────────────────────────────────────────────────────────────────────

    async def teach(
        self, question: str, text: str, *, by: User, key: str, language: Language
    ) -> Card:
        """Verify an answer for everybody; whoever waits for it is told.

        key: names the change; the same one again changes nothing.

        Raises:
            StateUnavailable: it was not kept.
            ChannelUnavailable: somebody could not be told yet.
        """
        lesson = Lesson(question=question, text=text, language=language_of(text))
        answer = await self._teaching.teach(lesson, by=by, key=key, reason="teach")
        gap = await self._gaps.asking(question, readers=lesson.audience)
        if gap is not None:
            await self._experts.settle(gap, answer)
        return taught_card(answer, language, told=len(gap.asks) if gap else 0)

    async def _teach(self, action: CardAction, language: Language) -> Card:
        question = action.values.get("question", "").strip()
        text = action.values.get("answer", "").strip()
        if not question or not text:
            return said_card(TEXTS[language].answer_empty, language)
        return await self.teach(
            question, text, by=action.user, key=change_of(action), language=language
        )

    async def _undo(self, action: CardAction, language: Language) -> Card:
        if not await self._sees(action):
            return said_card(TEXTS[language].undone_gone, language)
        answer = await self._teaching.undo(
            action.values.get("answer", ""), by=action.user, key=change_of(action)
        )
        if answer is None:
            return said_card(TEXTS[language].undone_gone, language)
        return replace(taught_card(answer, language), summary=TEXTS[language].undone)

    async def _forget(self, action: CardAction, language: Language) -> Card:
        if not await self._sees(action):
            return said_card(TEXTS[language].curated_gone, language)
        answer = await self._teaching.forget(
            action.values.get("answer", ""), by=action.user, key=change_of(action)
        )
        if answer is None:
            return said_card(TEXTS[language].curated_gone, language)
        return forgotten_card(answer, language)

    async def _sees(self, action: CardAction) -> bool:
        """Whether the answer on the card is for whoever pressed, as it was when it last was one."""
        answer = await self._teaching.last(action.values.get("answer", ""))
        return answer is not None and (await self._clearance.of(action.user.key)).answer(answer)

    def _for_reviewers(self, desk: Desk) -> Callable[[CardAction], Awaitable[None]]:
        """Buttons can be seen by others than those they were shown to: rights are checked here."""

        async def decide(action: CardAction) -> None:
            language = await self._languages.of(action)
            if Role.OWNER in self._access.roles(action.user):
                card = await desk(action, language)
            else:
                await self._access.refused(action)
                card = said_card(TEXTS[language].not_yours, language)
            await self._replies.once(private_reply(action, card))

        return decide


def _decided_card(proposal: Proposal | None, language: Language) -> Card:
    """That somebody has decided already, and who, where that is known."""
    if proposal is None or proposal.decided_at is None:
        return said_card(TEXTS[language].decided_already, language)
    texts = LOOP_TEXTS[language]
    accepted = proposal.state is ProposalState.ACCEPTED
    sentence = (texts.accepted_by if accepted else texts.rejected_by).format(
        name=plain(proposal.decided_by_name or proposal.decided_by),
        date=proposal.decided_at.date().isoformat(),
    )
    return said_card(sentence, language)


def _proposal(
    record: AnswerRecord, kind: ProposalKind, verdict: Verdict, *, text: str, by: User
) -> Proposal:
    name = f"{kind}\n{record.ref.platform}\n{record.ref.id}\n{text}"
    return Proposal(
        id=hashed_id(name),
        kind=kind,
        question=wording_of(record),
        text=text,
        language=language_of(text),
        by=by.key,
        by_name=by.name,
        proposed_at=verdict.given_at,
        audience=_readers(record),
    )


def _readers(record: AnswerRecord) -> frozenset[str]:
    """Those for whom what the answer was made of is meant, so far as they were among its readers.

    Every source must be readable: a reader of one of two sources has not seen the whole.
    """
    cited = {citation.passage_id for citation in record.answer.citations}
    sources = [hit.passage for hit in record.answer.hits if hit.passage.id in cited]
    some = [source.audience for source in sources if EVERYONE not in source.audience]
    if not some:
        return frozenset({EVERYONE})
    return frozenset.intersection(record.audience, *some)
