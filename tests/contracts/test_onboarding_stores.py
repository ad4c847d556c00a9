"""What every implementation of the agenda and of the joiners' store must do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.model import User
from bot.core.onboarding.model import Entry, Joiner, JoinerState, Place, Wondered
from bot.core.schedule import Job, JobState
from bot.stores.state import State, open_state
from tests.bot.core.onboarding.conftest import at
from tests.fakes_onboarding import BOSS, NEW

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LEASE = timedelta(minutes=10)


@pytest.fixture
async def state(database_url: str, tmp_path: Path) -> AsyncIterator[State]:
    state = await open_state(data_dir=tmp_path, database_url=database_url)
    yield state
    await state.close()


def job(name: str, *, lane: str = "a", after: int = 0, **more: object) -> Job:
    due = NOW + timedelta(minutes=after)
    made = Job(id=f"{lane}/{name}", lane=lane, kind="show", about=name, planned_at=due, due_at=due)
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


async def plan(state: State, *jobs: Job, revive: tuple[str, ...] = ()) -> None:
    await state.agenda.plan(jobs[0].lane, jobs, now=NOW, revive=revive)


async def claimed(state: State, *, after: int = 0, lanes: int = 10) -> list[list[str]]:
    now = NOW + timedelta(minutes=after)
    found = await state.agenda.claim(now, until=now + LEASE, lanes=lanes)
    return [[one.id for one in claim.jobs] for claim in found]


# ── the agenda ────────────────────────────────────────────────────────────────────────────────


async def test_due_jobs_of_a_lane_are_claimed_oldest_first_and_only_once(state: State) -> None:
    await plan(state, job("late", after=-5), job("later"), job("future", after=5))

    assert await claimed(state) == [["a/late", "a/later"]]
    assert await claimed(state) == []


async def test_lanes_that_wait_longest_come_first(state: State) -> None:
    for number, lane in enumerate("abc"):
        await plan(state, job("x", lane=lane, after=-number))

    assert sorted(await claimed(state, lanes=2)) == [["b/x"], ["c/x"]]
    assert await claimed(state, lanes=2) == [["a/x"]]


async def test_of_many_who_claim_at_once_one_gets_a_lane(state: State) -> None:
    await plan(state, job("x"))

    found = await asyncio.gather(*(claimed(state) for _ in range(8)))

    assert sorted(found, key=len, reverse=True)[0] == [["a/x"]]
    assert found.count([]) == 7


async def test_what_is_settled_is_never_claimed_again(state: State) -> None:
    await plan(state, job("x"), job("y"))
    (claim,) = await state.agenda.claim(NOW, until=NOW + LEASE, lanes=1)

    done, again = claim.jobs
    later = NOW + timedelta(hours=1)
    await state.agenda.settle(
        claim,
        [
            replace(done, state=JobState.DONE, settled_at=NOW),
            replace(again, due_at=later, tries=1),
        ],
    )

    assert await claimed(state) == []
    assert await claimed(state, after=60) == [["a/y"]]


async def test_a_lane_whose_claimer_died_is_claimed_again_after_the_lease(state: State) -> None:
    await plan(state, job("x"))
    await claimed(state)

    assert await claimed(state, after=9) == []
    assert await claimed(state, after=10) == [["a/x"]]


async def test_who_settles_after_the_lease_does_not_let_go_of_anothers_lane(state: State) -> None:
    await plan(state, job("x"), job("y"))
    (old,) = await state.agenda.claim(NOW, until=NOW + LEASE, lanes=1)
    later = NOW + LEASE
    await state.agenda.claim(later, until=later + LEASE, lanes=1)

    await state.agenda.settle(old, [replace(old.jobs[0], state=JobState.DONE, settled_at=later)])

    assert await claimed(state, after=11) == []
    states = {one.id: one.state for one in await state.agenda.of("a")}
    assert states == {"a/x": JobState.DONE, "a/y": JobState.WAITING}


async def test_what_was_ended_meanwhile_stays_ended(state: State) -> None:
    await plan(state, job("x"))
    (claim,) = await state.agenda.claim(NOW, until=NOW + LEASE, lanes=1)

    assert await state.agenda.cancel("a", reason="ended", now=NOW) == 1
    await state.agenda.settle(claim, [replace(claim.jobs[0], due_at=NOW, tries=1)])

    (found,) = await state.agenda.of("a")
    assert (found.state, found.reason) == (JobState.SKIPPED, "ended")


async def test_planning_again_moves_adds_and_takes_away_what_waits(state: State) -> None:
    await plan(state, job("moves", after=5), job("goes", after=5), job("stays", after=5))

    await plan(state, job("moves", after=9), job("stays", after=5), job("new", after=7))

    found = {one.about: one for one in await state.agenda.of("a")}
    assert found["moves"].due_at == NOW + timedelta(minutes=9)
    assert (found["goes"].state, found["goes"].reason) == (JobState.SKIPPED, "removed")
    assert {found["stays"].state, found["new"].state} == {JobState.WAITING}


async def test_planning_again_repeats_nothing_that_is_done(state: State) -> None:
    await plan(state, job("x"))
    (claim,) = await state.agenda.claim(NOW, until=NOW + LEASE, lanes=1)
    await state.agenda.settle(claim, [replace(claim.jobs[0], state=JobState.DONE, settled_at=NOW)])

    await plan(state, job("x", after=60), revive=("stopped",))

    assert await claimed(state, after=120) == []


async def test_what_was_skipped_for_a_reason_that_is_over_is_planned_anew(state: State) -> None:
    await plan(state, job("x", after=5))
    await state.agenda.cancel("a", reason="stopped", now=NOW)

    await plan(state, job("x", after=5))
    still = await claimed(state, after=10)
    await plan(state, job("x", after=5), revive=("stopped",))

    assert still == []
    assert await claimed(state, after=10) == [["a/x"]]


async def test_what_could_not_be_delivered_keeps_its_pause_when_it_is_planned_again(
    state: State,
) -> None:
    await plan(state, job("x"))
    (claim,) = await state.agenda.claim(NOW, until=NOW + LEASE, lanes=1)
    later = NOW + timedelta(hours=1)
    await state.agenda.settle(claim, [replace(claim.jobs[0], due_at=later, tries=1)])

    await plan(state, job("x"))

    assert await claimed(state, after=30) == []


async def test_some_of_what_waits_can_be_skipped(state: State) -> None:
    await plan(state, job("x"), job("y"), job("z", kind="remind", about="x"))

    await state.agenda.cancel("a", about="x", kinds=("remind",), reason="done", now=NOW)

    assert await claimed(state) == [["a/x", "a/y"]]


async def test_the_next_due_moment_is_known(state: State) -> None:
    assert await state.agenda.next_due() is None

    await plan(state, job("x", after=7), job("y", after=5))

    assert await state.agenda.next_due() == NOW + timedelta(minutes=5)


async def test_jobs_come_back_as_they_were(state: State) -> None:
    whole = job("x", reason="", tries=2, position=3, kind="remind")
    await plan(state, whole)

    assert await state.agenda.of("a") == (whole,)
    assert await state.agenda.of("b") == ()


# ── joiners ───────────────────────────────────────────────────────────────────────────────────


def joiner(name: str = "j1", user: User = NEW, **more: object) -> Joiner:
    made = Joiner(
        id=name,
        user=user,
        conversation=at(user),
        journey="start",
        digest="1",
        language="zh",
        place=Place(time_zone="Asia/Shanghai", country="CN"),
        day_one=date(2026, 12, 1),
        started_at=NOW,
        manager=BOSS,
        audiences=frozenset({"everyone", "new"}),
        since=NOW,
    )
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


def entry(step: str = "vpn", *, of: str = "j1", **more: object) -> Entry:
    made = Entry(joiner_id=of, step_id=step, shown_at=NOW, due_on=date(2026, 12, 3))
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


async def test_somebody_begins_once(state: State) -> None:
    assert await state.joiners.start(joiner())
    assert not await state.joiners.start(joiner(digest="2"))
    assert await state.joiners.find("j1") == joiner()


async def test_of_many_who_begin_the_same_one_does(state: State) -> None:
    begun = await asyncio.gather(*(state.joiners.start(joiner()) for _ in range(8)))

    assert begun.count(True) == 1


async def test_people_are_found_by_their_key_the_latest_journey_first(state: State) -> None:
    await state.joiners.start(joiner("old"))
    await state.joiners.start(joiner("new", started_at=NOW + timedelta(days=1)))
    await state.joiners.start(joiner("other", user=BOSS))

    assert [one.id for one in await state.joiners.of(NEW.key)] == ["new", "old"]
    assert await state.joiners.of("fake:nobody") == ()


async def test_people_are_found_by_their_state(state: State) -> None:
    await state.joiners.start(joiner("a"))
    await state.joiners.start(joiner("b", state=JoinerState.PAUSED))

    assert [one.id for one in await state.joiners.all(JoinerState.PAUSED)] == ["b"]
    assert [one.id for one in await state.joiners.all()] == ["a", "b"]


async def test_of_two_changes_at_once_the_second_is_told_that_it_came_too_late(
    state: State,
) -> None:
    await state.joiners.start(joiner())

    assert await state.joiners.change(joiner(digest="2"))
    assert not await state.joiners.change(joiner(digest="3"))
    assert await state.joiners.find("j1") == joiner(digest="2", version=1)


async def test_a_step_stands_on_a_list_once(state: State) -> None:
    await state.joiners.start(joiner())

    assert await state.joiners.add(entry())
    assert not await state.joiners.add(entry(postponed=1))
    assert await state.joiners.entry("j1", "vpn") == entry()


async def test_an_answer_comes_back_as_it_was_given(state: State) -> None:
    await state.joiners.start(joiner())
    await state.joiners.add(entry())
    answered = entry(done_at=NOW, values={"why": "因为 \ud83d"}, right=False)

    assert await state.joiners.amend(answered)
    assert not await state.joiners.amend(answered)
    assert await state.joiners.entries("j1") == (replace(answered, version=1),)


async def test_somebody_comes_with_their_whole_list(state: State) -> None:
    await state.joiners.start(joiner())
    await state.joiners.add(entry("b", shown_at=NOW + timedelta(minutes=1)))
    await state.joiners.add(entry("a"))

    found = await state.joiners.whole("j1")

    assert found is not None
    assert [one.step_id for one in found[1]] == ["a", "b"]
    assert await state.joiners.whole("nobody") is None


def asked(name: str, *, of: str = "j1", days: int = 0) -> Wondered:
    return Wondered(
        id=name,
        joiner_id=of,
        journey="start",
        week=1,
        question=f"{name}?",
        language="en",
        answered=True,
        asked_at=NOW + timedelta(days=days),
    )


async def test_questions_are_kept_once_and_found_by_their_time(state: State) -> None:
    await state.joiners.start(joiner())
    for one in (asked("old", days=-9), asked("new"), asked("new")):
        await state.joiners.wonder(one)

    found = await state.joiners.wondered(since=NOW - timedelta(days=7))

    assert found == (asked("new"),)


async def test_forgetting_a_person_leaves_nothing_of_them_and_everything_of_others(
    state: State,
) -> None:
    for name, user in (("j1", NEW), ("j2", BOSS)):
        await state.joiners.start(joiner(name, user=user))
        await state.joiners.add(entry(of=name))
        await state.joiners.wonder(asked(name, of=name))
        await plan(state, job("x", lane=name))
        await plan(state, job("n", lane=f"{name}/nudge"))

    assert await state.joiners.forget(NEW.key) == 1
    assert await state.joiners.forget(NEW.key) == 0

    assert await state.joiners.find("j1") is None
    assert await state.joiners.entries("j1", "j2") == (entry(of="j2"),)
    assert await state.joiners.wondered(since=NOW) == (asked("j2", of="j2"),)
    assert {one.lane for one in await state.agenda.of("j1", "j1/nudge", "j2", "j2/nudge")} == {
        "j2",
        "j2/nudge",
    }
    assert not await state.joiners.add(entry("late"))
