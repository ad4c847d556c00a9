from __future__ import annotations

import asyncio
from threading import Event

import pytest

from knowledge.engines.model_thread import ModelThread
from knowledge.errors import EngineUnavailable


async def test_a_model_is_loaded_once_however_many_ask_at_once() -> None:
    loads: list[str] = []

    def load() -> str:
        loads.append("once")
        return "model"

    thread = ModelThread("test", load)
    answers = await asyncio.gather(*(thread.run(str.upper) for _ in range(20)))

    assert answers == ["MODEL"] * 20
    assert loads == ["once"]


async def test_nothing_is_loaded_before_the_first_use() -> None:
    loaded = Event()

    ModelThread("test", loaded.set)

    assert not loaded.is_set()


async def test_the_event_loop_goes_on_while_the_model_works() -> None:
    allowed = Event()
    thread = ModelThread("test", lambda: allowed)
    work = asyncio.create_task(thread.run(lambda event: event.wait(timeout=10)))

    await asyncio.sleep(0)
    allowed.set()  # only a loop that is not blocked gets here

    assert await work


async def test_a_model_that_cannot_be_loaded_is_tried_again_next_time() -> None:
    tries = iter([False, True])

    def load() -> str:
        if not next(tries):
            raise OSError("no such file")
        return "model"

    thread = ModelThread("test", load)
    with pytest.raises(EngineUnavailable, match="test: no such file"):
        await thread.run(str.upper)

    assert await thread.run(str.upper) == "MODEL"
