"""Drafts come no faster than the platform allows, and never after the end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Capabilities
from bot.core.progress import Drafts
from tests.fakes_core import FakeTime, settle


class Screen:
    """Where drafts appear, with the second they came."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.shown: list[tuple[float, str]] = []
        self.failures: list[Exception] = []
        self.gate: asyncio.Event | None = None

    async def edit(self, text: str) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.shown.append((round(self.time.now(), 3), text))


def drafts(
    screen: Screen,
    *,
    interval_s: float = 1.0,
    max_drafts: int | None = None,
    edits: bool = True,
    grace_s: float = 5.0,
) -> Drafts:
    return Drafts(
        screen.edit,
        capabilities=Capabilities(
            edits=edits, draft_interval=timedelta(seconds=interval_s), max_drafts=max_drafts
        ),
        now=screen.time.now,
        sleep=screen.time.sleep,
        grace_s=grace_s,
    )


async def test_the_first_draft_waits_for_the_interval_and_the_latest_wins() -> None:
    time = FakeTime()
    screen = Screen(time)

    async with drafts(screen) as growing:
        for second in range(4):
            growing.offer(f"{second} a")
            await time.pass_(0.5)
            growing.offer(f"{second} b")
            await time.pass_(0.5)

    assert screen.shown == [(1.0, "0 b"), (2.0, "1 b"), (3.0, "2 b"), (4.0, "3 b")]


async def test_a_late_draft_is_shown_at_once() -> None:
    time = FakeTime()
    screen = Screen(time)

    async with drafts(screen) as growing:
        await time.pass_(7.5)
        growing.offer("hello")
        await time.pass_(0)

    assert screen.shown == [(7.5, "hello")]


async def test_no_draft_comes_after_the_end() -> None:
    time = FakeTime()
    screen = Screen(time)

    async with drafts(screen) as growing:
        growing.offer("never seen")
        await settle()
    await time.pass_(10)

    assert screen.shown == []


async def test_the_end_waits_for_a_draft_that_is_on_its_way() -> None:
    time = FakeTime()
    screen = Screen(time)
    screen.gate = asyncio.Event()

    async def grow() -> None:
        async with drafts(screen) as growing:
            growing.offer("on its way")
            await time.pass_(1)

    growth = asyncio.create_task(grow())
    await settle()
    waiting = not growth.done()
    screen.gate.set()
    await growth

    assert waiting
    assert [text for _, text in screen.shown] == ["on its way"]


async def test_a_draft_that_hangs_is_cut_off_after_the_grace() -> None:
    time = FakeTime()
    screen = Screen(time)
    screen.gate = asyncio.Event()

    async with drafts(screen, grace_s=0.01) as growing:
        growing.offer("hangs")
        await time.pass_(1)
    screen.gate.set()
    await settle()

    assert screen.shown == []


async def test_counted_edits_leave_the_last_one_for_the_answer_and_come_ever_slower() -> None:
    time = FakeTime()
    screen = Screen(time)

    async with drafts(screen, max_drafts=4) as growing:
        for step in range(40):
            growing.offer(str(step))
            await time.pass_(0.25)

    moments = [moment for moment, _ in screen.shown]
    assert len(moments) == 3
    assert moments[1] - moments[0] < moments[2] - moments[1]


async def test_a_platform_without_edits_gets_no_drafts() -> None:
    time = FakeTime()
    screen = Screen(time)

    async with drafts(screen, edits=False) as growing:
        growing.offer("hello")
        await time.pass_(5)

    assert screen.shown == []


async def test_a_failed_draft_is_skipped_and_the_platform_gets_the_pause_it_asked_for() -> None:
    time = FakeTime()
    screen = Screen(time)
    screen.failures.append(ChannelUnavailable("rate limited", retry_after_s=5.0))

    async with drafts(screen) as growing:
        growing.offer("lost")
        await time.pass_(1)
        growing.offer("seen")
        await time.pass_(9)

    assert screen.shown == [(6.0, "seen")]


async def test_a_refused_draft_is_the_last_one() -> None:
    time = FakeTime()
    screen = Screen(time)
    screen.failures.append(ChannelRefused("edit_limit"))

    async with drafts(screen) as growing:
        growing.offer("refused")
        await time.pass_(1)
        growing.offer("not tried")
        await time.pass_(9)

    assert screen.shown == []


async def test_a_bug_in_a_draft_does_not_cost_the_answer() -> None:
    time = FakeTime()
    screen = Screen(time)
    screen.failures.append(KeyError("bug"))

    async with drafts(screen) as growing:
        growing.offer("breaks")
        await time.pass_(1)

    assert screen.shown == []
