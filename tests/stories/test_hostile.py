"""Colleagues who try to get at what is not theirs: by waiting, by pressing what others were shown,
by making payloads up, by what they call themselves and write into documents.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.core.access import Access
from bot.core.audit import AuditEntry
from bot.core.cards import TAKE_OFFERED, VERDICT_REASON
from bot.core.commands.lines import COMMAND_LINE
from bot.core.desks import Desks
from bot.core.experts import Asking
from bot.core.loop_cards import EXPERT_ANSWER, GAP_CLOSE, PROPOSAL_ACCEPT, PROPOSAL_EDIT
from bot.core.model import (
    Card,
    Conversation,
    Event,
    Gap,
    InboundMessage,
    MessageRef,
    Proposal,
    Reply,
    User,
)
from bot.core.owners import Domain, Owners
from bot.core.review import MOST_CORRECTIONS
from bot.core.rules import Rules
from bot.core.steering import Mute
from bot.core.texts import EN
from bot.core.texts_loop import LOOP_TEXTS
from bot.core.texts_steering import STEERING_TEXTS
from bot.stores.state import State, open_state
from knowledge.model import Answer, Citation, CuratedAnswer, Draft, Hit, Outcome, Passage, Question
from tests.fakes_core import (
    ADA,
    BOB,
    GROUP,
    PASSAGE,
    START,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    build_core,
    message,
    press,
    unknown,
    words,
)
from tests.stories.office import Office, office, shown, write

COMMON, HR = frozenset({"everyone"}), frozenset({"hr"})
EVE = User(platform="fake", id="eve", name="Eve")
ROOT = User(platform="fake", id="root", name="Root")
PAY = replace(PASSAGE, id="pay#1", document_id="pay", title="Salary bands", audience=HR)
BONUS = CuratedAnswer(
    id="bonus",
    question="Who gets the marmot bonus?",
    text="Directors.",
    language="en",
    audience=HR,
    verified_at=START,
)
SAID = STEERING_TEXTS["en"]


def at_desk_of(user: User) -> Conversation:
    return Conversation(platform="fake", id=user.id, direct=True)


@dataclass
class Names:
    """Who belongs to what now; in a group everybody shares the common name."""

    of_hr: set[str]

    async def alone(self, user: User) -> frozenset[str]:
        return COMMON | HR if user.id in self.of_hr else COMMON

    async def together(self, place: Conversation, user: User) -> frozenset[str]:
        return await self.alone(user) if place.direct else COMMON


def guarded(question: Question) -> tuple[Draft | Answer | Exception, ...]:
    """Knows the bonus by its question, for those of HR; offers it to them for any other one."""
    if not HR & question.audience:
        return (replace(unknown(question), hits=()),)
    if question.text == BONUS.question:
        known = replace(unknown(question), outcome=Outcome.CURATED, text=BONUS.text)
        return (replace(known, curated=BONUS),)
    hits = (Hit(passage=PAY, score=0.2),)
    return (replace(unknown(question), hits=hits, offered=(BONUS,)),)


@dataclass(kw_only=True)
class Company:
    """Ada is of HR, Bob and Eve are not; Eve looks after pay, Root administers."""

    state: State
    clock: FakeClock = field(default_factory=FakeClock)
    channel: FakeChannel = field(default_factory=FakeChannel)
    readers: Names = field(default_factory=lambda: Names({ADA.id, EVE.id}))
    pages: dict[str, Passage] = field(default_factory=lambda: {PAY.id: PAY, PASSAGE.id: PASSAGE})

    def core(self) -> Desks:
        owners = Owners(domains=(Domain(people=(EVE.key,), topics=("pay",)),), admins=(ROOT.key,))
        answerer = ScriptedAnswerer(script=guarded, passages=self.pages)
        return build_core(
            stores=self.state,
            channel=self.channel,
            answerer=answerer,
            clock=self.clock,
            rules=Rules(
                access=Access(admins=frozenset({ROOT.key}), owners=owners.everybody),
                owners=owners,
                asking=Asking(),
                questions_per_minute=100,
            ),
            readers=self.readers,
        )

    async def hear(self, event: Event) -> list[Reply]:
        before = len(self.channel.sent)
        await self.core().dispatcher.dispatch(event)
        return self.channel.sent[before:]

    async def ask(self, text: str, *, user: User, place: Conversation | None = None) -> MessageRef:
        await self.hear(message(text, user=user, conversation=place or at_desk_of(user)))
        return list(self.channel.shown)[-1]

    async def audited(self) -> list[tuple[str, str]]:
        return [(one.what, one.by) for one in await self.state.audit.latest(9)]

    async def gaps(self) -> tuple[Gap, ...]:
        return await self.state.gaps.standing()


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    state = await open_state(data_dir=tmp_path, clock=FakeClock())
    yield Company(state=state)
    await state.close()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as opened:
        yield opened


# ── waiting ───────────────────────────────────────────────────────────────────────────────────


async def test_what_was_left_for_later_is_not_done_for_who_lost_the_role_meanwhile(
    here: Office,
) -> None:
    await here.say("/deskmate role give fake:bob admin")
    write(here.folder, {"parking.md": "# Parking\n\nThe car park opens at six.\n"})
    await here.say("/deskmate ingest pages", user=BOB)
    await here.say("/deskmate export curated", user=BOB)

    (given,) = (await here.state.grants.all())[1]
    entry = AuditEntry(at=START, what="role.taken", by=ROOT.key, about={"person": BOB.key})
    await here.state.grants.take(given, entry=entry, others={ROOT.key})
    report = await here.report()

    assert EN.command_refused.format(name="ingest") in report
    assert EN.command_refused.format(name="export") in report
    assert "parking" not in await here.serving.now.store.documents()
    assert not (here.folder / "data" / "exports").exists()
    latest = await here.state.audit.latest(2)
    assert [(one.what, one.by) for one in latest] == [("command.refused", BOB.key)] * 2


async def test_who_was_asked_and_may_not_read_it_any_more_neither_answers_nor_closes(
    company: Company,
) -> None:
    answer = await company.ask("How is pay?", user=ADA)
    await company.hear(press(answer, "ask_person", user=ADA, conversation=at_desk_of(ADA)))
    (gap,) = await company.gaps()
    assert (gap.readers, gap.asked) == (HR, (EVE.key,))

    company.readers.of_hr.remove(EVE.id)
    for name in (EXPERT_ANSWER, GAP_CLOSE):
        (told,) = await company.hear(
            press(answer, name, user=EVE, conversation=at_desk_of(EVE), gap=gap.id, answer="All.")
        )
        assert words(told.card) == EN.gap_gone

    assert (await company.gaps())[0].standing
    assert await company.state.curated.since(0) == ()


async def test_an_answer_whose_source_is_for_fewer_by_now_is_not_taught_to_all(
    company: Company,
) -> None:
    cited = Citation(
        marker=1, passage_id=PASSAGE.id, document_id="leave", title="Leave", uri="", quote="days"
    )
    proposal = Proposal(
        id="p",
        kind="promotion",
        question="How many days?",
        text="Fifteen.",
        language="en",
        by=ADA.key,
        proposed_at=START,
        audience=COMMON,
        citations=(cited,),
    )
    await company.state.proposals.add(proposal)

    company.pages[PASSAGE.id] = replace(PASSAGE, audience=HR)  # while it waits
    for name in (PROPOSAL_ACCEPT, PROPOSAL_EDIT):
        action = press(
            MessageRef(platform="fake", id="c"), name, user=EVE, proposal="p", answer="15 days."
        )
        (told,) = await company.hear(action)
        assert words(told.card) == LOOP_TEXTS["en"].sources_narrowed

    assert await company.state.curated.since(0) == ()


# ── pressing what others were shown ───────────────────────────────────────────────────────────


async def test_an_offer_tells_whoever_may_not_read_its_answer_nothing(company: Company) -> None:
    offered = await company.ask("What about money?", user=ADA)
    before = await company.gaps()

    (told,) = await company.hear(
        press(offered, TAKE_OFFERED, user=BOB, conversation=at_desk_of(BOB), curated=BONUS.id)
    )

    assert words(told.card) == EN.answer_gone
    # A gap with the question in it would tell it to owners, and to Bob when it is answered.
    assert await company.gaps() == before


async def test_an_offer_is_taken_by_todays_rights(company: Company) -> None:
    offered = await company.ask("What about money?", user=ADA)

    company.readers.of_hr.remove(ADA.id)
    (told,) = await company.hear(
        press(offered, TAKE_OFFERED, user=ADA, conversation=at_desk_of(ADA), curated=BONUS.id)
    )

    assert words(told.card) == EN.answer_gone
    assert not any(BONUS.question in gap.wordings for gap in await company.gaps())


async def test_an_offer_is_not_answered_in_a_channel_that_was_muted_since(
    company: Company,
) -> None:
    company.readers.of_hr |= {BOB.id}
    open_to_all = replace(BONUS, audience=COMMON)
    record = await _offered_in_group(company, open_to_all)
    mute = Mute(platform="fake", channel=GROUP.id, by=ROOT.key, at=START)
    await company.state.mutes.put(mute)

    told = await company.hear(
        press(record, TAKE_OFFERED, user=BOB, conversation=GROUP, curated=BONUS.id)
    )

    assert [words(one.card) for one in told] == [SAID.mute_note]
    assert told[0].only_for == BOB


async def _offered_in_group(company: Company, offered: CuratedAnswer) -> MessageRef:
    ref = await company.ask("What about money?", user=BOB, place=GROUP)
    record = await company.state.answers.find(ref)
    assert record is not None
    answer = replace(record.answer, offered=(offered,))
    await company.state.answers.add(replace(record, answer=answer))
    return ref


async def test_buttons_that_are_commands_count_as_commands(here: Office) -> None:
    answers = [
        await _press_line(here, "/deskmate whoami", user=ADA, number=number)
        for number in range(103)
    ]

    # A hundred a minute, once that it is too much, and then nothing.
    assert [card is not None for card in answers] == [True] * 101 + [False] * 2
    assert answers[100] is not None
    assert "60 s" in shown(answers[100])


async def _press_line(here: Office, line: str, *, user: User, number: int) -> Card | None:
    place = at_desk_of(user)
    ref = MessageRef(platform="fake", id=f"card{number}")
    before = len(here.channel.sent)
    await here.desks.dispatcher.dispatch(
        press(ref, COMMAND_LINE, user=user, conversation=place, line=line, language="en")
    )
    sent = here.channel.sent[before:]
    return sent[0].card if sent else None


async def test_a_stranger_at_an_experts_form_is_refused_and_on_record(company: Company) -> None:
    answer = await company.ask("How is pay?", user=ADA)
    await company.hear(press(answer, "ask_person", user=ADA, conversation=at_desk_of(ADA)))
    (gap,) = await company.gaps()

    for name in (EXPERT_ANSWER, GAP_CLOSE):
        (told,) = await company.hear(
            press(answer, name, user=BOB, conversation=at_desk_of(BOB), gap=gap.id, answer="x")
        )
        assert words(told.card) == EN.not_yours

    assert ("button.refused", BOB.key) in await company.audited()


async def test_who_asked_for_what_was_promoted_sees_it_only_while_they_may_read_it(
    company: Company,
) -> None:
    """The words are the bot's, made of a page; asking for them makes nobody their author."""
    cited = Citation(
        marker=1, passage_id=PAY.id, document_id="pay", title="Pay", uri="", quote="days"
    )
    proposal = Proposal(
        id="p",
        kind="promotion",
        question="Bands?",
        text="41000 marmots.",
        language="en",
        by=EVE.key,
        proposed_at=START,
        audience=HR,
        citations=(cited,),
    )
    await company.state.proposals.add(proposal)
    (seen,) = await company.hear(message("/deskmate review", user=EVE))
    assert "41000 marmots." in words(seen.card)

    company.readers.of_hr.remove(EVE.id)
    (unseen,) = await company.hear(message("/deskmate review", user=EVE))

    assert words(unseen.card) == EN.review_none


async def test_one_person_cannot_fill_the_review_with_corrections_of_one_answer(
    company: Company,
) -> None:
    answer = await company.ask("How is pay?", user=ADA)

    for number in range(MOST_CORRECTIONS + 5):
        form = {"answer": answer.id, "reason": "wrong", "correction": f"It is {number}."}
        await company.hear(
            press(answer, VERDICT_REASON, user=ADA, conversation=at_desk_of(ADA), **form)
        )

    assert len(await company.state.proposals.waiting()) == MOST_CORRECTIONS


# ── forwarding and quoting ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("line", ["/deskmate role give fake:eve admin", "／deskmate limits"])
async def test_a_command_that_somebody_forwards_or_quotes_is_nobodys_order(
    company: Company, line: str
) -> None:
    forwarded: InboundMessage = replace(message("look", user=ROOT), quoted=line)
    nothing_else = replace(message("", user=ROOT), quoted=line, attachment="other")

    for said in (forwarded, nothing_else):
        await company.hear(said)

    assert (await company.state.grants.all())[1] == ()
    assert not [one for one in await company.audited() if one[0] == "command.run"]


# ── where things lie ──────────────────────────────────────────────────────────────────────────


async def test_a_clash_of_names_does_not_tell_where_files_lie(here: Office) -> None:
    write(here.folder, {"leave.txt": "Another page by the same name, about marmots."})

    await here.say("/deskmate ingest pages")
    report = await here.report()

    assert "failed: 1" in report
    assert str(here.folder) not in report
