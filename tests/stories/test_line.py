"""Whoever takes a question back, or waits too long, takes nothing more of the model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from bot.core.intake import Intake
from bot.core.model import Conversation, InboundMessage, User
from bot.core.texts import EN
from bot.stores.state import State, open_state
from knowledge.engines.limited import Limited, Room
from knowledge.model import Answer, Draft, Passage, Prompt, Question, Turn
from tests.fakes_core import (
    PATIENT,
    FakeChannel,
    FakeClock,
    build_core,
    deleted,
    grounded,
    message,
    settle,
    words,
)
from tests.simulators.generator import ScriptedGenerator
from tests.stories.bots import until


class FromModel:
    """Knows only what the model writes."""

    def __init__(self, generator: Limited) -> None:
        self._generator = generator

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        turns = (Turn(speaker="user", text=question.text),)
        asking = Prompt(turns=turns, max_tokens=9, asker=question.asker)
        text = ""
        async for draft in self._generator.stream(asking):
            text = draft.text
            yield draft
        yield grounded(question, text)

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        return None


class Office:
    """Some people, one model that writes one reply at a time and does not come to an end."""

    def __init__(self, state: State, *, deadline_s: float = 30.0) -> None:
        self.engine = ScriptedGenerator(["Fif", asyncio.Event()])
        self.channel = FakeChannel()
        answerer = FromModel(Limited(self.engine, Room(told_every_s=0.001)))
        clock = FakeClock()
        rules = replace(PATIENT, deadline_s=deadline_s)
        core = build_core(
            stores=state, channel=self.channel, answerer=answerer, clock=clock, rules=rules
        )
        self.intake = Intake(state.inbox, core.dispatcher.dispatch, clock=clock)

    async def until_written(self, prompts: int) -> None:
        await until(lambda: len(self.engine.prompts) >= prompts)
        await settle()

    @property
    def asked(self) -> list[str]:
        """Whose questions the model got to read, in order."""
        return [prompt.asker for prompt in self.engine.prompts]


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    state = await open_state(data_dir=tmp_path, clock=FakeClock())
    office = Office(state)
    await office.intake.start()
    yield office
    await state.close()


def asked_by(name: str) -> InboundMessage:
    user = User(platform="fake", id=name)
    place = Conversation(platform="fake", id=name, direct=True)
    return message(user=user, conversation=place)


async def test_a_question_taken_back_frees_the_model_for_the_next_one(office: Office) -> None:
    first, second = asked_by("ada"), asked_by("bob")
    await office.intake.accept(first)
    await office.until_written(1)
    await office.intake.accept(second)
    await settle()

    await office.intake.accept(deleted(first))
    await office.until_written(2)

    assert office.asked == ["fake:ada", "fake:bob"]
    assert office.engine.stopped == 1
    await office.intake.accept(deleted(second))
    await office.intake.drain(20)
    assert office.engine.stopped == 2


async def test_a_question_taken_back_while_it_waits_is_never_read(office: Office) -> None:
    first, second, third = asked_by("ada"), asked_by("bob"), asked_by("eve")
    await office.intake.accept(first)
    await office.until_written(1)
    for waiting in (second, third):
        await office.intake.accept(waiting)
        await settle()

    await office.intake.accept(deleted(second))
    await office.intake.accept(deleted(first))
    await office.until_written(2)

    assert office.asked == ["fake:ada", "fake:eve"]
    await office.intake.accept(deleted(third))
    await office.intake.drain(20)


async def test_a_question_past_its_deadline_frees_the_model(tmp_path: Path) -> None:
    state = await open_state(data_dir=tmp_path, clock=FakeClock())
    office = Office(state, deadline_s=0.5)
    await office.intake.start()

    await office.intake.accept(asked_by("ada"))
    await office.until_written(1)
    await office.intake.drain(20)

    assert office.engine.stopped == 1
    assert EN.late in [words(card) for card in office.channel.shown.values()]
    await state.close()
