"""What every implementation of the audit log and of granted roles must do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.core.audit import AuditEntry
from bot.core.chain import Inspector
from bot.core.errors import StateUnavailable
from bot.core.grants import Grant, Taken
from bot.core.model import EvalRun, GateTrial, Proposal, ProposalState, Role, TrialState
from bot.core.verifying import verify
from bot.stores.state import State, open_state
from knowledge.model import CuratedAnswer
from tests.fakes_core import ADA, BOB, START, FakeClock

GRANT = Grant(person=BOB.key, role=Role.HR, by=ADA.key, at=START)
GIVEN = AuditEntry(
    at=START,
    what="role.given",
    by=ADA.key,
    after={"role": "hr", "topic": ""},
    about={"person": BOB.key},
)
LEAVE = CuratedAnswer(
    id="leave", question="How many?", text="15 days.", language="en", verified_at=START
)
RUN = EvalRun(id="r", at=START, results={}, questions={})
TAKEN = replace(GIVEN, what="role.taken", after=None, before={"role": "hr", "topic": ""})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
async def state(database_url: str, folder: Path) -> AsyncIterator[State]:
    state = await open_state(data_dir=folder, database_url=database_url, clock=FakeClock())
    yield state
    await state.close()


@pytest.fixture
async def replica(state: State, database_url: str, folder: Path) -> AsyncIterator[State]:
    """Another process on the same database."""
    other = await open_state(data_dir=folder, database_url=database_url, clock=FakeClock())
    yield other
    await other.close()


def entry(what: str = "x", *, key: str = "", by: str = ADA.key) -> AuditEntry:
    return AuditEntry(at=START, what=what, by=by, about={"n": 1}, key=key)


def admin(person: str) -> Grant:
    return Grant(person=person, role=Role.ADMIN, by=ADA.key, at=START)


async def whats(state: State) -> list[str]:
    return [one.what for one in reversed(await state.audit.latest(100))]


async def change_something(state: State) -> None:
    """A change of each kind that is put down."""
    first = LEAVE
    await state.curated.keep(first, key="1", by=ADA.key, reason="teach")
    await state.curated.keep(replace(first, text="Other."), key="2", by=BOB.key)
    await state.curated.keep(replace(first, text="Other."), key="2", by=BOB.key)
    await state.curated.withdraw(first.id, key="3", by=ADA.key, reason="forget")
    proposal = Proposal(
        id="p",
        kind="correction",
        question="Q?",
        text="A.",
        language="en",
        by=BOB.key,
        proposed_at=START,
    )
    await state.proposals.add(proposal)
    await state.proposals.decide("p", ProposalState.ACCEPTED, by=ADA)
    await state.proposals.decide("p", ProposalState.REJECTED, by=BOB)
    trial = GateTrial(id="t", what={}, before=RUN, after=RUN, at=START, state=TrialState.WAITING)
    await state.trials.keep(trial)
    await state.trials.keep(
        replace(trial, state=TrialState.LET, decided_by=ADA.key, decided_at=START)
    )


# ── the log ───────────────────────────────────────────────────────────────────────────────────


async def test_entries_are_read_back_newest_first(state: State) -> None:
    full = AuditEntry(
        at=START,
        what="curated.changed",
        by=ADA.key,
        where="fake:general:",
        reason="why",
        before={"a": "旧"},
        after={"a": ["新", 1, None]},
        about={"id": "x"},
        key="k",
    )
    await state.audit.append(entry("first"), full)

    assert await state.audit.latest(1) == (full,)
    assert [one.what for one in await state.audit.latest(9)] == ["curated.changed", "first"]
    assert await state.audit.latest(9, by=BOB.key) == ()


async def test_the_same_key_is_put_down_once(state: State, replica: State) -> None:
    long = "k" * 5_000

    for store in (state, replica, state):
        await store.audit.append(entry("a", key="k"), entry("b", key=long), entry("c"))

    assert await whats(state) == ["a", "b", "c", "c", "c"]


async def test_two_replicas_at_once_make_one_chain(state: State, replica: State) -> None:
    stores = (state, replica)

    await asyncio.gather(
        *(store.audit.append(entry(f"{n}")) for n in range(20) for store in stores)
    )

    inspector = Inspector()
    links = await replica.audit.links(after=None, most=100)
    assert [inspector.see(link) for link in links] == [None] * 40
    assert inspector.end(await state.audit.head()) is None


async def test_unstorable_characters_do_not_break_the_chain(state: State) -> None:
    hostile = "\0\ud83d'; DROP TABLE audit_log; --\u202e{{7*7}}%s"

    await state.audit.append(
        AuditEntry(at=START, what=hostile, by=hostile, where=hostile, reason=hostile, key=hostile)
    )

    assert (await verify(state)).fault is None
    assert len(await state.audit.latest(5)) == 1


async def test_without_its_head_nothing_more_is_put_down(state: State) -> None:
    await state.audit.append(entry())
    await state.database.run(lambda sql: sql.execute(text("DELETE FROM audit_head")))

    with pytest.raises(StateUnavailable):
        await state.audit.append(entry())
    with pytest.raises(StateUnavailable):
        await state.grants.give(GRANT, entry=GIVEN)

    assert await state.grants.all() == (0, ())
    fault = (await verify(state)).fault
    assert fault is not None
    assert "head" in fault.problem


# ── with what it tells of ─────────────────────────────────────────────────────────────────────


async def test_each_change_of_knowledge_is_put_down_with_it(state: State) -> None:
    await change_something(state)

    assert await whats(state) == [
        "curated.added",
        "curated.changed",
        "curated.withdrawn",
        "proposal.accepted",
        "gate.let",
    ]
    changed = (await state.audit.latest(9))[3]
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["answer"], changed.after["answer"]) == (LEAVE.text, "Other.")
    assert (await verify(state)).fault is None


async def test_what_was_done_before_there_was_a_log_is_put_down_when_it_begins(
    state: State, folder: Path, database_url: str
) -> None:
    await change_something(state)
    known = await whats(state)
    for statement in ("DELETE FROM audit_log", "DELETE FROM audit_head"):
        await state.database.run(lambda sql, said=statement: sql.execute(text(said)))

    for _ in range(2):
        later = await open_state(data_dir=folder, database_url=database_url)
        assert sorted(await whats(later)) == sorted(known)
        assert (await verify(later)).fault is None
        await later.close()


async def test_what_another_version_wrote_does_not_keep_the_log_from_beginning(
    state: State, folder: Path, database_url: str
) -> None:
    await change_something(state)
    for statement in (
        "DELETE FROM audit_log",
        "DELETE FROM audit_head",
        "UPDATE curated_revisions SET payload = '{}' WHERE payload IS NOT NULL",
        "UPDATE proposals SET payload = '{}'",
        "UPDATE gate_trials SET payload = '{}'",
    ):
        await state.database.run(lambda sql, said=statement: sql.execute(text(said)))

    later = await open_state(data_dir=folder, database_url=database_url)

    assert await whats(later) == ["curated.withdrawn"]
    await later.close()


async def test_a_row_that_somebody_spoilt_hides_no_other(state: State) -> None:
    await state.audit.append(entry("1"), entry("2"))
    spoil = text("UPDATE audit_log SET payload = 'x' WHERE number = 1")
    await state.database.run(lambda sql: sql.execute(spoil))

    assert await whats(state) == ["audit.unreadable", "2"]


# ── roles ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_role_is_given_once_and_taken_once(state: State, replica: State) -> None:
    assert await state.grants.give(GRANT, entry=GIVEN)
    assert not await replica.grants.give(GRANT, entry=GIVEN)
    assert (await replica.grants.all())[1] == (GRANT,)

    assert await replica.grants.take(GRANT, entry=TAKEN, others=()) is Taken.DONE
    assert await state.grants.take(GRANT, entry=TAKEN, others=()) is Taken.NONE

    assert await whats(state) == ["role.given", "role.taken"]


async def test_the_mark_moves_with_each_change_and_only_then(state: State, replica: State) -> None:
    marks = [await replica.grants.mark()]
    await state.grants.give(GRANT, entry=GIVEN)
    marks.append(await replica.grants.mark())
    await state.grants.give(GRANT, entry=GIVEN)
    marks.append(await replica.grants.mark())
    await state.grants.take(GRANT, entry=TAKEN, others=())
    marks.append(await replica.grants.mark())

    assert marks == [0, 1, 1, 2]


async def test_two_replicas_never_take_the_last_two_administrators(
    state: State, replica: State
) -> None:
    for person in (ADA.key, BOB.key):
        await state.grants.give(admin(person), entry=entry("role.given"))

    taken = await asyncio.gather(
        state.grants.take(admin(ADA.key), entry=entry("role.taken"), others=()),
        replica.grants.take(admin(BOB.key), entry=entry("role.taken"), others=()),
    )

    assert sorted(taken) == [Taken.DONE, Taken.LAST]
    assert len((await state.grants.all())[1]) == 1


async def test_with_an_administrator_in_configuration_every_grant_may_be_taken(
    state: State,
) -> None:
    await state.grants.give(admin(BOB.key), entry=entry())

    taken = await state.grants.take(admin(BOB.key), entry=entry(), others=(ADA.key,))

    assert taken is Taken.DONE


# ── by hand ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("statement", "row", "problem"),
    [
        ("UPDATE audit_log SET payload = replace(payload, 'ada', 'eve') WHERE number = 2", 2, "ed"),
        ("UPDATE audit_log SET \"by\" = 'slack:U9' WHERE number = 2", 2, "columns"),
        ("DELETE FROM audit_log WHERE number = 1", 1, "missing: 1"),
        ("DELETE FROM audit_log WHERE number = 3", 3, "missing: 3"),
        ("DELETE FROM audit_log WHERE number > 3", 4, "cut off: the head tells of 5 rows"),
        ("DELETE FROM audit_log", 1, "cut off"),
        ("UPDATE audit_log SET number = number + 10 WHERE number > 2", 3, "missing: 3 to 12"),
        ("UPDATE audit_head SET number = 4", 5, "not the row the head tells of"),
        ("DELETE FROM audit_head", 6, "head of the chain is missing"),
        ("DELETE FROM grants", 0, "lacks the role hr"),
        ("UPDATE grants SET role = 'admin'", 0, "has the role admin, which no row gave"),
        ("UPDATE curated_revisions SET payload = replace(payload, '15', '99')", 0, "change 1"),
        ("UPDATE curated_revisions SET payload = 'x'", 0, "no longer be read"),
        ("DELETE FROM curated_revisions", 0, "are gone"),
    ],
)
async def test_what_somebody_edits_by_hand_is_found(
    state: State, statement: str, row: int, problem: str
) -> None:
    await state.audit.append(entry("1"), entry("2"), entry("3"))
    await state.grants.give(GRANT, entry=GIVEN)
    await state.curated.keep(LEAVE, key="1", by=ADA.key)
    assert (await verify(state)).fault is None

    await state.database.run(lambda sql: sql.execute(text(statement)))

    fault = (await verify(state)).fault
    assert fault is not None
    assert fault.number == row
    assert problem in fault.problem


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE proposals SET state = 'rejected'", "about proposal proposal/p is not as it was"),
        ("UPDATE proposals SET state = 'waiting'", "1 decisions about a proposal are gone"),
        ("UPDATE proposals SET payload = replace(payload, 'A.', 'B.')", "is not as it was told"),
        ("UPDATE proposals SET payload = replace(payload, 'ada', 'eve')", "is not as it was told"),
        ("UPDATE proposals SET payload = 'x'", "a decided proposal can no longer be read"),
        ("DELETE FROM proposals", "1 decisions about a proposal are gone, first proposal/p"),
        ("UPDATE proposals SET id = 'q'", "no row tells of the decision about proposal"),
        (
            "UPDATE gate_trials SET payload = replace(payload, 'let', 'kept_back')",
            "t is not",
        ),
        (
            "UPDATE gate_trials SET payload = replace(payload, 'ada', 'eve')",
            "t is not as it",
        ),
        ("UPDATE gate_trials SET payload = 'x'", "a held change can no longer be read"),
        ("UPDATE gate_trials SET id = 'u'", "no row tells of the decision about held change u"),
        ("DELETE FROM gate_trials", "1 decisions about a held change are gone, first t"),
    ],
)
async def test_a_decision_that_somebody_edits_or_removes_is_found(
    state: State, statement: str, problem: str
) -> None:
    await change_something(state)
    assert (await verify(state)).fault is None

    await state.database.run(lambda sql: sql.execute(text(statement)))

    fault = (await verify(state)).fault
    assert fault is not None
    assert fault.number == 0
    assert problem in fault.problem


async def test_a_decision_that_no_row_tells_of_is_found(state: State) -> None:
    waiting = Proposal(
        id="p", kind="mined", question="Q?", text="A.", language="en", by=BOB.key, proposed_at=START
    )
    await state.proposals.add(waiting)
    assert (await verify(state)).fault is None

    accepted = text("UPDATE proposals SET state = 'accepted'")
    await state.database.run(lambda sql: sql.execute(accepted))

    fault = (await verify(state)).fault
    assert fault is not None
    assert fault.problem == "no row tells of the decision about proposal proposal/p"


async def test_of_two_decisions_about_a_held_change_the_table_has_the_last(state: State) -> None:
    await change_something(state)
    (trial,) = await state.trials.all()
    later = START + timedelta(hours=1)

    await state.trials.keep(replace(trial, state=TrialState.KEPT_BACK, decided_at=later))

    assert (await verify(state)).fault is None


async def test_a_log_that_grows_while_it_is_verified_is_not_taken_for_touched(
    state: State, replica: State
) -> None:
    async def grow() -> None:
        for _ in range(10):
            await replica.grants.give(GRANT, entry=GIVEN)
            await replica.grants.take(GRANT, entry=TAKEN, others=())

    growing = asyncio.create_task(grow())
    found = [(await verify(state)).fault for _ in range(5)]
    await growing

    assert found == [None] * 5
    assert (await verify(state)).fault is None
