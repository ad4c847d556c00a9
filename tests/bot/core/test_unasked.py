"""In a group set to "relevant", what nobody asked the bot is answered only where it is known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.core.dispatch import LONGEST_QUESTION
from bot.core.errors import ChannelRefused
from bot.core.model import Event, InboundMessage, MessageRef
from bot.core.ports import Engages
from bot.stores.state import State, open_state
from knowledge.errors import EngineUnavailable, StoreUnavailable
from tests.fakes_core import (
    BOB,
    GROUP,
    PATIENT,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    build_core,
    deleted,
    knows,
    message,
    unknown,
    words,
)

OVERHEARD = message("How many days of leave do we have?", conversation=GROUP, addressed=False)


async def always(message: str, *, audience: frozenset[str], talking: bool = False) -> bool:
    return True


async def never(message: str, *, audience: frozenset[str], talking: bool = False) -> bool:
    return False


async def broken(message: str, *, audience: frozenset[str], talking: bool = False) -> bool:
    raise StoreUnavailable("gone")


@dataclass(kw_only=True)
class Group:
    """A bot that listens to a group."""

    state: State
    clock: FakeClock
    engages: Engages | None = always
    channel: FakeChannel = field(default_factory=FakeChannel)
    answerer: ScriptedAnswerer = field(default_factory=knows)
    questions_per_minute: int = 100

    async def hear(self, *events: Event) -> None:
        dispatcher = build_core(
            stores=self.state,
            channel=self.channel,
            answerer=self.answerer,
            clock=self.clock,
            rules=replace(PATIENT, questions_per_minute=self.questions_per_minute),
            engages=self.engages,
        ).dispatcher
        for event in events:
            await dispatcher.dispatch(event)


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[Group]:
    clock = FakeClock()
    state = await open_state(data_dir=tmp_path, clock=clock)
    yield Group(state=state, clock=clock)
    await state.close()


async def test_a_question_to_the_room_is_answered_with_one_finished_card(group: Group) -> None:
    await group.hear(OVERHEARD)

    (reply,) = group.channel.sent
    assert words(reply.card) == "Fifteen days. [1]"
    assert not reply.card.streaming
    assert reply.answers == OVERHEARD.ref


async def test_the_answer_is_kept_for_verdicts_and_given_once(group: Group) -> None:
    await group.hear(OVERHEARD, OVERHEARD)

    (ref,) = group.channel.shown
    kept = await group.state.answers.find(ref)
    assert kept is not None
    assert kept.question == OVERHEARD.text
    assert len(group.answerer.asked) == 1


async def test_what_is_not_known_is_met_with_silence(group: Group) -> None:
    group.answerer = ScriptedAnswerer(script=lambda question: (unknown(question),))

    await group.hear(OVERHEARD)

    assert group.answerer.asked
    assert not group.channel.sent


@pytest.mark.parametrize("engages", [None, never, broken])
async def test_what_need_not_be_answered_is_not_even_looked_up(
    group: Group, engages: Engages | None
) -> None:
    group.engages = engages

    await group.hear(OVERHEARD)

    assert not group.answerer.asked
    assert not group.channel.sent


@pytest.mark.parametrize("ref_id", ["om_1", "C1:171.5"])
async def test_a_message_that_begins_its_own_thread_is_to_everybody(
    group: Group, ref_id: str
) -> None:
    own = ref_id.rpartition(":")[2]
    begins = replace(
        OVERHEARD,
        ref=MessageRef(platform="fake", id=ref_id),
        conversation=replace(GROUP, thread_id=own),
    )

    await group.hear(begins)

    assert len(group.channel.sent) == 1


@pytest.mark.parametrize(
    "to_somebody",
    [
        replace(OVERHEARD, names_others=True),
        replace(OVERHEARD, conversation=replace(GROUP, thread_id="t1")),
        replace(OVERHEARD, quoted="Who has the key?"),
        replace(OVERHEARD, quotes=MessageRef(platform="fake", id="m7")),
        replace(OVERHEARD, text="  "),
        replace(OVERHEARD, text="?" * (LONGEST_QUESTION + 1)),
    ],
)
async def test_what_goes_on_with_anothers_talk_is_left_alone(
    group: Group, to_somebody: InboundMessage
) -> None:
    await group.hear(to_somebody)

    assert not group.answerer.asked


@pytest.mark.parametrize("error", [EngineUnavailable("e5"), StoreUnavailable("gone"), ValueError()])
async def test_nobody_hears_an_apology_they_did_not_ask_for(group: Group, error: Exception) -> None:
    group.answerer = ScriptedAnswerer(script=lambda _question: (error,))

    await group.hear(OVERHEARD)

    assert not group.channel.sent


async def test_a_platform_that_refuses_the_card_is_not_asked_again(group: Group) -> None:
    group.channel.fail_send = [ChannelRefused("not_in_channel")]

    await group.hear(OVERHEARD)

    assert not group.channel.sent


async def test_past_the_limit_nothing_is_said(group: Group) -> None:
    group.questions_per_minute = 1

    await group.hear(OVERHEARD, message("And me?", conversation=GROUP, addressed=False))
    await group.hear(message("And you?", user=BOB, conversation=GROUP, addressed=False))

    assert len(group.channel.sent) == 2


async def test_a_message_taken_back_is_not_answered(group: Group) -> None:
    await group.hear(deleted(OVERHEARD), OVERHEARD)

    assert not group.answerer.asked


async def test_who_mentions_the_bot_is_answered_whatever_engages_says(group: Group) -> None:
    group.engages = never

    await group.hear(message("Where is the gym?", conversation=GROUP))

    assert group.channel.card
