"""Small real implementations for tests of onboarding: journeys, a calendar, a stage for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from bot.core.access import Access
from bot.core.model import Card, Conversation, MemberJoined, User
from bot.core.onboarding.model import (
    Content,
    Day,
    Edition,
    Journey,
    Place,
    Step,
    Task,
    Whom,
)
from bot.core.onboarding.onboarding import Onboarding, Program
from bot.core.onboarding.people import Office, Offices
from bot.core.onboarding.plan import Terms
from bot.core.onboarding.when import Hours
from bot.core.owners import Owners
from bot.core.rules import Rules
from tests.fakes_core import PATIENT, FakeChannel, FakeClock, words

MONDAY = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)
"""Nine o'clock in Shanghai."""

SHANGHAI = Place(time_zone="Asia/Shanghai", country="CN")
BERLIN = Place(time_zone="Europe/Berlin", country="DE", region="BE")

NEW = User(platform="fake", id="new", name="New Bie")
BOSS = User(platform="fake", id="boss", name="Boss")
BUDDY = User(platform="fake", id="buddy", name="Buddy")
HR = User(platform="fake", id="hr", name="Hal R.")


@dataclass
class Weekdays:
    """Monday to Friday, but for some days. off: holidays; on: weekends on which people work."""

    off: frozenset[date] = frozenset()
    on: frozenset[date] = frozenset()

    def workday(self, day: date, place: Place) -> bool:
        return day in self.on or (day.weekday() < 5 and day not in self.off)


@dataclass
class FixedJourneys:
    """Journeys that change when a test says so."""

    current: Mapping[str, Journey] = field(default_factory=dict)
    faults: Sequence[str] = ()

    async def look(self) -> Sequence[str]:
        return self.faults


def step(
    name: str, content: Content | None = None, *, day: int = 1, title: str = "", **more: object
) -> Step:
    """A step with the least that a step needs."""
    made = Step(
        id=name,
        title=title or name.capitalize(),
        text="",
        content=content or Task(),
        day=Day(number=day),
    )
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


def journey(*steps: Step, name: str = "start", digest: str = "1", **more: object) -> Journey:
    """A journey with these steps, in both languages."""
    made = Journey(
        id=name,
        version="1",
        digest=digest,
        starts="join",
        whom=Whom(),
        editions={
            "en": Edition(language="en", title="First days", welcome="Hello {name}", steps=steps),
            "zh": Edition(language="zh", title="最初几天", welcome="你好，{name}", steps=steps),
        },
    )
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


def rules(
    *journeys: Journey, calendar: Weekdays | None = None, place: Place = SHANGHAI, **more: object
) -> Rules:
    """Rules with onboarding switched on, and one HR person."""
    program = Program(
        journeys=FixedJourneys({one.id: one for one in journeys}),
        terms=Terms(calendar=calendar or Weekdays(), hours=Hours()),
        offices=Offices(
            offices=(
                Office(names=("Hangzhou", "杭州"), place=place),
                Office(names=("Berlin",), place=BERLIN),
            )
        ),
    )
    return replace(
        PATIENT,
        program=replace(program, **more),  # type: ignore[arg-type] # fields by name
        hr=(HR.key,),
        access=Access(hr=frozenset({HR.key})),
        owners=Owners(),
    )


def joins(user: User = NEW, *, key: str = "j1", **profile: str) -> MemberJoined:
    """Somebody joins the company."""
    return MemberJoined(
        keys=(key,),
        conversation=Conversation(platform=user.platform, id=user.id, direct=True),
        user=user,
        received_at=MONDAY,
        profile=profile,
    )


def seen_by(channel: FakeChannel, user: User) -> list[Card]:
    """The cards that were sent to somebody, in their order, as they were sent."""
    return [reply.card for reply in channel.sent if reply.conversation.id == user.id]


def titles(cards: Sequence[Card]) -> list[str]:
    """What cards are called, or what they say first."""
    return [card.title or words(card).partition("\n")[0] for card in cards]


async def pass_time(onboarding: Onboarding, clock: FakeClock, until: datetime) -> None:
    """Let time pass in steps of half an hour, with a look at each."""
    while clock.now < until:
        await onboarding.tick()
        clock.move(timedelta(minutes=30))
    await onboarding.tick()
