"""Verified questions that may be meant are offered; who takes one gets its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from bot.core.cards import TAKE_OFFERED
from bot.core.model import Button, Buttons, Card, Event, MessageRef
from bot.stores.state import State, open_state
from knowledge.model import Answer, CuratedAnswer, Draft, Outcome, Question
from tests.fakes_core import (
    ADA,
    BOB,
    PATIENT,
    START,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    build_core,
    message,
    press,
    unknown,
    words,
)

PAYDAY = CuratedAnswer(
    id="pay", question="When is *payday*?", text="The 25th.", language="en", verified_at=START
)
BONUS = replace(PAYDAY, id="bonus", question="When is the bonus paid?", text="In March.")


def offering(question: Question) -> tuple[Draft | Answer | Exception, ...]:
    """Knows both questions in their own words, and offers them to everybody else."""
    for one in (PAYDAY, BONUS):
        if one.question == question.text:
            known = replace(unknown(question), outcome=Outcome.CURATED, text=one.text, curated=one)
            return (known,)
    return (replace(unknown(question), offered=(PAYDAY, BONUS)),)


@dataclass(kw_only=True)
class Chat:
    """Somebody asks the bot when there is money."""

    state: State
    clock: FakeClock
    channel: FakeChannel = field(default_factory=FakeChannel)
    answerer: ScriptedAnswerer = field(default_factory=lambda: ScriptedAnswerer(script=offering))
    questions_per_minute: int = 100

    def __post_init__(self) -> None:
        self.dispatcher = build_core(
            stores=self.state,
            channel=self.channel,
            answerer=self.answerer,
            clock=self.clock,
            rules=replace(PATIENT, questions_per_minute=self.questions_per_minute),
        ).dispatcher

    async def ask(self) -> MessageRef:
        await self.dispatcher.dispatch(message("When is there money?"))
        return next(iter(self.channel.shown))

    async def take(self, event: Event) -> Card:
        await self.dispatcher.dispatch(event)
        return list(self.channel.shown.values())[-1]

    @property
    def asked(self) -> list[str]:
        return [question.text for question in self.answerer.asked]


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    state = await open_state(data_dir=tmp_path, clock=FakeClock())
    yield state
    await state.close()


@pytest.fixture
def chat(state: State) -> Chat:
    return Chat(state=state, clock=FakeClock())


def buttons(card: Card) -> list[Button]:
    return [one for block in card.blocks if isinstance(block, Buttons) for one in block.items]


async def test_the_questions_are_shown_with_a_button_each_and_nothing_is_claimed(
    chat: Chat,
) -> None:
    card = chat.channel.shown[await chat.ask()]

    assert "1. When is \\*payday\\*?\n2. When is the bonus paid?" in words(card)
    offered = [one for one in buttons(card) if one.name == TAKE_OFFERED]
    assert [(one.label, one.values) for one in offered] == [
        ("Show answer 1", {"curated": "pay"}),
        ("Show answer 2", {"curated": "bonus"}),
    ]
    assert "25th" not in words(card)


async def test_who_takes_one_gets_its_answer(chat: Chat) -> None:
    shown = await chat.ask()

    card = await chat.take(press(shown, TAKE_OFFERED, curated="bonus"))

    assert "In March." in words(card)
    assert len(chat.channel.shown) == 2


async def test_pressing_twice_asks_once(chat: Chat) -> None:
    shown = await chat.ask()

    for _ in range(2):
        await chat.take(press(shown, TAKE_OFFERED, curated="pay"))

    assert chat.asked == ["When is there money?", PAYDAY.question]


async def test_two_people_may_take_the_same(chat: Chat) -> None:
    shown = await chat.ask()

    await chat.take(press(shown, TAKE_OFFERED, curated="pay"))
    await chat.take(press(shown, TAKE_OFFERED, curated="pay", user=BOB))

    assert chat.asked.count(PAYDAY.question) == 2


class BothThere(asyncio.Event):
    """Opens once two are waiting before it."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = 0

    async def wait(self) -> Literal[True]:
        self._waiting += 1
        if self._waiting == 2:
            self.set()
        return await super().wait()


async def test_two_people_who_take_one_at_once_both_get_its_answer(chat: Chat) -> None:
    shown = await chat.ask()
    chat.answerer.gate = BothThere()

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        for user in (ADA, BOB):
            taken = press(shown, TAKE_OFFERED, curated="pay", user=user)
            tasks.create_task(chat.dispatcher.dispatch(taken))

    cards = [words(card) for card in chat.channel.shown.values()]
    assert sum("The 25th." in card for card in cards) == 2


@pytest.mark.parametrize("curated", ["", "secret"])
async def test_what_was_not_offered_cannot_be_taken(chat: Chat, curated: str) -> None:
    shown = await chat.ask()

    card = await chat.take(press(shown, TAKE_OFFERED, curated=curated))

    assert "I cannot find that answer any more" in words(card)
    assert chat.asked == ["When is there money?"]


async def test_under_a_card_nobody_remembers_one_is_told_to_ask_again(chat: Chat) -> None:
    gone = MessageRef(platform="fake", id="gone")

    card = await chat.take(press(gone, TAKE_OFFERED, curated="pay"))

    assert "I cannot find that answer any more" in words(card)


async def test_taking_counts_as_asking(state: State) -> None:
    chat = Chat(state=state, clock=FakeClock(), questions_per_minute=1)
    shown = await chat.ask()

    card = await chat.take(press(shown, TAKE_OFFERED, curated="pay"))

    assert "come back in 60 s" in words(card)
    assert chat.asked == ["When is there money?"]
