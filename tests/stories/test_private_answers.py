"""Asked in a group: what all there may read is said to all, what only the asker may, to the asker.

The knowledge side is a script that answers from what the question's readers may read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.core.cards import OPEN_SOURCE
from bot.core.desks import Desks
from bot.core.errors import ChannelRefused
from bot.core.model import Card, Conversation, Event, MessageRef, User
from bot.core.texts import EN
from bot.stores.state import State, open_state
from knowledge.errors import StoreUnavailable
from knowledge.model import Answer, Draft, Question
from tests.fakes_core import (
    ADA,
    BOB,
    GROUP,
    PASSAGE,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    build_core,
    deleted,
    grounded,
    message,
    press,
    unknown,
    words,
)

COMMON = frozenset({"everyone"})
PAY = replace(PASSAGE, id="pay#1", document_id="pay", title="Pay", audience=frozenset({"hr"}))
SECRET = "Sixty thousand a year. [1]"


@dataclass
class Names:
    """Who belongs to what; in a group all share `shared`."""

    own: dict[str, frozenset[str]]
    shared: frozenset[str] = COMMON

    async def alone(self, user: User) -> frozenset[str]:
        return self.own.get(user.id, COMMON)

    async def together(self, place: Conversation, user: User) -> frozenset[str]:
        return await self.alone(user) if place.direct else self.shared


def says(question: Question) -> tuple[Draft | Answer | Exception, ...]:
    """The pay, to those who may read it; to others that it is not known."""
    if not PAY.audience & question.audience:
        return (unknown(question),)
    answer = grounded(question, SECRET)
    (citation,) = answer.citations
    hit = replace(answer.hits[0], passage=PAY)
    return (replace(answer, citations=(replace(citation, passage_id=PAY.id),), hits=(hit,)),)


@dataclass(kw_only=True)
class Company:
    """Ada belongs to HR, Bob does not."""

    state: State
    channel: FakeChannel = field(default_factory=FakeChannel)
    names: Names = field(default_factory=lambda: Names(own={"ada": COMMON | {"hr"}}))
    answerer: ScriptedAnswerer = field(
        default_factory=lambda: ScriptedAnswerer(
            script=says, passages={PAY.id: PAY, PASSAGE.id: PASSAGE}
        )
    )

    def __post_init__(self) -> None:
        self.desks: Desks = build_core(
            stores=self.state,
            channel=self.channel,
            answerer=self.answerer,
            clock=FakeClock(),
            readers=self.names,
        )

    async def hear(self, event: Event) -> None:
        await self.desks.dispatcher.dispatch(event)

    def private(self) -> list[tuple[MessageRef, Card]]:
        """Cards that only one person sees."""
        whispered = {reply.key for reply in self.channel.sent if reply.only_for is not None}
        refs = [self.channel._keys[key] for key in sorted(whispered)]
        return [(ref, self.channel.shown[ref]) for ref in refs]


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    state = await open_state(data_dir=tmp_path, clock=FakeClock())
    yield Company(state=state)
    await state.close()


async def test_the_group_gets_what_all_may_read_and_the_asker_the_rest(company: Company) -> None:
    await company.hear(message("What is the pay?", conversation=GROUP))

    group, whispered = company.channel.sent
    assert EN.unknown in words(company.channel.shown[company.channel._keys[group.key]])
    assert whispered.only_for == ADA
    assert SECRET in words(whispered.card)
    assert "Only you see this" in words(whispered.card)


async def test_the_group_card_is_the_same_whoever_asks(company: Company) -> None:
    await company.hear(message("What is the pay?", conversation=GROUP, user=ADA))
    await company.hear(message("What is the pay?", conversation=GROUP, user=BOB))

    cards = {repr(company.channel.shown[ref]) for ref in company.channel.shown}
    assert len(company.private()) == 1
    assert len(cards) == 2  # one for the group, however often, and one for Ada


async def test_nothing_is_whispered_that_the_group_was_told(company: Company) -> None:
    company.names.shared = COMMON | {"hr"}

    await company.hear(message("What is the pay?", conversation=GROUP))

    assert company.private() == []
    assert SECRET in words(company.channel.card)


async def test_nothing_is_whispered_where_only_pages_for_all_answer(company: Company) -> None:
    company.answerer.script = lambda question: (grounded(question),)

    await company.hear(message(conversation=GROUP))

    assert company.private() == []


async def test_where_it_is_not_sure_nothing_is_whispered(company: Company) -> None:
    company.answerer.script = lambda question: (unknown(question),)

    await company.hear(message(conversation=GROUP))

    assert len(company.answerer.asked) == 2
    assert company.private() == []


async def test_in_a_direct_conversation_there_is_one_answer(company: Company) -> None:
    await company.hear(message("What is the pay?"))

    assert len(company.answerer.asked) == 1
    assert SECRET in words(company.channel.card)


async def test_what_was_whispered_is_not_remembered_where_others_are(company: Company) -> None:
    asked = message("What is the pay?", conversation=GROUP)

    await company.hear(asked)

    turns = await company.state.memory.turns(GROUP, ADA)
    assert SECRET not in {turn.text for turn in turns}
    ((ref, _),) = company.private()
    record = await company.state.answers.find(ref)
    assert record is not None
    assert record.conversation == Conversation(platform="fake", id="ada", direct=True)
    assert record.asked is None


async def test_handled_again_after_a_crash_it_is_whispered_once(company: Company) -> None:
    asked = message("What is the pay?", conversation=GROUP)

    await company.hear(asked)
    await company.hear(asked)

    assert len(company.private()) == 1
    assert len(company.answerer.asked) == 2


async def test_a_crash_between_the_two_answers_loses_neither(company: Company) -> None:
    asked = message("What is the pay?", conversation=GROUP)
    company.channel.fail_send = [None, ChannelRefused("user_not_in_channel"), None]
    await company.hear(asked)
    assert company.private() == []

    await company.hear(asked)

    assert len(company.private()) == 1


async def test_a_store_that_breaks_meanwhile_costs_the_private_answer_alone(
    company: Company,
) -> None:
    def breaks(question: Question) -> tuple[Draft | Answer | Exception, ...]:
        if "hr" in question.audience:
            return (StoreUnavailable("away"),)
        return (grounded(question),)

    company.answerer.script = breaks

    await company.hear(message(conversation=GROUP))

    assert words(company.channel.card) == "Fifteen days. [1]"


async def test_a_question_that_was_taken_back_is_not_answered_in_private(company: Company) -> None:
    asked = message("What is the pay?", conversation=GROUP)

    await company.hear(deleted(asked))
    await company.hear(asked)

    assert company.channel.sent == []


async def test_a_source_on_the_card_of_others_opens_for_those_who_may_read_it(
    company: Company,
) -> None:
    company.names.shared = COMMON | {"hr"}
    await company.hear(message("What is the pay?", conversation=GROUP))
    (ref,) = company.channel.shown

    await company.hear(press(ref, OPEN_SOURCE, user=BOB, conversation=GROUP, passage_id=PAY.id))
    await company.hear(press(ref, OPEN_SOURCE, user=ADA, conversation=GROUP, passage_id=PAY.id))

    (_, bobs), (_, adas) = company.private()
    assert words(bobs) == EN.passage_gone
    assert PAY.text in words(adas)


async def test_only_what_a_card_shows_can_be_opened_from_it(company: Company) -> None:
    company.answerer.script = lambda question: (grounded(question),)
    await company.hear(message(conversation=GROUP))
    (ref,) = company.channel.shown

    await company.hear(press(ref, OPEN_SOURCE, user=ADA, conversation=GROUP, passage_id=PAY.id))

    ((_, card),) = company.private()
    assert words(card) == EN.passage_gone
