"""What the core does as one of several: turns, hand-overs, and letting go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.core.errors import ChannelUnavailable
from bot.core.following import Following
from bot.core.intake import Intake
from bot.core.lanes import Lanes, Waiting
from bot.core.library import ModelMissing
from bot.core.model import Event, MessageRef
from bot.core.replicas import ALONE, Alone, TakenOver
from bot.core.withdrawals import TakenBack
from tests.fakes_core import GROUP, FakeClock, ListInbox, message, settle


class Shift:
    """A tenure by script: what others hand over, and when all is lost."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[tuple[Waiting, ...] | Exception] = asyncio.Queue()
        self.certain = asyncio.Event()
        self.certain.set()

    async def more(self) -> tuple[Waiting, ...]:
        found = await self.coming.get()
        if isinstance(found, Exception):
            raise found
        return found

    async def secure(self) -> None:
        await self.certain.wait()


class Desk:
    """Handles one event after the other, each until its gate opens."""

    def __init__(self) -> None:
        self.begun: list[Event] = []
        self.done: list[Event] = []
        self.gate = asyncio.Event()

    async def __call__(self, event: Event) -> None:
        self.begun.append(event)
        await self.gate.wait()
        self.done.append(event)


async def opened(inbox: ListInbox, desk: Desk, shift: Shift) -> Intake:
    intake = Intake(inbox, desk, clock=FakeClock(), tenure=shift, workers=2)
    await intake.start()
    return intake


async def test_what_another_replica_hands_over_is_handled() -> None:
    desk, shift, inbox = Desk(), Shift(), ListInbox()
    desk.gate.set()
    intake = await opened(inbox, desk, shift)
    event = message()
    inbox.open[event.keys] = event

    shift.coming.put_nowait((Waiting(event=event),))
    await settle()
    await intake.drain(60)

    assert desk.done == [event]
    assert inbox.resumed == []


async def test_what_others_took_over_is_let_go_and_nothing_more_is_begun() -> None:
    desk, shift = Desk(), Shift()
    intake = await opened(ListInbox(), desk, shift)
    asked = [message(conversation=GROUP) for _ in range(3)]
    for event in asked:
        await intake.accept(event)
    await settle()

    shift.coming.put_nowait(TakenOver())
    await settle()

    assert desk.begun == asked[:1]
    assert desk.done == []
    assert intake.pending == 0
    await intake.drain(1)


async def test_who_let_go_takes_new_events_of_the_same_conversation() -> None:
    desk, shift = Desk(), Shift()
    intake = await opened(ListInbox(), desk, shift)
    for _ in range(2):
        await intake.accept(message(conversation=GROUP))
    await settle()
    shift.coming.put_nowait(TakenOver())
    await settle()

    desk.gate.set()
    later = message(conversation=GROUP)
    await intake.accept(later)
    await settle()
    await intake.drain(60)

    assert desk.done == [later]


async def test_nothing_is_begun_while_it_may_be_others_already() -> None:
    desk, shift = Desk(), Shift()
    desk.gate.set()
    intake = await opened(ListInbox(), desk, shift)
    shift.certain.clear()
    event = message()
    await intake.accept(event)
    await settle()
    assert desk.begun == []

    shift.certain.set()
    await settle()
    await intake.drain(60)

    assert desk.done == [event]


async def test_what_became_others_while_nobody_knew_is_not_begun() -> None:
    desk, shift = Desk(), Shift()
    desk.gate.set()
    intake = await opened(ListInbox(), desk, shift)
    shift.certain.clear()
    await intake.accept(message())
    await settle()

    shift.coming.put_nowait(TakenOver())
    await settle()
    shift.certain.set()
    await settle()

    assert desk.begun == []
    assert intake.pending == 0
    await intake.drain(1)


async def test_a_lane_that_was_dropped_is_not_handed_out_twice() -> None:
    lanes = Lanes()
    old, new = Waiting(event=message()), Waiting(event=message())
    lanes.add(old)
    assert lanes.drop_waiting() == 1
    lanes.add(new)

    assert await lanes.take() == new
    second = asyncio.create_task(lanes.take())
    await settle()

    assert not second.done()
    second.cancel()


class Told(Alone):
    """Others that hear everything at once."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.heard: dict[str, Callable[[str], None]] = {}

    async def tell(self, topic: str, said: str) -> None:
        self.said.append((topic, said))

    def hear(self, topic: str, heard: Callable[[str], None]) -> None:
        self.heard[topic] = heard


class Work:
    def __init__(self) -> None:
        self.withdrawn: list[MessageRef] = []

    def withdraw(self, ref: MessageRef) -> None:
        self.withdrawn.append(ref)


async def test_a_deletion_ends_the_work_wherever_it_is_done() -> None:
    ref = MessageRef(platform="fake", id="C1:17 00")
    here, there, others = Work(), Work(), Told()

    await TakenBack(others, here).told(ref)
    TakenBack(others, there)
    ((topic, said),) = others.said
    others.heard[topic](said)
    others.heard[topic]("")

    assert here.withdrawn == [ref]
    assert there.withdrawn == [ref]


class Chosen:
    """Choices in memory, and what follows them."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.followed: list[dict[str, str]] = []
        self.missing = False

    async def all(self) -> dict[str, str]:
        return dict(self.values)

    async def follow(self, values: dict[str, str]) -> None:
        if self.missing:
            raise ModelMissing("not here")
        self.followed.append(dict(values))


async def test_a_choice_is_followed_once_and_tried_again_where_it_cannot_be() -> None:
    chosen = Chosen()
    following = Following(choices=chosen, steering=chosen)  # type: ignore[arg-type] # what it uses
    await following.look()
    chosen.values = {"model": "small"}

    chosen.missing = True
    await following.look()
    chosen.missing = False
    for _ in range(3):
        await following.look()

    assert chosen.followed == [{}, {"model": "small"}]


async def test_who_is_alone_has_every_turn() -> None:
    assert await ALONE.turn("reminding")
    await ALONE.secure()


class Counting(ListInbox):
    """Takes its time to count how often an event was resumed."""

    def __init__(self, *left: Event) -> None:
        super().__init__(*left)
        self.counted = asyncio.Event()

    async def resume(self, event: Event) -> bool:
        await self.counted.wait()
        return await super().resume(event)


async def test_what_became_others_while_its_resumes_are_counted_is_not_begun() -> None:
    inbox, desk, shift = Counting(message()), Desk(), Shift()
    desk.gate.set()
    intake = await opened(inbox, desk, shift)
    await settle()

    shift.coming.put_nowait(TakenOver())
    await settle()
    inbox.counted.set()
    await settle()

    assert desk.begun == []
    assert intake.pending == 0
    await intake.drain(1)


async def test_what_became_others_is_theirs_however_the_work_on_it_ends_here() -> None:
    inbox, shift = ListInbox(), Shift()

    async def away(_event: Event) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ChannelUnavailable("hung up") from None

    intake = Intake(inbox, away, clock=FakeClock(), tenure=shift)
    await intake.start()
    event = message()
    await intake.accept(event)
    await settle()

    shift.coming.put_nowait(TakenOver())
    await settle()

    assert intake.pending == 0
    assert list(inbox.open.values()) == [event]
    await intake.drain(1)
