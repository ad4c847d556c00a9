"""Asking people what the knowledge base does not know, and telling everybody who asked."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.core.access import nothing_to_tell
from bot.core.cards import answer_card, said_card
from bot.core.clearance import Clearance
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.languages import Languages
from bot.core.loop_cards import (
    EXPERT_ANSWER,
    GAP_CLOSE,
    NOT_MINE,
    expert_card,
    taught_card,
    told_card,
)
from bot.core.model import (
    AnswerRecord,
    Ask,
    Card,
    CardAction,
    Conversation,
    Gap,
    GapState,
    Proposal,
    Reply,
    User,
)
from bot.core.notebook import Notebook
from bot.core.ports import Gaps, Proposals
from bot.core.replies import Replies, private_reply
from bot.core.teaching import LONGEST_ANSWER, Lesson, Teaching
from bot.core.texts import TEXTS
from knowledge.curated import served
from knowledge.language import language_of
from knowledge.model import CuratedAnswer, CuratedMatch, Language, Question

log = logging.getLogger(__name__)

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How people are asked.

    unbidden: also where no asker pressed the button.
    approval: what an expert writes waits for an administrator.
    patience: how long before somebody is reminded, `reminders` times; then the next one is asked.
    place: a channel to ask in instead of direct messages.
    """

    unbidden: bool = False
    approval: bool = False
    patience: timedelta = timedelta(hours=24)
    reminders: int = 1
    place: Conversation | None = None


class Experts:
    """Asks the owners of a topic one after the other, until one of them knows."""

    def __init__(  # noqa: PLR0913 -- each is another part of the loop
        self,
        *,
        gaps: Gaps,
        proposals: Proposals,
        teaching: Teaching,
        notebook: Notebook,
        replies: Replies,
        languages: Languages,
        asking: Asking,
        clearance: Clearance,
        refused: Callable[[CardAction], Awaitable[None]] = nothing_to_tell,
    ) -> None:
        """refused: told of a form or button that somebody used without the right to."""
        self.clearance = clearance
        self._refused = refused
        self._gaps = gaps
        self._owners = clearance.owners
        self._proposals = proposals
        self._teaching = teaching
        self._notebook = notebook
        self._replies = replies
        self._languages = languages
        self._asking = asking

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button and form does, by its name."""
        return {
            EXPERT_ANSWER: self._answer,
            NOT_MINE: self._pass,
            GAP_CLOSE: self._close,
        }

    async def wanted(self, gap: Gap) -> bool:
        """Ask a person, where that was not done yet; False where there is nobody to ask."""
        return await self._ask_next(gap) if gap.state is GapState.OPEN else bool(gap.asked)

    async def remind(self) -> None:
        """Ask and remind those who are due, and somebody else where reminding did not help."""
        for gap in await self._gaps.due(self._notebook.clock()):
            try:
                await self._go_on(gap)
            except ChannelUnavailable as error:
                log.warning("reminder_put_off", extra={"gap": gap.id, "reason": str(error)})

    # ── asking ────────────────────────────────────────────────────────────────────────────────

    async def _go_on(self, gap: Gap) -> None:
        again = gap.reminded + 1
        patient = gap.asked and again <= self._asking.reminders
        if patient and await self._reached(gap, gap.asked[-1], reminded=again):
            await self._change(gap, reminded=again, due_at=self._later())
        else:
            await self._ask_next(gap)

    async def _ask_next(self, gap: Gap) -> bool:
        """Ask the first owner who was not asked yet and can be reached; False if there is none."""
        for key in self._owners.of(gap):
            if key not in gap.asked and await self._reached(gap, key):
                await self._change(
                    gap,
                    state=GapState.ASKED,
                    asked=(*gap.asked, key),
                    reminded=0,
                    due_at=self._later(),
                )
                return True
        log.warning("nobody_to_ask", extra={"gap": gap.id, "asked": len(gap.asked)})
        # Who was asked may still answer; where nobody could be, it is tried again later.
        await self._change(gap, due_at=None if gap.asked else self._later())
        return False

    async def _reached(self, gap: Gap, key: str, *, reminded: int = 0) -> bool:
        place = self._asking.place or direct(key)
        seen = await (await self.clearance.at(place, key)).gap(gap)
        if seen is None:
            log.warning("expert_may_not_read", extra={"gap": gap.id, "expert": key})
            return False
        try:
            forms = self._replies.channel(place.platform).capabilities.forms
            card = expert_card(seen, gap.language, again=reminded > 0, forms=forms)
            asking = f"gap:{gap.id}/asked/{key}/{reminded}"
            await self._replies.once(Reply(key=asking, conversation=place, card=card))
            self._replies.steps.tell("reminder", of="gap" if reminded else "new_gap")
        except (ChannelRefused, KeyError) as error:
            # KeyError: of a platform that is not enabled.
            log.warning("expert_not_reached", extra={"expert": key, "reason": str(error)})
            return False
        return True

    async def _change(self, gap: Gap, **fields: Any) -> None:
        """Change a gap; where somebody else did meanwhile, on top of their change.

        What they have answered or closed stays so: a card takes a while to be sent.
        """
        for _ in range(_TRIES):
            if await self._gaps.change(replace(gap, **fields)):
                return
            gap = await self._gaps.find(gap.id) or gap
            if not gap.standing:
                return
        log.warning("gap_not_changed", extra={"gap": gap.id})

    def _later(self) -> datetime:
        return self._notebook.clock() + self._asking.patience

    # ── what they say ─────────────────────────────────────────────────────────────────────────

    async def _answer(self, action: CardAction) -> None:
        gap = await self._gap_of(action)
        language = await self._languages.of(action)
        texts = TEXTS[language]
        if gap is None:
            await self._say(action, said_card(texts.gap_gone, language))
        elif not self._may_answer(gap, action.user):
            await self._refused(action)
            await self._say(action, said_card(texts.not_yours, language))
        elif not await self._sees(gap, action.user):
            await self._refused(action)
            await self._say(action, said_card(texts.gap_gone, language))
        elif not gap.standing:
            await self._say(action, said_card(texts.gap_done, language))
        elif text := action.values.get("answer", "").strip()[:LONGEST_ANSWER]:
            await self._take(gap, text, action, language)
        else:
            await self._say(action, said_card(texts.answer_empty, language))

    async def _take(self, gap: Gap, text: str, action: CardAction, language: Language) -> None:
        lesson = Lesson(
            question=gap.question,
            text=text,
            language=language_of(text),
            wordings=gap.wordings,
            audience=gap.readers,
        )
        if self._asking.approval and action.user.key not in self._owners.administrators:
            await self._proposals.add(_proposal(gap, lesson, action))
            await self._change(gap, state=GapState.ANSWERED, due_at=None)
            await self._say(action, said_card(TEXTS[language].waits_for_approval, language))
            return
        answer = await self._teaching.teach(
            lesson, by=action.user, key=change_of(action), reason="expert"
        )
        await self._say(action, taught_card(answer, language, told=len(gap.asks)))
        await self.settle(gap, answer)

    async def settle(self, gap: Gap, answer: CuratedAnswer) -> None:
        """The gap is answered: tell everybody who asked, where they asked.

        Raises:
            ChannelUnavailable: somebody could not be told yet; done again, nobody is told twice.
        """
        told: frozenset[str] = frozenset()
        while waiting := [ask for ask in gap.asks if ask.id not in told]:
            await self._tell_all(waiting, gap, answer)
            told |= {ask.id for ask in waiting}
            await self._change(gap, state=GapState.ANSWERED, due_at=None)
            gap = await self._gaps.find(gap.id) or gap  # somebody may have asked meanwhile

    async def _tell_all(self, waiting: Sequence[Ask], gap: Gap, answer: CuratedAnswer) -> None:
        """One who cannot be reached keeps nobody else from being told."""
        unreachable: ChannelUnavailable | None = None
        for ask in waiting:
            try:
                await self._tell(ask, gap, answer)
            except ChannelRefused as refused:
                log.warning("asker_not_told", extra={"ask": ask.id, "code": refused.code})
            except ChannelUnavailable as error:
                unreachable = error
        if unreachable is not None:
            raise unreachable

    async def _tell(self, ask: Ask, gap: Gap, answer: CuratedAnswer) -> None:
        question = Question(text=ask.question, language=ask.language)
        match = CuratedMatch(answer=answer, probability=1.0, sure=True)
        given = served(match, question, ask.question)
        told = await self.clearance.told(ask, given)
        if told is None:
            log.warning("asker_may_not_read", extra={"ask": ask.id})
            return
        ask, shown = told, told_card(told, answer_card(given, told.language))
        ref = await self._replies.once(
            Reply(
                key=f"gap:{gap.id}/told/{ask.id}",
                conversation=ask.conversation,
                card=shown,
                answers=ask.asked,
            )
        )
        await self._notebook.keep(
            AnswerRecord(
                ref=ref,
                conversation=ask.conversation,
                asker=ask.user,
                question=ask.question,
                answer=given,
                audience=ask.audience,
                answered_at=self._notebook.clock(),
                asked=ask.asked,
            )
        )

    async def _pass(self, action: CardAction) -> None:
        """It is not theirs: the next one is asked."""
        gap = await self._gap_of(action)
        language = await self._languages.of(action)
        asked = gap is not None and self._may_answer(gap, action.user)
        if gap is not None and asked and gap.standing and await self._sees(gap, action.user):
            await self._ask_next(gap)
        await self._say(action, said_card(TEXTS[language].passed_on, language))

    async def _close(self, action: CardAction) -> None:
        """Nobody needs to answer it."""
        gap = await self._gap_of(action)
        language = await self._languages.of(action)
        if gap is None or not self._may_answer(gap, action.user):
            await self._refused(action)
            await self._say(action, said_card(TEXTS[language].not_yours, language))
            return
        if not await self._sees(gap, action.user):
            await self._refused(action)
            await self._say(action, said_card(TEXTS[language].gap_gone, language))
            return
        if gap.standing:
            await self._change(gap, state=GapState.CLOSED, due_at=None)
        await self._say(action, said_card(TEXTS[language].gap_closed, language))

    async def _gap_of(self, action: CardAction) -> Gap | None:
        return await self._gaps.find(action.values.get("gap", ""))

    async def _sees(self, gap: Gap, user: User) -> bool:
        """Whether it is still for somebody who was asked once: they may have changed teams."""
        return await (await self.clearance.of(user.key)).gap(gap) is not None

    def _may_answer(self, gap: Gap, user: User) -> bool:
        return user.key in {*gap.asked, *self._owners.of(gap), *self._owners.administrators}

    async def _say(self, action: CardAction, card: Card) -> None:
        await self._replies.once(private_reply(action, card))


def direct(key: str) -> Conversation:
    """The direct conversation with a person, named as in `slack:U1`."""
    platform, _, user_id = key.partition(":")
    return Conversation(platform=platform, id=user_id, direct=True)


def change_of(action: CardAction) -> str:
    """The name of the one change an action makes; the same when it is handled again."""
    return f"{action.conversation.platform}:{action.keys[0]}"


def _proposal(gap: Gap, lesson: Lesson, action: CardAction) -> Proposal:
    return Proposal(
        id=gap.id,
        kind="expert",
        question=lesson.question,
        text=lesson.text,
        language=lesson.language,
        by=action.user.key,
        by_name=action.user.name,
        proposed_at=action.received_at,
        audience=lesson.audience,
        wordings=lesson.wordings,
        gap_id=gap.id,
    )
