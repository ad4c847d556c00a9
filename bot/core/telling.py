"""Who is told of what happens to an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeAlias

from bot.core.model import Event
from knowledge.steps import UNTOLD, Step, Steps

Around: TypeAlias = Callable[[Event, Sequence[Step]], AbstractContextManager[None]]
"""Is entered before all work on an event and left after it, as for a log context or a trace; told
of the steps that the event was through until then.
"""


def _nothing(_event: Event, _before: Sequence[Step]) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What the intake tells. steps: is told of each step. around: is around each event's work."""

    steps: Steps = UNTOLD
    around: Around = _nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When an event came, by the clock of the steps: asked for a place, claimed, on disk."""

    asked_s: float
    claimed_s: float
    stored_s: float

    @property
    def until_stored(self) -> tuple[Step, ...]:
        """What was done before it waited for its turn."""
        return (
            Step("ack", self.asked_s, self.stored_s - self.asked_s, "", {}),
            Step("claim", self.claimed_s, self.stored_s - self.claimed_s, "", {}),
        )


def kind_of(event: Event) -> str:
    """What sort of event it is, in one word."""
    return type(event).__name__
