"""In a group that did not ask: seldom, each topic once, and quiet when told so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.etiquette import Manners
from bot.core.model import Conversation, Event, InboundMessage
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
