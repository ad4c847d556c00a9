"""The nouns of onboarding: journeys as HR writes them, and how far somebody is on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from bot.core.model import Conversation, User
from knowledge.model import EVERYONE, Language

COMPANY: Final = "company"
"""Joining it is what begins a journey that names no channel."""

Part: TypeAlias = Literal["joiner", "manager", "buddy", "hr"]
"""Who has a step to do, or is told of it."""

# ── what a step holds ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to read. url: where to read on; handbook: a question whose answer comes along."""

    url: str = ""
    handbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do, and to tick off. url, handbook: as of a message."""

    url: str = ""
    handbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz:
    """A question with one right answer.

    right: its index among the choices. handbook: a question whose answer explains it, with source.
    """

    choices: tuple[str, ...]
    right: int
    explanation: str = ""
    handbook: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question of a form or survey: a choice where there are choices, else text."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """A form or a survey."""

    fields: tuple[Asked, ...]
    kind: Literal["form", "survey"] = "form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Somebody to get to know: their card. part: instead of a name, who plays this part."""

    name: str = ""
    does: str = ""
    contact: str = ""
    picture: str = ""
    part: Part | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """What others asked in this week of theirs, with its answer; `text` where nobody asked."""


Content: TypeAlias = Message | Task | Quiz | Questions | Meeting | Tip


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a journey, 1 the first, 0 the one before it.

    workdays: only working days count; a plain day that is none moves on to the next that is, and
        one before the first day back to the last that is.
    """

    number: int
    workdays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Holds where a step, or one field of it, has one of these states or answers."""

    step: str
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who is told when a step is so many days over its due date."""

    days: int
    to: Part = "manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a journey.

    at: local time; None: as soon as the day begins.
    due: the day by which it should be done. remind: days after that, 0 the day itself.
    when: all must hold. owner: who has it to do. visible_to: who may read what was answered,
        parts or keys as in `slack:U1`.
    grace: how late it is still worth sending; None: what is usual for its kind.
    """

    id: str
    title: str
    text: str
    content: Content
    day: Day
    at: time | None = None
    due: Day | None = None
    remind: tuple[int, ...] = ()
    escalate: Escalation | None = None
    when: tuple[Condition, ...] = ()
    owner: Part = "joiner"
    visible_to: tuple[str, ...] = ()
    grace: timedelta | None = None

    @property
    def lasting(self) -> bool:
        """Whether it stays on the list until somebody did it."""
        return not isinstance(self.content, Message | Tip)


# ── journeys ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who a journey is for: whoever fits all that is named here.

    joined: `company`, or channels as in `slack:C1`; joining one of them begins it.
    """

    joined: tuple[str, ...] = (COMPANY,)
    platforms: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()

    @property
    def wishes(self) -> int:
        """How much it names; of two journeys that fit the one with more of it is meant."""
        named = (self.platforms, self.departments, self.roles, self.locations)
        return sum(map(bool, named)) + (self.joined != (COMPANY,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A journey in one language."""

    language: Language
    title: str
    welcome: str
    steps: tuple[Step, ...]

    def step(self, step_id: str) -> Step | None:
        """The step of this name."""
        return next((step for step in self.steps if step.id == step_id), None)

    def number(self, step_id: str) -> int:
        """The step's number, as people see it; 0 where it is gone."""
        numbered = enumerate(self.steps, start=1)
        return next((number for number, step in numbered if step.id == step_id), 0)

    @property
    def days(self) -> int:
        """The last day of anything."""
        last = (max(step.day.number, step.due.number if step.due else 0) for step in self.steps)
        return max(last, default=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A journey in its languages.

    version: HR's own word. digest: other where anything in it is other.
    starts: by an event, on the date somebody names, or only by a command.
    audiences: names of those its joiners belong to while they are on it.
    """

    id: str
    version: str
    digest: str
    starts: Literal["join", "date", "command"]
    whom: Whom
    editions: Mapping[Language, Edition]
    audiences: tuple[str, ...] = ()

    def edition(self, language: Language) -> Edition:
        """Its words in this language, or in another where this one is missing."""
        return self.editions.get(language) or next(iter(self.editions.values()))


# ── people on them ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody works. country, region: of its public holidays, as `CN`, `DE` and `BE`."""

    time_zone: str = "UTC"
    country: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of somebody who joins; what is empty is not known."""

    department: str = ""
    role: str = ""
    location: str = ""
    time_zone: str = ""
    language: Language | None = None
    first_day: date | None = None
    manager: User | None = None
    buddy: User | None = None


class JoinerState(StrEnum):
    """How somebody stands to their journey."""

    ACTIVE = "active"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    """They wanted no more of it."""
    ENDED = "ended"
    """HR ended it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joiner:
    """Somebody on a journey.

    digest: of the journey as their jobs were planned by it.
    day_one: the local date of day 1. shifted: days they were paused.
    list_key: the reply that shows their list, to change it in place.
    day_s: a rehearsal: a day takes so many seconds; 0: a day is a day.
    since: when the state became this. version: counts its changes.
    """

    id: str
    user: User
    conversation: Conversation
    journey: str
    digest: str
    language: Language
    place: Place
    day_one: date
    started_at: datetime
    department: str = ""
    role: str = ""
    location: str = ""
    manager: User | None = None
    buddy: User | None = None
    audiences: frozenset[str] = frozenset({EVERYONE})
    state: JoinerState = JoinerState.ACTIVE
    since: datetime
    shifted: int = 0
    list_key: str = ""
    day_s: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A step that stands on somebody's list.

    due_on: the local date. values: what was answered, by field. right: of a quiz.
    """

    joiner_id: str
    step_id: str
    shown_at: datetime
    due_on: date | None = None
    done_at: datetime | None = None
    postponed: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    right: bool | None = None
    version: int = 0

    def late(self, today: date) -> bool:
        """Whether it is over its due date and not done."""
        return self.done_at is None and self.due_on is not None and today > self.due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Wondered:
    """A question somebody asked while on a journey. week: of theirs, 1 the first."""

    id: str
    joiner_id: str
    journey: str
    week: int
    question: str
    language: Language
    answered: bool
    asked_at: datetime
