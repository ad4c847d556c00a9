"""What the knowledge base says to a step, asked once for all who are shown it together."""

from __future__ import annotations

import asyncio

from bot.core.onboarding.handbook import Handbook
from knowledge.errors import EngineUnavailable
from knowledge.model import Answer
from tests.contracts.test_onboarding_stores import joiner
from tests.fakes_core import ScriptedAnswerer, knows, settle, unknown

ANNE = joiner("anne")


def waiting(handbook: Handbook, *names: str) -> list[asyncio.Task[Answer | None]]:
    return [asyncio.create_task(handbook.says("How?", joiner(name))) for name in names]


def held_back(answerer: ScriptedAnswerer) -> asyncio.Event:
    answerer.gate = asyncio.Event()
    return answerer.gate


async def test_all_who_come_before_the_answer_wait_for_the_same_one() -> None:
    answerer = knows()
    gate, handbook = held_back(answerer), Handbook(answerer)
    tasks = waiting(handbook, "a", "b", "c")
    await settle()

    gate.set()
    told = await asyncio.gather(*tasks, handbook.says("How?", ANNE))

    assert len(answerer.asked) == 1
    assert {answer.text for answer in told if answer} == {"Fifteen days. [1]"}
    assert len(told) == 4
    assert await handbook.says("How?", ANNE) == told[0]
    assert len(answerer.asked) == 1


async def test_one_that_is_away_fails_all_who_wait_and_is_asked_again_by_the_next() -> None:
    answerer = ScriptedAnswerer(script=lambda _question: (EngineUnavailable("away"),))
    gate, handbook = held_back(answerer), Handbook(answerer)
    tasks = waiting(handbook, "a", "b")
    await settle()

    gate.set()

    assert await asyncio.gather(*tasks) == [None, None]
    assert len(answerer.asked) == 1
    assert await handbook.says("How?", ANNE) is None
    assert len(answerer.asked) == 2


async def test_what_is_not_known_is_asked_again() -> None:
    answerer = ScriptedAnswerer(script=lambda question: (unknown(question),))
    handbook = Handbook(answerer)

    assert [await handbook.says("How?", ANNE) for _ in range(2)] == [None, None]
    assert len(answerer.asked) == 2


async def test_who_asked_first_may_leave_and_the_others_are_answered() -> None:
    answerer = knows()
    gate, handbook = held_back(answerer), Handbook(answerer)
    first, second = waiting(handbook, "a", "b")
    await settle()

    first.cancel()
    await settle()
    gate.set()

    assert (await second) is not None
    assert len(answerer.asked) == 1


async def test_where_nobody_waits_any_more_nothing_goes_on() -> None:
    answerer = knows()
    handbook = Handbook(answerer)
    held_back(answerer)
    (only,) = waiting(handbook, "a")
    await settle()

    only.cancel()
    await settle()

    assert not [task for task in asyncio.all_tasks() if task.get_name() == "handbook"]


async def test_what_was_asked_of_older_documents_is_not_kept() -> None:
    answerer = knows()
    gate, handbook = held_back(answerer), Handbook(answerer)
    (early,) = waiting(handbook, "a")
    await settle()

    handbook.forget()
    gate.set()
    await early
    await handbook.says("How?", ANNE)

    assert len(answerer.asked) == 2
