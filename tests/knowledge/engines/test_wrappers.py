"""Limits, deadlines, second tries and second engines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import pytest

from knowledge.engines.deadlined import Deadlined
from knowledge.engines.drafts import warm
from knowledge.engines.extractive import Extractive
from knowledge.engines.fallback import Fallback
from knowledge.engines.limited import Limited, Room
from knowledge.engines.retrying import Retrying
from knowledge.errors import EngineBusy, EngineRefused, EngineUnavailable, PromptTooLong
from knowledge.model import Prompt, Turn
from knowledge.ports import Generator
from tests.simulators.generator import ScriptedGenerator

PROMPT = Prompt(turns=(Turn(speaker="user", text="hi"),), max_tokens=9)
BROKEN = EngineUnavailable("broken")

Wrap = Callable[[Generator], Generator]


async def texts(generator: Generator) -> list[str]:
    """What it says once it is its turn."""
    return [draft.text async for draft in generator.stream(PROMPT) if draft.place is None]


async def show(generator: Generator, shown: list[str]) -> None:
    async for draft in generator.stream(PROMPT):
        shown += [draft.text]


def retrying(inner: Generator, *, attempts: int = 3) -> Retrying:
    return Retrying(inner, attempts=attempts, sleep=lambda _: asyncio.sleep(0))


WRAPPERS: list[Wrap] = [
    Limited,
    retrying,
    lambda inner: Deadlined(inner, first_draft_s=60, total_s=60),
    lambda inner: Fallback(inner, ScriptedGenerator(["second"])),
]


@pytest.mark.parametrize("wrap", WRAPPERS)
async def test_a_wrapped_engine_says_what_the_engine_says(wrap: Wrap) -> None:
    inner = ScriptedGenerator(["a", "ab"])
    wrapped = wrap(inner)

    assert await texts(wrapped) == ["a", "ab"]
    assert wrapped.name.startswith("scripted")
    await wrapped.ping()
    await wrapped.close()
    assert inner.closed


@pytest.mark.parametrize("wrap", WRAPPERS)
async def test_closing_a_wrapped_reply_stops_the_engine(wrap: Wrap) -> None:
    inner = ScriptedGenerator(["a", "ab"])

    async with aclosing(wrap(inner).stream(PROMPT)) as drafts:
        await anext(drafts)

    assert inner.stopped == 1


@pytest.mark.parametrize("wrap", WRAPPERS)
async def test_a_reply_that_breaks_in_the_middle_is_not_begun_again(wrap: Wrap) -> None:
    inner = ScriptedGenerator(["a", BROKEN], ["other"])
    shown: list[str] = []

    with pytest.raises(EngineUnavailable):
        await show(wrap(inner), shown)

    assert shown == ["a"]
    assert len(inner.prompts) == 1


@pytest.mark.parametrize("wrap", WRAPPERS)
async def test_a_reply_without_drafts_stays_one(wrap: Wrap) -> None:
    assert await texts(wrap(ScriptedGenerator([]))) == []


# ── Limited ───────────────────────────────────────────────────────────────────────────────────


async def test_only_so_many_prompts_reach_the_engine() -> None:
    go = asyncio.Event()
    inner = ScriptedGenerator([go, "done"])
    limited = Limited(inner, Room(concurrent=2, waiting=8))
    asking = [asyncio.create_task(texts(limited)) for _ in range(5)]
    await asyncio.wait(asking, timeout=0)

    assert len(inner.prompts) == 2

    go.set()
    assert await asyncio.gather(*asking) == [["done"]] * 5


async def test_one_prompt_too_many_fails_at_once() -> None:
    go = asyncio.Event()
    limited = Limited(ScriptedGenerator([go, "done"]), Room(waiting=1))
    asking = [asyncio.create_task(texts(limited)) for _ in range(2)]
    await asyncio.wait(asking, timeout=0)

    with pytest.raises(EngineUnavailable, match="1 prompts wait"):
        await texts(limited)

    go.set()
    assert await asyncio.gather(*asking) == [["done"]] * 2


async def test_who_leaves_the_queue_makes_room_in_it() -> None:
    go = asyncio.Event()
    limited = Limited(ScriptedGenerator([go, "done"]), Room(waiting=1))
    asking = [asyncio.create_task(texts(limited)) for _ in range(2)]
    await asyncio.wait(asking, timeout=0)
    asking[1].cancel()
    await asyncio.wait(asking[1:])

    third = asyncio.create_task(texts(limited))
    go.set()

    assert await third == ["done"]
    assert await asking[0] == ["done"]


async def test_a_failed_reply_gives_its_place_back() -> None:
    limited = Limited(ScriptedGenerator([BROKEN], ["fine"]), Room(waiting=0))

    with pytest.raises(EngineUnavailable):
        await texts(limited)

    assert await texts(limited) == ["fine"]


# ── Deadlined ─────────────────────────────────────────────────────────────────────────────────


async def test_an_engine_late_with_its_first_draft_is_stopped() -> None:
    inner = ScriptedGenerator([asyncio.Event(), "late"])

    with pytest.raises(EngineUnavailable, match="too slow"):
        await texts(Deadlined(inner, first_draft_s=0.01, total_s=60))

    assert inner.stopped == 1


async def test_an_engine_that_does_not_finish_in_time_is_stopped() -> None:
    inner = ScriptedGenerator(["a", asyncio.Event()])

    with pytest.raises(EngineUnavailable, match="too slow"):
        await texts(Deadlined(inner, first_draft_s=60, total_s=0.05))

    assert inner.stopped == 1


async def test_who_waits_in_line_is_not_late() -> None:
    go = asyncio.Event()
    limited = Limited(ScriptedGenerator([go, "done"], ["done"]), Room(told_every_s=0.001))
    first = asyncio.create_task(texts(limited))
    await asyncio.wait({first}, timeout=0)
    second = Deadlined(limited, first_draft_s=60, total_s=60).stream(PROMPT)

    assert (await anext(second)).place == 1

    go.set()
    assert [draft.text async for draft in second if draft.place is None] == ["done"]
    assert await first == ["done"]


# ── Retrying ──────────────────────────────────────────────────────────────────────────────────


async def test_a_passing_failure_is_tried_again() -> None:
    inner = ScriptedGenerator([BROKEN], [BROKEN], ["fine"])

    assert await texts(retrying(inner)) == ["fine"]


async def test_after_the_last_try_the_failure_is_told() -> None:
    inner = ScriptedGenerator([BROKEN])

    with pytest.raises(EngineUnavailable, match="broken"):
        await texts(retrying(inner, attempts=2))

    assert len(inner.prompts) == 2


async def test_a_refusal_is_not_tried_again() -> None:
    inner = ScriptedGenerator([EngineRefused("no")])

    with pytest.raises(EngineRefused):
        await texts(retrying(inner))

    assert len(inner.prompts) == 1


async def test_a_busy_engine_is_tried_again_when_it_asked_for_it() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    inner = ScriptedGenerator([EngineBusy("busy", retry_after_s=2.0)], ["fine"])

    assert await texts(Retrying(inner, sleep=sleep)) == ["fine"]
    assert waited == [2.0]


async def test_nobody_waits_as_long_as_a_very_busy_engine_asks_for() -> None:
    inner = ScriptedGenerator([EngineBusy("busy", retry_after_s=60.0)], ["fine"])

    with pytest.raises(EngineBusy):
        await texts(retrying(inner))

    assert len(inner.prompts) == 1


# ── Fallback ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error", [BROKEN, EngineRefused("no")])
async def test_the_second_engine_answers_where_the_first_cannot(error: Exception) -> None:
    fallback = Fallback(ScriptedGenerator([error]), ScriptedGenerator(["second"]))

    assert await texts(fallback) == ["second"]


async def test_a_prompt_that_is_too_long_is_shortened_not_passed_on() -> None:
    fallback = Fallback(ScriptedGenerator([PromptTooLong(9, 5)]), ScriptedGenerator(["second"]))

    with pytest.raises(PromptTooLong):
        await texts(fallback)


async def test_a_pair_of_engines_is_well_while_one_of_them_is() -> None:
    first, second = ScriptedGenerator([]), ScriptedGenerator([])
    fallback = Fallback(first, second)
    first.ailing = BROKEN
    await fallback.ping()
    second.ailing = BROKEN

    with pytest.raises(EngineUnavailable):
        await fallback.ping()


# ── Extractive, warm ──────────────────────────────────────────────────────────────────────────


async def test_without_a_model_every_prompt_is_declined() -> None:
    engine = Extractive()

    with pytest.raises(EngineUnavailable, match="no language model"):
        await texts(engine)

    await engine.ping()
    await engine.close()
    assert engine.name == "extractive"


async def test_warming_asks_for_as_little_as_possible() -> None:
    inner = ScriptedGenerator(["a"])

    await warm(inner, PROMPT)

    assert inner.prompts == [Prompt(turns=PROMPT.turns, max_tokens=1)]
