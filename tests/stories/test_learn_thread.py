"""An owner tells the bot to learn from a thread, and the next asker gets what it came to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot.core.access import Access
from bot.core.desks import build_desks
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.loop_cards import PROPOSAL_ACCEPT, PROPOSAL_REJECT
from bot.core.model import (
    Buttons,
    Card,
    CardAction,
    Conversation,
    Fields,
    InboundMessage,
    MessageRef,
    Proposal,
    Remark,
    User,
)
from bot.core.rules import Rules
from bot.core.texts import EN
from bot.core.texts_mining import MINING
from bot.stores.state import State, open_state
from knowledge.curated import Curated, CuratedFirst
from knowledge.model import EVERYONE
from tests.fakes_core import (
    ADA,
    BOB,
    GROUP,
    START,
    FakeChannel,
    FakeClock,
    SameWords,
    ScriptedAnswerer,
    SharedBy,
    knowing,
    message,
    press,
    unknown,
    words,
)

EVE = User(platform="fake", id="eve", name="Eve")
THREAD = replace(GROUP, thread_id="t1")
TEXTS = MINING["en"]
LEARN = "learn this thread"


@dataclass
class ThreadChannel(FakeChannel):
    """A platform that shows what was said in a thread."""

    remarks: tuple[Remark, ...] = ()
    refuses: Exception | None = None
    read: list[Conversation] = field(default_factory=list)

    async def thread(self, conversation: Conversation) -> tuple[Remark, ...]:
        self.read.append(conversation)
        if self.refuses is not None:
            raise self.refuses
        return self.remarks


def remark(user: User, text: str, *, approvals: int = 0, by_bot: bool = False) -> Remark:
    return Remark(
        ref=MessageRef(platform="fake", id=f"{user.id}/{text}"),
        user=user,
        text=text,
        called=(user.name,),
        by_bot=by_bot,
        approvals=approvals,
    )


TALK = (
    remark(ADA, "Hi Eve! Where is the gym?"),
    remark(User(platform="fake", id="bot"), "I do not know.", by_bot=True),
    remark(BOB, "In the cellar."),
    remark(EVE, "Ada, it is on the third floor. Bob is wrong.", approvals=1),
    remark(EVE, LEARN),
)


@dataclass(kw_only=True)
class Company:
    """Eve answers for a topic; nobody else may teach."""

    state: State
    channel: FakeChannel = field(default_factory=lambda: ThreadChannel(remarks=TALK))
    names: frozenset[str] = frozenset({EVERYONE})

    async def hear(self, event: InboundMessage | CardAction) -> Card:
        """What is shown in answer."""
        knows = ScriptedAnswerer(script=lambda question: (unknown(question),))
        curated = Curated(self.state.curated, likeness=SameWords(), sources=knows)
        desks = build_desks(
            stores=self.state,
            channels={"fake": self.channel},
            knowledge=knowing(CuratedFirst(curated, knows)),
            clock=FakeClock(),
            rules=Rules(access=Access(owners=frozenset({EVE.key})), questions_per_minute=100),
            readers=SharedBy(lambda: self.names),
        )
        await desks.dispatcher.dispatch(event)
        return list(self.channel.shown.values())[-1]

    async def say(
        self, text: str = LEARN, *, user: User = EVE, conversation: Conversation = THREAD
    ) -> Card:
        return await self.hear(message(text, user=user, conversation=conversation))

    async def choose(self, card: Card, name: str) -> Card:
        rows = (block.items for block in card.blocks if isinstance(block, Buttons))
        button = next(one for row in rows for one in row if one.name == name)
        ref = MessageRef(platform="fake", id="card")
        return await self.hear(press(ref, name, user=EVE, **button.values))

    async def waiting(self) -> int:
        return len(await self.state.proposals.waiting())


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    state = await open_state(data_dir=tmp_path)
    yield Company(state=state)
    await state.close()


def fields(card: Card) -> dict[str, str]:
    return dict(row for block in card.blocks if isinstance(block, Fields) for row in block.rows)


@pytest.mark.parametrize(
    "said",
    [
        "learn this thread",
        "Please learn from this conversation!",
        "学习这个话题",
        "请整理一下这段讨论。",
        "/deskmate learn",
        "/deskmate teach thread",
        "／deskmate 学习",
    ],
)
async def test_what_a_thread_came_to_is_shown_for_a_decision_and_then_served(
    company: Company, said: str
) -> None:
    card = await company.say(said)

    assert "Where is the gym?" in words(card)
    assert "It is on the third floor." in words(card)
    assert {"Eve", MINING[card.language].proposal_thread} <= set(fields(card).values())

    await company.choose(card, PROPOSAL_ACCEPT)
    answer = await company.say("where is the gym", user=BOB, conversation=GROUP)
    assert "It is on the third floor." in words(answer)


async def test_no_name_of_the_thread_is_in_what_is_learnt(company: Company) -> None:
    await company.say()

    (proposal,) = await company.state.proposals.waiting()
    learnt = f"{proposal.question} {proposal.text}"
    assert not any(name in learnt for name in ("Ada", "Bob", "Eve"))


async def test_it_waits_for_review_and_is_proposed_once(company: Company) -> None:
    await company.say()
    await company.say()

    assert await company.waiting() == 1
    review = await company.say("/deskmate review")
    assert "third floor" in words(review)


async def test_how_many_wait_counts_only_what_one_may_see(company: Company) -> None:
    hidden = Proposal(
        id="h",
        kind="mined",
        question="Who is laid off?",
        text="Marmots.",
        language="en",
        by="fake:hr",
        proposed_at=START,
        audience=frozenset({"hr"}),
    )
    await company.state.proposals.add(hidden)

    card = await company.say()

    assert card.title == EN.review_title.format(count=1)


async def test_what_was_rejected_or_is_known_is_not_proposed_again(company: Company) -> None:
    await company.choose(await company.say(), PROPOSAL_REJECT)
    assert words(await company.say()) == TEXTS.rejected

    await company.say("/deskmate teach where's the GYM? | On the roof.")
    other = replace(THREAD, thread_id="t2")

    assert words(await company.say(conversation=other)).startswith(TEXTS.known[:20])
    assert await company.waiting() == 0


async def test_what_was_said_among_some_is_for_them(company: Company) -> None:
    company.names = frozenset({EVERYONE, "sports"})

    await company.say()

    (proposal,) = await company.state.proposals.waiting()
    assert proposal.audience == {"sports"}


async def test_only_those_who_may_teach_may_say_it(company: Company) -> None:
    refused = await company.say(user=ADA)

    assert words(refused) == EN.command_refused.format(name="learn")
    assert await company.waiting() == 0


async def test_the_words_are_a_question_where_they_stand_in_no_thread(company: Company) -> None:
    await company.say(conversation=GROUP)
    assert isinstance(company.channel, ThreadChannel)
    assert company.channel.read == []

    card = await company.say("/deskmate learn", conversation=GROUP)
    assert words(card) == TEXTS.no_thread


async def test_a_thread_of_nothing_but_the_order_has_nothing_to_learn(company: Company) -> None:
    company.channel = ThreadChannel(remarks=(TALK[1], TALK[-1], remark(EVE, "/deskmate learn")))

    assert words(await company.say()) == TEXTS.no_thread


async def test_a_thread_without_an_answer_to_rely_on_teaches_nothing(company: Company) -> None:
    company.channel = ThreadChannel(remarks=TALK[:3])

    assert words(await company.say()) == TEXTS.nothing


async def test_a_platform_that_shows_no_threads_is_named_kindly(company: Company) -> None:
    company.channel = FakeChannel()

    assert words(await company.say()) == TEXTS.not_here
    assert words(await company.say("学习这个话题")) == MINING["zh"].not_here


async def test_where_the_bot_may_not_read_it_says_why(company: Company) -> None:
    company.channel = ThreadChannel(refuses=ChannelRefused("not_in_channel"))

    assert "not\\_in\\_channel" in words(await company.say())


async def test_a_platform_that_is_away_is_asked_again_later(company: Company) -> None:
    company.channel = ThreadChannel(remarks=TALK, refuses=ChannelUnavailable("busy"))
    order = message(LEARN, user=EVE, conversation=THREAD)

    with pytest.raises(ChannelUnavailable):
        await company.hear(order)
    company.channel.refuses = None

    assert "third floor" in words(await company.hear(order))


async def test_the_same_order_delivered_twice_is_answered_once(company: Company) -> None:
    order = message(LEARN, user=EVE, conversation=THREAD)

    await company.hear(order)
    await company.hear(order)

    assert len(company.channel.sent) == 1
