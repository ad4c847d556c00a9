"""In a group that did not ask: seldom, each topic once, and quiet when told so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.errors import StateUnavailable
from bot.core.etiquette import Manners
from bot.core.model import Conversation, Event, InboundMessage
from bot.core.noted import Noted, marks, noted_in
from bot.core.replicas import ALONE, Heard, Others
from bot.core.texts import EN, ZH
from bot.stores.state import State, open_state
from tests.fakes_core import (
    ADA,
    BOB,
    GROUP,
    PATIENT,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    build_core,
    knows,
    message,
    unknown,
    words,
)

LEAVE = "How many days of leave do we have?"


def said(text: str, *, conversation: Conversation = GROUP, addressed: bool = False) -> Event:
    return message(text, conversation=conversation, addressed=addressed, user=BOB)


@dataclass(kw_only=True)
class Group:
    """A bot that listens to groups, and stays the same from message to message."""

    state: State
    clock: FakeClock
    manners: Manners = field(default_factory=Manners)
    channel: FakeChannel = field(default_factory=FakeChannel)
    answerer: ScriptedAnswerer = field(default_factory=knows)
    talking: list[bool] = field(default_factory=list)
    others: Others = ALONE

    async def engages(
        self, message: str, *, audience: frozenset[str], talking: bool = False
    ) -> bool:
        self.talking.append(talking)
        return True

    def open(self) -> None:
        self.dispatcher = build_core(
            stores=self.state,
            channel=self.channel,
            answerer=self.answerer,
            clock=self.clock,
            rules=replace(PATIENT, questions_per_minute=100, manners=self.manners),
            engages=self.engages,
            others=self.others,
        ).dispatcher

    async def hear(self, *events: Event) -> int:
        """How many cards were sent for these."""
        before = len(self.channel.sent)
        for event in events:
            await self.dispatcher.dispatch(event)
        return len(self.channel.sent) - before


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Group]:
    clock = FakeClock()
    state = await open_state(data_dir=tmp_path, clock=clock)
    made = Group(state=state, clock=clock)
    made.open()
    yield made
    await state.close()


async def test_the_same_topic_is_answered_once_until_the_cool_down_is_over(group: Group) -> None:
    assert await group.hear(said(LEAVE), said("So how much leave is it, folks?")) == 1

    group.clock.move(timedelta(minutes=31))

    assert await group.hear(said(LEAVE)) == 1


async def test_what_the_bot_was_asked_is_not_told_again_unasked(group: Group) -> None:
    await group.hear(said(LEAVE, addressed=True))

    assert await group.hear(said(LEAVE)) == 0


async def test_whoever_asks_the_bot_is_answered_however_often(group: Group) -> None:
    await group.hear(said(LEAVE))

    assert await group.hear(said(LEAVE, addressed=True)) == 1


async def test_another_channel_has_topics_of_its_own(group: Group) -> None:
    elsewhere = replace(GROUP, id="elsewhere")

    assert await group.hear(said(LEAVE), said(LEAVE, conversation=elsewhere)) == 2


async def test_a_channel_gets_so_many_unasked_answers_an_hour(group: Group) -> None:
    group.manners = Manners(cooldown=timedelta(0), per_hour=2)
    group.open()

    assert await group.hear(*(said(f"{LEAVE} {number}") for number in range(4))) == 2

    group.clock.move(timedelta(minutes=61))
    assert await group.hear(said(LEAVE)) == 1


@pytest.mark.parametrize(
    "rebuke",
    ["stop", "Bot, shut up!", "nobody asked you", "闭嘴", "别说了。", "不用回复了", "没人问你",
     "That's wrong.", "不对，年假是十天", "Wrong."],
)  # fmt: skip
async def test_a_word_from_anybody_makes_it_quiet(group: Group, rebuke: str) -> None:
    group.manners = Manners(cooldown=timedelta(0))
    group.open()
    await group.hear(said(LEAVE))

    assert await group.hear(said(rebuke), said(LEAVE)) == 0

    group.clock.move(timedelta(minutes=61))
    assert await group.hear(said(LEAVE)) == 1


@pytest.mark.parametrize(("rebuke", "reply"), [("stop", EN.hushed), ("闭嘴", ZH.hushed)])
async def test_whoever_names_the_bot_is_told_that_it_will_be_quiet(
    group: Group, rebuke: str, reply: str
) -> None:
    assert await group.hear(said(rebuke, addressed=True)) == 1
    assert words(group.channel.sent[-1].card) == reply

    assert await group.hear(said(LEAVE)) == 0


@pytest.mark.parametrize(
    "text", ["stop", "That's wrong.", "客户的邮件不用回复吗？", "How do I stop the server?"]
)
async def test_what_people_say_to_each_other_is_no_rebuke(group: Group, text: str) -> None:
    await group.hear(said(text))
    group.clock.move(timedelta(hours=2))

    assert await group.hear(said(LEAVE)) == 1


async def test_a_question_with_such_words_is_still_a_question(group: Group) -> None:
    asked = said("客户的邮件不用回复吗？", addressed=True)
    assert isinstance(asked, InboundMessage)

    await group.hear(asked)

    assert [question.text for question in group.answerer.asked] == [asked.text]


async def test_it_is_told_who_is_in_the_midst_of_a_talk(group: Group) -> None:
    other = message("And parking?", conversation=GROUP, addressed=False, user=ADA)

    await group.hear(said(LEAVE), other, said("So?"))
    group.clock.move(timedelta(minutes=11))
    await group.hear(said("Hello?"))

    assert group.talking == [False, False, True, False]


async def test_a_message_that_is_handled_again_does_not_follow_itself(group: Group) -> None:
    group.answerer = ScriptedAnswerer(script=lambda question: (unknown(question),))
    group.open()
    overheard = said(LEAVE)

    await group.hear(overheard, overheard)

    assert group.talking == [False, False]


# ── of several bots ───────────────────────────────────────────────────────────────────────────


@dataclass
class Wire:
    """Tells everybody at once, whoever says it too, as PostgreSQL does."""

    listening: list[Heard] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    cut: bool = False

    async def turn(self, _work: str) -> bool:
        return True

    async def tell(self, topic: str, said: str) -> None:
        if self.cut:
            raise StateUnavailable("the database is away")
        if topic == "manners":
            self.said.append(said)
            for heard in self.listening:
                heard(said)

    def hear(self, topic: str, heard: Heard) -> None:
        if topic == "manners":
            self.listening.append(heard)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def two(group: Group, wire: Wire) -> tuple[Group, Group]:
    """Two bots in one channel; each gets some of its messages."""
    made = [replace(group, others=wire, channel=FakeChannel()) for _ in range(2)]
    for each in made:
        each.open()
    return made[0], made[1]


async def test_what_one_bot_answered_the_other_does_not_repeat(two: tuple[Group, Group]) -> None:
    one, other = two
    await one.hear(said(LEAVE))

    assert await other.hear(said("So how much leave is it, folks?")) == 0


async def test_bots_have_one_budget_for_a_channel(group: Group, wire: Wire) -> None:
    polite = Manners(cooldown=timedelta(0), per_hour=3)
    made = [replace(group, others=wire, manners=polite, channel=FakeChannel()) for _ in range(2)]
    for each in made:
        each.open()

    sent = [await each.hear(said(LEAVE)) for each in (*made, *made)]

    assert sent == [1, 1, 1, 0]


async def test_whoever_tells_one_bot_to_stop_tells_both(two: tuple[Group, Group]) -> None:
    one, other = two
    await one.hear(said("@Deskmate stop", addressed=True))

    assert await other.hear(said(LEAVE)) == 0


async def test_what_is_told_holds_no_word_of_anybody(two: tuple[Group, Group], wire: Wire) -> None:
    await two[0].hear(said(LEAVE))

    (told,) = wire.said
    assert "leave" not in told


async def test_where_the_others_cannot_be_told_the_answer_is_given_all_the_same(
    two: tuple[Group, Group], wire: Wire
) -> None:
    wire.cut = True

    assert await two[0].hear(said(LEAVE)) == 1


async def test_what_nobody_understands_is_not_heeded(two: tuple[Group, Group], wire: Wire) -> None:
    for told in ("", "x", "x shouts fake - - general", "a b c d e f g"):
        for heard in wire.listening:
            heard(told)

    assert await two[0].hear(said(LEAVE)) == 1


def test_the_longest_that_is_told_fits_and_comes_back() -> None:
    words = marks(f"word {number}" for number in range(4_000))
    long = Noted(
        by="abcd1234", what="quiet", channel=("fake", "一 " * 128), words=words, sources=words
    )
    short = replace(long, words=marks(["leave"]), sources=marks(["leave#3", "leave#4"]))

    assert len(long.told().encode()) < 7_900
    assert noted_in(short.told()) == short
    assert noted_in(replace(short, words=frozenset()).told()) == replace(short, words=frozenset())
