"""What is to be done for somebody on a journey, and when. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

from bot.core.onboarding.model import (
    Condition,
    Day,
    Edition,
    Entry,
    Joiner,
    Journey,
    Message,
    Questions,
    Quiz,
    Step,
    Tip,
)
from bot.core.onboarding.ports import Calendar
from bot.core.onboarding.when import (
    Hours,
    date_of,
    local_date,
    moment,
    next_open,
    next_workday,
    real,
    theirs,
)
from bot.core.schedule import Job, JobState

Kind: TypeAlias = Literal["welcome", "show", "remind", "escalate", "finish", "nudge"]

NUDGES: Final = "/nudge"
"""Ends the lane of what HR sends somebody beside their plan."""

REMIND_AT: Final = time(15, 0)
"""Local time; the morning belongs to what is new."""

FINISHED_AFTER: Final = 14
"""Days after its last step a journey is over, whatever is still open."""

REMOVED: Final = "removed"
LATE: Final = "late"
BEFORE: Final = "before_start"
LISTED: Final = "listed"
CONDITION: Final = "condition"
DONE: Final = "done_already"
NOT_SHOWN: Final = "not_shown"
NOBODY: Final = "nobody"
UNREACHABLE: Final = "unreachable"
REFUSED: Final = "refused"
STOPPED: Final = "stopped"
ENDED: Final = "ended"
FORGOTTEN: Final = "forgotten"

REVIVED: Final = frozenset({STOPPED, ENDED, REMOVED})
"""What was skipped for this is due again where it is planned again."""

_SHORT: Final = timedelta(hours=24)
_LONG: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a plan rests on beside the journey. grace: how late a message is still sent."""

    calendar: Calendar
    hours: Hours = field(default_factory=Hours)
    grace: timedelta = _SHORT


def jobs_of(
    joiner: Joiner, edition: Edition, terms: Terms, entries: Mapping[str, Entry]
) -> tuple[Job, ...]:
    """All jobs of a joiner, also those that are over.

    entries: what stands on their list, by step; a due date there replaces the journey's.
    """
    found = [_welcome(joiner, terms)]
    for number, step in enumerate(edition.steps, start=1):
        jobs = _jobs_of_step(joiner, step, terms, entries.get(step.id))
        found += [replace(job, position=number) for job in jobs]
    found.append(_finish(joiner, edition, terms))
    return tuple(_in_real_time(job, joiner, terms) for job in found)


def due_date(step: Step, joiner: Joiner, terms: Terms) -> date | None:
    """By which date the step should be done; None where it need not be."""
    return None if step.due is None else _date(step.due, joiner, terms)


def first_due_date(step: Step, joiner: Joiner, terms: Terms, now: datetime) -> date | None:
    """The same for somebody who is shown it now; they get three days where it was due before."""
    due = due_date(step, joiner, terms)
    today = local_date(theirs(now, joiner, terms.hours), joiner.place)
    if due is None or due >= today or joiner.day_s:
        return due
    return next_workday(today + timedelta(days=3), joiner.place, terms.calendar)


def grace_of(job: Job, step: Step | None, terms: Terms) -> timedelta:
    """How late a job is still worth doing: a greeting is not for long, a task is."""
    if job.kind == "remind":
        return _SHORT
    if job.kind != "show" or step is None:
        return _LONG
    return step.grace or (_LONG if step.lasting else terms.grace)


def holds(condition: Condition, entries: Mapping[str, Entry]) -> bool:
    """Whether what is known of a step is what the condition names.

    States are `done`, `open`, `right` and `wrong`; anything else is compared with answers.
    """
    entry = entries.get(condition.step)
    if entry is None:
        return False
    states = {"done" if entry.done_at else "open"}
    if entry.right is not None:
        states.add("right" if entry.right else "wrong")
    answers = entry.values.items()
    said = {value for name, value in answers if condition.name in ("", name)}
    wanted = set(condition.values)
    return bool(wanted & said) or (not condition.name and bool(wanted & states))


def all_hold(conditions: Sequence[Condition], entries: Mapping[str, Entry]) -> bool:
    """Whether all of them hold."""
    return all(holds(condition, entries) for condition in conditions)


def nudge_of(joiner: Joiner, now: datetime) -> Job:
    """A job that shows somebody their list anew, in the next hours in which they are written to."""
    lane = f"{joiner.id}{NUDGES}"
    name = f"{lane}/{now:%Y%m%d%H%M%S}"
    return Job(id=name, lane=lane, kind="nudge", planned_at=now, due_at=now)


def in_words_of(
    edition: Edition, journey: Journey, entries: Mapping[str, Entry]
) -> Mapping[str, Entry]:
    """Entries with choices as this edition words them: they may have been made in another."""
    return {
        step_id: replace(entry, values=_reworded(entry, edition, journey))
        for step_id, entry in entries.items()
    }


def _reworded(entry: Entry, edition: Edition, journey: Journey) -> Mapping[str, str]:
    here = _choices(edition.step(entry.step_id))
    found = dict(entry.values)
    for other in journey.editions.values():
        for name, choices in _choices(other.step(entry.step_id)).items():
            said, ours = found.get(name), here.get(name, ())
            if said in choices and said not in ours and len(ours) == len(choices):
                found[name] = ours[choices.index(said)]
    return found


def _choices(step: Step | None) -> Mapping[str, tuple[str, ...]]:
    """What can be chosen in a step, by field."""
    match step.content if step else None:
        case Quiz() as quiz:
            return {"answer": quiz.choices}
        case Questions() as questions:
            return {field.name: field.choices for field in questions.fields if field.choices}
        case _:
            return {}


# ── jobs ──────────────────────────────────────────────────────────────────────────────────────


def _jobs_of_step(joiner: Joiner, step: Step, terms: Terms, entry: Entry | None) -> Iterator[Job]:
    shown = _show(joiner, step, terms)
    yield shown
    due = entry.due_on if entry and entry.due_on else due_date(step, joiner, terms)
    if due is None or not step.lasting or shown.reason == BEFORE:
        return
    # Who puts something off is reminded of it on the day they named.
    postponed = (0,) if entry and entry.postponed else ()
    for days in dict.fromkeys((*postponed, *step.remind)):
        yield _after(joiner, step, terms, "remind", due, days)
    if step.escalate is not None:
        yield _after(joiner, step, terms, "escalate", due, step.escalate.days)


def _welcome(joiner: Joiner, terms: Terms) -> Job:
    first = moment(_date(Day(number=1), joiner, terms), terms.hours.begin, joiner.place)
    return _job(
        joiner, "welcome", "", f"{joiner.id}/welcome", _not_before_start(joiner, first, terms)
    )


def _show(joiner: Joiner, step: Step, terms: Terms) -> Job:
    begin = moment(_date(step.day, joiner, terms), step.at or terms.hours.begin, joiner.place)
    planned = next_open(begin, joiner.place, terms.hours, terms.calendar)
    job = _job(joiner, "show", step.id, f"{joiner.id}/{step.id}/show", planned)
    if joiner.day_s or planned >= joiner.started_at:
        return job
    if _same_day(planned, joiner.started_at, joiner):
        return _moved(job, _not_before_start(joiner, planned, terms))
    reason = BEFORE if isinstance(step.content, Message | Tip | Quiz) or _survey(step) else LISTED
    return replace(job, state=JobState.SKIPPED, reason=reason, settled_at=joiner.started_at)


def _after(joiner: Joiner, step: Step, terms: Terms, kind: Kind, due: date, days: int) -> Job:
    on = next_workday(due + timedelta(days=days), joiner.place, terms.calendar)
    planned = next_open(
        moment(on, REMIND_AT, joiner.place), joiner.place, terms.hours, terms.calendar
    )
    # The due date is part of the name: a task that was postponed is reminded of anew.
    name = f"{joiner.id}/{step.id}/{kind}/{due:%Y%m%d}/{days}"
    return _job(joiner, kind, step.id, name, planned)


def _finish(joiner: Joiner, edition: Edition, terms: Terms) -> Job:
    on = _date(Day(number=edition.days + FINISHED_AFTER), joiner, terms)
    planned = moment(on, terms.hours.begin, joiner.place)
    return _job(joiner, "finish", "", f"{joiner.id}/finish", max(planned, joiner.started_at))


def _job(joiner: Joiner, kind: Kind, about: str, name: str, planned: datetime) -> Job:
    return Job(id=name, lane=joiner.id, kind=kind, about=about, planned_at=planned, due_at=planned)


def _date(day: Day, joiner: Joiner, terms: Terms) -> date:
    first = joiner.day_one + timedelta(days=joiner.shifted)
    return date_of(day, first, joiner.place, terms.calendar)


def _not_before_start(joiner: Joiner, planned: datetime, terms: Terms) -> datetime:
    if joiner.day_s or planned >= joiner.started_at:
        return planned
    return next_open(joiner.started_at, joiner.place, terms.hours, terms.calendar)


def _same_day(one: datetime, other: datetime, joiner: Joiner) -> bool:
    return local_date(one, joiner.place) == local_date(other, joiner.place)


def _survey(step: Step) -> bool:
    return isinstance(step.content, Questions) and step.content.kind == "survey"


def _moved(job: Job, planned: datetime) -> Job:
    return replace(job, planned_at=planned, due_at=planned)


def _in_real_time(job: Job, joiner: Joiner, terms: Terms) -> Job:
    return _moved(job, real(job.planned_at, joiner, terms.hours)) if joiner.day_s else job
