"""How people and journeys stand, counted from what is kept. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from bot.core.onboarding.model import Edition, Entry, Joiner, JoinerState, Quiz, Step
from bot.core.onboarding.when import Hours, day_number, local_date, theirs
from bot.core.schedule import Job, JobState

STUCK_AFTER: Final = 7
"""Days something is overdue before somebody counts as stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one joiner is.

    given, done: steps on their list. open, late: ids of steps, late ones being open too.
    stuck_days: since the oldest late one was due. next_at, next_step: what comes next.
    skipped: how often what was skipped, by reason.
    """

    joiner: Joiner
    day: int
    days: int
    given: int
    done: int
    open: tuple[str, ...]
    late: tuple[str, ...]
    stuck_days: int
    next_step: str = ""
    next_at: datetime | None = None
    skipped: Mapping[str, int]

    @property
    def share(self) -> float:
        """The share that is done, in [0, 1]."""
        return self.done / self.given if self.given else 0.0

    @property
    def stuck(self) -> bool:
        """Whether somebody should have a word with them."""
        return self.stuck_days >= STUCK_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFigures:
    """How one step went. answered, right: of a quiz."""

    step_id: str
    title: str
    shown: int
    done: int
    late: int
    answered: int = 0
    right: int = 0

    @property
    def share(self) -> float:
        """The share that is done, in [0, 1]."""
        return self.done / self.shown if self.shown else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a journey goes."""

    journey: str
    title: str
    people: Mapping[JoinerState, int]
    steps: tuple[StepFigures, ...]

    @property
    def given(self) -> int:
        """Steps on all lists."""
        return sum(step.shown for step in self.steps)

    @property
    def done(self) -> int:
        """Those that are done."""
        return sum(step.done for step in self.steps)

    @property
    def late(self) -> int:
        """Those that are overdue."""
        return sum(step.late for step in self.steps)


def standing(
    joiner: Joiner,
    edition: Edition,
    entries: Iterable[Entry],
    jobs: Sequence[Job],
    *,
    now: datetime,
    hours: Hours,
) -> Standing:
    """Where somebody is; steps that HR took away are not counted."""
    today = _today(joiner, now, hours)
    known = [entry for entry in entries if edition.step(entry.step_id) is not None]
    late = [entry for entry in known if entry.late(today)]
    waiting = [job for job in jobs if job.state is JobState.WAITING and job.kind == "show"]
    waiting.sort(key=lambda job: (job.planned_at, job.position))
    dues = [entry.due_on for entry in late if entry.due_on]
    return Standing(
        joiner=joiner,
        day=day_number(now, joiner, hours),
        days=edition.days,
        given=len(known),
        done=sum(entry.done_at is not None for entry in known),
        open=tuple(entry.step_id for entry in known if entry.done_at is None),
        late=tuple(entry.step_id for entry in late),
        stuck_days=(today - min(dues)).days if dues else 0,
        next_step=waiting[0].about if waiting else "",
        next_at=waiting[0].planned_at if waiting else None,
        skipped=Counter(job.reason for job in jobs if job.state is JobState.SKIPPED),
    )


def report(
    journey: str,
    edition: Edition,
    people: Sequence[Joiner],
    entries: Iterable[Entry],
    *,
    now: datetime,
    hours: Hours,
) -> Report:
    """How a journey goes for these people; rehearsals count nowhere.

    What somebody who left had still to do is not late.
    """
    counted = {one.id: one for one in people if one.journey == journey and not one.day_s}
    by_step: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.joiner_id in counted:
            by_step.setdefault(entry.step_id, []).append(entry)
    today = {one.id: _today(one, now, hours) for one in counted.values()}
    active = {one.id for one in counted.values() if one.state is JoinerState.ACTIVE}
    steps = (
        _figures(step, by_step[step.id], today, active)
        for step in edition.steps
        if step.id in by_step
    )
    return Report(
        journey=journey,
        title=edition.title,
        people=Counter(one.state for one in counted.values()),
        steps=tuple(steps),
    )


def _figures(
    step: Step, entries: Sequence[Entry], today: Mapping[str, date], active: set[str]
) -> StepFigures:
    quiz = isinstance(step.content, Quiz)
    done = sum(one.done_at is not None for one in entries)
    late = [one for one in entries if one.joiner_id in active and one.late(today[one.joiner_id])]
    return StepFigures(
        step_id=step.id,
        title=step.title,
        shown=len(entries),
        done=done,
        late=len(late),
        answered=done if quiz else 0,
        right=sum(one.right is True for one in entries) if quiz else 0,
    )


def _today(joiner: Joiner, now: datetime, hours: Hours) -> date:
    return local_date(theirs(now, joiner, hours), joiner.place)
