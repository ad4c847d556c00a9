"""Whose verdict counts, how often, and what becomes of a verified answer that people doubt."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from bot.core.desks import Desks
from bot.core.doubts import doubtful
from bot.core.limits import VoteLimit
from bot.core.model import AnswerRecord, CardAction, MessageRef, Reaction, User, Verdict
from bot.core.texts import TEXTS
from bot.core.voting import Refusal, Voting, grounds_of, moment_of
from bot.stores.state import State, open_state
from knowledge.curated import Curated, CuratedFirst
from knowledge.errors import StoreUnavailable
from knowledge.model import EVERYONE, Outcome, Question, Tally
from tests.fakes_core import (
    ADA,
    BOB,
    GROUP,
    PASSAGE,
    PATIENT,
    START,
    FakeChannel,
    FakeClock,
    SameWords,
    ScriptedAnswerer,
    SharedBy,
    build_core,
    emoji,
    grounded,
    knows,
    message,
    press,
    words,
)

EN = TEXTS["en"]
QUESTION = Question(text="How many days?", language="en")
PEOPLE = tuple(User(platform="fake", id=name) for name in ("one", "two", "three", "four", "five"))


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    state = await open_state(data_dir=tmp_path)
    yield state
    await state.close()


@dataclass
class Board:
    """Where passages carry their votes, in a test."""

    told: dict[str, Tally] = field(default_factory=dict)
    away: bool = False

    async def tally(self, tallies: Mapping[str, Tally]) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.told |= tallies


def record(number: int = 1) -> AnswerRecord:
    return AnswerRecord(
        ref=MessageRef(platform="fake", id=f"m{number}"),
        conversation=GROUP,
        asker=ADA,
        question=QUESTION.text,
        answer=grounded(QUESTION),
        audience=frozenset({EVERYONE}),
        answered_at=START,
    )


def voting(
    state: State,
    *,
    answerer: ScriptedAnswerer | None = None,
    names: frozenset[str] = frozenset({EVERYONE}),
    votes_per_day: int = 50,
    clock: FakeClock | None = None,
    board: Board | None = None,
) -> Voting:
    return Voting(
        verdicts=state.verdicts,
        answerer=answerer or knows(),
        readers=SharedBy(lambda: names),
        limit=VoteLimit(
            votes_per_day=votes_per_day, verdicts=state.verdicts, clock=clock or FakeClock()
        ),
        tallies=board,
    )


async def vote(
    desk: Voting, on: AnswerRecord, *, value: int = 1, user: User = ADA
) -> Refusal | None:
    event = emoji(on.ref, "up" if value > 0 else "down", user=user)
    verdict = Verdict(
        ref=on.ref, user=user, value=1 if value > 0 else -1, given_at=event.received_at
    )
    return await desk.give(verdict, on, event)


# ── how often ─────────────────────────────────────────────────────────────────────────────────


async def test_past_the_limit_of_a_day_nothing_is_counted(state: State) -> None:
    desk = voting(state, votes_per_day=2)

    refusals = [await vote(desk, record(number)) for number in range(4)]

    assert refusals == [None, None, Refusal.ENOUGH, Refusal.ENOUGH]
    assert await state.verdicts.tallies((PASSAGE.id,)) == {PASSAGE.id: Tally(helpful=2)}


async def test_changing_ones_mind_is_welcome_past_the_limit(state: State) -> None:
    desk = voting(state, votes_per_day=1)
    await vote(desk, record())

    assert await vote(desk, record(), value=-1) is None


async def test_people_do_not_share_a_limit(state: State) -> None:
    desk = voting(state, votes_per_day=1)
    await vote(desk, record(1))

    assert await vote(desk, record(2), user=BOB) is None


async def test_a_day_later_votes_count_again(state: State) -> None:
    clock = FakeClock()
    desk = voting(state, votes_per_day=1, clock=clock)
    await vote(desk, record(1))
    assert await vote(desk, record(2)) is Refusal.ENOUGH

    clock.move(timedelta(days=1))

    assert await vote(desk, record(2)) is None


# ── in which order ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_what_is_delivered_in_any_order_counts_in_the_order_it_was_done(
    state: State, order: tuple[int, ...]
) -> None:
    """A thumb up, then the button for the contrary, then the thumb is taken back."""
    await state.answers.add(record())
    done = [
        emoji(record().ref, "up"),
        press(record().ref, "verdict", vote="down"),
        emoji(record().ref, "up", withdrawn=True),
    ]
    moments = [START - timedelta(seconds=seconds) for seconds in (3, 2, 1)]
    events = [replace(one, happened_at=at) for one, at in zip(done, moments, strict=True)]
    core = build_core(
        stores=state, channel=FakeChannel(), answerer=knows(), clock=FakeClock(), rules=PATIENT
    )

    for at in order:
        await core.dispatcher.dispatch(events[at])

    assert [one.value for one in await state.verdicts.of(record().ref)] == [-1]
    assert await state.verdicts.tallies((PASSAGE.id,)) == {PASSAGE.id: Tally(not_helpful=1)}


def test_nothing_was_done_after_it_arrived() -> None:
    event = emoji(record().ref, "up")

    assert moment_of(replace(event, happened_at=START + timedelta(days=1))) == START
    assert moment_of(event) == START


# ── whose ─────────────────────────────────────────────────────────────────────────────────────


async def test_only_readers_of_every_source_count(state: State) -> None:
    secret = replace(PASSAGE, audience=frozenset({"hr"}))
    answerer = ScriptedAnswerer(script=lambda _: (), passages={PASSAGE.id: secret})
    board = Board()

    stranger = voting(state, answerer=answerer, board=board)
    reader = voting(state, answerer=answerer, names=frozenset({EVERYONE, "hr"}), board=board)

    assert await vote(stranger, record(1), value=-1) is Refusal.NOT_A_READER
    assert await state.verdicts.of(record(1).ref) == ()
    assert board.told == {}
    assert await vote(reader, record(2)) is None
    assert board.told == {PASSAGE.id: Tally(helpful=1)}


async def test_a_vote_on_what_is_gone_does_not_count(state: State) -> None:
    desk = voting(state, answerer=ScriptedAnswerer(script=lambda _: ()))

    assert await vote(desk, record()) is Refusal.NOT_A_READER


async def test_nobody_votes_on_where_an_unknown_answer_may_stand() -> None:
    unknown = replace(record().answer, outcome=Outcome.UNKNOWN)

    assert grounds_of(record()).passages == (PASSAGE.id,)
    assert grounds_of(replace(record(), answer=unknown)).passages == ()


# ── telling the passages ──────────────────────────────────────────────────────────────────────


async def test_passages_are_told_their_whole_count(state: State) -> None:
    board = Board()
    desk = voting(state, board=board)
    await vote(desk, record())
    await vote(desk, record(), value=-1, user=BOB)

    await desk.withdraw(record(), emoji(record().ref, "up", withdrawn=True))

    assert board.told == {PASSAGE.id: Tally(not_helpful=1)}


async def test_a_store_that_is_away_costs_no_vote(state: State) -> None:
    board = Board(away=True)
    desk = voting(state, board=board)
    assert await vote(desk, record()) is None

    board.away = False
    await vote(desk, record(2), user=BOB)

    assert board.told == {PASSAGE.id: Tally(helpful=2)}


async def test_taking_back_an_emoji_leaves_the_contrary_standing(state: State) -> None:
    desk = voting(state)
    await vote(desk, record(), value=-1)

    await desk.withdraw(record(), emoji(record().ref, "up", withdrawn=True))

    assert [one.value for one in await state.verdicts.of(record().ref)] == [-1]


async def test_a_withdrawal_that_overtakes_its_emoji_counts(state: State) -> None:
    desk = voting(state)
    await desk.withdraw(record(), emoji(record().ref, "up", withdrawn=True))

    await vote(desk, record())

    assert await state.verdicts.of(record().ref) == ()


# ── what people see, and verified answers ─────────────────────────────────────────────────────


@dataclass
class Office:
    """The core over one channel, with what people verified."""

    state: State
    votes_per_day: int = 50
    channel: FakeChannel = field(default_factory=FakeChannel)
    clock: FakeClock = field(default_factory=FakeClock)

    async def hear(self, *events: CardAction | Reaction) -> None:
        for event in events:
            await self._core().dispatcher.dispatch(event)

    async def ask(self, user: User = ADA) -> MessageRef:
        asked = message("Where is the gym?", user=user, conversation=GROUP)
        await self._core().dispatcher.dispatch(asked)
        return list(self.channel.shown)[-1]

    async def say(self, text: str) -> str:
        await self._core().dispatcher.dispatch(message(text, user=ADA))
        return words(list(self.channel.shown.values())[-1])

    async def served(self) -> Outcome:
        found = await self.state.answers.find(await self.ask())
        assert found is not None
        return found.answer.outcome

    def _core(self) -> Desks:
        curated = Curated(self.state.curated, likeness=SameWords(), sources=knows())
        access = replace(PATIENT.access, admins=frozenset({ADA.key}), owners=frozenset({ADA.key}))
        return build_core(
            stores=self.state,
            channel=self.channel,
            answerer=CuratedFirst(curated, knows()),
            clock=self.clock,
            rules=replace(PATIENT, votes_per_day=self.votes_per_day, access=access),
        )


async def test_a_click_past_the_limit_gets_a_kind_sentence(state: State) -> None:
    office = Office(state=state, votes_per_day=0)
    answer = await office.ask()

    await office.hear(press(answer, "verdict", vote="down", conversation=GROUP))

    assert words(list(office.channel.shown.values())[-1]) == EN.votes_enough
    assert await state.verdicts.of(answer) == ()
    assert await state.gaps.standing() == ()


async def test_an_emoji_past_the_limit_gets_no_word(state: State) -> None:
    office = Office(state=state, votes_per_day=0)
    answer = await office.ask()
    shown = len(office.channel.shown)

    await office.hear(emoji(answer, "up"))

    assert len(office.channel.shown) == shown


async def test_a_verified_answer_that_three_people_doubt_waits_for_review(state: State) -> None:
    office = Office(state=state)
    await office.say("/deskmate teach Where is the gym? | In the cellar.")
    answer = await office.ask()
    await office.hear(*(emoji(answer, "down", user=user) for user in PEOPLE[:2]))
    assert await office.served() is Outcome.CURATED

    await office.hear(emoji(answer, "down", user=PEOPLE[2]))

    assert await office.served() is Outcome.GROUNDED
    (proposal,) = await state.proposals.waiting()
    assert (proposal.kind, proposal.text) == ("doubted", "In the cellar.")
    assert proposal.by == ADA.key
    (gap,) = await state.gaps.standing()
    assert (proposal.gap_id, len(gap.asks)) == (gap.id, 3)


async def test_as_many_thanks_as_doubts_keep_an_answer(state: State) -> None:
    office = Office(state=state)
    await office.say("/deskmate teach Where is the gym? | In the cellar.")
    answer = await office.ask()
    thanks = [emoji(answer, "up", user=user) for user in (*PEOPLE[3:], BOB)]

    await office.hear(*thanks, *(emoji(answer, "down", user=user) for user in PEOPLE[:3]))

    assert await office.served() is Outcome.CURATED


async def test_one_person_under_many_answers_is_one_person(state: State) -> None:
    office = Office(state=state)
    await office.say("/deskmate teach Where is the gym? | In the cellar.")

    for _ in range(5):
        await office.hear(emoji(await office.ask(), "down", user=BOB))

    assert await office.served() is Outcome.CURATED


async def test_an_answer_that_is_brought_back_stays(state: State) -> None:
    office = Office(state=state)
    await office.say("/deskmate teach Where is the gym? | In the cellar.")
    answer = await office.ask()
    await office.hear(*(emoji(answer, "down", user=user) for user in PEOPLE[:3]))
    (proposal,) = await state.proposals.waiting()
    curated_id = (await state.curated.since(0))[0].id
    await office.hear(press(answer, "teach_undo", answer=curated_id))

    await office.hear(*(emoji(answer, "down", user=user) for user in PEOPLE))

    assert await office.served() is Outcome.CURATED
    assert await state.proposals.waiting() == (proposal,)


@pytest.mark.parametrize(
    ("helpful", "not_helpful", "doubted"),
    [(0, 2, False), (0, 3, True), (2, 3, True), (3, 3, False), (10, 9, False)],
)
def test_doubt_needs_three_people_and_the_majority(
    helpful: int, not_helpful: int, doubted: bool
) -> None:
    assert doubtful(Tally(helpful=helpful, not_helpful=not_helpful)) is doubted
