"""Rounds of the knowledge loop: employees ask and click, an owner answers, and it is measured."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.core.cards import ASK_PERSON, VERDICT
from bot.core.ports import Knowledge
from knowledge.labelled import Labelled
from tests.benchmarks.loop_measure import (
    NO_OFFERS,
    NOBODY,
    Jury,
    Measured,
    Measurement,
    Offers,
    Shares,
    changed,
    measure,
    offers,
    served_ms,
    shares,
)
from tests.benchmarks.loop_office import ExpertCard, Office
from tests.benchmarks.loop_topics import Study, Topic, same_words

_EMPLOYEES: Final = 40
_TIMED_A_ROUND: Final = 3
_ASKS_AGAIN_AT_MOST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How employees behave.

    wrong_clicks: the share of 👍 and 👎 that are the wrong one.
    wants_person: the share that asks a person where they think they were not helped.
    """

    wrong_clicks: float = 0.1
    wants_person: float = 0.7


USUAL: Final = Habits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round came to; round 0 is the bot before anybody asked it.

    answered: topics of which the owner answered a question so far.
    held: all questions that measure; theirs: those of the topics in `answered`; untouched: those of
        topics that nobody asked about so far; others: what belongs to no topic; again: what was
        asked about the topics in `answered`, asked once more.
    next_asker_s: from the owner's reply to the card of whoever asked next, in seconds.
    altered: of the untouched, the others and the look-alikes, those answered otherwise than in
        round 0, and how then; but not by a verified answer.
    strayed: those that were given a verified answer; it is one to another question.
    wrong: held questions answered wrongly; missed: those of answered topics that were refused.
    similar: verified answers given in place of "I do not know" to held questions.
    offers: verified questions offered beside "I do not know"; they count as refused.
    served: verified answers given at once; p50_ms, p95_ms: from the event to the card; tokens:
        those of the language model in them.

    Others and look-alikes are asked in round 0 and in the last one.
    """

    number: int
    touched: int
    answered: int
    held: Shares
    theirs: Shares
    untouched: Shares
    others: Shares
    again: Shares
    next_asker_s: tuple[float, ...] = ()
    altered: tuple[tuple[Measured, Measured], ...] = ()
    strayed: tuple[Measured, ...] = ()
    wrong: tuple[Measured, ...] = ()
    missed: tuple[Measured, ...] = ()
    similar: Shares = NOBODY
    offers: Offers = NO_OFFERS
    served: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    tokens: int = 0


@dataclass
class Loop:
    """A study in an office; `folder` is that of the office's database."""

    office: Office
    folder: Path
    knowledge: Knowledge
    study: Study
    jury: Jury
    chance: random.Random
    habits: Habits = USUAL
    _touched: set[str] = field(default_factory=set)
    _answered: set[str] = field(default_factory=set)

    async def run(self, rounds: int) -> AsyncIterator[Round]:
        """Round 0 and then each of the others, with an equal share of the topics."""
        before = await self._measure(topics_only=False)
        yield self._summed_up(0, before, before, ())
        for number in range(1, rounds + 1):
            took_s = await self._work(self.study.topics[number - 1 :: rounds])
            now = await self._measure(topics_only=number < rounds)
            yield self._summed_up(number, before, now, took_s)

    # ── a working day ─────────────────────────────────────────────────────────────────────────

    async def _work(self, topics: Sequence[Topic]) -> tuple[float, ...]:
        """Employees ask everything about these topics, and then the owner answers."""
        asked = [(topic, one) for topic in topics for one in topic.asked]
        self.chance.shuffle(asked)
        for topic, one in asked:
            await self._ask(topic, one)
        self._touched |= {topic.name for topic in topics}
        took_s: list[float] = []
        while cards := self.office.unread():
            for card in cards:
                seconds = await self._reply(card, timed=len(took_s) < _TIMED_A_ROUND)
                took_s += [] if seconds is None else [seconds]
        return tuple(took_s)

    async def _ask(self, topic: Topic, one: Labelled) -> None:
        user = self._somebody()
        given = await self.office.ask(one.text, user=user)
        fate = self.jury.fate(one, topic.name, given.record.answer)
        helped = fate == "correct"
        if fate != "refused":
            helped ^= self.chance.random() < self.habits.wrong_clicks
            vote = "up" if helped else "down"
            await self.office.press(given.shown, VERDICT, user=user, vote=vote)
        if not helped and self.chance.random() < self.habits.wants_person:
            await self.office.press(given.shown, ASK_PERSON, user=user)

    async def _reply(self, card: ExpertCard, *, timed: bool) -> float | None:
        """The owner answers; the seconds until the next asker has it, where that is timed."""
        topic = self._topic(card)
        began = time.perf_counter()
        await self.office.reply(card, topic.answer)
        self._answered.add(topic.name)
        if not timed:
            await self.office.idle()
            return None
        words = next(one.text for one in topic.asked if same_words(one.text) == card.question)
        for _ in range(_ASKS_AGAIN_AT_MOST):
            given = await self.office.ask(words, user=self._somebody())
            if given.record.answer.curated is not None and not given.record.answer.similar:
                break
        return time.perf_counter() - began

    def _topic(self, card: ExpertCard) -> Topic:
        name = self.jury.topic_of(card.question)
        return next(topic for topic in self.study.topics if topic.name == name)

    def _somebody(self) -> str:
        return f"U{self.chance.randrange(_EMPLOYEES):03d}"

    # ── what it came to ───────────────────────────────────────────────────────────────────────

    async def _measure(self, *, topics_only: bool) -> Measurement:
        return await measure(
            self.folder,
            self.knowledge,
            self.study,
            self.jury,
            answered=self._answered,
            topics_only=topics_only,
        )

    def _summed_up(
        self, number: int, before: Measurement, now: Measurement, next_asker_s: tuple[float, ...]
    ) -> Round:
        touched = frozenset(self._touched)
        theirs = [one for one in now.held if one.topic in self._answered]
        outside = changed(before, now, touched=touched)
        everything = (*now.held, *now.again, *now.others, *now.alike)
        served = [one for one in everything if one.served]
        p50_ms, p95_ms = served_ms(served)
        return Round(
            number=number,
            touched=len(touched),
            answered=len(self._answered),
            held=shares(now.held),
            theirs=shares(theirs),
            untouched=shares(one for one in now.held if one.topic not in touched),
            others=shares(now.others),
            again=shares(now.again),
            next_asker_s=next_asker_s,
            altered=tuple((old, new) for old, new in outside if not new.verified),
            strayed=tuple(new for _, new in outside if new.verified),
            wrong=tuple(one for one in now.held if one.fate == "wrong"),
            missed=tuple(one for one in theirs if one.fate == "refused"),
            similar=shares(one for one in now.held if one.answer.similar),
            offers=offers(self.jury, now.held, (*now.others, *now.alike)),
            served=len(served),
            p50_ms=p50_ms,
            p95_ms=p95_ms,
            tokens=sum(o.answer.tokens.prompt + o.answer.tokens.completion for o in served),
        )
