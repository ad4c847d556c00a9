"""What takes long is announced at once and reported once, whatever comes in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.cards import said_card
from bot.core.errands import MOST_BEGUN, ErrandDesk, Runner
from bot.core.errors import ChannelRefused, ChannelUnavailable, StateUnavailable
from bot.core.model import Card, Errand
from bot.core.replies import Replies
from bot.core.texts import EN
from bot.stores.state import State, open_state
from knowledge.errors import StoreUnavailable
from tests.fakes_core import FakeChannel, FakeClock, message, words
from tests.stories.bots import until

STARTED = said_card("The report follows.", "en")


@dataclass(kw_only=True)
class Office:
    """Counts beans, which takes as long as the gate is closed."""

    state: State
    channel: FakeChannel = field(default_factory=FakeChannel)
    clock: FakeClock = field(default_factory=FakeClock)
    failures: list[BaseException] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    counted: int = 0

    def __post_init__(self) -> None:
        self.gate.set()
        self.restart()

    def restart(self) -> None:
        """Nothing but the database is left from before."""
        replies = Replies(channels={"fake": self.channel}, ledger=self.state.ledger)
        self.desk = ErrandDesk(errands=self.state.errands, replies=replies, clock=self.clock)
        self.runner = Runner(
            desk=self.desk,
            errands=self.state.errands,
            works={"beans": self._count},
            replies=replies,
            clock=self.clock,
        )

    async def _count(self, _errand: Errand) -> Card:
        self.counted += 1
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        return said_card(f"{self.counted} beans.", "en")

    async def ask(self, key: str = "e") -> None:
        await self.desk.entrust("beans", message("/beans", key=key), "en", started=STARTED)

    @property
    def said(self) -> list[str]:
        return [words(reply.card) for reply in self.channel.sent]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    state = await open_state(data_dir=tmp_path)
    yield Office(state=state)
    await state.close()


async def test_it_is_announced_at_once_and_reported_when_it_is_done(office: Office) -> None:
    office.gate.clear()
    running = asyncio.create_task(office.runner.run())
    await office.ask()
    assert office.said == ["The report follows."]

    office.gate.set()
    await until(lambda: len(office.said) == 2)
    running.cancel()

    assert office.said[-1] == "1 beans."
    assert {reply.key for reply in office.channel.sent} == {"fake:e/reply", "fake:e/reply/report"}


async def test_asking_again_while_it_works_is_announced_too(office: Office) -> None:
    office.gate.clear()
    running = asyncio.create_task(office.runner.run())
    await office.ask("one")
    await until(lambda: office.counted == 1)
    await office.ask("two")
    assert len(office.said) == 2

    office.gate.set()
    await until(lambda: len(office.said) == 4)
    running.cancel()

    assert office.said[2:] == ["1 beans.", "2 beans."]


async def test_the_same_message_handled_again_is_reported_once(office: Office) -> None:
    await office.ask()
    await office.runner.work()
    await office.ask()
    await office.runner.work()

    assert office.said == ["The report follows.", "1 beans."]


async def test_what_a_crash_interrupts_is_reported_after_the_next_start(office: Office) -> None:
    office.gate.clear()
    working = asyncio.create_task(office.runner.run())
    await office.ask()
    await until(lambda: office.counted == 1)
    working.cancel()
    await asyncio.wait({working})

    office.restart()
    office.gate.set()
    await office.runner.work()

    assert office.said == ["The report follows.", "2 beans."]


async def test_a_crash_after_the_report_repeats_nothing(office: Office) -> None:
    await office.ask()
    (errand,) = await office.state.errands.waiting()
    await office.runner.work()

    await office.state.errands.add(errand)  # as if it had not been crossed off
    office.restart()
    await office.runner.work()

    assert office.counted == 1
    assert len(office.said) == 2
    assert await office.state.errands.waiting() == ()


async def test_a_report_that_cannot_be_posted_is_kept_and_posted_later(office: Office) -> None:
    await office.ask()
    office.channel.fail_send = [ChannelUnavailable("busy")]
    await office.runner.work()
    assert len(office.said) == 1

    await office.runner.work()

    assert office.said[-1] == "1 beans."
    assert office.counted == 1


async def test_a_platform_that_stays_away_is_given_up(office: Office) -> None:
    await office.ask()
    office.clock.move(timedelta(hours=7))
    office.channel.fail_send = [ChannelUnavailable("gone")]

    await office.runner.work()

    assert await office.state.errands.waiting() == ()


async def test_a_refused_report_is_not_tried_again(office: Office) -> None:
    await office.ask()
    office.channel.fail_send = [ChannelRefused("not_in_channel")]

    await office.runner.work()

    assert await office.state.errands.waiting() == ()


@pytest.mark.parametrize(
    ("failure", "said"), [(StoreUnavailable("away"), EN.busy), (ZeroDivisionError(), EN.error)]
)
async def test_what_breaks_is_said_honestly_and_costs_no_other_errand(
    office: Office, failure: BaseException, said: str
) -> None:
    office.failures = [failure]
    await office.ask("one")
    await office.ask("two")

    await office.runner.work()

    assert office.said[2:] == [said, "2 beans."]


async def test_a_state_store_that_is_away_is_tried_again(office: Office) -> None:
    office.failures = [StateUnavailable("away")]
    await office.ask()
    await office.runner.work()
    assert len(office.said) == 1

    await office.runner.work()

    assert office.said[-1] == "2 beans."


async def test_what_ends_the_process_each_time_is_given_up(office: Office) -> None:
    await office.ask()
    (errand,) = await office.state.errands.waiting()
    for _ in range(MOST_BEGUN):
        await office.state.errands.begin(errand.id)

    await office.runner.work()

    assert office.counted == 0
    assert office.said[-1] == EN.error
