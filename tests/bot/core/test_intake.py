"""Events are claimed once, handled in order, and never lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.core.errors import ChannelUnavailable, IntakeFull, StateUnavailable
from bot.core.intake import Intake
from bot.core.model import Conversation, Event
from tests.fakes_core import START, FakeClock, ListInbox, message, settle


def place(number: int) -> Conversation:
    return Conversation(platform="fake", id=f"c{number}")


def intake(inbox: ListInbox, handle: object, **limits: float) -> Intake:
    return Intake(inbox, handle, clock=FakeClock(), **limits)  # type: ignore[arg-type]  # any callable


class Desk:
    """Handles events when its gate is open, and remembers in which order they came."""

    def __init__(self) -> None:
        self.begun: list[Event] = []
        self.done: list[Event] = []
        self.gate = asyncio.Event()

    async def __call__(self, event: Event) -> None:
        self.begun.append(event)
        await self.gate.wait()
        self.done.append(event)


async def test_a_new_event_is_stored_handled_and_finished() -> None:
    inbox, desk = ListInbox(), Desk()
    desk.gate.set()
    taking = intake(inbox, desk)
    await taking.start()
    event = message()

    accepted = await taking.accept(event)
    await taking.drain(60)

    assert accepted
    assert desk.done == [event]
    assert inbox.open == {}
    assert taking.pending == 0


async def test_an_event_delivered_three_times_at_once_is_handled_once() -> None:
    desk = Desk()
    desk.gate.set()
    taking = intake(ListInbox(), desk)
    await taking.start()
    event = message()

    accepted = await asyncio.gather(*(taking.accept(event) for _ in range(3)))
    await taking.drain(60)

    assert sorted(accepted) == [False, False, True]
    assert desk.done == [event]


async def test_two_hundred_events_keep_the_order_of_their_lanes() -> None:
    chance = random.Random(7)
    handled: list[Event] = []

    async def handle(event: Event) -> None:
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        handled.append(event)

    taking = intake(ListInbox(), handle, workers=5)
    await taking.start()
    events = [message(conversation=place(chance.randrange(7))) for _ in range(200)]

    await asyncio.gather(*(taking.accept(event) for event in events))
    await taking.drain(60)

    for number in range(7):
        lane = place(number).lane
        assert [event for event in handled if event.conversation.lane == lane] == [
            event for event in events if event.conversation.lane == lane
        ]
    assert len(handled) == 200


async def test_forty_answers_that_take_their_time_keep_nobody_else_waiting() -> None:
    desk = Desk()
    taking = intake(ListInbox(), desk)
    await taking.start()

    for number in range(41):
        await taking.accept(message(conversation=place(number)))
    await settle()
    await taking.drain(0)

    assert len(desk.begun) == 41


async def test_lanes_run_side_by_side_up_to_the_number_of_workers() -> None:
    desk = Desk()
    taking = intake(ListInbox(), desk, workers=3)
    await taking.start()

    for number in range(5):
        await taking.accept(message(conversation=place(number)))
    await settle()
    under_way = len(desk.begun)
    desk.gate.set()
    await taking.drain(60)

    assert under_way == 3
    assert len(desk.done) == 5


async def test_a_full_intake_refuses_before_anything_is_stored() -> None:
    inbox, desk = ListInbox(), Desk()
    taking = intake(inbox, desk, capacity=2)
    await taking.start()
    await taking.accept(message())
    await taking.accept(message())

    with pytest.raises(IntakeFull):
        await taking.accept(message(key="too-much"))

    assert "too-much" not in inbox.keys
    desk.gate.set()
    await settle()
    assert await taking.accept(message(key="too-much"))
    await taking.drain(60)


async def test_duplicates_and_failures_give_their_places_back() -> None:
    inbox, desk = ListInbox(), Desk()
    desk.gate.set()
    taking = intake(inbox, desk, capacity=1)
    await taking.start()
    event = message()
    await taking.accept(event)
    await settle()

    assert not await taking.accept(event)
    inbox.failures.append(StateUnavailable("disk full"))
    with pytest.raises(StateUnavailable):
        await taking.accept(message())
    inbox.failures.append(ValueError("a bug in the inbox"))
    with pytest.raises(ValueError, match="a bug"):
        await taking.accept(message())

    assert taking.pending == 0
    assert taking.accepting
    await taking.drain(60)


async def test_a_caller_that_hangs_up_leaves_no_event_without_a_lane() -> None:
    inbox, desk = ListInbox(), Desk()
    inbox.gate = asyncio.Event()
    desk.gate.set()
    taking = intake(inbox, desk)
    await taking.start()
    event = message()

    call = asyncio.create_task(taking.accept(event))
    await settle()
    call.cancel()
    inbox.gate.set()
    await settle()
    await taking.drain(60)

    assert call.cancelled()
    assert desk.done == [event]


async def test_what_a_crash_left_is_handled_first_after_the_start() -> None:
    left, desk = message(), Desk()
    desk.gate.set()
    taking = intake(ListInbox(left), desk)

    await taking.start()
    later = message()
    await taking.accept(later)
    await taking.drain(60)

    assert desk.done == [left, later]


async def test_only_what_a_crash_left_is_counted_when_it_begins() -> None:
    left, desk = message(), Desk()
    desk.gate.set()
    inbox = ListInbox(left)
    taking = intake(inbox, desk)

    await taking.start()
    await taking.accept(message())
    await taking.drain(60)

    assert inbox.resumed == [left]


async def test_what_ends_the_process_each_time_is_given_up_and_finished() -> None:
    left, desk, given_up = message(), Desk(), []
    inbox = ListInbox(left)
    inbox.hopeless.append(left)

    async def give_up(event: Event) -> None:
        given_up.append(event)

    taking = Intake(inbox, desk, clock=FakeClock(), give_up=give_up)
    await taking.start()
    await taking.drain(60)

    assert given_up == [left]
    assert desk.begun == []
    assert inbox.open == {}


async def test_without_somebody_to_tell_it_is_given_up_in_silence() -> None:
    left, desk = message(), Desk()
    inbox = ListInbox(left)
    inbox.hopeless.append(left)
    taking = intake(inbox, desk)

    await taking.start()
    await taking.drain(60)

    assert (desk.begun, inbox.open) == ([], {})


async def test_a_crash_that_cannot_be_counted_stops_nobody() -> None:
    left, desk = message(), Desk()
    desk.gate.set()
    inbox = ListInbox(left)
    inbox.failures.append(StateUnavailable("locked"))
    taking = intake(inbox, desk)

    await taking.start()
    await taking.drain(60)

    assert desk.done == [left]


async def test_a_handler_that_breaks_finishes_its_event_and_harms_no_other() -> None:
    inbox, handled = ListInbox(), []

    async def handle(event: Event) -> None:
        handled.append(event)
        if len(handled) == 1:
            raise ZeroDivisionError

    taking = intake(inbox, handle, workers=1)
    await taking.start()
    await taking.accept(message())
    await taking.accept(message())
    await taking.drain(60)

    assert len(handled) == 2
    assert inbox.open == {}


async def test_a_drain_past_its_deadline_leaves_events_for_the_next_start() -> None:
    inbox, desk = ListInbox(), Desk()
    taking = intake(inbox, desk, workers=1)
    await taking.start()
    first, second = message(), message()
    await taking.accept(first)
    await taking.accept(second)
    await settle()

    await taking.drain(0)

    assert desk.begun == [first]
    assert await inbox.unfinished() == (first, second)
    with pytest.raises(IntakeFull):
        await taking.accept(message())


async def test_a_drain_waits_for_what_is_waiting() -> None:
    inbox, desk = ListInbox(), Desk()
    taking = intake(inbox, desk, workers=1)
    await taking.start()
    await taking.accept(message())
    await taking.accept(message())

    draining = asyncio.create_task(taking.drain(60))
    await settle()
    desk.gate.set()
    await draining

    assert len(desk.done) == 2
    assert inbox.open == {}


async def test_callers_waiting_at_the_stop_are_told_to_come_again() -> None:
    inbox = ListInbox()
    inbox.gate = asyncio.Event()
    taking = intake(inbox, Desk())
    await taking.start()
    calls = [asyncio.create_task(taking.accept(message())) for _ in range(2)]
    await settle()

    await taking.drain(0)

    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [IntakeFull, IntakeFull]
    assert taking.pending == 0


async def test_a_thousand_events_that_find_no_room_are_two_lines_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = FakeClock()
    taking = Intake(ListInbox(), Desk(), clock=clock, capacity=0)
    await taking.start()

    for pause in (timedelta(0), timedelta(seconds=1)):
        clock.move(pause)
        for _ in range(500):
            with pytest.raises(IntakeFull):
                await taking.accept(message())

    lines = [one for one in caplog.records if one.message == "events_turned_away"]
    assert [one.__dict__["count"] for one in lines] == [1, 500]
    await taking.drain(0)


async def test_before_the_start_nothing_is_taken_and_nothing_needs_draining() -> None:
    taking = intake(ListInbox(), Desk())

    with pytest.raises(IntakeFull):
        await taking.accept(message())
    await taking.drain(1)

    assert not taking.accepting


async def test_an_event_whose_finish_fails_is_resumed_later() -> None:
    inbox = ListInbox()

    async def handle(_event: Event) -> None:
        inbox.failures.append(StateUnavailable("disk full"))

    taking = intake(inbox, handle)
    await taking.start()
    event = message()
    await taking.accept(event)
    await taking.drain(60)

    assert await inbox.unfinished() == (event,)
    assert taking.pending == 0


async def test_a_handler_that_cancels_itself_leaves_its_event_unfinished() -> None:
    inbox = ListInbox()

    async def handle(_event: Event) -> None:
        raise asyncio.CancelledError

    taking = intake(inbox, handle)
    await taking.start()
    event = message()
    await taking.accept(event)
    await taking.drain(60)

    assert await inbox.unfinished() == (event,)


async def test_a_sweep_keeps_keys_for_more_than_eight_hours() -> None:
    inbox = ListInbox()
    taking = intake(inbox, Desk())

    await taking.sweep()
    inbox.failures.append(StateUnavailable("locked"))
    await taking.sweep()

    (before,) = inbox.forgot
    assert START - before >= timedelta(hours=8)


async def test_sweeps_come_by_themselves() -> None:
    inbox = ListInbox()
    taking = intake(inbox, Desk(), sweep_every_s=0.0)

    await taking.start()
    await settle()
    await taking.drain(60)

    assert inbox.forgot


class Outage:
    """Handles nothing while it lasts, and remembers what was tried."""

    def __init__(self, *events: Event) -> None:
        self.hit = set(events)
        self.tried: list[Event] = []
        self.done: list[Event] = []

    async def __call__(self, event: Event) -> None:
        self.tried.append(event)
        if event in self.hit:
            raise ChannelUnavailable("503")
        self.done.append(event)


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not done():  # noqa: ASYNC110 -- the intake tells nobody
            await asyncio.sleep(0.001)


async def test_an_event_whose_platform_is_away_comes_again_before_those_behind_it() -> None:
    inbox = ListInbox()
    first, behind = message(), message()
    outage = Outage(first)
    taking = intake(inbox, outage, pause_s=0.001)
    await taking.start()

    await taking.accept(first)
    await taking.accept(behind)
    await until(lambda: len(outage.tried) == 2)
    outage.hit.clear()
    await until(lambda: len(outage.done) == 2)
    await taking.drain(60)

    assert outage.done == [first, behind]
    assert inbox.open == {}


async def test_other_conversations_do_not_wait_for_one_that_is_put_off() -> None:
    stuck, others = message(), [message(conversation=place(n)) for n in range(5)]
    outage = Outage(stuck)
    taking = intake(ListInbox(), outage, pause_s=0.001, workers=1)
    await taking.start()

    for event in (stuck, *others):
        await taking.accept(event)
    await until(lambda: len(outage.done) == 5)

    assert outage.done == others
    await taking.drain(60)


async def test_a_drain_leaves_what_is_put_off_for_the_next_start() -> None:
    inbox, event = ListInbox(), message()
    outage = Outage(event)
    taking = intake(inbox, outage, pause_s=60.0)
    await taking.start()
    await taking.accept(event)
    await until(lambda: bool(outage.tried))

    await taking.drain(60)

    assert await inbox.unfinished() == (event,)
    assert taking.pending == 0


async def test_the_platform_says_itself_when_to_come_again() -> None:
    tried: list[Event] = []

    async def handle(event: Event) -> None:
        tried.append(event)
        raise ChannelUnavailable("429", retry_after_s=60.0)

    taking = intake(ListInbox(), handle, pause_s=0.0)
    await taking.start()
    await taking.accept(message())
    await settle()
    await settle()

    assert len(tried) == 1
    await taking.drain(60)


async def test_where_only_one_card_breaks_the_platform_an_apology_takes_its_place() -> None:
    inbox, event, told = ListInbox(), message(), []
    outage = Outage(event)

    async def give_up(event: Event) -> None:
        told.append(event)

    taking = Intake(inbox, outage, clock=FakeClock(), give_up=give_up, pause_s=0.001)
    await taking.start()
    await taking.accept(event)
    await until(lambda: bool(told))
    await taking.drain(60)

    assert len(outage.tried) == 3
    assert inbox.open == {}


async def test_after_six_hours_nobody_waits_for_the_platform_any_more() -> None:
    inbox, event, clock = ListInbox(), message(), FakeClock()
    outage = Outage(event)
    taking = Intake(inbox, outage, clock=clock, give_up=outage, pause_s=0.05)
    await taking.start()
    await taking.accept(event)
    await until(lambda: bool(outage.tried))

    clock.move(timedelta(hours=6, seconds=1))
    await until(lambda: not inbox.open)
    await taking.drain(60)

    assert len(outage.tried) == 2


async def test_only_half_of_the_places_may_be_put_off() -> None:
    inbox = ListInbox()
    events = [message(conversation=place(n)) for n in range(3)]
    outage = Outage(*events)
    taking = intake(inbox, outage, pause_s=60.0, capacity=4)
    await taking.start()

    for event in events:
        await taking.accept(event)
    await until(lambda: len(outage.tried) == 3)

    assert taking.pending == 2
    assert len(await inbox.unfinished()) == 3
    await taking.drain(60)
