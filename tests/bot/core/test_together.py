"""Whoever asks at the same time is served at once, in order, and without harming others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from bot.core.errors import IntakeFull, StateUnavailable
from bot.core.together import Together
from tests.fakes_core import settle


class Desk:
    """Doubles numbers when its gate is open; breaks at 13, and at 0 as a whole."""

    def __init__(self) -> None:
        self.served: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.served.append(list(numbers))
        await self.gate.wait()
        if 0 in numbers:
            raise StateUnavailable("away")
        if 13 in numbers:
            raise ValueError("a bug")
        return [2 * number for number in numbers]


async def stop(running: asyncio.Task[None]) -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_who_asks_meanwhile_goes_together_with_the_next_in_order() -> None:
    desk = Desk()
    desk.gate.clear()
    together = Together(desk, most=3)
    running = asyncio.create_task(together.run(IntakeFull("stopped")))

    first = together.ask(1)
    await settle()
    others = [together.ask(number) for number in range(2, 7)]
    desk.gate.set()
    results = await asyncio.gather(first, *others)
    await stop(running)

    assert results == [2, 4, 6, 8, 10, 12]
    assert desk.served == [[1], [2, 3, 4], [5, 6]]


async def test_one_that_breaks_everything_breaks_alone() -> None:
    desk = Desk()
    together = Together(desk)
    asked = [together.ask(number) for number in (1, 13, 3)]
    running = asyncio.create_task(together.run(IntakeFull("stopped")))

    results = await asyncio.gather(*asked, return_exceptions=True)
    await stop(running)

    assert [results[0], type(results[1]), results[2]] == [2, ValueError, 6]


async def test_a_store_that_is_away_is_not_asked_for_each_alone() -> None:
    desk = Desk()
    together = Together(desk)
    asked = [together.ask(number) for number in (1, 0)]
    running = asyncio.create_task(together.run(IntakeFull("stopped")))

    results = await asyncio.gather(*asked, return_exceptions=True)
    await stop(running)

    assert [type(result) for result in results] == [StateUnavailable, StateUnavailable]
    assert desk.served == [[1, 0]]


async def test_at_the_stop_nobody_is_left_waiting() -> None:
    desk = Desk()
    desk.gate.clear()
    together = Together(desk)
    running = asyncio.create_task(together.run(IntakeFull("stopped")))
    under_way = together.ask(1)
    await settle()
    waiting, given_up = together.ask(2), together.ask(3)
    given_up.cancel()

    await stop(running)

    for result in (under_way, waiting):
        with pytest.raises(IntakeFull):
            await result
