"""What every implementation of the core's stores must do, port by port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.model import AnswerRecord, Conversation, Gap, MessageRef, Verdict
from bot.stores.state import State, open_state
from knowledge.model import Question, Turn
from tests.fakes_core import ADA, BOB, DIRECT, GROUP, START, FakeClock, grounded, message

REF = MessageRef(platform="fake", id="m1")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite"])
async def state(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> AsyncIterator[State]:
    """Each database there is; a new one joins `params`."""
    opened = {"sqlite": lambda: open_state(data_dir=tmp_path / "new" / "folder", clock=clock)}
    state = await opened[request.param]()
    yield state
    await state.close()


# ── inbox ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_event_is_claimed_once(state: State) -> None:
    event = message()

    assert await state.inbox.claim(event) == (True,)
    assert await state.inbox.claim(event) == (False,)


async def test_any_key_seen_before_means_the_event_was_seen_before(state: State) -> None:
    await state.inbox.claim(replace(message(), keys=("event-1", "channel:ts")))

    again = replace(message(), keys=("event-2", "channel:ts"))

    assert await state.inbox.claim(again) == (False,)
    assert await state.inbox.claim(replace(message(), keys=("event-2",))) == (True,)


async def test_the_same_key_on_two_platforms_is_two_events(state: State) -> None:
    first = message(key="1")
    elsewhere = replace(first, conversation=Conversation(platform="other", id="x"))

    assert await state.inbox.claim(first) == (True,)
    assert await state.inbox.claim(elsewhere) == (True,)


async def test_of_events_claimed_together_each_is_judged_after_those_before_it(
    state: State,
) -> None:
    old = message()
    await state.inbox.claim(old)
    mention, same = message(key="a"), replace(message(), keys=("b", "a"))
    other = message(key="b")

    claimed = await state.inbox.claim(mention, old, same, other)

    assert claimed == (True, False, False, True)
    assert await state.inbox.unfinished() == (old, mention, other)


async def test_events_are_finished_together(state: State) -> None:
    events = [message() for _ in range(3)]
    await state.inbox.claim(*events)

    await state.inbox.finish(events[0], events[2])

    assert await state.inbox.unfinished() == (events[1],)


async def test_an_event_may_name_a_key_twice(state: State) -> None:
    assert await state.inbox.claim(replace(message(), keys=("twice", "twice"))) == (True,)


async def test_of_many_claims_at_once_one_wins(state: State) -> None:
    event = message()

    claims = await asyncio.gather(*(state.inbox.claim(event) for _ in range(8)))

    assert claims.count((True,)) == 1
    assert await state.inbox.unfinished() == (event,)


async def test_unfinished_events_come_back_as_they_were_oldest_first(state: State) -> None:
    events = [message(f"question {number} 年假 \ud83d") for number in range(3)]
    for event in events:
        await state.inbox.claim(event)

    await state.inbox.finish(events[1])

    assert await state.inbox.unfinished() == (events[0], events[2])


async def test_a_finished_event_is_still_known(state: State) -> None:
    event = message()
    await state.inbox.claim(event)

    await state.inbox.finish(event)

    assert await state.inbox.claim(event) == (False,)


async def test_forgetting_drops_old_finished_events_only(state: State, clock: FakeClock) -> None:
    old, open_, recent = message(), message(), message()
    for event in (old, open_, recent):
        await state.inbox.claim(event)
    await state.inbox.finish(old)
    clock.move(timedelta(hours=9))
    await state.inbox.finish(recent)

    await state.inbox.forget(before=clock() - timedelta(hours=8))

    assert await state.inbox.claim(old) == (True,)
    assert await state.inbox.claim(open_) == (False,)
    assert await state.inbox.claim(recent) == (False,)


async def test_an_event_that_waits_through_many_starts_is_not_lost(state: State) -> None:
    event = message()
    await state.inbox.claim(event)

    starts = [await state.inbox.unfinished() for _ in range(9)]

    assert starts == [(event,)] * 9
    assert await state.inbox.resume(event)


async def test_work_that_ends_with_a_crash_each_time_is_resumed_ten_times(state: State) -> None:
    event, other = message(), message()
    await state.inbox.claim(event)
    await state.inbox.claim(other)

    resumed = [await state.inbox.resume(event) for _ in range(11)]

    assert resumed == [True] * 10 + [False]
    assert await state.inbox.resume(other)


# ── ledger ────────────────────────────────────────────────────────────────────────────────────


async def test_a_recorded_reply_is_found(state: State) -> None:
    await state.ledger.record("key", REF)

    assert await state.ledger.sent("key") == REF
    assert await state.ledger.sent("other") is None


async def test_recording_a_key_again_changes_nothing(state: State) -> None:
    await state.ledger.record("key", REF)

    await state.ledger.record("key", replace(REF, id="m2"))

    assert await state.ledger.sent("key") == REF


# ── memory ────────────────────────────────────────────────────────────────────────────────────


def said(text: str) -> Turn:
    return Turn(speaker="user", text=text)


async def test_turns_are_kept_a_person_and_a_thread(state: State) -> None:
    thread = replace(GROUP, thread_id="t1")
    await state.memory.remember(GROUP, ADA, said("a"), said("b"))
    await state.memory.remember(GROUP, BOB, said("c"))
    await state.memory.remember(thread, ADA, said("d"))
    await state.memory.remember(GROUP, ADA)

    assert await state.memory.turns(GROUP, ADA) == (said("a"), said("b"))
    assert await state.memory.turns(GROUP, BOB) == (said("c"),)
    assert await state.memory.turns(thread, ADA) == (said("d"),)


async def test_only_the_latest_turns_are_kept(state: State) -> None:
    for number in range(20):
        await state.memory.remember(DIRECT, ADA, said(str(number)))

    turns = await state.memory.turns(DIRECT, ADA)

    assert turns == tuple(said(str(number)) for number in range(14, 20))


async def test_a_very_long_turn_is_cut(state: State) -> None:
    await state.memory.remember(DIRECT, ADA, said("长" * 100_000))

    (turn,) = await state.memory.turns(DIRECT, ADA)

    assert len(turn.text) == 2_000


async def test_turns_fade_after_two_hours(state: State, clock: FakeClock) -> None:
    await state.memory.remember(DIRECT, ADA, said("morning"))
    clock.move(timedelta(hours=3))
    await state.memory.remember(DIRECT, ADA, said("noon"))

    assert await state.memory.turns(DIRECT, ADA) == (said("noon"),)


async def test_clearing_forgets_one_person_in_one_thread(state: State) -> None:
    await state.memory.remember(GROUP, ADA, said("a"))
    await state.memory.remember(GROUP, BOB, said("b"))

    await state.memory.clear(GROUP, ADA)

    assert await state.memory.turns(GROUP, ADA) == ()
    assert await state.memory.turns(GROUP, BOB) == (said("b"),)


# ── answers ───────────────────────────────────────────────────────────────────────────────────


def record(ref: MessageRef = REF, text: str = "Fifteen. [1]") -> AnswerRecord:
    question = Question(text="How many?", language="en")
    return AnswerRecord(
        ref=ref,
        conversation=GROUP,
        asker=ADA,
        question=question.text,
        answer=grounded(question, text),
        audience=frozenset({"everyone", "hr"}),
        answered_at=START,
    )


async def test_an_answer_is_found_by_its_message(state: State) -> None:
    await state.answers.add(record())

    assert await state.answers.find(REF) == record()
    assert await state.answers.find(replace(REF, platform="other")) is None


async def test_the_same_message_again_replaces_the_answer(state: State) -> None:
    await state.answers.add(record())

    await state.answers.add(record(text="Sixteen. [1]"))

    found = await state.answers.find(REF)
    assert found is not None
    assert found.answer.text == "Sixteen. [1]"


async def test_a_thread_knows_whether_it_holds_an_answer(state: State) -> None:
    await state.answers.add(record())

    assert await state.answers.any_in(GROUP)
    assert not await state.answers.any_in(replace(GROUP, thread_id="t1"))


# ── verdicts ──────────────────────────────────────────────────────────────────────────────────


def verdict(value: int, *, minute: int = 0, by_bob: bool = False) -> Verdict:
    return Verdict(
        ref=REF,
        user=BOB if by_bob else ADA,
        value=1 if value > 0 else -1 if value < 0 else 0,
        given_at=START + timedelta(minutes=minute),
    )


async def test_the_last_verdict_of_a_person_counts(state: State) -> None:
    await state.verdicts.give(verdict(1))
    await state.verdicts.give(verdict(1, minute=1, by_bob=True))

    await state.verdicts.give(verdict(-1, minute=2))

    assert await state.verdicts.of(REF) == (
        verdict(1, minute=1, by_bob=True),
        verdict(-1, minute=2),
    )


async def test_zero_withdraws_a_verdict(state: State) -> None:
    await state.verdicts.give(verdict(1))

    await state.verdicts.give(verdict(0))

    assert await state.verdicts.of(REF) == ()


async def test_many_verdicts_at_once_leave_one_a_person(state: State) -> None:
    await asyncio.gather(*(state.verdicts.give(verdict(1)) for _ in range(8)))

    assert await state.verdicts.of(REF) == (verdict(1),)


# ── gaps ──────────────────────────────────────────────────────────────────────────────────────


def gap(name: str, *, minute: int = 0, wants_person: bool = False) -> Gap:
    return Gap(
        id=name,
        question="How many?",
        language="en",
        conversation=GROUP,
        asker=ADA,
        opened_at=START + timedelta(minutes=minute),
        wants_person=wants_person,
        passage_ids=("leave#3",),
    )


async def test_gaps_are_listed_oldest_first(state: State) -> None:
    await state.gaps.open(gap("second", minute=2))
    await state.gaps.open(gap("first", minute=1))

    assert [kept.id for kept in await state.gaps.all()] == ["first", "second"]


async def test_the_same_gap_again_is_updated(state: State) -> None:
    await state.gaps.open(gap("one"))

    await state.gaps.open(gap("one", wants_person=True))

    assert await state.gaps.all() == (gap("one", wants_person=True),)
