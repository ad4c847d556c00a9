"""From a question to its answer card."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Final, TypeAlias

from bot.core.access import Readers, everyone
from bot.core.aside import Aside
from bot.core.cards import (
    answer_card,
    busy_card,
    draft_card,
    late_card,
    progress_card,
    taken_back_card,
)
from bot.core.errors import ChannelRefused
from bot.core.etiquette import Etiquette
from bot.core.model import (
    AnswerRecord,
    Capabilities,
    Card,
    Conversation,
    InboundMessage,
    MessageRef,
    Reply,
)
from bot.core.notebook import Notebook
from bot.core.ports import Engages
from bot.core.progress import Drafts, Edit
from bot.core.replies import Replies, private_reply, reply_key
from bot.core.withdrawals import Withdrawals
from knowledge.errors import EngineUnavailable, StoreUnavailable
from knowledge.language import language_of
from knowledge.model import Answer, Draft, Language, Outcome, Question, Turn
from knowledge.ports import Answerer

log = logging.getLogger(__name__)

_QUOTED_CHARS: Final = 1_000

Pacing: TypeAlias = Callable[[Edit[Draft], Capabilities], Drafts[Draft]]


def platform_pace(edit: Edit[Draft], capabilities: Capabilities) -> Drafts[Draft]:
    """Drafts by the clock on the wall."""
    return Drafts(edit, capabilities=capabilities)


class Converse:
    """Answers questions: a card at once, drafts as they grow, one final card.

    After a crash the same message continues where it was: the card that is shown is updated, an
    answer that was recorded is shown again instead of asked again, and a finished one stays.

    deadline_s: from the question to the end of generation.
    engages: decides what is answered in groups unasked; without it nothing is.
    etiquette: keeps the same from being answered unasked again and again.
    """

    def __init__(
        self,
        *,
        answerer: Answerer,
        replies: Replies,
        notebook: Notebook,
        readers: Readers = everyone,
        deadline_s: float = 90.0,
        pacing: Pacing = platform_pace,
        engages: Engages | None = None,
        etiquette: Etiquette | None = None,
    ) -> None:
        self._answerer = answerer
        self._replies = replies
        self._steps = replies.steps
        self._notebook = notebook
        self._readers = readers
        self._deadline_s = deadline_s
        self._pacing = pacing
        self._engages = engages
        self._etiquette = etiquette
        self._withdrawals = Withdrawals()
        self._aside = Aside(
            answerer=answerer,
            replies=replies,
            notebook=notebook,
            readers=readers,
            withdrawals=self._withdrawals,
            deadline_s=deadline_s,
        )

    def withdraw(self, ref: MessageRef) -> None:
        """A question was taken back: its work stops, or never begins."""
        self._withdrawals.add(ref)

    async def answer(self, message: InboundMessage) -> None:
        """Answer a message in its own language.

        In a group its readers are answered together, from what all of them may read; then the asker
        alone, from what else they may.

        Raises:
            ChannelError: the platform did not take the final card.
        """
        if self._withdrawals.has(message.ref):
            log.info("question_withdrawn", extra={"key": reply_key(message)})
            return
        if not await self._replies.sent(_final(reply_key(message))):
            await self._answer(message)
            self._tell_card(message)
        if not message.conversation.direct:
            await self._aside.tell(message, partial(self._question, message, told=True))

    async def _answer(self, message: InboundMessage) -> None:
        key, language = reply_key(message), language_of(message.text)
        reply = _growing(message, language)
        try:
            async with asyncio.timeout(self._deadline_s) as deadline:
                with self._withdrawals.ending(message.ref, deadline):
                    shown = await self._show_first(reply)
                    record = await self._find(message, reply, shown)
        except TimeoutError:
            if self._withdrawals.has(message.ref):
                log.info("question_withdrawn", extra={"key": key})
                await self._show_final(replace(reply, card=taken_back_card(language)))
                return
            log.warning("question_late", extra={"key": key, "deadline_s": self._deadline_s})
            self._steps.tell("refused", reason="late")
            await self._close_late(message, reply, language)
        except (EngineUnavailable, StoreUnavailable) as error:
            log.warning("knowledge_unavailable", extra={"key": key, "reason": str(error)})
            self._steps.tell("refused", reason="unavailable")
            await self._show_final(replace(reply, card=busy_card(language)))
        else:
            with self._steps.timing("render"):
                card = answer_card(record.answer, language)
            await self._close(record, reply, card)
            await self._note(record, unasked=False)

    async def whisper(self, message: InboundMessage) -> Card:
        """Answer for the eyes of the asker alone: one card, made of what they may read.

        After a crash the question is asked again unless its card was sent.

        Raises:
            ChannelError: the platform did not take the card.
        """
        asked = _in_private(message)
        language = language_of(message.text)
        nothing = Answer(outcome=Outcome.UNKNOWN, text="", language=language, confidence=0.0)
        try:
            async with asyncio.timeout(self._deadline_s):
                record = await self._find(asked, _growing(asked, language), None)
        except TimeoutError:
            log.warning("question_late", extra={"deadline_s": self._deadline_s})
            self._steps.tell("refused", reason="late")
            record = self._record(asked, nothing, await self._readers.alone(asked.user), None)
            card = late_card(language)
        except (EngineUnavailable, StoreUnavailable) as error:
            log.warning("knowledge_unavailable", extra={"reason": str(error)})
            self._steps.tell("refused", reason="unavailable")
            card = busy_card(language)
            await self._replies.once(private_reply(message, card))
            return card
        else:
            card = answer_card(record.answer, language)
        ref = await self._replies.once(private_reply(message, card))
        # Written in the asker's own conversation: others of the channel must not go on with it.
        await self._notebook.write(replace(record, ref=ref))
        return card

    async def engages(self, message: InboundMessage, *, talking: bool = False) -> bool:
        """Whether to try `volunteer` for a message that nobody addressed to the bot.

        talking: whoever wrote it is in the midst of a talk.

        Raises:
            KnowledgeError: nothing could be searched.
        """
        if self._engages is None:
            return False
        audience = await self._readers.together(message.conversation, message.user)
        return await self._engages(message.text, audience=audience, talking=talking)

    async def volunteer(self, message: InboundMessage) -> None:
        """Answer a message that nobody addressed to the bot, or stay silent.

        Nothing is shown before an answer is there, and nothing where there is none or something
        broke: nobody waits for it.

        Raises:
            ChannelError: the platform did not take the card.
        """
        key = reply_key(message)
        if await self._replies.sent(_final(key)) or self._withdrawals.has(message.ref):
            return
        language = language_of(message.text)
        reply = _growing(message, language)
        try:
            async with asyncio.timeout(self._deadline_s) as deadline:
                with self._withdrawals.ending(message.ref, deadline):
                    shown = await self._replies.sent(key)
                    record = await self._find(message, reply, shown)
        except (TimeoutError, EngineUnavailable, StoreUnavailable) as error:
            log.info("stayed_silent", extra={"key": key, "reason": type(error).__name__})
            return
        if record.answer.outcome is Outcome.UNKNOWN:
            return
        if self._etiquette is not None and not self._etiquette.is_news(record):
            log.info("topic_answered_before", extra={"key": key})
            return
        await self._close(record, reply, answer_card(record.answer, language))
        await self._note(record, unasked=True)

    def _tell_card(self, message: InboundMessage) -> None:
        """How long the asker waited for the last card, whatever it says."""
        waited = self._notebook.clock() - message.received_at
        platform = message.conversation.platform
        self._steps.tell("card", platform=platform, waited_s=waited.total_seconds())

    async def _note(self, record: AnswerRecord, *, unasked: bool) -> None:
        if self._etiquette is not None and record.answer.outcome is not Outcome.UNKNOWN:
            await self._etiquette.note(record, unasked=unasked)

    # ── finding the answer ────────────────────────────────────────────────────────────────────

    async def _question(self, message: InboundMessage, *, told: bool = False) -> Question:
        """The question for all who read the answer where it was asked. told: they were told it."""
        turns = await self._notebook.history(message)
        before = _before(message, turns) if told else turns
        return Question(
            text=message.text,
            language=language_of(message.text),
            audience=await self._readers.together(message.conversation, message.user),
            history=(*before, *await self._quoted(message)),
            asker=message.user.key,
        )

    async def _find(
        self, message: InboundMessage, reply: Reply, shown: MessageRef | None
    ) -> AnswerRecord:
        known = await self._notebook.find(shown) if shown else None
        if known is not None:
            return known
        with self._steps.timing("context"):
            question = await self._question(message)
        answer = await self._ask(question, reply, shown)
        record = self._record(message, answer, question.audience, shown)
        if shown is not None:  # before the final card: after a crash it is shown, not asked again
            await self._notebook.write(record)
        return record

    async def _quoted(self, message: InboundMessage) -> tuple[Turn, ...]:
        """What it quotes, as what was said before it; an answer of ours is known already."""
        quoted = message.quoted
        if not quoted and message.quotes and not await self._notebook.find(message.quotes):
            quoted = await self._replies.words_of(message.quotes)
        return (Turn(speaker="user", text=quoted[:_QUOTED_CHARS]),) if quoted else ()

    async def _show_first(self, reply: Reply) -> MessageRef | None:
        """Where cards cannot be edited the answer is the first and only one."""
        channel = self._replies.channel(reply.conversation.platform)
        if channel.capabilities.edits:
            return await self._replies.once(reply)
        return await self._replies.sent(reply.key)

    async def _ask(self, question: Question, reply: Reply, shown: MessageRef | None) -> Answer:
        answer: Answer | None = None
        async with (
            self._drafts(reply, shown) as drafts,
            aclosing(self._answerer.stream(question)) as stream,
        ):
            async for said in stream:
                match said:
                    case Draft():
                        drafts.offer(said)
                    case Answer():
                        answer = said
        if answer is None:
            raise RuntimeError("the answerer ended without an answer")
        return answer

    def _drafts(self, reply: Reply, shown: MessageRef | None) -> Drafts[Draft]:
        async def edit(draft: Draft) -> None:
            if shown is not None:
                card = draft_card(draft.text, reply.card.language, place=draft.place)
                await self._replies.replace(shown, replace(reply, card=card))

        channel = self._replies.channel(reply.conversation.platform)
        return self._pacing(edit, channel.capabilities)

    # ── the end ───────────────────────────────────────────────────────────────────────────────

    async def _close(self, record: AnswerRecord, reply: Reply, card: Card) -> None:
        ref = await self._show_final(replace(reply, card=card))
        if record.ref == reply.answers:  # no card was there to keep it under
            await self._notebook.write(replace(record, ref=ref))
        elif record.ref != ref:
            await self._notebook.keep(replace(record, ref=ref))

    async def _close_late(self, message: InboundMessage, reply: Reply, language: Language) -> None:
        """Kept as an answer without words, so that "ask a person" finds the question."""
        audience = await self._readers.together(message.conversation, message.user)
        ref = await self._show_final(replace(reply, card=late_card(language)))
        nothing = Answer(outcome=Outcome.UNKNOWN, text="", language=language, confidence=0.0)
        await self._notebook.keep(self._record(message, nothing, audience, ref))

    async def _show_final(self, reply: Reply) -> MessageRef:
        """Replace the growing card; where that is refused, as for a deleted one, send another."""
        try:
            ref = await self._replies.show(reply)
        except ChannelRefused as error:
            if await self._replies.sent(reply.key) is None:
                raise
            log.warning("final_card_sent_anew", extra={"key": reply.key, "code": error.code})
            ref = await self._replies.once(replace(reply, key=f"{reply.key}/again"))
        await self._replies.record(_final(reply.key), ref)
        return ref

    def _record(
        self,
        message: InboundMessage,
        answer: Answer,
        audience: frozenset[str],
        ref: MessageRef | None,
    ) -> AnswerRecord:
        return AnswerRecord(
            ref=ref or message.ref,
            conversation=message.conversation,
            asker=message.user,
            question=message.text,
            answer=answer,
            audience=audience,
            answered_at=self._notebook.clock(),
            asked=message.ref,
        )


def _growing(message: InboundMessage, language: Language) -> Reply:
    return Reply(
        key=reply_key(message),
        conversation=message.conversation,
        card=progress_card(language),
        answers=message.ref,
    )


def _before(message: InboundMessage, turns: Sequence[Turn]) -> Sequence[Turn]:
    """What was said before a message that is remembered itself by now."""
    asked = [at for at, turn in enumerate(turns) if turn == Turn(speaker="user", text=message.text)]
    return turns[: asked[-1]] if asked else turns


def _final(key: str) -> str:
    return f"{key}/final"


def _in_private(message: InboundMessage) -> InboundMessage:
    """The same words as if they were said to the bot with nobody else there."""
    place = Conversation(platform=message.user.platform, id=message.user.id, direct=True)
    return message if message.conversation.direct else replace(message, conversation=place)
