"""Steps are told when they are over, however they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import pytest

from knowledge.steps import UNTOLD, Step, Steps


def clock(*moments: float) -> Iterator[float]:
    return iter(moments)


def test_a_step_is_told_with_its_time_and_its_facts() -> None:
    heard: list[Step] = []
    moments = clock(10.0, 10.25)
    steps = Steps(heard.append, clock_s=lambda: next(moments))

    with steps.timing("search", depth=80) as told:
        told.note(hits=7)

    assert heard == [Step("search", 10.0, 0.25, "", {"depth": 80, "hits": 7})]


def test_every_listener_hears_of_it() -> None:
    one: list[Step] = []
    other: list[Step] = []

    Steps(one.append, other.append).tell("refused", reason="late")

    assert one == other
    assert one[0].facts == {"reason": "late"}


def test_what_breaks_a_step_is_named_and_goes_on() -> None:
    heard: list[Step] = []

    with pytest.raises(LookupError), Steps(heard.append).timing("search"):
        raise LookupError("what somebody wrote")

    assert heard[0].error == "LookupError"
    assert "wrote" not in repr(heard[0])


async def test_a_generator_may_be_closed_by_another_task_in_the_midst_of_a_step() -> None:
    heard: list[Step] = []
    steps = Steps(heard.append)

    async def writing() -> AsyncGenerator[int, None]:
        with steps.timing("generate"):
            yield 1

    async with aclosing(writing()) as stream:
        await anext(stream)
        await asyncio.create_task(stream.aclose())

    assert [(step.name, step.error) for step in heard] == [("generate", "GeneratorExit")]


def test_where_nobody_listens_nothing_is_made() -> None:
    first, second = UNTOLD.timing("embed"), UNTOLD.timing("search", depth=80)

    with first as told:
        told.note(hits=1)

    assert first is second
    assert told.so_far_s == 0.0
