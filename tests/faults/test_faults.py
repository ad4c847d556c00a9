"""Short runs of `python -m tests.faults.run`: killed in between, and nobody notices."""

from __future__ import annotations

from pathlib import Path

from tests.faults.run import Plan, prove


async def test_a_killed_server_answers_everything_once_and_in_order(tmp_path: Path) -> None:
    plan = Plan(events=150, kills=2, seed=20_260_101, settle_s=0.5)

    outcome = await prove(plan, tmp_path)

    assert outcome.kills == 2
    assert outcome.failures == ()
    assert not any(outcome.verdict.counts.values()), outcome.verdict


async def test_so_it_does_where_events_come_over_sockets(tmp_path: Path) -> None:
    plan = Plan(way="socket", events=60, kills=1, cuts=2, seed=20_260_101, settle_s=0.5)

    outcome = await prove(plan, tmp_path)

    assert outcome.kills == 1
    assert outcome.failures == ()
    assert outcome.deliveries["acknowledged"] > 60
    assert not any(outcome.verdict.counts.values()), outcome.verdict


async def test_two_replicas_share_the_work_and_outlive_each_other(
    postgres: object, tmp_path: Path
) -> None:
    plan = Plan(
        database="postgresql", replicas=2, events=150, kills=1, seed=20_260_101, settle_s=0.5
    )

    outcome = await prove(plan, tmp_path)

    assert outcome.kills >= 1
    assert outcome.failures == ()
    assert not any(outcome.verdict.counts.values()), outcome.verdict
    assert all(seconds < 30 for seconds in outcome.takeovers_s)
