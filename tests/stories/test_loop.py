"""What the bot cannot answer today it answers tomorrow: gaps, experts, review, and their ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.core.access import Access
from bot.core.desks import Desks
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.experts import Asking
from bot.core.loop_cards import (
    EXPERT_ANSWER,
    FORGET,
    GAP_CLOSE,
    GAP_OPEN,
    NOT_MINE,
    PROPOSAL_ACCEPT,
    PROPOSAL_EDIT,
    PROPOSAL_REJECT,
    TEACH,
    UNDO,
)
from bot.core.model import (
    Buttons,
    Capabilities,
    Card,
    CardAction,
    Conversation,
    Event,
    Fields,
    Form,
    Gap,
    GapState,
    MessageRef,
    Reply,
    User,
)
from bot.core.owners import Domain, Owners
from bot.core.ports import Gaps
from bot.core.rules import Rules
from bot.core.texts import EN
from bot.core.texts_loop import LOOP_TEXTS
from bot.stores.state import State, open_state
from knowledge.curated import Curated, CuratedFirst
from knowledge.model import EVERYONE, Answer, Outcome, Question
from tests.fakes_core import (
    ADA,
    BOB,
    GROUP,
    FakeChannel,
    FakeClock,
    SameWords,
    ScriptedAnswerer,
    build_core,
    emoji,
    grounded,
    knows,
    message,
    press,
    unknown,
    words,
)

EVE = User(platform="fake", id="eve", name="Eve")
IAN = User(platform="fake", id="ian", name="Ian")
ROOT = User(platform="fake", id="root", name="Root")
GYM = "Where is the gym?"


def at_desk_of(user: User) -> Conversation:
    return Conversation(platform="fake", id=user.id, direct=True)


@dataclass(kw_only=True)
class Company:
    """Ada and Bob ask; Eve and then Ian look after sports; Root administers."""

    state: State
    clock: FakeClock
    channel: FakeChannel = field(default_factory=FakeChannel)
    knows: ScriptedAnswerer = field(
        default_factory=lambda: ScriptedAnswerer(script=lambda question: (unknown(question),))
    )
    asking: Asking = field(default_factory=Asking)
    edition: str = "the first"

    async def edition_now(self) -> str:
        return self.edition

    def core(self) -> Desks:
        """A bot as it starts: nothing but the database is left from before."""
        curated = Curated(self.state.curated, likeness=SameWords(), sources=self.knows)
        owners = Owners(
            domains=(Domain(people=(EVE.key, IAN.key), topics=("gym", "pool")),),
            admins=(ROOT.key,),
        )
        return build_core(
            stores=self.state,
            channel=self.channel,
            answerer=CuratedFirst(curated, self.knows),
            documents=self.knows,
            edition=self.edition_now,
            clock=self.clock,
            rules=Rules(
                access=Access(admins=frozenset(owners.admins), owners=owners.everybody),
                owners=owners,
                asking=self.asking,
                promote_after=2,
                questions_per_minute=100,
            ),
        )

    async def hear(self, *events: Event) -> None:
        for event in events:
            await self.core().dispatcher.dispatch(event)

    async def ask(self, text: str = GYM, *, user: User = ADA) -> MessageRef:
        """A question in the group, and the message with its answer."""
        self.clock.move(timedelta(minutes=1))
        await self.hear(message(text, user=user, conversation=GROUP))
        return self.last

    async def want_person(self, text: str = GYM, *, user: User = ADA) -> None:
        answer = await self.ask(text, user=user)
        await self.hear(press(answer, "ask_person", user=user, conversation=GROUP))

    async def reply(self, text: str, *, user: User = EVE, form: str = EXPERT_ANSWER) -> None:
        """Somebody fills in the form of the last card they were sent."""
        card = self.card_for(user)
        await self.hear(_sent_in(card, form, user, answer=text))

    async def choose(self, name: str, *, user: User, card: Card | None = None) -> None:
        """Somebody presses a button of the last card they were sent."""
        await self.hear(_pressed_on(card or self.card_for(user), name, user))

    async def say(self, text: str, *, user: User = ROOT) -> Card:
        """What is answered to a command in a direct conversation, in the end."""
        self.clock.move(timedelta(minutes=1))
        await self.hear(message(text, user=user, conversation=at_desk_of(user)))
        await self.core().errands.work()
        return self.channel.shown[self.last]

    async def outcome(self) -> Outcome:
        """How the question is answered now."""
        record = await self.state.answers.find(await self.ask())
        assert record is not None
        return record.answer.outcome

    @property
    def last(self) -> MessageRef:
        return list(self.channel.shown)[-1]

    def sent_to(self, place: Conversation) -> list[Reply]:
        return [reply for reply in self.channel.sent if reply.conversation == place]

    def card_for(self, user: User) -> Card:
        return self.sent_to(at_desk_of(user))[-1].card


def _sent_in(card: Card, name: str, user: User, **typed: str) -> CardAction:
    form = next(block for block in card.blocks if isinstance(block, Form) and block.name == name)
    ref = MessageRef(platform="fake", id="card")
    return press(ref, name, user=user, conversation=at_desk_of(user), **form.values, **typed)


def _pressed_on(card: Card, name: str, user: User) -> CardAction:
    rows = (block.items for block in card.blocks if isinstance(block, Buttons))
    button = next(button for row in rows for button in row if button.name == name)
    ref = MessageRef(platform="fake", id="card")
    return press(ref, name, user=user, conversation=at_desk_of(user), **button.values)


class JoinedLate:
    """Gaps that Bob joins at the very moment at which they are answered."""

    def __init__(self, gaps: Gaps) -> None:
        self._gaps = gaps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gaps, name)

    async def change(self, gap: Gap) -> bool:
        if gap.state is GapState.ANSWERED:
            await self._gaps.join(gap.id, replace(gap.asks[0], id="bobs", user=BOB))
        return await self._gaps.change(gap)


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    clock = FakeClock()
    state = await open_state(data_dir=tmp_path, clock=clock)
    yield Company(state=state, clock=clock)
    await state.close()


# ── gaps ──────────────────────────────────────────────────────────────────────────────────────


async def test_questions_that_mean_the_same_are_one_gap(company: Company) -> None:
    await company.ask(GYM)
    await company.ask("where is the GYM", user=BOB)
    await company.ask("Where is the pool?", user=BOB)

    gyms, pools = await company.state.gaps.standing()

    assert [ask.user for ask in gyms.asks] == [ADA, BOB]
    assert gyms.wordings == (GYM, "where is the GYM")
    assert len(pools.asks) == 1


async def test_a_thumb_down_opens_a_gap(company: Company) -> None:
    company.knows = ScriptedAnswerer(script=lambda question: (grounded(question, "No. [1]"),))
    answer = await company.ask()

    await company.hear(emoji(answer, "down", user=BOB))

    (gap,) = await company.state.gaps.standing()
    assert (gap.question, gap.asks[0].user) == (GYM, BOB)


async def test_what_only_some_may_read_is_a_gap_of_its_own(company: Company) -> None:
    def secret(question: Question) -> tuple[Answer]:
        answer = unknown(question)
        hits = tuple(
            replace(hit, passage=replace(hit.passage, audience=frozenset({"sports"})))
            for hit in answer.hits
        )
        return (replace(answer, hits=hits),)

    await company.ask()
    company.knows = ScriptedAnswerer(script=secret)
    await company.ask(user=BOB)

    everybodys, sports = await company.state.gaps.standing()

    assert everybodys.readers == {EVERYONE}
    # Bob was not known to be of them: nobody may read what is not known to be for them.
    assert sports.readers == frozenset()


# ── asking a person ───────────────────────────────────────────────────────────────────────────


async def test_an_experts_reply_reaches_the_asker_and_whoever_asks_next(company: Company) -> None:
    await company.want_person()
    await company.reply("On the third floor.")

    told = [reply for reply in company.sent_to(GROUP) if "third floor" in words(reply.card)]
    assert len(told) == 1
    assert told[0].answers is not None
    assert "Ada" in words(told[0].card)

    asked_before = len(company.knows.asked)
    answer = company.channel.shown[await company.ask("where is the gym", user=BOB)]
    assert "On the third floor." in words(answer)
    assert EN.verified.format(name="Eve", date="2025-03-03") in words(answer)
    assert len(company.knows.asked) == asked_before


async def test_everybody_who_asked_is_told_once(company: Company) -> None:
    await company.want_person()
    await company.ask("Where is the gym please?", user=BOB)
    company.channel.fail_send = [None, ChannelUnavailable("busy")]

    form = _sent_in(company.card_for(EVE), EXPERT_ANSWER, EVE, answer="Third floor.")
    with pytest.raises(ChannelUnavailable):
        await company.hear(form)
    await company.hear(form)

    told = [reply for reply in company.sent_to(GROUP) if "Third floor." in words(reply.card)]
    assert sorted(words(reply.card).split(",")[0] for reply in told) == ["Ada", "Bob"]
    assert len(company.sent_to(at_desk_of(EVE))) == 2  # the question and the thanks


async def test_who_asks_while_the_others_are_told_is_told_too(company: Company) -> None:
    await company.want_person()
    form = _sent_in(company.card_for(EVE), EXPERT_ANSWER, EVE, answer="Third floor.")

    company.state = replace(company.state, gaps=JoinedLate(company.state.gaps))
    await company.hear(form)

    told = [reply for reply in company.sent_to(GROUP) if "Third floor." in words(reply.card)]
    assert len(told) == 2


async def test_an_expert_is_asked_once_however_many_ask(company: Company) -> None:
    await company.want_person()
    await company.want_person("where is the gym", user=BOB)

    assert len(company.sent_to(at_desk_of(EVE))) == 1
    assert company.sent_to(at_desk_of(IAN)) == []


async def test_nobody_is_asked_where_no_asker_wishes_it(company: Company) -> None:
    await company.ask()
    await company.core().experts.remind()

    assert company.sent_to(at_desk_of(EVE)) == []


async def test_where_every_gap_is_asked_about_the_reminder_does_it(company: Company) -> None:
    company.asking = Asking(unbidden=True)
    await company.ask()

    await company.core().experts.remind()
    await company.core().experts.remind()

    assert len(company.sent_to(at_desk_of(EVE))) == 1


async def test_after_a_reminder_the_next_owner_is_asked(company: Company) -> None:
    await company.want_person()

    for _ in range(3):
        company.clock.move(timedelta(hours=25))
        await company.core().experts.remind()
        await company.core().experts.remind()

    assert [EN.expert_reminder[:10] in words(r.card) for r in company.sent_to(at_desk_of(EVE))] == [
        False,
        True,
    ]
    assert len(company.sent_to(at_desk_of(IAN))) == 2


class Meanwhile(asyncio.Event):
    """Lets a card through once something else was done."""

    def __init__(self, then: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._then = then

    async def wait(self) -> Literal[True]:
        if not self.is_set():
            self.set()
            await self._then()
        return True


async def test_a_gap_that_is_answered_while_the_next_one_is_being_asked_stays_answered(
    company: Company,
) -> None:
    await company.want_person()
    form = _sent_in(company.card_for(EVE), EXPERT_ANSWER, EVE, answer="Third floor.")
    company.clock.move(timedelta(hours=25))
    await company.core().experts.remind()

    company.clock.move(timedelta(hours=25))
    company.channel.gate = Meanwhile(lambda: company.hear(form))
    await company.core().experts.remind()
    asked = len(company.sent_to(at_desk_of(IAN)))
    company.clock.move(timedelta(hours=25))
    await company.core().experts.remind()

    assert await company.state.gaps.standing() == ()
    assert len(company.sent_to(at_desk_of(IAN))) == asked == 1


async def test_who_is_not_in_charge_passes_it_on(company: Company) -> None:
    await company.want_person()

    await company.choose(NOT_MINE, user=EVE)

    assert len(company.sent_to(at_desk_of(IAN))) == 1
    assert words(company.card_for(EVE)) == EN.passed_on


async def test_an_expert_who_cannot_be_reached_is_left_out(company: Company) -> None:
    answer = await company.ask()
    company.channel.fail_send = [ChannelRefused("user_not_found")]

    await company.hear(press(answer, "ask_person", conversation=GROUP))

    assert company.sent_to(at_desk_of(EVE)) == []
    assert len(company.sent_to(at_desk_of(IAN))) == 1


async def test_a_reminder_that_cannot_be_sent_goes_to_the_next_owner(company: Company) -> None:
    await company.want_person()
    company.clock.move(timedelta(hours=25))
    company.channel.fail_send = [ChannelRefused("user_not_found")]

    await company.core().experts.remind()

    assert len(company.sent_to(at_desk_of(EVE))) == 1
    assert len(company.sent_to(at_desk_of(IAN))) == 1


async def test_where_cards_have_no_forms_an_expert_answers_by_a_command(company: Company) -> None:
    company.channel.capabilities = Capabilities(forms=False)
    await company.want_person()

    card = company.card_for(EVE)
    assert "`/deskmate teach Where is the gym? | …`" in words(card)
    assert not any(isinstance(block, Form) for block in card.blocks)

    await company.say("/deskmate teach Where is the gym? | Third floor.", user=EVE)

    told = [reply for reply in company.sent_to(GROUP) if "Third floor." in words(reply.card)]
    assert len(told) == 1


async def test_experts_can_be_asked_in_a_channel(company: Company) -> None:
    place = Conversation(platform="fake", id="experts")
    company.asking = Asking(place=place)

    await company.want_person()

    assert len(company.sent_to(place)) == 1


async def test_a_stranger_cannot_answer_for_an_expert(company: Company) -> None:
    await company.want_person()
    form = _sent_in(company.card_for(EVE), EXPERT_ANSWER, BOB, answer="Nowhere.")

    await company.hear(form)

    assert words(company.channel.shown[company.last]) == EN.not_yours
    assert await company.state.curated.mark() == (0, 0)


async def test_a_gap_is_answered_once(company: Company) -> None:
    await company.want_person()
    await company.reply("Third floor.")
    form = _sent_in(
        company.sent_to(at_desk_of(EVE))[0].card, EXPERT_ANSWER, IAN, answer="Fourth floor."
    )

    await company.hear(form)

    assert words(company.channel.shown[company.last]) == EN.gap_done


async def test_a_question_that_needs_no_answer_is_closed(company: Company) -> None:
    await company.want_person()

    await company.choose(GAP_CLOSE, user=EVE)

    assert await company.state.gaps.standing() == ()
    company.clock.move(timedelta(days=9))
    await company.core().experts.remind()
    assert len(company.sent_to(at_desk_of(EVE))) == 2  # the question and "closed"


async def test_an_empty_reply_is_asked_for_again(company: Company) -> None:
    await company.want_person()

    await company.reply("  ")

    assert words(company.card_for(EVE)) == EN.answer_empty
    assert len(await company.state.gaps.standing()) == 1


# ── review ────────────────────────────────────────────────────────────────────────────────────


async def test_where_approval_is_needed_nobody_is_told_before_it(company: Company) -> None:
    company.asking = Asking(approval=True)
    await company.want_person()
    await company.reply("Third floor.")
    assert words(company.card_for(EVE)) == EN.waits_for_approval
    assert not any("Third floor." in words(reply.card) for reply in company.sent_to(GROUP))

    await company.say("/deskmate review")
    await company.choose(PROPOSAL_ACCEPT, user=ROOT)

    assert any("Third floor." in words(reply.card) for reply in company.sent_to(GROUP))
    assert words(await company.say("/deskmate review")) == EN.review_none


async def test_a_correction_waits_for_review_and_is_then_served(company: Company) -> None:
    company.knows = knows("Cellar. [1]")
    answer = await company.ask()
    reason = press(
        answer, "verdict_reason", answer=answer.id, reason="wrong", correction="Third floor."
    )
    await company.hear(reason, reason)

    card = await company.say("/deskmate review")
    assert "Third floor." in words(card)
    await company.reply("Third floor, left.", user=ROOT, form=PROPOSAL_EDIT)

    assert "Third floor, left." in words(company.channel.shown[await company.ask(user=BOB)])


async def test_an_answer_that_several_people_liked_is_proposed(company: Company) -> None:
    company.knows = knows("Cellar. [1]")
    answer = await company.ask()

    await company.hear(emoji(answer, "up", user=BOB), emoji(answer, "up", user=EVE))

    (proposal,) = await company.state.proposals.waiting()
    assert (proposal.kind, proposal.text) == ("promotion", "Cellar. [1]")
    assert proposal.citations


async def test_who_waits_is_told_when_an_answer_is_accepted(company: Company) -> None:
    company.knows = knows("Cellar. [1]")
    answer = await company.ask()
    wrong = press(answer, "verdict", vote="down", user=BOB, conversation=GROUP)
    reason = press(
        answer, "verdict_reason", answer=answer.id, reason="wrong", correction="Third floor."
    )
    await company.hear(wrong, replace(reason, user=BOB))

    await company.say("/deskmate review")
    await company.choose(PROPOSAL_ACCEPT, user=ROOT)

    (told,) = [reply for reply in company.sent_to(GROUP) if "Third floor." in words(reply.card)]
    assert words(told.card).startswith("Bob")
    assert await company.state.gaps.standing() == ()


async def test_what_is_rejected_is_not_served_and_not_proposed_again(company: Company) -> None:
    company.knows = knows("Cellar. [1]")
    answer = await company.ask()
    await company.hear(emoji(answer, "up", user=BOB), emoji(answer, "up", user=EVE))

    await company.say("/deskmate review")
    await company.choose(PROPOSAL_REJECT, user=ROOT)
    await company.hear(emoji(answer, "up", user=IAN))

    assert await company.state.proposals.waiting() == ()
    assert await company.state.curated.mark() == (0, 0)


async def test_who_decided_is_kept_and_told_to_whoever_decides_again(company: Company) -> None:
    company.asking = Asking(approval=True)
    await company.want_person()
    await company.reply("Third floor.")
    card = await company.say("/deskmate review", user=IAN)
    await company.reply("Third floor, left.", user=IAN, form=PROPOSAL_EDIT)

    await company.hear(_pressed_on(card, PROPOSAL_REJECT, ROOT))

    said = LOOP_TEXTS["en"].accepted_by.format(name="Ian", date="2025-03-03")
    assert words(company.card_for(ROOT)) == said
    (entry,) = await company.state.audit.latest(1)
    assert (entry.what, entry.by, entry.about["proposed_by"]) == (
        "proposal.edited",
        IAN.key,
        EVE.key,
    )


async def test_buttons_of_a_review_are_for_reviewers(company: Company) -> None:
    company.asking = Asking(approval=True)
    await company.want_person()
    await company.reply("Third floor.")
    card = await company.say("/deskmate review")

    await company.hear(_pressed_on(card, PROPOSAL_ACCEPT, BOB))

    assert words(company.card_for(BOB)) == EN.not_yours
    assert await company.state.curated.mark() == (0, 0)


async def test_the_list_of_gaps_opens_a_form_to_answer(company: Company) -> None:
    await company.ask("Where is the pool?", user=BOB)
    await company.ask(GYM)
    await company.ask(GYM, user=BOB)

    card = await company.say("/deskmate gaps")
    assert words(card).index("gym") < words(card).index("pool")
    await company.choose(GAP_OPEN, user=ROOT)
    await company.reply("Third floor.", user=ROOT)

    told = [reply for reply in company.sent_to(GROUP) if "Third floor." in words(reply.card)]
    assert len(told) == 2


# ── teaching by hand ──────────────────────────────────────────────────────────────────────────


async def test_what_is_taught_is_served_forgotten_and_brought_back(company: Company) -> None:
    await company.say("/deskmate teach Where is the gym? | Third floor.\n\nUse the stairs.")
    assert "Use the stairs." in words(company.channel.shown[await company.ask(user=BOB)])

    await company.say("/deskmate forget gym")
    await company.choose(FORGET, user=ROOT)
    assert EN.unknown in words(company.channel.shown[await company.ask(user=BOB)])

    await company.choose(UNDO, user=ROOT)
    assert "Third floor." in words(company.channel.shown[await company.ask(user=BOB)])


async def test_teaching_what_people_wait_for_tells_them(company: Company) -> None:
    await company.ask(user=BOB)

    card = await company.say("/deskmate teach where is the gym | Third floor.")

    assert EN.taught_told.format(count=1) in words(card)
    (told,) = [reply for reply in company.sent_to(GROUP) if "Third floor." in words(reply.card)]
    assert words(told.card).startswith("Bob")
    assert await company.state.gaps.standing() == ()


async def test_teaching_the_same_question_again_replaces_the_answer(company: Company) -> None:
    await company.say("/deskmate teach Where is the gym? | Third floor.")
    await company.say("/deskmate teach where is the  GYM? ｜ Fourth floor.")
    assert "Fourth floor." in words(company.channel.shown[await company.ask()])

    await company.choose(UNDO, user=ROOT)

    assert "Third floor." in words(company.channel.shown[await company.ask()])


async def test_without_words_teaching_shows_a_form(company: Company) -> None:
    card = await company.say("/deskmate teach")
    await company.hear(_sent_in(card, TEACH, ROOT, question=GYM, answer="Third floor."))

    answer = company.channel.shown[await company.ask()]
    assert "Third floor." in words(answer)


async def test_teaching_is_for_owners(company: Company) -> None:
    card = await company.say("/deskmate teach Where is the gym? | Nowhere.", user=BOB)

    assert words(card) == EN.command_refused.format(name="teach")
    assert await company.state.curated.mark() == (0, 0)


async def test_a_verified_answer_whose_source_is_gone_is_not_served(company: Company) -> None:
    company.knows = knows("Cellar. [1]")
    answer = await company.ask()
    await company.hear(emoji(answer, "up", user=BOB), emoji(answer, "up", user=EVE))
    await company.say("/deskmate review")
    await company.choose(PROPOSAL_ACCEPT, user=ROOT)
    assert await company.outcome() is Outcome.CURATED

    company.knows = ScriptedAnswerer(script=lambda question: (unknown(question),))

    assert await company.outcome() is Outcome.UNKNOWN


# ── the test set ──────────────────────────────────────────────────────────────────────────────


async def test_the_test_set_says_what_the_documents_alone_would_answer(company: Company) -> None:
    await company.say("/deskmate teach Where is the gym? | Third floor.")
    assert _rows(await company.say("/deskmate eval"))[EN.eval_refused] == "1"

    company.knows = knows("Third floor. [1]")
    better = await company.say("/deskmate eval")
    company.knows = knows("In the cellar. [1]")
    worse = await company.say("/deskmate eval")

    assert _rows(better)[EN.eval_right] == "1 (+1)"
    assert EN.eval_better in words(better)
    assert GYM in words(better)
    assert _rows(worse) == {
        EN.eval_right: "0 (-1)",
        EN.eval_refused: "0",
        EN.eval_wrong: "1 (+1)",
        EN.eval_chart: "▁█▁ 0%",
    }
    assert EN.eval_worse in words(worse)


async def test_after_a_change_that_makes_answers_worse_administrators_are_told(
    company: Company,
) -> None:
    company.knows = knows("Third floor. [1]")
    await company.say("/deskmate teach Where is the gym? | Third floor.")
    await company.core().watch.look()
    told = len(company.sent_to(at_desk_of(ROOT)))

    company.clock.move(timedelta(hours=1))
    company.edition, company.knows = "after an ingest", knows("In the cellar. [1]")
    await company.core().watch.look()
    await company.core().watch.look()

    warnings = company.sent_to(at_desk_of(ROOT))[told:]
    assert [EN.eval_dropped in words(reply.card) for reply in warnings] == [True]
    assert GYM in words(warnings[0].card)


async def test_a_change_that_makes_nothing_worse_is_not_told(company: Company) -> None:
    await company.say("/deskmate teach Where is the gym? | Third floor.")
    await company.core().watch.look()
    told = len(company.sent_to(at_desk_of(ROOT)))

    company.clock.move(timedelta(hours=1))
    company.edition, company.knows = "after an ingest", knows("Third floor. [1]")
    await company.core().watch.look()

    assert len(company.sent_to(at_desk_of(ROOT))) == told
    assert len(await company.state.runs.latest()) == 2


async def test_without_verified_answers_there_is_nothing_to_test(company: Company) -> None:
    assert words(await company.say("/deskmate eval")) == EN.eval_none


def _rows(card: Card) -> dict[str, str]:
    return dict(row for block in card.blocks if isinstance(block, Fields) for row in block.rows)
