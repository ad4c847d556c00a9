"""A line before the model: fair, bounded, told of, and left at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from itertools import count

import pytest

from knowledge.engines.limited import Limited, Room
from knowledge.errors import EngineBusy
from knowledge.model import Draft, Prompt, Turn
from tests.simulators.generator import ScriptedGenerator

REPLY = Prompt(turns=(Turn(speaker="user", text="hi"),), max_tokens=9)
READING = replace(REPLY, max_tokens=1, choices=("yes", "no"))


class Office:
    """People who ask a model that replies when it is let go on."""

    def __init__(self, room: Room | None = None, clock_s: Iterator[float] | None = None) -> None:
        self.go = asyncio.Event()
        self.inner = ScriptedGenerator([self.go, "done"])
        ticks = clock_s or count()
        self.limited = Limited(
            self.inner, room or Room(longest_wait_s=1e9), clock_s=lambda: next(ticks)
        )
        self.asking: list[asyncio.Task[list[Draft]]] = []

    async def ask(self, asker: str, prompt: Prompt = REPLY) -> asyncio.Task[list[Draft]]:
        task = asyncio.create_task(self._drafts(replace(prompt, asker=asker)))
        self.asking.append(task)
        await asyncio.wait({task}, timeout=0)
        return task

    async def _drafts(self, prompt: Prompt) -> list[Draft]:
        return [draft async for draft in self.limited.stream(prompt)]

    async def served(self) -> str:
        """Who the model wrote for, in order, once it was let go on."""
        self.go.set()
        await asyncio.gather(*self.asking, return_exceptions=True)
        return "".join(prompt.asker for prompt in self.inner.prompts)


async def test_one_busy_person_delays_the_others_by_one_reply() -> None:
    office = Office(Room(each=3))
    for asker in "aaaabc":
        await office.ask(asker)

    assert await office.served() == "abcaaa"


async def test_a_judgement_goes_before_replies() -> None:
    office = Office()
    await office.ask("a")
    await office.ask("b")
    await office.ask("c", READING)

    assert await office.served() == "acb"


async def test_who_waits_is_told_the_place_and_when_the_turn_has_come() -> None:
    office = Office(Room(told_every_s=0.001))
    await office.ask("a")
    waiting = await office.ask("b")

    await office.served()

    assert [draft.place for draft in await waiting] == [1, 0, None]


async def test_a_place_is_told_again_when_the_line_has_moved() -> None:
    office = Office(Room(told_every_s=0.0))
    await office.ask("a")
    before = await office.ask("b")
    places = []

    async with aclosing(office.limited.stream(REPLY)) as drafts:
        places.append((await anext(drafts)).place)
        before.cancel()
        await asyncio.wait({before})
        places.append((await anext(drafts)).place)

    assert places == [2, 1]
    await office.served()


async def test_nobody_is_told_of_a_line_that_is_not_there() -> None:
    office = Office()
    office.go.set()

    assert [draft.place for draft in await (await office.ask("a"))] == [None]


async def test_one_person_cannot_fill_the_line() -> None:
    office = Office(Room(each=2))
    for _ in range(3):
        await office.ask("a")

    with pytest.raises(EngineBusy, match="same asker"):
        await (await office.ask("a"))

    await office.ask("b")
    assert await office.served() == "abaa"


async def test_what_nobody_in_particular_asks_is_bounded_by_the_line_alone() -> None:
    office = Office(Room(waiting=3, each=1))
    for _ in range(4):
        await office.ask("")

    with pytest.raises(EngineBusy, match="3 prompts wait"):
        await (await office.ask(""))

    await office.served()
    assert len(office.inner.prompts) == 4


async def test_who_would_wait_too_long_is_turned_away_at_once() -> None:
    office = Office(Room(longest_wait_s=20.0), clock_s=iter([0.0, 0.0, 12.0, *[12.0] * 99]))
    office.go.set()
    await (await office.ask("a"))
    office.go.clear()
    await office.ask("a")
    await office.ask("b")

    with pytest.raises(EngineBusy, match="1 prompts wait"):
        await (await office.ask("c"))

    await office.served()


async def test_who_waited_too_long_leaves_the_line() -> None:
    office = Office(Room(longest_wait_s=30.0, told_every_s=0.001))
    await office.ask("a")

    with pytest.raises(EngineBusy, match="too long"):
        await (await office.ask("b"))

    assert await office.served() == "a"


async def test_who_leaves_while_the_model_writes_makes_room_at_once() -> None:
    office = Office()
    async with aclosing(office.limited.stream(REPLY)) as drafts:
        office.go.set()
        await anext(drafts)
        office.go.clear()
        await office.ask("b")
        assert len(office.inner.prompts) == 1

    await office.ask("c")

    assert office.inner.stopped == 1
    assert await office.served() == "bc"
