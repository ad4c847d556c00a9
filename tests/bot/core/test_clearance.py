"""Working on what the bot knows opens nothing: what owners, reviewers and administrators see."""

from __future__ import annotations

from dataclasses import replace

from bot.core.clearance import Clearance
from bot.core.model import Ask, Conversation, EvalRun, Gap, MessageRef, Nearby, Proposal, User
from bot.core.owners import Domain, Owners
from bot.core.upkeep import near_of
from knowledge.freshness import Findings, Overdue, Suspicious
from knowledge.model import Answer, Citation, CuratedAnswer, Outcome, Passage
from knowledge.suspicion import Ploy, Suspect
from tests.fakes_core import ADA, BOB, GROUP, PASSAGE, START, ScriptedAnswerer

COMMON, HR = frozenset({"everyone"}), frozenset({"hr"})
PAY = replace(PASSAGE, id="pay#1", document_id="pay", title="Pay", audience=HR)
OWNERS = Owners(domains=(Domain(people=(BOB.key,), folders=("pay",)),), admins=("fake:root",))


class Lists:
    """Ada is of HR; in a group nobody knows who reads."""

    async def alone(self, user: User) -> frozenset[str]:
        return COMMON | HR if user == ADA or user.id == ADA.id else COMMON

    async def together(self, place: Conversation, user: User) -> frozenset[str]:
        return await self.alone(user) if place.direct else COMMON


def clearance(*pages: Passage) -> Clearance:
    answerer = ScriptedAnswerer(
        script=lambda _question: (), passages={one.id: one for one in pages}
    )
    return Clearance(readers=Lists(), owners=OWNERS, answerer=answerer)


def gap(*found: Passage, readers: frozenset[str] = COMMON) -> Gap:
    near: tuple[Nearby, ...] = tuple(map(near_of, found))
    return Gap(id="g", question="?", language="en", opened_at=START, readers=readers, found=near)


def verified(audience: frozenset[str], *, name: str = "c") -> CuratedAnswer:
    return CuratedAnswer(
        id=name, question="?", text="!", language="en", audience=audience, verified_at=START
    )


async def test_a_gap_shows_the_pages_that_somebody_may_read() -> None:
    seeing = clearance(PASSAGE, PAY)

    adas = await (await seeing.of(ADA.key)).gap(gap(PASSAGE, PAY))
    eves = await (await seeing.of("fake:eve")).gap(gap(PASSAGE, PAY))

    assert adas is not None
    assert eves is not None
    assert [near.title for near in adas.found] == ["Leave", "Pay"]
    assert [near.title for near in eves.found] == ["Leave"]


async def test_what_some_asked_is_shown_to_those_and_to_who_answers_for_it() -> None:
    seeing = clearance(PAY)
    theirs = gap(PAY, readers=HR)

    assert await (await seeing.of(ADA.key)).gap(theirs)
    assert await (await seeing.of(BOB.key)).gap(theirs)
    assert await (await seeing.of("fake:root")).gap(theirs) is None


async def test_a_page_that_is_for_fewer_by_now_is_not_shown_any_more() -> None:
    narrowed = replace(PASSAGE, audience=HR)

    seen = await (await clearance(narrowed).of("fake:eve")).gap(gap(PASSAGE))

    assert seen is not None
    assert seen.found == ()


async def test_a_proposal_is_for_those_who_may_read_its_sources_now() -> None:
    cited = Citation(marker=1, passage_id=PAY.id, document_id="pay", title="Pay", uri="", quote="…")
    proposal = Proposal(
        id="p", kind="promotion", question="?", text="!", language="en", by="fake:eve",
        proposed_at=START, audience=COMMON, citations=(cited,),
    )  # fmt: skip

    assert await (await clearance(PAY).of(ADA.key)).proposal(proposal)
    assert not await (await clearance(PAY).of("fake:root")).proposal(proposal)
    assert not await (await clearance(PAY).of("fake:eve")).proposal(proposal)
    written = replace(proposal, kind="correction")
    assert await (await clearance(PAY).of("fake:eve")).proposal(written)


async def test_a_proposal_is_open_only_while_all_its_readers_may_read_each_source() -> None:
    cited = Citation(marker=1, passage_id=PAY.id, document_id="pay", title="Pay", uri="", quote="…")
    proposal = Proposal(
        id="p", kind="promotion", question="?", text="!", language="en", by="fake:eve",
        proposed_at=START, audience=HR, citations=(cited,),
    )  # fmt: skip
    sight = await clearance(PAY).of(ADA.key)

    assert await sight.open_to(proposal)
    assert not await sight.open_to(replace(proposal, audience=HR | {"finance"}))
    assert not await (await clearance().of(ADA.key)).open_to(proposal)


async def test_the_test_set_counts_the_cases_somebody_may_see() -> None:
    cases = (verified(COMMON, name="all"), verified(HR, name="some"))
    run = EvalRun(
        id="r",
        at=START,
        results={"all": "right", "some": "wrong"},
        questions={"all": "?", "some": "??"},
    )

    (seen,) = (await clearance().of("fake:root")).runs((run,), cases)

    assert seen.results == {"all": "right"}
    assert seen.questions == {"all": "?"}


async def test_what_is_overdue_is_shown_to_its_readers_and_owners() -> None:
    late = Findings(overdue=(Overdue(source=PAY, review_on=START.date()),))

    assert (await clearance().of(ADA.key)).findings(late) == late
    assert (await clearance().of(BOB.key)).findings(late) == late
    assert (await clearance().of("fake:root")).findings(late) == Findings()


async def test_words_to_the_machine_are_shown_to_readers_and_owners_of_their_page() -> None:
    order = Suspicious(source=PAY, found=Suspect(ploy=Ploy.OVERRIDE, quote="Ignore all."))
    found = Findings(suspicious=(order,))

    assert (await clearance().of(ADA.key)).findings(found) == found
    assert (await clearance().of(BOB.key)).findings(found) == found
    assert (await clearance().of("fake:root")).findings(found) == Findings()


# ── telling those who asked ───────────────────────────────────────────────────────────────────


def ask(user: User) -> Ask:
    return Ask(
        id="a",
        question="?",
        language="en",
        conversation=GROUP,
        user=user,
        ref=MessageRef(platform="fake", id="m1"),
        asked=MessageRef(platform="fake", id="in"),
        asked_at=START,
        audience=COMMON | HR,
    )


def given(audience: frozenset[str]) -> Answer:
    return Answer(
        outcome=Outcome.CURATED,
        text="!",
        language="en",
        confidence=1.0,
        curated=verified(audience),
    )


async def test_an_answer_for_all_is_told_where_it_was_asked() -> None:
    assert await clearance().told(ask(ADA), given(COMMON)) == ask(ADA)


async def test_an_answer_for_some_is_told_to_the_asker_alone() -> None:
    told = await clearance().told(ask(ADA), given(HR))

    assert told is not None
    assert told.conversation == Conversation(platform="fake", id="ada", direct=True)
    assert told.asked is None


async def test_who_may_not_read_it_any_more_is_not_told() -> None:
    assert await clearance().told(ask(BOB), given(HR)) is None
