"""How a verified answer learns in what other words it is asked for, and in which it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.access import Access
from bot.core.desks import Desks
from bot.core.experts import Asking
from bot.core.loop_cards import PROPOSAL_ACCEPT, PROPOSAL_REJECT
from bot.core.model import (
    AnswerRecord,
    Event,
    MessageRef,
    Proposal,
    User,
    Verdict,
    WordingVote,
)
from bot.core.rules import Rules
from bot.core.teaching import Lesson, Teaching, curated_id
from bot.core.voting import grounds_of
from bot.core.wordings import Learning, Wordings, gathered
from bot.stores.state import State, open_state
from knowledge.curated import Curated, CuratedFirst, served
from knowledge.model import EVERYONE, Answer, CuratedAnswer, CuratedMatch, Outcome, Question
from knowledge.sameness import Match, Reading, Stored, read
from tests.fakes_core import (
    ADA,
    BOB,
    GROUP,
    START,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    build_core,
    emoji,
    message,
    press,
    unknown,
    words,
)

EVE = User(platform="fake", id="eve", name="Eve")
OWNER = User(platform="fake", id="owner", name="Olga")
ROOT = User(platform="fake", id="root", name="Root")
BIKES = "Where can staff park bikes?"
CYCLES = "Where can staff park cycles?"
LESSON = Lesson(question=BIKES, text="In the cellar.", language="en")


class Overlap:
    """Takes two questions for as alike as their words are."""

    serve = 0.9
    join = 0.5

    async def read(self, question: str) -> Reading:
        return read(question, {"none": np.zeros(1, dtype=np.float32)})

    def best(self, asked: Reading, stored: Stored) -> Match | None:
        return next(iter(self.ranked(asked, stored)), None)

    def ranked(self, asked: Reading, stored: Stored) -> tuple[Match, ...]:
        rated = [
            Match(at=at, probability=len(one.words & asked.words) / len(one.words))
            for at, one in enumerate(stored.readings)
        ]
        return tuple(sorted(rated, key=lambda match: -match.probability))


@dataclass(kw_only=True)
class Office:
    """Where one answer is verified; Olga owns a topic, Root administers."""

    state: State
    channel: FakeChannel = field(default_factory=FakeChannel)
    clock: FakeClock = field(default_factory=FakeClock)
    approval: bool = False
    learn_after: int = 2

    async def hear(self, *events: Event) -> None:
        for event in events:
            await self._core().dispatcher.dispatch(event)

    async def ask(self, text: str = CYCLES, *, user: User = ADA) -> MessageRef:
        await self.hear(message(text, user=user, conversation=GROUP))
        return list(self.channel.shown)[-1]

    async def answer(self, text: str = CYCLES) -> Answer:
        record = await self.state.answers.find(await self.ask(text))
        assert record is not None
        return record.answer

    async def vote(
        self,
        user: User,
        sign: Literal["up", "down"] = "up",
        *,
        on: MessageRef | None = None,
        withdrawn: bool = False,
    ) -> MessageRef:
        self.clock.move(timedelta(minutes=1))
        ref = on or await self.ask(user=user)
        event = emoji(ref, sign, user=user, withdrawn=withdrawn)
        await self.hear(replace(event, received_at=self.clock.now))
        return ref

    async def verified(self) -> CuratedAnswer:
        (answer,) = await self.teaching.all_standing()
        return answer

    async def proposal(self) -> Proposal:
        (proposal,) = await self.state.proposals.waiting()
        return proposal

    @property
    def teaching(self) -> Teaching:
        return Teaching(curated=self.state.curated, clock=self.clock)

    async def teach(self, text: str = LESSON.text, *, key: str = "first") -> None:
        lesson = replace(LESSON, text=text)
        self.clock.move(timedelta(minutes=1))
        await self.teaching.teach(lesson, by=OWNER, key=key, reason="teach")

    def _core(self) -> Desks:
        knows = ScriptedAnswerer(
            script=lambda question: (replace(unknown(question), standalone=question.text),)
        )
        curated = Curated(self.state.curated, likeness=Overlap(), sources=knows)
        return build_core(
            stores=self.state,
            channel=self.channel,
            answerer=CuratedFirst(curated, knows),
            clock=self.clock,
            rules=Rules(
                access=Access(admins=frozenset({ROOT.key}), owners=frozenset({OWNER.key})),
                asking=Asking(approval=self.approval),
                questions_per_minute=1_000,
                learn_after=self.learn_after,
            ),
        )


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    state = await open_state(data_dir=tmp_path)
    office = Office(state=state)
    await office.teach()
    yield office
    await state.close()


# ── learning ──────────────────────────────────────────────────────────────────────────────────


async def test_a_wording_that_two_people_confirm_is_served_as_verified(office: Office) -> None:
    assert (await office.answer()).similar
    await office.vote(ADA)
    assert (await office.answer()).similar

    await office.vote(BOB)

    answer = await office.answer("please, where can staff park CYCLES")
    assert (answer.outcome, answer.similar) == (Outcome.CURATED, False)
    assert (await office.verified()).learnt == (CYCLES,)


async def test_one_person_who_asks_twice_is_one_person(office: Office) -> None:
    await office.vote(ADA)
    await office.vote(ADA)

    assert (await office.answer()).similar


@pytest.mark.parametrize("user", [OWNER, ROOT])
async def test_the_word_of_one_owner_is_enough(office: Office, user: User) -> None:
    await office.vote(user)

    assert not (await office.answer()).similar


async def test_how_many_it_takes_is_configured(office: Office) -> None:
    office.learn_after = 1

    await office.vote(ADA)

    assert not (await office.answer()).similar


async def test_a_thank_you_that_is_taken_back_unlearns_the_wording(office: Office) -> None:
    ref = await office.vote(ADA)
    await office.vote(BOB)

    await office.vote(ADA, on=ref, withdrawn=True)

    assert (await office.answer()).similar
    assert (await office.verified()).learnt == ()


async def test_a_contrary_vote_on_a_learnt_wording_counts(office: Office) -> None:
    await office.vote(ADA)
    await office.vote(BOB)

    await office.vote(EVE, "down")

    assert (await office.answer()).similar


async def test_a_learnt_wording_is_no_second_answer(office: Office) -> None:
    for user in (ADA, BOB, EVE):
        await office.vote(user)

    assert await office.state.proposals.waiting() == ()


# ── barring ───────────────────────────────────────────────────────────────────────────────────


async def test_a_wording_that_it_did_not_answer_never_gets_it_again(office: Office) -> None:
    await office.vote(ADA, "down")

    assert (await office.answer()).outcome is Outcome.UNKNOWN
    assert (await office.answer(CYCLES.lower())).outcome is Outcome.UNKNOWN
    assert (await office.answer("Where can staff park skates?")).similar
    assert (await office.answer(BIKES)).outcome is Outcome.CURATED


async def test_what_is_barred_from_one_answer_may_get_another(office: Office) -> None:
    other = Lesson(
        question="Can people keep their staff cycles?", text="On the roof.", language="en"
    )
    await office.teaching.teach(other, by=OWNER, key="second", reason="teach")
    given = await office.answer()

    await office.vote(ADA, "down")

    offered = (await office.answer()).offered
    assert given.similar
    assert [one.text for one in offered] == ["On the roof."]


async def test_a_thumb_down_that_is_taken_back_bars_nothing(office: Office) -> None:
    ref = await office.vote(ADA, "down")

    await office.vote(ADA, "down", on=ref, withdrawn=True)

    assert (await office.answer()).similar


async def test_who_is_not_helped_by_a_similar_answer_doubts_it_not(office: Office) -> None:
    ref = await office.ask()

    for user in (ADA, BOB, EVE):
        await office.vote(user, "down", on=ref)

    assert (await office.answer(BIKES)).outcome is Outcome.CURATED
    assert await office.state.proposals.waiting() == ()


async def test_a_vote_on_the_question_itself_bars_nothing(office: Office) -> None:
    await office.vote(ADA, "down", on=await office.ask(BIKES))

    assert (await office.verified()).barred == ()


async def test_an_owner_outweighs_the_others(office: Office) -> None:
    ref = await office.ask()
    for user in (ADA, BOB, EVE):
        await office.vote(user, on=ref)

    await office.vote(OWNER, "down", on=ref)

    assert (await office.answer()).outcome is Outcome.UNKNOWN


async def test_a_correction_counts_as_the_thumb_down_it_comes_with(office: Office) -> None:
    ref = await office.ask()
    reason = press(ref, "verdict_reason", answer=ref.id, reason="wrong", correction="On the roof.")

    await office.hear(reason)

    assert (await office.verified()).barred == (CYCLES,)


# ── what changes meanwhile ────────────────────────────────────────────────────────────────────


async def test_who_verifies_an_answer_anew_keeps_its_learnt_wordings(office: Office) -> None:
    await office.vote(OWNER)

    await office.teach("On the roof.", key="second")

    answer = await office.answer()
    assert (answer.text, answer.similar) == ("On the roof.", False)


async def test_other_words_of_the_answer_are_judged_anew(office: Office) -> None:
    ref = await office.vote(ADA, "down")

    await office.teach("On the roof.", key="second")
    await office.vote(BOB, "down", on=ref)

    assert (await office.answer()).text == "On the roof."


async def test_undoing_goes_back_to_what_a_person_taught(office: Office) -> None:
    await office.teach("On the roof.", key="second")
    await office.vote(OWNER)

    undone = await office.teaching.undo(curated_id(LESSON), by=OWNER, key="undo")

    assert undone is not None
    assert undone.text == LESSON.text


async def test_an_answer_that_was_forgotten_learns_nothing(office: Office) -> None:
    ref = await office.ask()
    await office.teaching.forget(curated_id(LESSON), by=OWNER, key="forget")

    await office.vote(OWNER, on=ref)

    assert await office.teaching.all_standing() == ()


# ── where approval is demanded ────────────────────────────────────────────────────────────────


async def test_where_approval_is_demanded_a_wording_is_proposed(office: Office) -> None:
    office.approval = True
    await office.vote(OWNER)
    assert (await office.answer()).similar

    proposal = await office.proposal()
    assert (proposal.kind, proposal.question, proposal.wordings) == ("wording", BIKES, (CYCLES,))
    await office.hear(
        press(MessageRef(platform="fake", id="c"), PROPOSAL_ACCEPT, user=ROOT, proposal=proposal.id)
    )

    answer = await office.answer()
    assert (answer.text, answer.similar) == (LESSON.text, False)


async def test_a_wording_that_was_rejected_is_not_proposed_again(office: Office) -> None:
    office.approval = True
    await office.vote(OWNER)
    proposal = await office.proposal()
    card = MessageRef(platform="fake", id="card")
    await office.hear(press(card, PROPOSAL_REJECT, user=ROOT, proposal=proposal.id))

    await office.vote(ADA)
    await office.vote(BOB)

    assert await office.state.proposals.waiting() == ()
    assert (await office.answer()).similar


async def test_an_administrator_needs_no_approval(office: Office) -> None:
    office.approval = True

    await office.vote(ROOT)

    assert not (await office.answer()).similar
    assert await office.state.proposals.waiting() == ()


async def test_a_reviewer_reads_where_a_wording_comes_from(office: Office) -> None:
    office.approval = True
    await office.vote(OWNER)

    await office.hear(message("/deskmate review", user=ROOT))

    assert LESSON.text in words(list(office.channel.shown.values())[-1])


# ── any order ─────────────────────────────────────────────────────────────────────────────────

ASKED = (CYCLES, "where can staff park CYCLES", "Where can staff park skates?")
PEOPLE = ("ada", "bob", "eve", "owner", "root")


def verdict(answer: int, person: str, value: Literal[-1, 0, 1], minute: int) -> Verdict:
    return Verdict(
        ref=MessageRef(platform="fake", id=f"m{answer}"),
        user=User(platform="fake", id=person),
        value=value,
        given_at=START + timedelta(minutes=minute),
    )


verdicts = st.lists(
    st.builds(
        verdict,
        st.integers(0, 2),
        st.sampled_from(PEOPLE),
        st.sampled_from((-1, 0, 1)),
        st.integers(0, 3),
    ),
    max_size=8,
)


async def _kept(folder: Path, said: Sequence[Verdict], *, together: bool) -> CuratedAnswer:
    state = await open_state(data_dir=folder, clock=FakeClock())
    teaching = Teaching(curated=state.curated, clock=FakeClock())
    answer = await teaching.teach(LESSON, by=OWNER, key="k", reason="teach")
    desk = _desk(state)

    async def take(one: Verdict) -> None:
        record = _record(answer, int(one.ref.id[1:]))
        await state.verdicts.give(one, grounds=grounds_of(record))
        await desk.consider(record)

    if together:
        await asyncio.gather(*map(take, said))
    else:
        for one in said:
            await take(one)
    (now,) = await teaching.all_standing()
    await state.close()
    return now


def _desk(state: Any) -> Wordings:
    return Wordings(
        verdicts=state.verdicts,
        curated=state.curated,
        proposals=state.proposals,
        access=Access(admins=frozenset({ROOT.key}), owners=frozenset({OWNER.key})),
        learning=Learning(),
    )


def _record(answer: CuratedAnswer, number: int) -> AnswerRecord:
    question = Question(text=ASKED[number], language="en")
    match = CuratedMatch(answer=answer, probability=0.8, sure=False)
    return AnswerRecord(
        ref=MessageRef(platform="fake", id=f"m{number}"),
        conversation=GROUP,
        asker=ADA,
        question=question.text,
        answer=served(match, question, question.text),
        audience=frozenset({EVERYONE}),
        answered_at=START,
    )


@settings(max_examples=15)
@given(verdicts, st.randoms(use_true_random=False), st.booleans())
def test_in_whatever_order_votes_arrive_the_same_is_learnt_and_barred(
    said: list[Verdict], random: Any, together: bool
) -> None:
    # With those that come twice, as after a crash.
    shuffled = [*said, *said[:3]]
    random.shuffle(shuffled)

    async def both() -> tuple[CuratedAnswer, CuratedAnswer]:
        with TemporaryDirectory() as one, TemporaryDirectory() as other:
            return (
                await _kept(Path(one), said, together=False),
                await _kept(Path(other), shuffled, together=together),
            )

    in_order, in_disorder = asyncio.run(both())

    assert in_order == in_disorder
    assert not set(in_order.learnt) & set(in_order.barred)


@given(
    st.lists(st.tuples(st.sampled_from(ASKED), st.sampled_from(PEOPLE), st.sampled_from((-1, 1))))
)
def test_of_one_persons_votes_on_one_wording_the_last_counts(
    said: list[tuple[str, str, Literal[-1, 1]]],
) -> None:
    votes = [
        WordingVote(wording=wording, person=person, value=value, given_at=START)
        for wording, person, value in said
    ]
    answer = CuratedAnswer(id="a", question=BIKES, text="x", language="en", verified_at=START)

    found = gathered(votes, but=answer)

    last = {(wording.casefold().rstrip("?"), person): value for wording, person, value in said}
    counted = {
        (wording.text.casefold().rstrip("?"), person): value
        for wording in found
        for person, value in wording.said.items()
    }
    assert counted == last
