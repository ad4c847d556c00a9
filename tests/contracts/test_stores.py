"""What every implementation of the core's stores must do, port by port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.model import (
    AnswerRecord,
    Ask,
    Conversation,
    Errand,
    EvalRun,
    Gap,
    GapState,
    GateTrial,
    Grounds,
    MessageRef,
    Proposal,
    ProposalState,
    TrialState,
    Verdict,
)
from bot.core.steering import Mute
from bot.stores.state import State, open_state
from knowledge.errors import StoreUnavailable
from knowledge.model import CuratedAnswer, Outcome, Question, Tally, Turn
from tests.fakes_core import ADA, BOB, DIRECT, GROUP, START, FakeClock, grounded, message

REF = MessageRef(platform="fake", id="m1")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def state(database_url: str, tmp_path: Path, clock: FakeClock) -> AsyncIterator[State]:
    folder = tmp_path / "new" / "folder"
    state = await open_state(data_dir=folder, database_url=database_url, clock=clock)
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


async def test_standing_verdicts_on_all_answers_come_oldest_first(state: State) -> None:
    other = replace(verdict(-1), ref=MessageRef(platform="fake", id="m2"))
    late, withdrawn = verdict(1, minute=1, by_bob=True), verdict(0, minute=2)
    for given in (late, other, verdict(1), withdrawn):
        await state.verdicts.give(given)

    assert await state.verdicts.standing() == (other, late)


async def test_a_late_older_verdict_changes_nothing(state: State) -> None:
    await state.verdicts.give(verdict(-1, minute=2))

    await state.verdicts.give(verdict(1, minute=1))

    assert await state.verdicts.of(REF) == (verdict(-1, minute=2),)


async def test_a_withdrawal_outlives_a_late_older_verdict(state: State) -> None:
    await state.verdicts.give(verdict(0, minute=2))

    await state.verdicts.give(verdict(1, minute=1))

    assert await state.verdicts.of(REF) == ()


@pytest.mark.parametrize("order", [(1, -1, 0), (0, -1, 1), (-1, 0, 1)])
async def test_of_verdicts_at_one_moment_the_withdrawal_counts(
    state: State, order: tuple[int, ...]
) -> None:
    for value in order:
        await state.verdicts.give(verdict(value))

    assert await state.verdicts.of(REF) == ()


async def test_a_vote_counts_for_what_the_answer_cited(state: State) -> None:
    grounds = Grounds(question="How many?", passages=("a", "b"), curated="leave@1")
    await state.verdicts.give(verdict(1), grounds=grounds)
    await state.verdicts.give(verdict(-1, by_bob=True), grounds=replace(grounds, passages=("a",)))

    assert await state.verdicts.tallies(("a", "b", "c")) == {
        "a": Tally(helpful=1, not_helpful=1),
        "b": Tally(helpful=1),
        "c": Tally(),
    }
    assert await state.verdicts.people("leave@1") == Tally(helpful=1, not_helpful=1)
    assert await state.verdicts.people("leave@2") == Tally()


async def test_a_person_counts_once_for_a_curated_answer(state: State) -> None:
    grounds = Grounds(question="How many?", curated="leave@1")
    for number, value in enumerate((-1, -1, 1)):
        said = replace(verdict(value, minute=number), ref=replace(REF, id=f"m{number}"))
        await state.verdicts.give(said, grounds=grounds)

    assert await state.verdicts.people("leave@1") == Tally(helpful=1)


async def test_votes_on_wordings_are_told_with_their_wording(state: State) -> None:
    cycles = Grounds(question="Cycles?", similar="bikes@1")
    later = replace(REF, id="m2")
    withdrawn = replace(verdict(-1), ref=replace(REF, id="m3"))
    await state.verdicts.give(replace(verdict(-1, minute=1), ref=later), grounds=cycles)
    await state.verdicts.give(verdict(1, by_bob=True), grounds=cycles)
    await state.verdicts.give(withdrawn, grounds=cycles)
    await state.verdicts.give(replace(withdrawn, value=0), grounds=cycles)

    said = await state.verdicts.wordings("bikes@1")

    assert [(one.wording, one.person, one.value) for one in said] == [
        ("Cycles?", BOB.key, 1),
        ("Cycles?", ADA.key, -1),
    ]
    assert await state.verdicts.wordings("bikes@2") == ()
    assert await state.verdicts.people("bikes@1") == Tally()


async def test_what_a_person_no_longer_votes_on_does_not_count(state: State) -> None:
    await state.verdicts.give(verdict(1), grounds=Grounds(question="q", passages=("a", "b")))

    await state.verdicts.give(
        verdict(1, minute=1), grounds=Grounds(question="q", passages=("b", "c"))
    )

    counted = await state.verdicts.tallies(("a", "b", "c"))
    assert [counted[id_].helpful for id_ in "abc"] == [0, 1, 1]


async def test_the_verdicts_of_a_day_are_counted_but_for_the_one_at_hand(state: State) -> None:
    for number in range(4):
        said = replace(verdict(1, minute=number), ref=replace(REF, id=f"m{number}"))
        await state.verdicts.give(said)
    await state.verdicts.give(verdict(1, minute=3, by_bob=True))

    since, but = START + timedelta(minutes=1), replace(REF, id="m2")

    assert await state.verdicts.given(ADA, since=since, but=but) == 1
    assert await state.verdicts.given(ADA, since=since, but=REF) == 2


async def test_knowledge_reads_what_changed_since_it_looked(state: State) -> None:
    assert (await state.votes.mark(), await state.votes.since(0)) == (0, ())
    await state.verdicts.give(verdict(1), grounds=Grounds(question="q", passages=("a", "b")))
    mark = await state.votes.mark()
    assert [vote.passage_id for vote in await state.votes.since(0)] == ["a", "b"]

    await state.verdicts.give(
        verdict(0, minute=1), grounds=Grounds(question="q", passages=("a", "b"), curated="c")
    )

    assert await state.votes.mark() > mark
    changed = await state.votes.since(mark)
    assert [(vote.passage_id, vote.value) for vote in changed] == [("a", 0), ("b", 0)]
    assert {vote.voter for vote in changed} == {ADA.key}
    assert await state.votes.since(await state.votes.mark()) == ()


async def test_votes_that_cannot_be_read_say_so_in_the_words_of_knowledge(state: State) -> None:
    await state.close()

    with pytest.raises(StoreUnavailable):
        await state.votes.mark()
    with pytest.raises(StoreUnavailable):
        await state.votes.since(0)


async def test_many_verdicts_at_once_leave_one_a_person(state: State) -> None:
    await asyncio.gather(*(state.verdicts.give(verdict(1)) for _ in range(8)))

    assert await state.verdicts.of(REF) == (verdict(1),)


# ── gaps ──────────────────────────────────────────────────────────────────────────────────────


def ask(name: str, *, minute: int = 0, wants_person: bool = False) -> Ask:
    return Ask(
        id=name,
        question=f"How many, asks {name}?",
        language="en",
        conversation=GROUP,
        user=ADA,
        ref=REF,
        asked_at=START + timedelta(minutes=minute),
        wants_person=wants_person,
    )


def gap(name: str, *asks: Ask, minute: int = 0) -> Gap:
    opened_at = START + timedelta(minutes=minute)
    return Gap(id=name, question="How many?", language="en", opened_at=opened_at, asks=asks)


async def test_standing_gaps_are_listed_oldest_first_with_their_asks(state: State) -> None:
    second, first = gap("second", ask("c"), minute=2), gap("first", ask("b", minute=1), ask("a"))
    await state.gaps.add(second)
    await state.gaps.add(first)
    await state.gaps.add(replace(gap("closed"), state=GapState.CLOSED))

    assert await state.gaps.standing() == (gap("first", ask("a"), ask("b", minute=1)), second)


async def test_a_gap_is_found_by_its_id_and_by_any_of_its_asks(state: State) -> None:
    await state.gaps.add(gap("one", ask("a")))
    await state.gaps.join("one", ask("b"))

    assert await state.gaps.find("one") == await state.gaps.of_ask("b")
    assert await state.gaps.find("two") is None
    assert await state.gaps.of_ask("c") is None


async def test_gaps_come_up_when_somebody_is_due(state: State) -> None:
    soon, later = START + timedelta(hours=1), START + timedelta(hours=2)
    await state.gaps.add(replace(gap("soon"), due_at=soon))
    await state.gaps.add(replace(gap("later"), due_at=later))
    await state.gaps.add(gap("never"))
    await state.gaps.add(replace(gap("closed"), due_at=soon, state=GapState.CLOSED))

    assert [one.id for one in await state.gaps.due(START)] == []
    assert [one.id for one in await state.gaps.due(soon)] == ["soon"]
    assert [one.id for one in await state.gaps.due(later)] == ["later", "soon"]


async def test_the_same_ask_again_replaces_it(state: State) -> None:
    await state.gaps.add(gap("one", ask("a")))

    await state.gaps.join("one", ask("a", wants_person=True))
    await state.gaps.add(gap("one", ask("a", wants_person=True)))

    assert await state.gaps.find("one") == gap("one", ask("a", wants_person=True))


async def test_of_two_changes_made_at_once_the_second_is_refused(state: State) -> None:
    await state.gaps.add(gap("one", ask("a")))
    read = await state.gaps.find("one")
    assert read is not None

    first = await state.gaps.change(replace(read, state=GapState.ASKED, asked=("fake:bob",)))
    second = await state.gaps.change(replace(read, state=GapState.CLOSED))

    kept = await state.gaps.find("one")
    assert kept is not None
    assert (first, second) == (True, False)
    assert (kept.state, kept.asked, kept.version) == (GapState.ASKED, ("fake:bob",), 1)


# ── curated answers ───────────────────────────────────────────────────────────────────────────


def verified(text: str, *, name: str = "leave") -> CuratedAnswer:
    return CuratedAnswer(id=name, question="How many?", text=text, language="en", verified_at=START)


async def test_every_change_of_a_curated_answer_stays_in_its_history(state: State) -> None:
    await state.curated.keep(verified("ten"), key="1", by="fake:ada", reason="teach")
    await state.curated.keep(verified("else", name="other"), key="2", by="fake:ada")
    await state.curated.keep(verified("twelve"), key="3", by="fake:bob")
    await state.curated.withdraw("leave", key="4", by="fake:bob", reason="forget")

    history = await state.curated.history("leave")

    texts = [None if change.answer is None else change.answer.text for change in history]
    assert texts == ["ten", "twelve", None]
    assert (history[0].by, history[0].reason, history[0].at) == ("fake:ada", "teach", START)
    assert await state.curated.history("nothing") == ()


async def test_the_same_change_again_changes_nothing(state: State) -> None:
    await state.curated.keep(verified("ten"), key="1", by="fake:ada")
    before = await state.curated.mark()

    await state.curated.keep(verified("ten"), key="1", by="fake:ada")
    await state.curated.withdraw("leave", key="1", by="fake:ada")

    assert await state.curated.mark() == before
    assert len(await state.curated.history("leave")) == 1


async def test_a_change_that_follows_from_an_older_state_is_not_kept(state: State) -> None:
    await state.curated.keep(verified("ten"), key="1", by="fake:ada")
    (first,) = await state.curated.history("leave")
    await state.curated.keep(verified("eleven"), key="2", by="votes", after=first.number)

    await state.curated.keep(verified("twelve"), key="3", by="votes", after=first.number)

    texts = [change.answer and change.answer.text for change in await state.curated.since(0)]
    assert texts == ["ten", "eleven"]


async def test_who_saw_some_changes_is_told_the_later_ones(state: State) -> None:
    assert await state.curated.mark() == (0, 0)
    await state.curated.keep(verified("ten"), key="1", by="fake:ada")
    count, last = await state.curated.mark()
    await state.curated.keep(verified("twelve"), key="2", by="fake:ada")

    (later,) = await state.curated.since(last)

    assert count == 1
    assert later.answer == verified("twelve")


# ── proposals ─────────────────────────────────────────────────────────────────────────────────


def proposal(name: str, *, minute: int = 0) -> Proposal:
    return Proposal(
        id=name,
        kind="correction",
        question="How many?",
        text="Twelve.",
        language="en",
        by="fake:ada",
        proposed_at=START + timedelta(minutes=minute),
    )


async def test_proposals_wait_oldest_first_until_they_are_decided(state: State) -> None:
    await state.proposals.add(proposal("second", minute=2))
    await state.proposals.add(proposal("first", minute=1))
    await state.proposals.add(proposal("third", minute=3))

    decided = await state.proposals.decide("second", ProposalState.ACCEPTED, by=BOB)
    again = await state.proposals.decide("second", ProposalState.REJECTED, by=ADA)

    kept = await state.proposals.find("second")
    assert (decided, again) == (True, False)
    assert kept is not None
    assert kept.state is ProposalState.ACCEPTED
    assert (kept.decided_by, kept.decided_by_name, kept.decided_at) == (BOB.key, "Bob", START)
    assert [one.id for one in await state.proposals.waiting()] == ["first", "third"]


async def test_decided_proposals_are_kept_with_what_became_of_them(state: State) -> None:
    for name, minute in (("second", 2), ("first", 1), ("third", 3)):
        await state.proposals.add(proposal(name, minute=minute))
    await state.proposals.decide("second", ProposalState.ACCEPTED, by=BOB)
    await state.proposals.decide("first", ProposalState.REJECTED, by=BOB)

    assert [(one.id, one.state) for one in await state.proposals.decided()] == [
        ("first", ProposalState.REJECTED),
        ("second", ProposalState.ACCEPTED),
    ]


async def test_a_proposal_that_was_decided_is_not_made_again(state: State) -> None:
    assert await state.proposals.add(proposal("one"))
    await state.proposals.decide("one", ProposalState.REJECTED, by=BOB)

    assert not await state.proposals.add(proposal("one"))
    assert await state.proposals.waiting() == ()
    assert await state.proposals.find("nothing") is None


async def test_who_accepted_a_proposal_in_other_words_is_kept(state: State) -> None:
    await state.proposals.add(proposal("one"))

    await state.proposals.decide("one", ProposalState.ACCEPTED, by=BOB, edited=True)

    (kept,) = await state.proposals.decided()
    assert (kept.decided_by, kept.edited, kept.text) == (BOB.key, True, "Twelve.")


# ── errands ───────────────────────────────────────────────────────────────────────────────────


def errand(name: str, *, minute: int = 0) -> Errand:
    return Errand(
        id=name,
        name="eval",
        message=message("/deskmate eval", key=name),
        language="en",
        asked_at=START + timedelta(minutes=minute),
    )


async def test_errands_wait_oldest_first_until_they_are_done(state: State) -> None:
    one, two = errand("one", minute=1), errand("two", minute=2)
    for each in (two, one, replace(one, language="zh")):
        await state.errands.add(each)
    assert await state.errands.waiting() == (one, two)

    await state.errands.done("one")
    await state.errands.done("nothing")

    assert await state.errands.waiting() == (two,)


async def test_how_often_an_errand_was_begun_is_counted(state: State) -> None:
    await state.errands.add(errand("one"))

    assert [await state.errands.begin("one") for _ in range(2)] == [1, 2]
    assert await state.errands.begin("nothing") == 0


# ── trials and reminders ──────────────────────────────────────────────────────────────────────


def trial(name: str, *, minute: int = 0) -> GateTrial:
    run = EvalRun(id=name, at=START, results={"c": "right"}, questions={"c": "How many?"})
    return GateTrial(
        id=name,
        what={"model": "a → b"},
        before=run,
        after=run,
        at=START + timedelta(minutes=minute),
        state=TrialState.WAITING,
    )


async def test_a_trial_is_found_by_its_change_and_may_be_decided(state: State) -> None:
    await state.trials.keep(trial("two", minute=2))
    await state.trials.keep(trial("one", minute=1))
    decided = replace(trial("two", minute=2), state=TrialState.LET, decided_by=BOB.key)

    await state.trials.keep(decided)

    assert await state.trials.find("two") == decided
    assert await state.trials.find("nothing") is None
    assert [one.id for one in await state.trials.all()] == ["one", "two"]


async def test_the_last_reminder_of_each_thing_is_known(state: State) -> None:
    later = START + timedelta(days=7)
    await state.reminders.note("fake:ada", ["leave", "gym"], at=START)
    await state.reminders.note("fake:ada", ["gym", "gym"], at=later)
    await state.reminders.note("fake:ada", [], at=later)
    await state.reminders.note("fake:bob", ["leave"], at=later)

    assert await state.reminders.last("fake:ada") == {"leave": START, "gym": later}

    await state.reminders.forget(before=later)
    assert await state.reminders.last("fake:ada") == {"gym": later}


# ── what administrators decide by command ─────────────────────────────────────────────────────


async def test_a_muted_channel_is_muted_with_its_threads_until_it_is_lifted(state: State) -> None:
    mute = Mute(platform="fake", channel=GROUP.id, by=BOB.key, at=START)

    await state.mutes.put(mute)
    await state.mutes.put(replace(mute, by=ADA.key))  # who muted it first stays known

    assert await state.mutes.of(replace(GROUP, thread_id="t1")) == mute
    assert await state.mutes.of(replace(GROUP, platform="other")) is None
    assert await state.mutes.lift(GROUP, by=BOB.key, at=START)
    assert not await state.mutes.lift(GROUP, by=BOB.key, at=START)
    assert await state.mutes.of(GROUP) is None


async def test_what_is_decided_by_command_stands_in_the_audit_log(state: State) -> None:
    await state.named_readers.put("leave", frozenset({"hr"}), by=ADA.key, at=START)
    await state.named_readers.put("leave", frozenset({"everyone"}), by=BOB.key, at=START)
    await state.choices.put({"threshold": "0.7"}, by=ADA.key, at=START)
    await state.mutes.put(Mute(platform="fake", channel=GROUP.id, by=BOB.key, at=START))
    await state.mutes.lift(GROUP, by=ADA.key, at=START)

    lifted, muted, chosen, changed, named = await state.audit.latest(5)
    assert (named.before, named.after) == (None, {"readers": ["hr"]})
    assert (changed.before, changed.after) == ({"readers": ["hr"]}, {"readers": ["everyone"]})
    assert (chosen.what, chosen.after) == ("choice.made", {"threshold": "0.7"})
    assert (muted.what, muted.by) == ("channel.muted", BOB.key)
    assert (lifted.what, lifted.where) == ("channel.unmuted", f"fake:{GROUP.id}")


async def test_named_readers_are_kept_and_replaced(state: State) -> None:
    await state.named_readers.put("pay__", frozenset({"hr", "board"}), by=ADA.key, at=START)
    await state.named_readers.put("leave", frozenset({"hr"}), by=ADA.key, at=START)
    await state.named_readers.put("leave", frozenset({"everyone"}), by=ADA.key, at=START)

    assert await state.named_readers.all() == {
        "pay__": frozenset({"hr", "board"}),
        "leave": frozenset({"everyone"}),
    }


async def test_choices_are_kept_and_an_empty_one_is_forgotten(state: State) -> None:
    await state.choices.put({"model": "one", "threshold": "0.6"}, by=ADA.key, at=START)
    await state.choices.put({"model": "", "threshold": "0.7"}, by=ADA.key, at=START)

    assert await state.choices.all() == {"threshold": "0.7"}


async def test_answers_are_counted_once_and_forgotten_with_them(state: State) -> None:
    said = grounded(Question(text="?", language="en"))
    record = AnswerRecord(
        ref=REF,
        conversation=GROUP,
        asker=ADA,
        question="?",
        answer=said,
        audience=frozenset({"everyone"}),
        answered_at=START,
    )
    unknown = replace(said, outcome=Outcome.UNKNOWN)
    later = START + timedelta(days=1)
    other = MessageRef(platform="fake", id="m2")
    await state.answers.add(record)
    await state.answers.add(record)
    await state.answers.add(replace(record, ref=other, answer=unknown, answered_at=later))

    both = await state.figures.since(START)
    assert [(one.outcome, one.document) for one in both] == [
        (Outcome.GROUNDED, "leave"),
        (Outcome.UNKNOWN, ""),
    ]
    assert await state.figures.since(later) == both[1:]
    await state.forget(before=later)
    assert await state.figures.since(START) == both[1:]
