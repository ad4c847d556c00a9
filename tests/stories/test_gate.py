"""A change that makes answers worse counts only when an administrator says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.access import Access
from bot.core.desks import Desks, build_desks
from bot.core.errors import ChannelUnavailable, StateUnavailable
from bot.core.gate_cards import GATE_KEEP, GATE_LET
from bot.core.model import (
    Buttons,
    Card,
    Conversation,
    Fields,
    GateTrial,
    MessageRef,
    TrialState,
    User,
)
from bot.core.owners import Owners
from bot.core.ports import Held
from bot.core.rules import Rules
from bot.core.teaching import Lesson, Teaching
from bot.core.texts import EN, ZH
from bot.core.texts_loop import LOOP_TEXTS
from bot.stores.state import State, open_state
from bot.stores.trials import SqlTrials
from knowledge.model import Language
from tests.fakes_core import (
    ADA,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    knowing,
    knows,
    press,
    words,
)

ROOT = User(platform="fake", id="root", name="Root")
SAID = LOOP_TEXTS["en"]


class Ticking(FakeClock):
    """A clock on which each look at it takes a second."""

    def __call__(self) -> datetime:
        self.move(timedelta(seconds=1))
        return self.now


@dataclass(kw_only=True)
class Company:
    """One verified answer; the documents know it, and may be about to forget it."""

    state: State
    clock: FakeClock = field(default_factory=Ticking)
    channel: FakeChannel = field(default_factory=FakeChannel)
    live: ScriptedAnswerer = field(default_factory=lambda: knows("Third floor. [1]"))
    waits: ScriptedAnswerer | None = None
    name: str = "change-1"
    language: Language = "en"
    lets: int = 0

    async def edition(self) -> str:
        return f"{self.name} counts" if self.lets else "before"

    async def held(self) -> Held | None:
        if self.waits is None:
            return None
        name, answerer = self.name, self.waits

        async def edition() -> str:
            return f"{name} counts"

        async def let() -> bool:
            if name != self.name:
                return False
            self.live, self.waits, self.lets = answerer, None, self.lets + 1
            return True

        what: Any = {"documents": "+0 ~1 −0: The *gym*"}
        return Held(id=name, what=what, answerer=answerer, edition=edition, let=let)

    def core(self) -> Desks:
        """A bot as it starts: nothing but the database is left from before."""
        return build_desks(
            stores=self.state,
            channels={"fake": self.channel},
            knowledge=replace(
                knowing(self.live), documents=self.live, edition=self.edition, held=self.held
            ),
            clock=self.clock,
            rules=Rules(
                access=Access(admins=frozenset({ROOT.key})),
                owners=Owners(admins=(ROOT.key,)),
                languages={"fake": self.language},
            ),
        )

    async def look(self) -> None:
        gate = self.core().gate
        assert gate is not None
        await gate.look()

    async def press(self, name: str, *, user: User = ROOT, change: str = "change-1") -> str:
        place = Conversation(platform="fake", id=user.id, direct=True)
        ref = MessageRef(platform="fake", id="card")
        action = press(ref, name, user=user, conversation=place, change=change)
        await self.core().dispatcher.dispatch(action)
        return words(self.channel.sent[-1].card)

    async def trial(self) -> GateTrial:
        found = await self.state.trials.find("change-1")
        assert found is not None
        return found

    @property
    def cards(self) -> list[Card]:
        return [reply.card for reply in self.channel.sent]


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    clock = Ticking()
    state = await open_state(data_dir=tmp_path, clock=clock)
    teaching = Teaching(curated=state.curated, clock=clock)
    lesson = Lesson(question="Where is the gym?", text="Third floor.", language="en")
    await teaching.teach(lesson, by=ADA, key="k", reason="teach")
    yield Company(state=state, clock=clock)
    await state.close()


async def test_a_change_as_good_as_before_counts_without_a_word(company: Company) -> None:
    company.waits = knows("On the third floor: Third floor. [1]")

    await company.look()

    assert company.lets == 1
    assert company.cards == []
    assert (await company.state.runs.latest())[-1].edition == "change-1 counts"


async def test_a_drop_is_told_before_it_counts(company: Company) -> None:
    company.waits = knows("In the cellar. [1]")

    await company.look()
    await company.look()

    assert company.lets == 0
    (card,) = company.cards
    assert SAID.gate_intro in words(card)
    assert "Where is the gym?" in words(card)
    assert EN.eval_worse in words(card)
    rows = [row for block in card.blocks if isinstance(block, Fields) for row in block.rows]
    assert (SAID.gate_documents, "+0 \\~1 −0: The \\*gym\\*") in rows
    buttons = [one.name for b in card.blocks if isinstance(b, Buttons) for one in b.items]
    assert buttons == [GATE_KEEP, GATE_LET]


async def test_the_card_is_there_in_chinese(company: Company) -> None:
    company.language = "zh"
    company.waits = knows("In the cellar. [1]")

    await company.look()

    (card,) = company.cards
    assert card.title == LOOP_TEXTS["zh"].gate_title
    assert ZH.eval_worse in words(card)


async def test_an_administrator_lets_it_count_anyway(company: Company) -> None:
    company.waits = knows("In the cellar. [1]")
    await company.look()

    assert await company.press(GATE_LET) == SAID.gate_live
    assert await company.press(GATE_LET) == SAID.gate_live

    assert company.lets == 1
    (entry,) = await company.state.audit.latest(1)
    assert (entry.what, entry.by) == ("gate.let", ROOT.key)
    before = len(company.cards)
    await company.core().watch.look()  # what was let is not told of again
    assert len(company.cards) == before


async def test_an_administrator_may_leave_things_as_they_are_and_think_again(
    company: Company,
) -> None:
    company.waits = knows("In the cellar. [1]")
    await company.look()

    assert await company.press(GATE_KEEP) == SAID.gate_kept
    await company.look()
    assert company.lets == 0

    assert await company.press(GATE_LET) == SAID.gate_live
    assert company.lets == 1


@dataclass
class Interrupted:
    """Trials that an administrator decides in another replica just before we do."""

    of: SqlTrials
    meanwhile: TrialState
    done: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)

    async def change(self, trial: GateTrial, *, was: TrialState | None) -> bool:
        if not self.done:
            self.done = True
            await self.of.keep(replace(trial, state=self.meanwhile))
        return await self.of.change(trial, was=was)


async def test_what_was_let_in_another_replica_is_not_kept_back(company: Company) -> None:
    company.waits = knows("In the cellar. [1]")
    await company.look()
    quicker: Any = Interrupted(company.state.trials, TrialState.LET)
    company.state = replace(company.state, trials=quicker)

    assert await company.press(GATE_KEEP) == SAID.gate_live

    assert (await company.trial()).state is TrialState.LET
    await company.look()
    assert company.lets == 1


async def test_what_was_kept_back_in_another_replica_may_be_let_after_it(
    company: Company,
) -> None:
    company.waits = knows("In the cellar. [1]")
    await company.look()
    quicker: Any = Interrupted(company.state.trials, TrialState.KEPT_BACK)
    company.state = replace(company.state, trials=quicker)

    assert await company.press(GATE_LET) == SAID.gate_live

    assert company.lets == 1


async def test_nobody_else_decides(company: Company) -> None:
    company.waits = knows("In the cellar. [1]")
    await company.look()

    assert await company.press(GATE_LET, user=ADA) == EN.not_yours

    assert company.lets == 0


async def test_a_button_of_an_older_change_decides_nothing(company: Company) -> None:
    company.waits = knows("In the cellar. [1]")
    await company.look()
    company.name = "change-2"

    assert await company.press(GATE_LET) == SAID.gate_gone
    assert await company.press(GATE_LET, change="made up") == SAID.gate_gone

    assert company.lets == 0


async def test_another_change_is_tried_anew(company: Company) -> None:
    company.waits = knows("In the cellar. [1]")
    await company.look()
    company.name, company.waits = "change-2", knows("Third floor. [1]")

    await company.look()

    assert company.lets == 1


async def test_a_change_that_is_replaced_while_it_is_tried_is_not_judged(
    company: Company,
) -> None:
    def replacing(_question: object) -> Any:
        company.name = "change-2"
        return knows("In the cellar. [1]").script(_question)  # type: ignore[arg-type]

    company.waits = ScriptedAnswerer(script=replacing)

    await company.look()

    assert company.cards == []
    assert await company.state.trials.all() == ()


async def test_a_crash_after_the_decision_loses_nothing(company: Company) -> None:
    company.waits = knows("In the cellar. [1]")
    await company.look()
    await company.state.trials.keep(replace(await company.trial(), state=TrialState.LET))

    await company.look()

    assert company.lets == 1


async def test_who_could_not_be_told_is_told_at_the_next_look(company: Company) -> None:
    company.waits = knows("In the cellar. [1]")
    company.channel.fail_send = [ChannelUnavailable("busy")]
    await company.look()
    assert company.cards == []
    asked = len(company.waits.asked)

    await company.look()

    assert len(company.cards) == 1
    assert len(company.waits.asked) == asked  # the test set was not run again


async def test_a_trial_that_breaks_leaves_everything_as_it_was(company: Company) -> None:
    company.waits = ScriptedAnswerer(script=lambda _: (StateUnavailable("away"),))

    with pytest.raises(StateUnavailable):
        await company.look()

    assert company.lets == 0
    assert await company.state.trials.all() == ()


async def test_without_verified_answers_there_is_nothing_to_hold_it_for(
    company: Company,
) -> None:
    for answer in await Teaching(curated=company.state.curated, clock=company.clock).all_standing():
        await company.state.curated.withdraw(answer.id, key="x", by=ADA.key)
    company.waits = knows("In the cellar. [1]")

    await company.look()

    assert company.lets == 1
