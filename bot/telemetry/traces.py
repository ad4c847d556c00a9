"""The steps of an event gathered into one trace: from its arrival to its card.

Steps are told when they are over, with their times; a trace is made of them at the end, when the
event is done. So nothing has to be carried from function to function, a generator may hold a step
open over its `yield`, and an event that is not traced costs a look at one variable for each step.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from bot.core.model import Event
from bot.core.telling import kind_of
from bot.telemetry.logs import conversation_hash
from bot.telemetry.steps import PARTS
from knowledge.steps import Step

_MOST_STEPS: Final = 256
"""A card that grows for long is changed often; what is said later is counted only."""


@dataclass(slots=True, kw_only=True)
class Trace:
    """One event's steps.

    kind: of event. epoch_ns: what the clock of the steps calls 0, in time since 1970.
    left_out: how many steps there was no room for.
    """

    kind: str
    platform: str
    event_id: str
    conversation: str
    epoch_ns: int
    steps: list[Step] = field(default_factory=list)
    left_out: int = 0

    def hear(self, step: Step) -> None:
        """One more step."""
        if len(self.steps) < _MOST_STEPS:
            self.steps.append(step)
        else:
            self.left_out += 1


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


class Traces:
    """Listens to steps, and hands on the trace of each event that is done.

    keep: takes a finished trace; quick, and breaks nothing.
    ratio: the share of events that are traced.
    """

    def __init__(
        self,
        keep: Callable[[Trace], None],
        *,
        ratio: float,
        clock_s: Callable[[], float] = time.perf_counter,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._keep = keep
        self._ratio = ratio
        self._clock_s = clock_s
        self._chance = chance

    def hear(self, step: Step) -> None:
        """Put a step into the trace of the event it belongs to; the listener of `Steps`."""
        trace = _current.get()
        if trace is not None:
            trace.hear(step)

    @contextmanager
    def around(self, event: Event, before: Sequence[Step]) -> Iterator[None]:
        """Whatever is told during the block, in whatever task of it, is of this event."""
        if self._chance() >= self._ratio:
            yield
            return
        trace = self._begun(event, before)
        earlier = _current.set(trace)
        try:
            yield
        finally:
            _current.reset(earlier)
            self._keep(trace)

    def _begun(self, event: Event, before: Sequence[Step]) -> Trace:
        return Trace(
            kind=kind_of(event),
            platform=event.conversation.platform,
            event_id=event.keys[0],
            conversation=conversation_hash(event.conversation),
            epoch_ns=time.time_ns() - round(self._clock_s() * 1e9),
            steps=list(before),
        )


def holders(steps: Sequence[Step]) -> list[int | None]:
    """For each step the place of the one it is a part of; None where the event itself holds it.

    It is the shortest one that may hold it and lasted from before it began until after it ended.
    """
    return [_holder(at, step, steps) for at, step in enumerate(steps)]


def _holder(at: int, step: Step, steps: Sequence[Step]) -> int | None:
    holding = [
        place
        for place, other in enumerate(steps)
        if place != at and step.name in PARTS.get(other.name, ()) and _lasted(other, step)
    ]
    return min(holding, key=lambda place: steps[place].took_s, default=None)


def _lasted(outer: Step, inner: Step) -> bool:
    ends = inner.began_s + inner.took_s <= outer.began_s + outer.took_s
    return outer.began_s <= inner.began_s and ends
