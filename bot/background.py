"""What the bot does by itself, beside answering."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from bot.core.desks import Desks
from bot.core.errors import CoreError
from bot.core.heads import Heads
from bot.core.ports import Clock, Heeding
from bot.core.replicas import ALONE, Others
from bot.core.steering import CHOICES, READERS, WAYS
from bot.stores.state import State
from bot.stores.wire import Unreadable
from knowledge.errors import EngineUnavailable, KnowledgeError
from knowledge.steps import Steps

log = logging.getLogger(__name__)


_KEPT = timedelta(days=180)
"""Answers are kept this long, so that a late verdict still finds its answer."""

Work: TypeAlias = Coroutine[None, None, None]


_BY_TURNS = frozenset({"forgetting", "reminding", "watching", "reminding_owners"})
"""What one replica alone does; everything else each does for itself, or has claims of its own."""


_TOPICS = {"keeping_readers": READERS, "following_choices": CHOICES, "trying_changes": WAYS}
"""What is done at once where another replica tells of a change, by the topic."""


def works_of(
    desks: Desks,
    state: State,
    heeding: Heeding,
    clock: Clock,
    steps: Steps,
    count: Callable[[], Awaitable[None]],
    others: Others = ALONE,
) -> Iterator[tuple[str, Work]]:
    """What is done without being asked, by name; each goes on until it is cancelled.

    steps: is told of what fails. count: counts what metrics show, and nobody tells of.
    """
    yield "errands", desks.errands.run()
    yield "learning", _learn(heeding, steps)
    yield "counting", again("counting", count, steps, every_s=60.0)
    for name, work, every_s in _repeated(desks, state, clock):
        ours = partial(_in_turn, others, name, work) if name in _BY_TURNS else work
        told = _told_of(others, _TOPICS.get(name, ""))
        yield name, again(name, ours, steps, every_s=every_s, told=told)


def _repeated(
    desks: Desks, state: State, clock: Clock
) -> Iterator[tuple[str, Callable[[], Awaitable[object]], float]]:
    yield "forgetting", lambda: state.forget(before=clock() - _KEPT), 6 * 3600.0
    yield "reminding", desks.experts.remind, 10.0
    yield "watching", desks.watch.look, 600.0
    yield "knowing_owners", desks.declared.look, 300.0
    yield "knowing_roles", desks.standing.look, 30.0
    yield "noting_heads", Heads(state.audit).look, 60.0
    if desks.overdue is not None:
        yield "reminding_owners", desks.overdue.look, 300.0
    if desks.gate is not None:
        yield "trying_changes", desks.gate.look, 30.0
    if desks.rulings is not None:
        yield "keeping_readers", desks.rulings.look, 60.0
    if desks.following is not None:
        yield "following_choices", desks.following.look, 60.0
    if desks.onboarding is not None:
        yield "onboarding", desks.onboarding.tick, 5.0


@asynccontextmanager
async def meanwhile(name: str, work: Work, steps: Steps) -> AsyncIterator[None]:
    """Work beside everything else while the block runs."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(partial(_tell_ending, steps))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def _tell_ending(steps: Steps, task: asyncio.Task[None]) -> None:
    """What works by itself ends with the process; an error that nobody expected is not hidden."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("work_ended", extra={"work": task.get_name()}, exc_info=error)
        steps.tell("work_failed", work=task.get_name())


async def once(name: str, work: Callable[[], Awaitable[object]], steps: Steps) -> None:
    """Work that is done again later; what goes wrong is logged and told."""
    try:
        await work()
    except (CoreError, KnowledgeError, Unreadable) as error:
        log.warning(f"{name}_failed", extra={"reason": str(error)})
        steps.tell("work_failed", work=name)


async def again(
    name: str,
    work: Callable[[], Awaitable[object]],
    steps: Steps,
    *,
    every_s: float,
    told: asyncio.Event | None = None,
) -> None:
    """Work that is done again and again; what goes wrong is tried the next time.

    told: set where it is time already.
    """
    told = told or asyncio.Event()
    while True:
        told.clear()
        await once(name, work, steps)
        with suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await told.wait()


def _told_of(others: Others, topic: str) -> asyncio.Event:
    told = asyncio.Event()
    if topic:
        others.hear(topic, lambda _said: told.set())
    return told


async def _in_turn(others: Others, name: str, work: Callable[[], Awaitable[object]]) -> None:
    if await others.turn(name):
        await work()


async def _learn(heeding: Heeding, steps: Steps) -> None:
    """Once: from then on each question learns what is new."""
    try:
        await heeding.learn()
    except EngineUnavailable as error:
        log.warning("learning_failed", extra={"reason": str(error)})
        steps.tell("work_failed", work="learning")
