"""Events are claimed once, kept on disk, acknowledged fast, and handled in order, lane by lane."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.core.errors import ChannelUnavailable, IntakeFull, StateUnavailable
from bot.core.lanes import Lanes, Waiting
from bot.core.model import Event
from bot.core.ports import Clock, Inbox
from bot.core.replicas import ALONE, TakenOver, Tenure
from bot.core.seldom import Seldom
from bot.core.telling import Arrival, Telling, kind_of
from bot.core.together import Together
from knowledge.steps import Step

log = logging.getLogger(__name__)

KEYS_KEPT = timedelta(hours=12)
"""Feishu delivers an event for the last time about seven hours after the first."""

_TURNED_AWAY_TOLD_EVERY = timedelta(seconds=1)
"""A line for each would take the time that is missing."""

_PATIENCE = timedelta(hours=6)
"""So long a platform that takes no replies is tried again."""

_TRIES_BEFORE_GIVING_UP = 2
"""Then an apology is tried as well: a platform that breaks at one card takes another."""

_LONGEST_PAUSE_S = 600.0

_ASKED_AGAIN_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class _Claimed:
    """What became of a claim. at_s: when the claiming began."""

    new: bool
    at_s: float


class Intake:
    """Takes events from adapters and hands them to `handle`, each exactly once.

    Events of one lane are handled one after the other, in the order of `accept`; up to `workers`
    lanes at the same time. An event that is not finished when the process ends, however it ends,
    is handled again after the next start. One whose platform cannot be reached (`handle` raises
    `ChannelUnavailable`) is put off and handled again, for six hours; its lane waits for it.

    workers: more than questions may wait for the language model, so that these never keep a click,
        a command or what people say to each other waiting.
    give_up: what is done instead with an event that seems to end the process each time, and after
        the third try with one that its platform does not take.
    capacity: how many events may be waiting or under way; half of them may be put off.
    tenure: tells what other replicas hand over, and whether what we have is still ours.
    pause_s: before an event is tried for the second time; each further pause is twice as long.
    telling: who hears of it.
    """

    def __init__(  # noqa: PLR0913 -- what it needs, and how much of everything
        self,
        inbox: Inbox,
        handle: Callable[[Event], Awaitable[None]],
        *,
        clock: Clock,
        give_up: Callable[[Event], Awaitable[None]] | None = None,
        tenure: Tenure = ALONE,
        capacity: int = 500,
        workers: int = 64,
        sweep_every_s: float = 600.0,
        pause_s: float = 5.0,
        telling: Telling | None = None,
    ) -> None:
        self._inbox = inbox
        self._handle = handle
        self._clock = clock
        self._give_up = give_up or _forget_it
        self._tenure = tenure
        self._evictions = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self._capacity = capacity
        self._workers = workers
        self._sweep_every_s = sweep_every_s
        self._pause_s = pause_s
        telling = telling or Telling()
        self._steps = telling.steps
        self._around = telling.around
        self._lanes = Lanes()
        self._arrivals = Together(self._claim)
        self._completions = Together(self._finish)
        self._turned_away = Seldom(_TURNED_AWAY_TOLD_EVERY, clock=clock)
        self._pending = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._open = False
        self._running: asyncio.Task[None] | None = None

    @property
    def pending(self) -> int:
        """How many events are waiting or under way."""
        return self._pending

    @property
    def oldest(self) -> datetime | None:
        """When the event arrived that is not done for longest; None where all are."""
        return self._lanes.oldest

    @property
    def accepting(self) -> bool:
        """Whether events are taken in; false before `start`, after `drain`, or when it broke."""
        return self._open

    async def start(self) -> None:
        """Take up what the last run left unfinished, then open for new events.

        Raises:
            StateUnavailable: the inbox does not answer; nothing was started.
        """
        left = await self._inbox.unfinished()
        for event in left:
            self._seat()
            self._lanes.add(Waiting(event=event, resumed=True))
        if left:
            log.info("events_resumed", extra={"count": len(left)})
        self._open = True
        self._running = asyncio.create_task(self._run(), name="intake")

    async def accept(self, event: Event) -> bool:
        """Store an event, and be back in milliseconds.

        True if it is new and handled here; False if it was seen before, or another replica has its
        conversation and was told.

        On return the event is on disk and may be acknowledged. Cancelling the call loses nothing.

        Raises:
            IntakeFull: no room, or not running; nothing was stored, so let it be delivered again.
            StateUnavailable: it could not be stored; let it be delivered again.
        """
        platform, kind = event.conversation.platform, kind_of(event)
        with self._steps.timing("ack", platform=platform, kind=kind) as told:
            if not self._open:
                raise self._turn_away("not taking events")
            if self._pending >= self._capacity:
                raise self._turn_away(f"{self._pending} of {self._capacity} places are taken")
            self._seat()
            claimed = self._arrivals.ask(event)
            claimed.add_done_callback(partial(self._settle, event, self._steps.clock_s()))
            # Shielded, so that a caller that is cancelled, as by a platform hanging up, does not
            # leave an event that is on disk but in no lane.
            new = (await asyncio.shield(claimed)).new
            told.note(new=int(new))
        return new

    async def drain(self, deadline_s: float) -> None:
        """Take nothing new, finish what is here, and stop.

        What is put off or not done after `deadline_s` is resumed at the next start.
        """
        self._open = False
        if self._running is None:
            return
        self._leave(self._lanes.drop_resting())
        idle = asyncio.create_task(self._idle.wait())
        try:
            await asyncio.wait(
                {idle, self._running}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            idle.cancel()
            self._running.cancel()
        await asyncio.wait({self._running})
        if self._pending:
            log.warning("events_left_unfinished", extra={"count": self._pending})
        if not self._running.cancelled():
            self._running.result()

    # ── inside ────────────────────────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        stopped = IntakeFull("stopped before the event was stored")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._arrivals.run(stopped), name="intake-claim")
                tasks.create_task(self._completions.run(stopped), name="intake-finish")
                tasks.create_task(self._sweep(), name="intake-sweep")
                tasks.create_task(self._take_over(), name="intake-take-over")
                for number in range(self._workers):
                    worker = self._work(self._lanes.take)
                    tasks.create_task(worker, name=f"intake-worker-{number}")
                tasks.create_task(self._work(self._lanes.take_again), name="intake-again")
        finally:
            self._open = False

    async def _claim(self, events: Sequence[Event]) -> Sequence[_Claimed]:
        at_s = self._steps.clock_s()
        with self._steps.timing("claim", events=len(events)):
            claimed = await self._inbox.claim(*events)
        return [_Claimed(new, at_s) for new in claimed]

    async def _finish(self, events: Sequence[Event]) -> Sequence[None]:
        await self._inbox.finish(*events)
        return [None] * len(events)

    def _turn_away(self, reason: str) -> IntakeFull:
        count = self._turned_away.count()
        if count:
            log.warning("events_turned_away", extra={"count": count, "reason": reason})
        return IntakeFull(reason)

    def _settle(self, event: Event, asked_s: float, claimed: asyncio.Future[_Claimed]) -> None:
        """Give it its place in a lane, in the order of `accept`; or give its place back."""
        failure = claimed.exception()
        if failure is not None:
            log.warning("event_not_stored", extra={"reason": str(failure)})
        if failure is None and (done := claimed.result()).new:
            arrival = Arrival(asked_s=asked_s, claimed_s=done.at_s, stored_s=self._steps.clock_s())
            self._lanes.add(Waiting(event=event, arrival=arrival))
        else:
            self._leave()

    async def _take_over(self) -> None:
        while True:
            try:
                for waiting in await self._tenure.more():
                    self._seat()
                    self._lanes.add(waiting)
            except TakenOver:
                self._let_go()
            except StateUnavailable as error:
                log.warning("others_unknown", extra={"reason": str(error)})
                await asyncio.sleep(_ASKED_AGAIN_AFTER_S)

    def _let_go(self) -> None:
        """All that was here is others' now; what is under way ends."""
        self._evictions += 1
        self._leave(self._lanes.drop_waiting())
        for task in self._under_way:
            task.cancel()

    async def _work(self, take: Callable[[], Awaitable[Waiting]]) -> None:
        while True:
            waiting = await take()
            before = self._evictions
            await self._tenure.secure()
            if before == self._evictions:
                failure = await self._told(waiting)
            else:
                failure = asyncio.CancelledError()
            if failure is not None and before != self._evictions:
                failure = asyncio.CancelledError()  # others' by now, whatever went wrong here
            if isinstance(failure, ChannelUnavailable) and not self._too_late(waiting):
                self._put_off(waiting, failure)
            else:
                self._complete(waiting.event, failure)
                self._lanes.done(waiting)

    async def _told(self, waiting: Waiting) -> BaseException | None:
        """Handle an event, and tell how long it waited and took; what went wrong."""
        event, arrival, steps = waiting.event, waiting.arrival, self._steps
        platform, kind = event.conversation.platform, kind_of(event)
        first = arrival if waiting.tried == 0 else None
        with self._around(event, first.until_stored if first else ()):
            if first is not None:
                waited_s = steps.clock_s() - first.stored_s
                steps.hear(Step("wait", first.stored_s, waited_s, "", {"platform": platform}))
            with steps.timing("event", platform=platform, kind=kind):
                return await self._handled(waiting)

    async def _handled(self, waiting: Waiting) -> BaseException | None:
        """Handle an event; what went wrong."""
        before = self._evictions
        handle = self._handle if await self._worth_it(waiting) else self._give_up
        if before != self._evictions:
            return asyncio.CancelledError()
        failure = await self._failure_of(handle, waiting.event)
        if isinstance(failure, ChannelUnavailable) and waiting.tried >= _TRIES_BEFORE_GIVING_UP:
            # Perhaps the platform is well and only this card breaks it.
            return await self._failure_of(self._give_up, waiting.event)
        return failure

    async def _failure_of(
        self, handle: Callable[[Event], Awaitable[None]], event: Event
    ) -> BaseException | None:
        task = asyncio.ensure_future(_called(handle, event))
        self._under_way.add(task)
        try:
            # gather, because an error that nobody expected must not stop the other lanes; being
            # cancelled ourselves still raises here, and leaves the event unfinished.
            (failure,) = await asyncio.gather(task, return_exceptions=True)
        finally:
            self._under_way.discard(task)
        return failure if isinstance(failure, BaseException) else None

    def _too_late(self, waiting: Waiting) -> bool:
        return waiting.since is not None and self._clock() - waiting.since > _PATIENCE

    def _put_off(self, waiting: Waiting, failure: ChannelUnavailable) -> None:
        """Later again; where too many wait already, or we are ending, after the next start."""
        key, tried = waiting.event.keys[0], waiting.tried + 1
        log.warning("event_put_off", extra={"key": key, "tried": tried, "reason": str(failure)})
        self._steps.tell("put_off", platform=waiting.event.conversation.platform)
        if not self._open or self._lanes.resting >= self._capacity // 2:
            self._lanes.done(waiting)
            self._leave()
            return
        pause_s = min(self._pause_s * 2**waiting.tried, _LONGEST_PAUSE_S)
        pause_s = max(pause_s, failure.retry_after_s or 0.0)
        self._lanes.put_off(waiting, pause_s, now=self._clock())

    def _complete(self, event: Event, failure: BaseException | None) -> None:
        if failure is not None:
            log.error("event_failed", extra={"key": event.keys[0]}, exc_info=failure)
            self._steps.tell("event_failed", kind=kind_of(event), error=type(failure).__name__)
        if isinstance(failure, asyncio.CancelledError):
            self._leave()
            return
        # Nobody waits for this write: where a crash comes before it, the event is handled again,
        # and the ledger keeps it from being answered twice.
        self._completions.ask(event).add_done_callback(partial(self._finished, event))

    def _finished(self, event: Event, stored: asyncio.Future[None]) -> None:
        if (failure := stored.exception()) is not None:
            log.warning("event_not_finished", extra={"key": event.keys[0], "reason": str(failure)})
        self._leave()

    async def _worth_it(self, waiting: Waiting) -> bool:
        """Whether to handle it: only who was there at many crashes is suspected of causing them."""
        if not waiting.resumed or waiting.tried:
            return True
        try:
            worth_it = await self._inbox.resume(waiting.event)
        except StateUnavailable as error:
            log.warning("resume_not_counted", extra={"reason": str(error)})
            return True
        if not worth_it:
            log.error("event_given_up", extra={"key": waiting.event.keys[0]})
            self._steps.tell("event_failed", kind=kind_of(waiting.event), error="GivenUp")
        return worth_it

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_every_s)
            await self.sweep()

    async def sweep(self) -> None:
        """Forget the keys of events finished so long ago that no platform repeats them."""
        try:
            await self._inbox.forget(before=self._clock() - KEYS_KEPT)
        except StateUnavailable as error:
            log.warning("sweep_failed", extra={"reason": str(error)})

    # ── places ────────────────────────────────────────────────────────────────────────────────

    def _seat(self) -> None:
        self._pending += 1
        self._idle.clear()

    def _leave(self, events: int = 1) -> None:
        self._pending -= events
        if self._pending == 0:
            self._idle.set()


async def _called(handle: Callable[[Event], Awaitable[None]], event: Event) -> None:
    await handle(event)


async def _forget_it(_event: Event) -> None:
    """Nobody is told."""
