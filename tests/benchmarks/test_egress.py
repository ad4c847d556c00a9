"""A small run of the measurement: nothing planted gets out, everything comes back."""

from __future__ import annotations

import random

from knowledge.settings import EgressSettings
from tests.benchmarks.egress import sent, trial
from tests.benchmarks.egress_people import people


async def test_nothing_that_was_planted_gets_out() -> None:
    rng = random.Random(29)
    staff = people(rng)
    trials = [trial(rng, staff, number) for number in range(40)]

    outcome, departures = await sent(trials, staff, EgressSettings(inside=()))

    assert outcome.leaked == []
    assert outcome.not_restored == []
    assert outcome.halves == 0
    assert len(departures) == len(trials)


async def test_the_measurement_sees_what_is_not_replaced() -> None:
    rng = random.Random(29)
    staff = people(rng)
    trials = [trial(rng, staff, number) for number in range(10)]

    outcome, _ = await sent(trials, staff, EgressSettings(inside=(), kinds=()))

    assert len(outcome.leaked) == sum(outcome.planted.values())
