"""A working day of questions at a number of model lanes, event by event.

Nothing here is measured; arrivals are drawn from an assumed day, service times from measured ones.
"""

from __future__ import annotations

import bisect
import heapq
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HOURS = (0.06, 0.15, 0.16, 0.11, 0.05, 0.12, 0.15, 0.13, 0.07)
"""The share of a day's questions in each office hour from nine to six; a dip at lunch. Assumed."""

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How long one answer takes: seconds at rising shares, as measured.

    shares: from 0 to 1. seconds: one for each of them.
    """

    shares: tuple[float, ...]
    seconds: tuple[float, ...]

    @classmethod
    def from_spread(cls, found: dict[str, float]) -> Service:
        """From a benchmark's `p50_ms`, `p95_ms` and `p99_ms`; below the median it is as likely to
        be nearly instant as not, above the 99th percentile nothing is known."""
        p50, p95, p99 = (found[f"p{at}_ms"] / 1_000 for at in (50, 95, 99))
        return cls(shares=(0.0, 0.5, 0.95, 0.99, 1.0), seconds=(p50 / 2, p50, p95, p99, p99))

    def draw(self, chance: random.Random) -> float:
        """Seconds of one answer."""
        share = chance.random()
        at = min(bisect.bisect_right(self.shares, share), len(self.shares) - 1)
        low, high = self.shares[at - 1], self.shares[at]
        part = (share - low) / (high - low)
        return self.seconds[at - 1] + part * (self.seconds[at] - self.seconds[at - 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a simulated day came to.

    p50_s, p95_s: from the question to the whole answer, waiting included.
    quoted: the share that found too long a queue and got the statements themselves.
    busy: the share of the busiest hour in which a lane was at work.
    """

    questions: int
    p50_s: float
    p95_s: float
    quoted: float
    busy: float


def simulate(
    questions_a_day: float, service: Service, *, lanes: int, patience_s: float, seed: int = 1
) -> Day:
    """A day of questions at so many lanes, first come first served.

    patience_s: who would wait longer than this gets the quoted answer at once, and no lane.
    """
    chance = random.Random(seed)
    free = [0.0] * lanes
    waited, quoted, worked = [], 0, [0.0] * len(HOURS)
    for at in arrivals(questions_a_day, chance):
        start = max(at, free[0])
        if start - at > patience_s:
            quoted += 1
            continue
        took = service.draw(chance)
        heapq.heapreplace(free, start + took)
        waited.append(start - at + took)
        worked[min(int(start // _HOUR_S), len(HOURS) - 1)] += took
    n = len(waited) + quoted
    return Day(
        questions=n,
        p50_s=round(_percentile(waited, 50), 1),
        p95_s=round(_percentile(waited, 95), 1),
        quoted=round(quoted / n, 4) if n else 0.0,
        busy=round(max(worked) / (_HOUR_S * lanes), 3),
    )


def arrivals(questions_a_day: float, chance: random.Random) -> Iterator[float]:
    """Seconds since nine o'clock, rising: independent people, more of them in the busy hours."""
    for hour, share in enumerate(HOURS):
        rate = questions_a_day * share / _HOUR_S
        at = hour * _HOUR_S
        while rate > 0 and (at := at + chance.expovariate(rate)) < (hour + 1) * _HOUR_S:
            yield at


def least_lanes(
    questions_a_day: float, service: Service, *, p95_s: float, quoted: float, patience_s: float
) -> tuple[int, Day]:
    """The fewest lanes at which the day is good enough, and that day."""

    def is_enough(lanes: int) -> bool:
        day = simulate(questions_a_day, service, lanes=lanes, patience_s=patience_s)
        return day.p95_s <= p95_s and day.quoted <= quoted

    high = 1
    while not is_enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high, simulate(questions_a_day, service, lanes=high, patience_s=patience_s)


def _percentile(values: Sequence[float], at: int) -> float:
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[at - 1]
