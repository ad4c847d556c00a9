"""Whole conversations: intake, dispatch, converse and feedback on a real database, with faults."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.access import Access
from bot.core.cards import progress_card
from bot.core.errors import ChannelRefused, ChannelUnavailable, StateUnavailable
from bot.core.intake import Intake
from bot.core.model import (
    AnswerRecord,
    Buttons,
    Capabilities,
    CardAction,
    ChatOpened,
    Conversation,
    Event,
    Fields,
    Form,
    InboundMessage,
    Markdown,
    MemberJoined,
    MessageRef,
    Progress,
    Sources,
    User,
)
from bot.core.progress import Drafts, Edit
from bot.core.rules import Rules
from bot.core.texts import EN, ZH
from bot.core.texts_smalltalk import SMALL_TALK
from bot.stores.state import State, open_state
from knowledge.errors import EngineUnavailable, StoreUnavailable
from knowledge.model import Answer, Draft, Question, Turn
from tests.fakes_core import (
    ADA,
    BOB,
    DIRECT,
    GROUP,
    PASSAGE,
    START,
    FakeChannel,
    FakeClock,
    FakeTime,
    ScriptedAnswerer,
    SharedBy,
    build_core,
    deleted,
    emoji,
    grounded,
    knows,
    message,
    press,
    settle,
    unknown,
    words,
)


@dataclass(kw_only=True)
class Desk:
    """A whole bot on one database; `restart` is what a crash leaves."""

    state: State
    channel: FakeChannel = field(default_factory=FakeChannel)
    answerer: ScriptedAnswerer = field(default_factory=knows)
    clock: FakeClock = field(default_factory=FakeClock)
    access: Access = field(default_factory=Access)
    questions_per_minute: int = 100
    deadline_s: float = 30.0
    time: FakeTime | None = None
    audience: frozenset[str] = frozenset({"everyone"})
    stores: State | None = None

    def intake(self) -> Intake:
        stores = self.stores or self.state
        dispatcher = build_core(
            stores=stores,
            channel=self.channel,
            answerer=self.answerer,
            clock=self.clock,
            rules=Rules(
                access=self.access,
                questions_per_minute=self.questions_per_minute,
                deadline_s=self.deadline_s,
            ),
            readers=SharedBy(lambda: self.audience),
            pacing=self.pace,
        ).dispatcher
        return Intake(self.state.inbox, dispatcher.dispatch, clock=self.clock)

    def pace(self, edit: Edit, capabilities: Capabilities) -> Drafts:
        if self.time is None:
            return Drafts(edit, capabilities=capabilities)
        return Drafts(edit, capabilities=capabilities, now=self.time.now, sleep=self.time.sleep)

    async def hear(self, *events: Event) -> None:
        """Everything that happens until each of these events is finished."""
        intake = self.intake()
        await intake.start()
        for event in events:
            await intake.accept(event)
        await intake.drain(60)

    async def hear_while_answering(self, question: InboundMessage, *events: Event) -> None:
        """What comes while the answer to a question does not come."""
        self.answerer.gate = asyncio.Event()
        intake = self.intake()
        await intake.start()
        await intake.accept(question)
        await self.answerer.reached.wait()
        for event in events:
            await intake.accept(event)
        await intake.drain(60)

    @property
    def last(self) -> MessageRef:
        """The card that was sent last."""
        return list(self.channel.shown)[-1]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = FakeClock()
    state = await open_state(data_dir=tmp_path, clock=clock)
    yield Desk(state=state, clock=clock)
    await state.close()


# ── asking ────────────────────────────────────────────────────────────────────────────────────


async def test_a_question_gets_one_card_that_becomes_its_answer(desk: Desk) -> None:
    asked = message()

    await desk.hear(asked)

    (first,) = desk.channel.sent
    assert isinstance(first.card.blocks[0], Progress)
    assert first.card.streaming
    assert first.answers == asked.ref
    text, sources, buttons = desk.channel.card.blocks
    assert text == Markdown(text="Fifteen days. [1]")
    assert isinstance(sources, Sources)
    assert sources.items[0].place == "Annual leave · p. 3"
    assert isinstance(buttons, Buttons)
    assert [button.name for button in buttons.items] == ["verdict", "verdict", "ask_person"]
    assert not desk.channel.card.streaming


async def test_the_reply_speaks_the_language_of_the_question(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda question: (unknown(question),))

    await desk.hear(message("食堂几点开门？"))

    assert desk.answerer.asked[0].language == "zh"
    assert desk.channel.card.language == "zh"
    assert ZH.unknown in words(desk.channel.card)


async def test_drafts_grow_at_the_platforms_pace(desk: Desk) -> None:
    desk.time = FakeTime()
    desk.channel.capabilities = Capabilities(draft_interval=timedelta(seconds=1))
    more = asyncio.Event()

    async def stream(question: Question) -> AsyncGenerator[Draft | Answer, None]:
        for text in ("Fif", "Fifteen", "Fifteen days."):
            yield Draft(text=text)
        await more.wait()
        yield grounded(question)

    desk.answerer.stream = stream  # type: ignore[method-assign]  # a script that waits half-way
    hearing = asyncio.create_task(desk.hear(message()))
    await desk.time.awaited.wait()
    await desk.time.pass_(1)
    drafts = [words(reply.card) for _, reply in desk.channel.updated]
    more.set()
    await hearing

    assert drafts == ["Fifteen days."]
    assert words(desk.channel.card) == "Fifteen days. [1]"


async def test_who_waits_in_line_sees_their_place_move(desk: Desk) -> None:
    desk.time = FakeTime()
    desk.channel.capabilities = Capabilities(draft_interval=timedelta(seconds=1))
    places = asyncio.Queue[int]()

    async def stream(question: Question) -> AsyncGenerator[Draft | Answer, None]:
        while place := await places.get():
            yield Draft(text="Leave is fifteen days.", place=place)
        yield grounded(question)

    desk.answerer.stream = stream  # type: ignore[method-assign]  # a script that waits half-way
    hearing = asyncio.create_task(desk.hear(message()))
    for place in (3, 2, 0):
        places.put_nowait(place)
        if place:
            await desk.time.awaited.wait()
            await desk.time.pass_(1)
    await hearing

    shown = [words(reply.card) for _, reply in desk.channel.updated]
    assert shown[:2] == [
        f"Leave is fifteen days.\n{EN.in_line.format(place=place)}" for place in (3, 2)
    ]
    assert words(desk.channel.card) == "Fifteen days. [1]"


async def test_a_later_question_knows_the_earlier_ones_of_this_person(desk: Desk) -> None:
    await desk.hear(message("How many days of leave?", conversation=GROUP))
    await desk.hear(message("And sick leave?", conversation=GROUP))
    await desk.hear(message("And me?", user=BOB, conversation=GROUP))

    assert desk.answerer.asked[1].history == (
        Turn(speaker="user", text="How many days of leave?"),
        Turn(speaker="assistant", text="Fifteen days. [1]"),
    )
    assert desk.answerer.asked[2].history == ()


async def test_the_question_carries_the_audience_of_its_readers(desk: Desk) -> None:
    desk.audience = frozenset({"everyone", "hr"})

    await desk.hear(message())

    assert desk.answerer.asked[0].audience == {"everyone", "hr"}


async def test_an_unaddressed_message_in_a_group_is_left_alone(desk: Desk) -> None:
    await desk.hear(message(conversation=GROUP, addressed=False))

    assert desk.channel.sent == []
    assert desk.answerer.asked == []


async def test_what_nobody_knows_becomes_a_gap_with_next_steps(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda question: (unknown(question),))

    await desk.hear(message("Where is the gym?"))

    (gap,) = await desk.state.gaps.standing()
    (ask,) = gap.asks
    assert (gap.question, ask.user, ask.wants_person) == ("Where is the gym?", ADA, False)
    assert [near.passage_id for near in gap.found] == [PASSAGE.id]
    assert EN.may_help in words(desk.channel.card)
    assert "- Leave" in words(desk.channel.card)


async def test_where_cards_cannot_be_edited_the_answer_is_the_only_card(desk: Desk) -> None:
    desk.channel.capabilities = Capabilities(edits=False)

    await desk.hear(message())

    assert len(desk.channel.sent) == 1
    assert desk.channel.updated == []
    assert words(desk.channel.card) == "Fifteen days. [1]"
    assert await desk.state.answers.find(desk.last) is not None
    assert len(await desk.state.memory.turns(DIRECT, ADA)) == 2


async def test_too_many_questions_get_a_time_to_come_back(desk: Desk) -> None:
    desk.questions_per_minute = 1

    await desk.hear(message(), message())

    assert len(desk.answerer.asked) == 1
    assert words(desk.channel.shown[desk.last]) == EN.limited.format(seconds=60)


async def test_two_bots_that_talk_to_each_other_fall_silent(desk: Desk) -> None:
    desk.questions_per_minute = 1

    await desk.hear(*(message() for _ in range(6)))

    assert len(desk.channel.shown) == 2


async def test_a_question_beyond_all_measure_is_turned_away(desk: Desk) -> None:
    await desk.hear(message("为什么" * 2_000))

    assert desk.answerer.asked == []
    assert words(desk.channel.shown[desk.last]) == ZH.too_long.format(characters=4_000)


async def test_a_picture_without_words_gets_a_kind_sentence(desk: Desk) -> None:
    await desk.hear(replace(message(""), attachment="image"))

    assert desk.answerer.asked == []
    assert words(desk.channel.shown[desk.last]) == EN.text_only


async def test_a_picture_with_a_question_is_answered_by_its_words(desk: Desk) -> None:
    await desk.hear(replace(message(), attachment="image"))

    assert len(desk.answerer.asked) == 1


async def test_what_a_message_quotes_is_read_as_what_was_said_before(desk: Desk) -> None:
    await desk.hear(replace(message("and in the second year?"), quoted="How much annual leave?"))

    (question,) = desk.answerer.asked
    assert question.text == "and in the second year?"
    assert question.history == (Turn(speaker="user", text="How much annual leave?"),)


async def test_a_quote_whose_words_did_not_come_along_is_looked_up(desk: Desk) -> None:
    desk.channel.said = {"in-1": "How much annual leave?"}
    quoted = MessageRef(platform="fake", id="in-1")

    await desk.hear(replace(message("and in the second year?"), quotes=quoted))

    (question,) = desk.answerer.asked
    assert question.history == (Turn(speaker="user", text="How much annual leave?"),)


async def test_in_a_thread_where_the_bot_answered_nobody_mentions_it_again(desk: Desk) -> None:
    thread = replace(GROUP, thread_id="t1")
    await desk.hear(message(conversation=thread))

    await desk.hear(message("and later?", conversation=thread, user=BOB, addressed=False))

    assert len(desk.answerer.asked) == 2


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(GROUP, thread_id="t2"),
        replace(GROUP, thread_id=""),
        replace(GROUP, id="other", thread_id="t1"),
    ],
)
async def test_elsewhere_the_bot_stays_silent_until_it_is_mentioned(
    desk: Desk, elsewhere: Conversation
) -> None:
    await desk.hear(message(conversation=replace(GROUP, thread_id="t1")))

    await desk.hear(message("and later?", conversation=elsewhere, addressed=False))

    assert len(desk.answerer.asked) == 1


async def test_in_its_thread_the_bot_lets_people_talk_to_each_other(desk: Desk) -> None:
    thread = replace(GROUP, thread_id="t1")
    await desk.hear(message(conversation=thread))

    aside = message("Bob, did you know?", conversation=thread, addressed=False)
    await desk.hear(replace(aside, names_others=True))

    assert len(desk.answerer.asked) == 1


async def test_a_question_taken_back_while_it_is_answered_stops(desk: Desk) -> None:
    asked = message()

    await desk.hear_while_answering(asked, deleted(asked))

    assert words(desk.channel.shown[desk.last]) == EN.taken_back
    assert await desk.state.answers.find(desk.last) is None


async def test_a_question_taken_back_while_it_waits_is_never_asked(desk: Desk) -> None:
    first, second = message(), message("Another?")

    await desk.hear_while_answering(first, second, deleted(second), deleted(first))

    assert [question.text for question in desk.answerer.asked] == [first.text]


async def test_taking_back_an_answered_question_changes_nothing(desk: Desk) -> None:
    asked = message()
    await desk.hear(asked)
    answered = words(desk.channel.shown[desk.last])

    await desk.hear(deleted(asked))

    assert words(desk.channel.shown[desk.last]) == answered


async def test_opening_the_chat_is_greeted_once(desk: Desk) -> None:
    def opened(key: str) -> ChatOpened:
        return ChatOpened(keys=(key,), conversation=DIRECT, user=ADA, received_at=START)

    await desk.hear(opened("first"))
    await desk.hear(opened("second"))

    (card,) = desk.channel.shown.values()
    assert card.title == EN.help_title


# ── commands ──────────────────────────────────────────────────────────────────────────────────


async def test_help_lists_the_commands(desk: Desk) -> None:
    await desk.hear(message("／ｄｅｓｋｍａｔｅ　help"))

    fields = desk.channel.card.blocks[-1]
    assert isinstance(fields, Fields)
    assert [typed for typed, _ in fields.rows] == [
        "/deskmate help",
        "/deskmate clear",
        "/deskmate whoami",
        "/deskmate ask",
    ]


async def test_a_bare_mention_gets_the_help(desk: Desk) -> None:
    await desk.hear(message("", conversation=GROUP))

    assert desk.channel.card.title == EN.help_title
    assert desk.channel.sent[0].only_for == ADA


async def test_clear_forgets_the_talk(desk: Desk) -> None:
    await desk.hear(message("年假有几天？"))

    await desk.hear(message("/deskmate clear"))

    assert await desk.state.memory.turns(DIRECT, ADA) == ()
    assert words(desk.channel.shown[desk.last]) == ZH.cleared


# ── faults ────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_delivered_three_times_is_answered_once(desk: Desk) -> None:
    asked = message()
    intake = desk.intake()
    await intake.start()

    await asyncio.gather(*(intake.accept(asked) for _ in range(3)))
    await intake.drain(60)
    await desk.hear(asked)

    assert len(desk.answerer.asked) == 1
    assert len(desk.channel.sent) == 1


async def test_a_crash_before_the_work_began_loses_nothing(desk: Desk) -> None:
    await desk.state.inbox.claim(message())

    await desk.hear()

    assert words(desk.channel.card) == "Fifteen days. [1]"


async def test_a_crash_while_generating_continues_on_the_same_card(desk: Desk) -> None:
    desk.answerer.gate = asyncio.Event()
    intake = desk.intake()
    await intake.start()
    await intake.accept(message())
    await desk.answerer.reached.wait()
    await intake.drain(0)

    desk.answerer.gate.set()
    await desk.hear()

    assert len(desk.channel.sent) == 1
    assert words(desk.channel.card) == "Fifteen days. [1]"


class Crash(BaseException):
    """The process is gone."""


async def crash(desk: Desk, asked: InboundMessage) -> None:
    """Handle a message until the process dies; nothing gets a chance to tidy up."""
    await desk.state.inbox.claim(asked)
    dispatcher = build_core(
        stores=desk.stores or desk.state,
        channel=desk.channel,
        answerer=desk.answerer,
        clock=desk.clock,
    ).dispatcher
    with pytest.raises(Crash):
        await dispatcher.dispatch(asked)


def die(*_: object) -> None:
    raise Crash


async def test_a_crash_between_sending_and_recording_shows_no_second_card(desk: Desk) -> None:
    desk.channel.on_send = die
    await crash(desk, message())

    desk.channel.on_send = lambda _reply: None
    await desk.hear()

    assert len(desk.channel.sent) == 1
    assert words(desk.channel.card) == "Fifteen days. [1]"


async def test_a_crash_before_the_final_card_shows_the_answer_without_asking_again(
    desk: Desk,
) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda question: (grounded(question),))
    desk.channel.on_update = die
    await crash(desk, message())

    desk.channel.on_update = lambda _reply: None
    await desk.hear()

    assert len(desk.answerer.asked) == 1
    assert words(desk.channel.card) == "Fifteen days. [1]"
    assert len(await desk.state.memory.turns(DIRECT, ADA)) == 2


async def test_a_crash_after_the_final_card_repeats_nothing(desk: Desk) -> None:
    asked = message()
    await desk.hear(asked)
    updates = len(desk.channel.updated)

    dispatcher = build_core(
        stores=desk.state,
        channel=desk.channel,
        answerer=desk.answerer,
        clock=desk.clock,
    ).dispatcher
    await dispatcher.dispatch(asked)

    assert len(desk.channel.updated) == updates
    assert len(desk.answerer.asked) == 1


async def test_past_the_deadline_the_card_says_so_and_a_person_can_be_asked(desk: Desk) -> None:
    desk.answerer.gate = asyncio.Event()
    desk.deadline_s = 0.05

    await desk.hear(message("Where is the gym?"))
    assert words(desk.channel.card) == EN.late
    await desk.hear(press(desk.last, "ask_person"))

    (gap,) = await desk.state.gaps.standing()
    assert (gap.question, gap.asks[0].wants_person) == ("Where is the gym?", True)


@pytest.mark.parametrize("error", [EngineUnavailable("gone"), StoreUnavailable("gone")])
async def test_without_its_knowledge_the_bot_asks_to_come_back(
    desk: Desk, error: Exception
) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda _question: (error,))

    await desk.hear(message())

    assert words(desk.channel.card) == EN.busy


async def test_a_bug_turns_the_growing_card_into_an_apology(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda _question: (ZeroDivisionError("secret"),))

    await desk.hear(message("年假有几天？"))

    assert words(desk.channel.card) == ZH.error
    assert await desk.state.inbox.unfinished() == ()


async def test_an_answerer_that_forgets_to_answer_is_a_bug(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda _question: (Draft(text="hm"),))

    await desk.hear(message())

    assert words(desk.channel.card) == EN.error


async def test_a_failing_draft_does_not_cost_the_answer(desk: Desk) -> None:
    desk.channel.fail_update.append(ChannelUnavailable("rate limited"))

    await desk.hear(message())

    assert [words(reply.card) for _, reply in desk.channel.updated] == ["Fifteen days. [1]"]


async def test_a_final_card_that_is_refused_is_sent_anew(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda question: (grounded(question),))
    desk.channel.fail_update.append(ChannelRefused("message_deleted"))

    await desk.hear(message())

    assert len(desk.channel.sent) == 2
    assert words(desk.channel.shown[desk.last]) == "Fifteen days. [1]"
    assert await desk.state.answers.find(desk.last) is not None
    assert len(await desk.state.memory.turns(DIRECT, ADA)) == 2


async def test_a_channel_that_refuses_everything_costs_that_event_only(desk: Desk) -> None:
    desk.channel.fail_send.extend([ChannelRefused("not_in_channel")] * 2)

    await desk.hear(message(), message())

    assert len(desk.channel.sent) == 1
    assert await desk.state.inbox.unfinished() == ()


async def test_an_answer_waits_while_its_platform_is_away(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda question: (grounded(question),))
    desk.channel.fail_update.append(ChannelUnavailable("503"))

    await desk.hear(message())  # its drain leaves the event to the next start
    before = desk.channel.card
    await desk.hear()

    assert before == progress_card("en")
    assert words(desk.channel.card) == "Fifteen days. [1]"
    assert len(desk.answerer.asked) == 1
    assert await desk.state.inbox.unfinished() == ()


class BrokenLedger:
    """A ledger whose database is away."""

    async def sent(self, key: str) -> MessageRef | None:
        if key.endswith("/final"):
            return None
        raise StateUnavailable("away")

    async def record(self, key: str, ref: MessageRef) -> None:
        raise StateUnavailable("away")


class BrokenMemory:
    """A memory whose database is away."""

    async def turns(self, conversation: Conversation, user: User) -> tuple[Turn, ...]:
        raise StateUnavailable("away")

    async def remember(self, conversation: Conversation, user: User, *turns: Turn) -> None:
        raise StateUnavailable("away")

    async def clear(self, conversation: Conversation, user: User) -> None:
        raise StateUnavailable("away")


async def test_without_a_ledger_or_memory_there_is_still_an_answer(desk: Desk) -> None:
    desk.stores = replace(desk.state, ledger=BrokenLedger(), memory=BrokenMemory())

    await desk.hear(message())

    assert len(desk.channel.sent) == 1
    assert words(desk.channel.card) == "Fifteen days. [1]"


async def test_a_command_that_breaks_says_sorry(desk: Desk) -> None:
    desk.stores = replace(desk.state, memory=BrokenMemory())

    await desk.hear(message("/deskmate clear"))

    assert words(desk.channel.card) == EN.error


class BrokenAnswers:
    """An answer log with a bug."""

    async def add(self, record: AnswerRecord) -> None:
        raise ZeroDivisionError

    async def find(self, ref: MessageRef) -> AnswerRecord | None:
        raise ZeroDivisionError


async def test_nobody_is_told_that_their_emoji_broke_something(desk: Desk) -> None:
    desk.stores = replace(desk.state, answers=BrokenAnswers())

    await desk.hear(emoji(MessageRef(platform="fake", id="m1"), "up"))

    assert desk.channel.sent == []
    assert await desk.state.inbox.unfinished() == ()


async def test_a_command_handled_again_after_a_crash_runs_once(desk: Desk) -> None:
    asked = message("/deskmate clear")
    await desk.hear(asked)
    await desk.state.memory.remember(DIRECT, ADA, Turn(speaker="user", text="later"))

    dispatcher = build_core(
        stores=desk.state,
        channel=desk.channel,
        answerer=desk.answerer,
        clock=desk.clock,
    ).dispatcher
    await dispatcher.dispatch(asked)

    assert len(await desk.state.memory.turns(DIRECT, ADA)) == 1


async def test_logs_hold_no_word_of_what_people_wrote(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda _question: (EngineUnavailable("gone"),))

    with caplog.at_level(logging.INFO):
        await desk.hear(message("my salary is secret"), message("/deskmate secret"))

    logged = " ".join(f"{entry.getMessage()} {entry.__dict__}" for entry in caplog.records)
    assert "event_dispatched" in logged
    assert "secret" not in logged


async def test_a_new_member_and_an_unknown_button_break_nothing(desk: Desk) -> None:
    joined = MemberJoined(keys=("j1",), conversation=GROUP, user=ADA, received_at=START)
    pressed = press(MessageRef(platform="fake", id="old"), "of_an_old_version")

    await desk.hear(joined, pressed)

    assert words(desk.channel.card) == EN.action_gone


# ── feedback ──────────────────────────────────────────────────────────────────────────────────


async def test_a_thumb_up_is_counted_and_thanked_for(desk: Desk) -> None:
    await desk.hear(message(conversation=GROUP))
    answer = desk.last

    await desk.hear(press(answer, "verdict", user=BOB, conversation=GROUP, vote="up"))

    (verdict,) = await desk.state.verdicts.of(answer)
    assert (verdict.user, verdict.value) == (BOB, 1)
    assert words(desk.channel.shown[desk.last]) == EN.thanks
    assert desk.channel.sent[-1].only_for == BOB


async def test_a_thumb_down_asks_why_and_the_reason_completes_it(desk: Desk) -> None:
    await desk.hear(message("年假有几天？"))
    answer = desk.last
    await desk.hear(press(answer, "verdict", vote="down"))
    form = desk.channel.shown[desk.last].blocks[-1]
    assert isinstance(form, Form)

    typed = {"reason": "outdated", "correction": " 二十天 "}
    await desk.hear(press(desk.last, form.name, **form.values, **typed))

    (verdict,) = await desk.state.verdicts.of(answer)
    assert (verdict.value, verdict.reason, verdict.correction) == (-1, "outdated", "二十天")
    assert words(desk.channel.shown[desk.last]) == ZH.thanks_reason


async def test_where_nothing_is_private_a_group_is_not_bothered_with_thanks(desk: Desk) -> None:
    desk.channel.capabilities = replace(desk.channel.capabilities, private=False)
    await desk.hear(message(conversation=GROUP))

    await desk.hear(press(desk.last, "verdict", conversation=GROUP, vote="up"))

    assert len(desk.channel.sent) == 1
    assert len(await desk.state.verdicts.of(desk.last)) == 1


async def test_a_reaction_counts_like_a_button_and_can_be_taken_back(desk: Desk) -> None:
    await desk.hear(message())
    answer = desk.last

    await desk.hear(emoji(answer, "up"), emoji(answer, "down"))
    await desk.hear(emoji(answer, "up", withdrawn=True))
    (standing,) = await desk.state.verdicts.of(answer)
    await desk.hear(emoji(answer, "down", withdrawn=True))

    assert standing.value == -1
    assert await desk.state.verdicts.of(answer) == ()
    assert len(desk.channel.sent) == 1


async def test_a_reaction_to_somebody_elses_message_means_nothing(desk: Desk) -> None:
    await desk.hear(emoji(MessageRef(platform="fake", id="elsewhere"), "up"))

    assert desk.channel.sent == []


async def test_asking_for_a_person_turns_the_gap_into_a_request(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda question: (unknown(question),))
    await desk.hear(message("Where is the gym?", conversation=GROUP))
    answer = desk.last

    await desk.hear(press(answer, "ask_person", conversation=GROUP))
    await desk.hear(press(answer, "ask_person", user=BOB, conversation=GROUP))

    (gap,) = await desk.state.gaps.standing()
    assert {ask.user.id: ask.wants_person for ask in gap.asks} == {"ada": True, "bob": True}
    assert words(desk.channel.shown[desk.last]) == EN.nobody_to_ask


async def test_a_source_opens_for_the_one_who_asked(desk: Desk) -> None:
    await desk.hear(message(conversation=GROUP))

    opened = press(desk.last, "open_source", user=BOB, conversation=GROUP, passage_id=PASSAGE.id)
    await desk.hear(opened)

    card = desk.channel.shown[desk.last]
    assert card.title == "Leave"
    assert PASSAGE.text in words(card)
    assert desk.channel.sent[-1].only_for == BOB


async def test_a_source_stays_closed_where_its_readers_may_not_see_it(desk: Desk) -> None:
    desk.answerer.passages = {"pay": replace(PASSAGE, id="pay", audience=frozenset({"hr"}))}
    await desk.hear(message())
    answer = desk.last
    desk.audience = frozenset({"everyone", "hr"})

    await desk.hear(press(answer, "open_source", passage_id="pay"))

    assert words(desk.channel.shown[desk.last]) == EN.passage_gone


async def test_a_source_without_its_answer_goes_by_the_readers_alone(desk: Desk) -> None:
    gone = MessageRef(platform="fake", id="gone")

    await desk.hear(press(gone, "open_source", passage_id=PASSAGE.id))

    assert PASSAGE.text in words(desk.channel.card)


@pytest.mark.parametrize("name", ["verdict", "verdict_reason", "ask_person"])
async def test_a_button_under_a_forgotten_answer_says_so(desk: Desk, name: str) -> None:
    await desk.hear(press(MessageRef(platform="fake", id="gone"), name))

    assert words(desk.channel.card) == EN.answer_gone


async def test_an_action_handled_again_after_a_crash_replies_once(desk: Desk) -> None:
    await desk.hear(message())
    pressed: CardAction = press(desk.last, "verdict", vote="up")
    dispatcher = build_core(
        stores=desk.state,
        channel=desk.channel,
        answerer=desk.answerer,
        clock=desk.clock,
    ).dispatcher

    await dispatcher.dispatch(pressed)
    await dispatcher.dispatch(pressed)
    await settle()

    assert len(desk.channel.sent) == 2
    assert len(await desk.state.verdicts.of(pressed.ref)) == 1


# ── what asks nothing ─────────────────────────────────────────────────────────────────────────


async def test_a_greeting_is_greeted_and_nothing_is_looked_up(desk: Desk) -> None:
    await desk.hear(message("你好"))

    assert words(desk.channel.card) == SMALL_TALK["zh"].hello
    assert desk.answerer.asked == []


async def test_who_greets_in_a_group_is_greeted_there(desk: Desk) -> None:
    await desk.hear(message("大家好", conversation=GROUP))

    (reply,) = desk.channel.sent
    assert (reply.conversation, reply.only_for) == (GROUP, None)


async def test_thanks_leave_no_gap_behind(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda question: (unknown(question),))

    await desk.hear(message("thanks!"))

    assert words(desk.channel.card) == SMALL_TALK["en"].thanks
    assert not await desk.state.gaps.standing()


async def test_thanks_among_people_in_a_thread_are_left_to_them(desk: Desk) -> None:
    thread = replace(GROUP, thread_id="t1")
    await desk.hear(message(conversation=thread))

    await desk.hear(message("Thanks a lot!", user=BOB, conversation=thread, addressed=False))

    assert len(desk.channel.sent) == 1


async def test_a_question_after_thanks_still_means_what_was_asked_before(desk: Desk) -> None:
    for text in ("年假有几天？", "谢谢", "那第二年呢？"):
        await desk.hear(message(text))

    *_, followed = desk.answerer.asked
    assert [turn.text for turn in followed.history if turn.speaker == "user"] == ["年假有几天？"]


async def test_help_in_plain_words_shows_the_help(desk: Desk) -> None:
    await desk.hear(message("help"))

    assert desk.channel.card.title == EN.help_title


async def test_who_does_not_want_to_live_is_answered_alone_and_nobody_is_told(desk: Desk) -> None:
    desk.answerer = ScriptedAnswerer(script=lambda question: (unknown(question),))

    await desk.hear(message("我不想活了", conversation=GROUP))

    (reply,) = desk.channel.sent
    assert SMALL_TALK["zh"].care in words(reply.card)
    assert reply.only_for == ADA
    assert not await desk.state.gaps.standing()


async def test_who_does_not_want_to_live_is_never_told_to_wait(desk: Desk) -> None:
    desk.questions_per_minute = 1
    await desk.hear(*(message(f"How many days in year {year}?") for year in range(5)))

    await desk.hear(message("I want to kill myself"))

    assert SMALL_TALK["en"].care in words(desk.channel.shown[desk.last])


async def test_the_words_of_despair_are_no_question_to_the_command_ask(desk: Desk) -> None:
    await desk.hear(message("/deskmate ask I want to kill myself"))

    assert SMALL_TALK["en"].care in words(desk.channel.card)
    assert desk.answerer.asked == []
