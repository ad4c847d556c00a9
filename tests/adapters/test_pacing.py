from __future__ import annotations

import asyncio

from adapters.pacing import Pace
from bot.core.errors import ChannelUnavailable
from tests.fakes_core import FakeTime, settle


class Calls:
    """Calls at a pace, each noted with its moment."""

    def __init__(self, interval_s: float = 1.0, *, keys: int = 100) -> None:
        self.time = FakeTime()
        self.pace = Pace(interval_s, keys=keys, now=self.time.now, sleep=self.time.sleep)
        self.made: list[tuple[float, str]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def start(self, *names: str, key: str = "") -> None:
        for name in names:
            self.tasks.append(asyncio.create_task(self._call(name, key or name)))
            await settle()

    async def _call(self, name: str, key: str) -> None:
        await self.pace.turn(key)
        self.made.append((self.time.now(), name))


async def test_the_first_call_does_not_wait() -> None:
    calls = Calls()

    await calls.start("a")

    assert calls.made == [(0.0, "a")]


async def test_calls_of_one_key_keep_their_order_and_distance() -> None:
    calls = Calls()

    await calls.start("a", "b", "c", key="channel")
    await calls.time.pass_(10)

    assert calls.made == [(0.0, "a"), (1.0, "b"), (2.0, "c")]


async def test_other_keys_do_not_wait() -> None:
    calls = Calls()

    await calls.start("a", "b")

    assert calls.made == [(0.0, "a"), (0.0, "b")]


async def test_who_comes_late_enough_does_not_wait() -> None:
    calls = Calls()
    await calls.start("a", key="channel")
    await calls.time.pass_(1.5)

    await calls.start("b", key="channel")

    assert calls.made == [(0.0, "a"), (1.5, "b")]


async def test_a_hold_is_obeyed_even_by_those_who_wait() -> None:
    calls = Calls()
    await calls.start("a", "b", "c", key="channel")

    calls.pace.hold("channel", 5.0)
    await calls.time.pass_(10)

    assert calls.made == [(0.0, "a"), (5.0, "b"), (6.0, "c")]


async def test_a_shorter_hold_changes_nothing() -> None:
    calls = Calls()
    calls.pace.hold("channel", 5.0)
    calls.pace.hold("channel", 1.0)

    await calls.start("a", key="channel")
    await calls.time.pass_(10)

    assert calls.made == [(5.0, "a")]


async def test_who_gives_up_takes_no_turn() -> None:
    calls = Calls()
    await calls.start("a", "b", "c", key="channel")
    calls.tasks[1].cancel()
    await calls.time.pass_(10)

    assert calls.made == [(0.0, "a"), (1.0, "c")]


async def test_keys_not_used_for_long_are_forgotten() -> None:
    calls = Calls(interval_s=100.0, keys=2)
    await calls.start("a", "b", "c")

    await calls.start("a again", key="a")
    await calls.start("c again", key="c")

    assert [name for _, name in calls.made] == ["a", "b", "c", "a again"]
    calls.tasks[-1].cancel()


async def test_a_key_somebody_waits_for_is_not_forgotten() -> None:
    calls = Calls(interval_s=10.0, keys=1)
    await calls.start("a", "a waits", key="a")
    await calls.start("b", "c")

    await calls.start("a last", key="a")
    await calls.time.pass_(100)

    assert [found for found in calls.made if found[1][0] == "a"] == [
        (0.0, "a"),
        (10.0, "a waits"),
        (20.0, "a last"),
    ]


async def test_who_would_have_to_wait_for_hours_is_told_instead() -> None:
    calls = Calls()
    calls.pace.hold("channel", 7_200.0)

    await calls.start("a", key="channel")
    (call,) = calls.tasks

    assert call.done()
    failed = call.exception()
    assert isinstance(failed, ChannelUnavailable)
    assert failed.retry_after_s == 7_200.0
    assert calls.made == []
