"""Steps are told: what was done, how long it took, and what broke it.

Whoever does something tells `Steps`; who listens, and what they make of it, is decided where the
parts are put together. Metrics and traces are two listeners of the same telling.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, TypeAlias

Fact: TypeAlias = str | int | float


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done.

    began_s: by the clock of the `Steps` that tell of it. took_s: 0 where it is only counted.
    error: the class of what ended it; empty where it ended well.
    facts: figures and words out of small sets; never what people wrote.
    """

    name: str
    began_s: float
    took_s: float
    error: str
    facts: Mapping[str, Fact]


Listener: TypeAlias = Callable[[Step], None]
"""Hears of a step once it is over; quick, and breaks nothing."""


class Steps:
    """Tells every listener; with none it costs next to nothing."""

    def __init__(
        self, *listeners: Listener, clock_s: Callable[[], float] = time.perf_counter
    ) -> None:
        self._listeners = listeners
        self.clock_s = clock_s

    def timing(self, name: str, **facts: Fact) -> Timing:
        """A context around a step: it is told when the context ends, however it ends."""
        return Timing(self, name, facts) if self._listeners else _UNHEARD

    def tell(self, name: str, **facts: Fact) -> None:
        """Something happened; nothing was timed."""
        if self._listeners:
            self.hear(Step(name, self.clock_s(), 0.0, "", facts))

    def hear(self, step: Step) -> None:
        """Tell of a step that somebody else timed, by the same clock."""
        for listener in self._listeners:
            listener(step)


class Timing:
    """A step under way. Facts may be noted until it ends.

    Nothing stays behind in the task that began it, so that a step may hold the `yield` of a
    generator which another task closes.
    """

    __slots__ = ("_began_s", "_facts", "_name", "_steps")

    def __init__(self, steps: Steps, name: str, facts: dict[str, Fact]) -> None:
        self._steps = steps
        self._name = name
        self._facts = facts
        self._began_s = 0.0

    def note(self, **facts: Fact) -> None:
        """What is known only now."""
        self._facts.update(facts)

    @property
    def so_far_s(self) -> float:
        """How long it has taken."""
        return self._steps.clock_s() - self._began_s

    def __enter__(self) -> Self:
        self._began_s = self._steps.clock_s()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        took_s = self._steps.clock_s() - self._began_s
        error = kind.__name__ if kind is not None else ""
        self._steps.hear(Step(self._name, self._began_s, took_s, error, self._facts))


class _Unheard(Timing):
    """A step that nobody hears of; one for all, as nothing in it changes."""

    __slots__ = ()

    def note(self, **facts: Fact) -> None:
        """Nobody asks."""

    @property
    def so_far_s(self) -> float:
        """Nobody asks."""
        return 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        return None


UNTOLD: Final = Steps()
"""For whoever was given nobody to tell."""

_UNHEARD: Final = _Unheard(UNTOLD, "", {})
