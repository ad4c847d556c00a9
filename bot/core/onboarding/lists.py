"""What stands on somebody's list, and what they do with it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from bot.core.cards import plain, said_card
from bot.core.errors import ChannelError, ChannelRefused
from bot.core.model import Capabilities, Card, Reply
from bot.core.onboarding.cards import LETTERS, Shown, quiz_card, step_card, ticked_card
from bot.core.onboarding.handbook import Handbook
from bot.core.onboarding.list_cards import list_card
from bot.core.onboarding.model import Asked, Edition, Entry, Joiner, Questions, Quiz, Step
from bot.core.onboarding.roster import Roster
from bot.core.onboarding.texts import TEXTS
from bot.core.onboarding.when import day_number, next_workday
from bot.core.onboarding.wording import readers_of, shown_date, titled
from bot.core.replies import Replies

log = logging.getLogger(__name__)

_LONGEST_ANSWER: Final = 2_000
_POSTPONED_AT_MOST: Final = 5
_TRIES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A step on somebody's list."""

    joiner: Joiner
    edition: Edition
    step: Step
    entry: Entry


class Lists:
    """Ticks off, puts off and answers; shows the list, and changes the one that is shown."""

    def __init__(self, *, roster: Roster, replies: Replies, handbook: Handbook) -> None:
        self._roster = roster
        self._replies = replies
        self._handbook = handbook

    def edition(self, joiner: Joiner) -> Edition | None:
        """Their journey in their language; None where HR took it away."""
        journey = self._roster.journeys.current.get(joiner.journey)
        return journey.edition(joiner.language) if journey else None

    async def spot(self, joiner: Joiner, step_id: str) -> Spot | None:
        """The step on their list; None where it is not there, or no longer."""
        edition = self.edition(joiner)
        step = edition.step(step_id) if edition else None
        entry = await self._roster.joiners.entry(joiner.id, step_id)
        if edition is None or step is None or entry is None:
            return None
        return Spot(joiner=joiner, edition=edition, step=step, entry=entry)

    async def shown_now(self, joiner: Joiner) -> Card:
        """The list as it is kept now."""
        return self.card(joiner, await self._roster.joiners.entries(joiner.id))

    def card(self, joiner: Joiner, entries: Iterable[Entry]) -> Card:
        """The list with these entries."""
        edition = self.edition(joiner)
        if edition is None:
            return said_card(TEXTS[joiner.language].no_journey, joiner.language)
        day = day_number(self._roster.clock(), joiner, self._roster.terms.hours)
        today = self._roster.today_of(joiner)
        return list_card(joiner, edition, tuple(entries), day=day, today=today)

    async def refresh(
        self, joiner: Joiner, entries: Iterable[Entry], *, create: bool = False
    ) -> None:
        """Change the list that is shown; with `create` show one where there is none yet."""
        if not self.capabilities(joiner).edits or not (joiner.list_key or create):
            return
        if not joiner.list_key:
            key = f"onboarding:{joiner.id}/list/{joiner.version}"
            joiner = await self._roster.change(joiner, list_key=key)
        reply = Reply(
            key=joiner.list_key,
            conversation=joiner.conversation,
            card=self.card(joiner, entries),
        )
        try:
            await self._replies.show(reply)
        except ChannelRefused as refused:
            # Too old to be changed, or deleted: the next one is shown anew.
            log.info("list_not_changed", extra={"joiner": joiner.id, "code": refused.code})
            await self._roster.change(joiner, list_key="")
        except ChannelError as error:
            log.info("list_not_changed", extra={"joiner": joiner.id, "reason": str(error)})

    def capabilities(self, joiner: Joiner) -> Capabilities:
        """What their platform can show; the least where it is not enabled."""
        try:
            return self._replies.channel(joiner.user.platform).capabilities
        except KeyError:
            return Capabilities(edits=False, forms=False)

    # ── what they do ──────────────────────────────────────────────────────────────────────────

    async def open(self, spot: Spot) -> Card:
        """The step's card again."""
        return step_card(await self.shown(spot))

    async def finish(self, spot: Spot) -> Card:
        """Tick it off; a second time changes nothing."""
        if isinstance(spot.step.content, Quiz | Questions) and spot.entry.done_at is None:
            return await self.open(spot)  # it is answered, not ticked off
        if spot.entry.done_at is None:
            spot = await self._amend(spot, done_at=self._roster.clock())
        return ticked_card(await self.shown(spot))

    async def postpone(self, spot: Spot, days: int) -> Card:
        """Put it off by so many days; they are reminded then. Five times at most."""
        joiner, language = spot.joiner, spot.joiner.language
        texts, title = TEXTS[language], plain(titled(spot.step, joiner))
        if spot.entry.done_at is not None:
            return said_card(texts.ticked.format(title=title), language)
        if spot.entry.postponed >= _POSTPONED_AT_MOST:
            return said_card(texts.postponed_enough.format(title=title), language)
        later = self._roster.today_of(joiner) + timedelta(days=min(max(days, 1), 31))
        due = next_workday(later, joiner.place, self._roster.terms.calendar)
        await self._amend(spot, due_on=due, postponed=spot.entry.postponed + 1)
        await self._roster.replan(joiner)
        date = shown_date(due, language)
        return said_card(texts.postponed.format(title=title, date=date), language)

    async def answer(self, spot: Spot, values: Mapping[str, str]) -> Card:
        """Take an answer to a quiz, form or survey; the first one counts."""
        texts, language = TEXTS[spot.joiner.language], spot.joiner.language
        if spot.entry.done_at is not None:
            return said_card(texts.answered_already, language)
        match spot.step.content:
            case Quiz() as quiz:
                return await self._answer_quiz(spot, quiz, values)
            case Questions() as questions:
                return await self._answer_questions(spot, questions, values)
            case _:
                return await self.finish(spot)

    async def shown(self, spot: Spot) -> Shown:
        """What a card of this step is made of."""
        content = spot.step.content
        # A quiz keeps what the handbook says for after the answer.
        wanted = "" if isinstance(content, Quiz) else getattr(content, "handbook", "")
        return Shown(
            joiner=spot.joiner,
            edition=spot.edition,
            step=spot.step,
            entry=spot.entry,
            answer=await self._handbook.says(wanted, spot.joiner),
            capabilities=self.capabilities(spot.joiner),
        )

    async def _answer_quiz(self, spot: Spot, quiz: Quiz, values: Mapping[str, str]) -> Card:
        at = _choice(quiz, values)
        if at is None:
            texts = TEXTS[spot.joiner.language]
            said = texts.no_such_choice.format(choices=" ".join(LETTERS[: len(quiz.choices)]))
            return said_card(said, spot.joiner.language)
        right = at == quiz.right
        answered = {"answer": quiz.choices[at]}
        spot = await self._amend(spot, done_at=self._roster.clock(), values=answered, right=right)
        shown = replace(
            await self.shown(spot), answer=await self._handbook.says(quiz.handbook, spot.joiner)
        )
        return quiz_card(shown, quiz, right=right)

    async def _answer_questions(
        self, spot: Spot, questions: Questions, values: Mapping[str, str]
    ) -> Card:
        texts, language = TEXTS[spot.joiner.language], spot.joiner.language
        taken: dict[str, str] = {}
        for field in questions.fields:
            said = values.get(field.name, "").strip()[:_LONGEST_ANSWER]
            refusal = _refusal(field, said)
            if refusal == "missing":
                return said_card(texts.answer_missing.format(label=field.label), language)
            if refusal == "choice":
                choices = ", ".join(field.choices)
                return said_card(texts.no_such_choice.format(choices=choices), language)
            if said:
                taken[field.name] = said
        await self._amend(spot, done_at=self._roster.clock(), values=taken)
        readers = readers_of(spot.step.visible_to, spot.joiner)
        return said_card(f"{texts.thanks} {texts.read_by.format(readers=readers)}", language)

    async def _amend(self, spot: Spot, **fields: Any) -> Spot:
        """Change an entry; what somebody else did first stays done."""
        entry = spot.entry
        for _ in range(_TRIES):
            changed = replace(entry, **fields)
            if await self._roster.joiners.amend(changed):
                if changed.done_at is not None:
                    await self._roster.done(changed)
                return replace(spot, entry=replace(changed, version=changed.version + 1))
            entry = await self._roster.joiners.entry(entry.joiner_id, entry.step_id) or entry
            if entry.done_at is not None:
                break
        return replace(spot, entry=entry)


def _choice(quiz: Quiz, values: Mapping[str, str]) -> int | None:
    """The index that was pressed, or the letter that was typed."""
    said = values.get("choice", "").strip()
    if said.isdecimal() and int(said) < len(quiz.choices):
        return int(said)
    at = LETTERS.find(said.upper()[:1]) if said else -1
    return at if 0 <= at < len(quiz.choices) else None


def _refusal(field: Asked, said: str) -> str:
    if not said:
        return "missing" if field.required else ""
    return "choice" if field.choices and said not in field.choices else ""
