"""What people do with an answer: vote, say why, ask a person, open a source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from bot.core.access import Readers, everyone
from bot.core.cards import (
    ASK_PERSON,
    OPEN_SOURCE,
    REASONS,
    VERDICT,
    VERDICT_REASON,
    answer_gone_card,
    passage_card,
    passage_gone_card,
    person_asked_card,
    reason_card,
    thanks_card,
)
from bot.core.languages import Languages
from bot.core.model import AnswerRecord, Card, CardAction, MessageRef, Reaction, User, Verdict
from bot.core.notebook import Notebook
from bot.core.ports import Answerer, Verdicts
from bot.core.replies import Replies, private_reply
from knowledge.model import Language

_LONGEST_CORRECTION = 2_000
"""Characters."""


class Feedback:
    """Turns reactions and buttons into verdicts and gaps."""

    def __init__(
        self,
        *,
        answerer: Answerer,
        verdicts: Verdicts,
        notebook: Notebook,
        replies: Replies,
        languages: Languages,
        readers: Readers = everyone,
    ) -> None:
        self._answerer = answerer
        self._verdicts = verdicts
        self._notebook = notebook
        self._replies = replies
        self._languages = languages
        self._readers = readers

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button and form does, by its name."""
        return {
            VERDICT: self._vote,
            VERDICT_REASON: self._give_reason,
            ASK_PERSON: self._ask_person,
            OPEN_SOURCE: self._open_source,
        }

    async def react(self, reaction: Reaction) -> None:
        """Count an emoji on an answer like a button; on anything else it means nothing to us."""
        record = await self._notebook.find(reaction.ref)
        if record is None:
            return
        if not reaction.withdrawn:
            await self._give(record.ref, reaction.user, reaction.emoji)
        elif await self._stands(record.ref, reaction):
            await self._withdraw(record.ref, reaction.user)

    async def _vote(self, action: CardAction) -> None:
        record = await self._notebook.find(action.ref)
        if record is None:
            await self._say(action, None, answer_gone_card(await self._languages.of(action)))
            return
        language = record.answer.language
        if action.values.get("vote") == "down":
            await self._give(record.ref, action.user, "down")
            await self._say(action, record, reason_card(record.ref, language))
        else:
            await self._give(record.ref, action.user, "up")
            await self._thank(action, record)

    async def _give_reason(self, action: CardAction) -> None:
        ref = MessageRef(platform=action.ref.platform, id=action.values.get("answer", ""))
        record = await self._notebook.find(ref)
        if record is None:
            await self._say(action, None, answer_gone_card(await self._languages.of(action)))
            return
        reason = action.values.get("reason", "")
        await self._give(
            ref,
            action.user,
            "down",
            reason=reason if reason in REASONS else "other",
            correction=action.values.get("correction", "").strip()[:_LONGEST_CORRECTION],
        )
        await self._say(action, record, thanks_card(record.answer.language, with_reason=True))

    async def _ask_person(self, action: CardAction) -> None:
        record = await self._notebook.find(action.ref)
        if record is None:
            await self._say(action, None, answer_gone_card(await self._languages.of(action)))
            return
        await self._notebook.open_gap(record, action.user, wants_person=True)
        await self._say(action, record, person_asked_card(record.answer.language))

    async def _open_source(self, action: CardAction) -> None:
        record = await self._notebook.find(action.ref)
        language = await self._language(action, record)
        passage = await self._answerer.passage(
            action.values.get("passage_id", ""), audience=self._audience(action, record)
        )
        card = passage_card(passage, language) if passage else passage_gone_card(language)
        await self._say(action, record, card)

    def _audience(self, action: CardAction, record: AnswerRecord | None) -> frozenset[str]:
        """Both the answer's readers and today's: rights may have changed since."""
        names = self._readers(action)
        return names if record is None else names & record.audience

    async def _language(self, action: CardAction, record: AnswerRecord | None) -> Language:
        return record.answer.language if record else await self._languages.of(action)

    # ── verdicts ──────────────────────────────────────────────────────────────────────────────

    async def _give(
        self,
        ref: MessageRef,
        user: User,
        vote: Literal["up", "down"],
        *,
        reason: str = "",
        correction: str = "",
    ) -> None:
        verdict = Verdict(
            ref=ref,
            user=user,
            value=1 if vote == "up" else -1,
            reason=reason,
            correction=correction,
            given_at=self._notebook.clock(),
        )
        await self._verdicts.give(verdict)

    async def _withdraw(self, ref: MessageRef, user: User) -> None:
        await self._verdicts.give(
            Verdict(ref=ref, user=user, value=0, given_at=self._notebook.clock())
        )

    async def _stands(self, ref: MessageRef, reaction: Reaction) -> bool:
        """Taking back a 👍 must not take back the 👎 that came after it."""
        value = 1 if reaction.emoji == "up" else -1
        return any(
            verdict.user.key == reaction.user.key and verdict.value == value
            for verdict in await self._verdicts.of(ref)
        )

    # ── words back ────────────────────────────────────────────────────────────────────────────

    async def _thank(self, action: CardAction, record: AnswerRecord) -> None:
        """Only where the others need not read it."""
        channel = self._replies.channel(action.ref.platform)
        if channel.capabilities.private or record.conversation.direct:
            await self._say(action, record, thanks_card(record.answer.language))

    async def _say(self, action: CardAction, record: AnswerRecord | None, card: Card) -> None:
        """The record knows where the answer stands; a card's callback may not."""
        conversation = record.conversation if record else action.conversation
        await self._replies.once(private_reply(action, card, conversation))
