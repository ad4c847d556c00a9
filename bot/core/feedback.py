"""What people do with an answer: vote, say why, ask a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from bot.core.cards import (
    ASK_PERSON,
    REASONS,
    VERDICT,
    VERDICT_REASON,
    answer_gone_card,
    person_asked_card,
    reason_card,
    said_card,
    thanks_card,
)
from bot.core.doubts import Doubts
from bot.core.experts import Experts
from bot.core.languages import Languages
from bot.core.model import AnswerRecord, Card, CardAction, MessageRef, Reaction, Verdict
from bot.core.notebook import Notebook
from bot.core.replies import Replies, private_reply, reply_place
from bot.core.review import Review
from bot.core.texts import TEXTS
from bot.core.voting import Refusal, Voting, moment_of
from bot.core.wordings import Wordings

_LONGEST_CORRECTION = 2_000
"""Characters."""


class Feedback:
    """Turns reactions and buttons into verdicts, gaps and proposals."""

    def __init__(
        self,
        *,
        voting: Voting,
        doubts: Doubts,
        notebook: Notebook,
        experts: Experts,
        review: Review,
        wordings: Wordings,
        replies: Replies,
        languages: Languages,
    ) -> None:
        self._voting = voting
        self._wordings = wordings
        self._doubts = doubts
        self._notebook = notebook
        self._experts = experts
        self._review = review
        self._replies = replies
        self._languages = languages

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button and form does, by its name."""
        return {
            VERDICT: self._vote,
            VERDICT_REASON: self._give_reason,
            ASK_PERSON: self._ask_person,
        }

    async def react(self, reaction: Reaction) -> None:
        """Count an emoji on an answer like a button; on anything else it means nothing to us."""
        record = await self._notebook.find(reaction.ref)
        if record is None:
            return
        if reaction.withdrawn:
            await self._voting.withdraw(record, reaction)
            self._replies.steps.tell("verdict", value="withdrawn")
            await self._wordings.consider(record)
        else:
            await self._count(record, reaction, reaction.emoji)

    async def _vote(self, action: CardAction) -> None:
        record = await self._notebook.find(action.ref)
        if record is None:
            await self._say(action, None, answer_gone_card(await self._languages.of(action)))
            return
        vote: Literal["up", "down"] = "down" if action.values.get("vote") == "down" else "up"
        refusal = await self._count(record, action, vote)
        if refusal is not None:
            await self._explain(action, record, refusal)
        elif vote == "down":
            await self._say(action, record, reason_card(record.ref, record.answer.language))
        else:
            await self._thank(action, record)

    async def _give_reason(self, action: CardAction) -> None:
        ref = MessageRef(platform=action.ref.platform, id=action.values.get("answer", ""))
        record = await self._notebook.find(ref)
        if record is None:
            await self._say(action, None, answer_gone_card(await self._languages.of(action)))
            return
        reason = action.values.get("reason", "")
        verdict = _verdict(
            record,
            action,
            "down",
            reason=reason if reason in REASONS else "other",
            correction=action.values.get("correction", "").strip()[:_LONGEST_CORRECTION],
        )
        refusal = await self._voting.give(verdict, record, action)
        self._tell("reason", refusal)
        await self._wordings.consider(record)
        if verdict.correction and refusal is not Refusal.ENOUGH:
            await self._review.correct(record, verdict)
        if refusal is None:
            await self._say(action, record, thanks_card(record.answer.language, with_reason=True))
        else:
            await self._explain(action, record, refusal)

    async def _ask_person(self, action: CardAction) -> None:
        record = await self._notebook.find(action.ref)
        if record is None:
            await self._say(action, None, answer_gone_card(await self._languages.of(action)))
            return
        gap = await self._notebook.open_gap(record, action.user, wants_person=True)
        found = await self._experts.wanted(gap)
        await self._say(action, record, person_asked_card(record.answer.language, found=found))

    # ── verdicts ──────────────────────────────────────────────────────────────────────────────

    async def _count(
        self, record: AnswerRecord, event: CardAction | Reaction, vote: Literal["up", "down"]
    ) -> Refusal | None:
        """A verdict, and what follows from it; why it does not count, where it does not.

        Whoever was not helped waits for an answer, also where the vote does not count.
        """
        refusal = await self._voting.give(_verdict(record, event, vote), record, event)
        self._tell(vote, refusal)
        if refusal is Refusal.ENOUGH:
            return refusal
        await self._wordings.consider(record)
        if vote == "down":
            gap = await self._notebook.open_gap(record, event.user)
            await self._doubts.consider(record, gap)
        elif refusal is None:
            await self._review.consider(record, await self._voting.of(record))
        return refusal

    def _tell(self, value: str, refusal: Refusal | None) -> None:
        self._replies.steps.tell("verdict", value=refusal.value if refusal else value)

    # ── words back ────────────────────────────────────────────────────────────────────────────

    async def _explain(self, action: CardAction, record: AnswerRecord, refusal: Refusal) -> None:
        language = record.answer.language
        texts = TEXTS[language]
        said = {Refusal.ENOUGH: texts.votes_enough, Refusal.NOT_A_READER: texts.vote_closed}
        await self._say(action, record, said_card(said[refusal], language))

    async def _thank(self, action: CardAction, record: AnswerRecord) -> None:
        """Only where the others need not read it."""
        channel = self._replies.channel(action.ref.platform)
        if channel.capabilities.private or record.conversation.direct:
            await self._say(action, record, thanks_card(record.answer.language))

    async def _say(self, action: CardAction, record: AnswerRecord | None, card: Card) -> None:
        await self._replies.once(private_reply(action, card, reply_place(action, record)))


def _verdict(
    record: AnswerRecord,
    event: CardAction | Reaction,
    vote: Literal["up", "down"],
    *,
    reason: str = "",
    correction: str = "",
) -> Verdict:
    """When it came counts, not when its turn was: after a crash older ones are handled late."""
    return Verdict(
        ref=record.ref,
        user=event.user,
        value=1 if vote == "up" else -1,
        reason=reason,
        correction=correction,
        given_at=moment_of(event),
    )
