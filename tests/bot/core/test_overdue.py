"""Owners are reminded by themselves: at a good time, seldom, and of nothing twice in a row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.core.desks import Desks, build_desks
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Conversation, User
from bot.core.overdue import Cadence
from bot.core.owners import Domain, Owners
from bot.core.rules import Rules
from bot.core.texts_loop import LOOP_TEXTS
from bot.stores.state import State, open_state
from knowledge.freshness import Findings, overdue
from knowledge.model import CuratedAnswer, Language, Passage
from tests.fakes_core import (
    ADA,
    BOB,
    START,
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    knowing,
    words,
)

ROOT = User(platform="fake", id="root", name="Root")
MONDAY = START  # a Monday, 9:00 UTC
WEEKLY = Cadence(zone=UTC)
EN = LOOP_TEXTS["en"]


def page(name: str, *, review_on: date = date(2025, 1, 31), owner: str = "") -> Passage:
    return Passage(
        id=f"{name}#0",
        document_id=name,
        title=f"The {name} page",
        uri="",
        language="en",
        text="Text.",
        owner=owner,
        review_on=review_on,
    )


@dataclass(kw_only=True)
class Company:
    """Ada looks after leave; Root administers what nobody looks after."""

    state: State
    clock: FakeClock = field(default_factory=FakeClock)
    channel: FakeChannel = field(default_factory=FakeChannel)
    pages: tuple[Passage, ...] = (page("leave__annual"),)
    cadence: Cadence = WEEKLY
    language: Language = "en"
    looks: int = 0

    async def findings(self, curated: Sequence[CuratedAnswer], *, today: date) -> Findings:
        self.looks += 1
        return Findings(overdue=overdue((*self.pages, *curated), today=today))

    def core(self) -> Desks:
        return build_desks(
            stores=self.state,
            channels={"fake": self.channel},
            knowledge=replace(knowing(ScriptedAnswerer(script=lambda _: ())), freshness=self),
            clock=self.clock,
            rules=Rules(
                owners=Owners(
                    domains=(Domain(people=(ADA.key,), folders=("leave",)),), admins=(ROOT.key,)
                ),
                cadence=self.cadence,
                languages={"fake": self.language},
            ),
        )

    async def look(self) -> None:
        reminding = self.core().overdue
        assert reminding is not None
        await reminding.look()

    def told(self, user: User) -> list[str]:
        place = Conversation(platform="fake", id=user.id, direct=True)
        return [words(reply.card) for reply in self.channel.sent if reply.conversation == place]


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    state = await open_state(data_dir=tmp_path, clock=FakeClock())
    yield Company(state=state)
    await state.close()


async def test_owners_are_shown_what_they_answer_for_and_administrators_the_rest(
    company: Company,
) -> None:
    company.pages = (page("leave__annual"), page("gym", owner=BOB.key), page("parking"))
    answer = CuratedAnswer(
        id="c",
        question="How many days?",
        text="Ten.",
        language="en",
        owner=BOB.key,
        verified_at=START,
        review_on=date(2025, 2, 1),
    )
    await company.state.curated.keep(answer, key="k", by=BOB.key)

    await company.look()

    (leave,), (gym,), (parking,) = (company.told(user) for user in (ADA, BOB, ROOT))
    assert EN.overdue_intro in leave
    assert "leave\\_\\_annual" in leave
    assert "gym" not in leave
    assert "gym" in gym
    assert "How many days?" in gym
    assert "parking" in parking


async def test_nobody_is_reminded_of_the_same_thing_within_the_cadence(company: Company) -> None:
    for _ in range(7 * 24):
        await company.look()
        company.clock.move(timedelta(hours=1))
    assert len(company.told(ADA)) == 1

    await company.look()
    assert len(company.told(ADA)) == 2


async def test_who_was_reminded_late_is_not_reminded_again_too_soon(company: Company) -> None:
    company.clock.move(timedelta(days=3))  # the bot was away on Monday
    await company.look()
    assert len(company.told(ADA)) == 1

    company.clock.move(timedelta(days=4))  # the next Monday
    company.pages += (page("leave__sick"),)
    await company.look()

    new = company.told(ADA)[-1]
    assert "sick" in new
    assert "annual" not in new


async def test_a_longer_cadence_leaves_weeks_out(company: Company) -> None:
    company.cadence = Cadence(every=timedelta(days=14), zone=UTC)

    for _ in range(4):
        await company.look()
        company.clock.move(timedelta(days=7))

    assert len(company.told(ADA)) == 2


async def test_what_is_due_later_or_nothing_is_told_to_nobody(company: Company) -> None:
    company.pages = (page("leave__annual", review_on=date(2025, 3, 4)),)

    await company.look()

    assert company.channel.sent == []


async def test_a_platform_that_is_away_is_tried_again(company: Company) -> None:
    company.channel.fail_send = [ChannelUnavailable("busy")]
    await company.look()
    assert company.told(ADA) == []

    await company.look()

    assert len(company.told(ADA)) == 1


async def test_who_cannot_be_reached_keeps_nobody_else_from_being_told(company: Company) -> None:
    company.pages = (page("leave"), page("x", owner="elsewhere:u"), page("parking"))
    company.channel.fail_send = [ChannelRefused("user_not_found")]

    await company.look()

    assert len(company.channel.sent) == 1


async def test_a_crash_between_card_and_note_repeats_nothing(company: Company) -> None:
    await company.look()
    await company.state.reminders.forget(before=MONDAY + timedelta(days=1))

    await company.look()

    assert len(company.told(ADA)) == 1


async def test_when_everybody_was_told_nothing_is_looked_through_again(company: Company) -> None:
    reminding = company.core().overdue
    assert reminding is not None

    await reminding.look()
    await reminding.look()

    assert company.looks == 1


async def test_the_card_is_in_the_language_of_the_platform(company: Company) -> None:
    company.language = "zh"

    await company.look()

    assert LOOP_TEXTS["zh"].overdue_intro in company.told(ADA)[0]


@pytest.mark.parametrize(
    ("now", "good"),
    [
        (datetime(2025, 3, 3, 8, 59, tzinfo=UTC), False),
        (datetime(2025, 3, 3, 9, 0, tzinfo=UTC), True),
        (datetime(2025, 3, 3, 16, 59, tzinfo=UTC), True),
        (datetime(2025, 3, 3, 17, 0, tzinfo=UTC), False),
        (datetime(2025, 3, 7, 10, 0, tzinfo=UTC), True),
        (datetime(2025, 3, 8, 10, 0, tzinfo=UTC), False),
        (datetime(2025, 3, 9, 10, 0, tzinfo=UTC), False),
    ],
)
def test_only_work_hours_of_working_days_are_a_good_time(now: datetime, good: bool) -> None:
    assert (WEEKLY.slot(now) is not None) is good


def test_the_hour_is_the_one_of_the_set_zone() -> None:
    china = Cadence(zone=timezone(timedelta(hours=8)))

    assert china.slot(datetime(2025, 3, 3, 1, 0, tzinfo=UTC)) is not None
    assert china.slot(datetime(2025, 3, 3, 9, 0, tzinfo=UTC)) is None


def test_a_week_begins_on_the_set_day() -> None:
    friday = Cadence(weekday=4, zone=UTC)
    thursday = datetime(2025, 3, 6, 10, 0, tzinfo=UTC)

    before, after = friday.slot(thursday), friday.slot(thursday + timedelta(days=1))

    assert before is not None
    assert after is not None
    assert (before.date(), after.date()) == (date(2025, 2, 28), date(2025, 3, 7))
