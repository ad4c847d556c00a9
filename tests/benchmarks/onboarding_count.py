"""Counts again what a simulation left behind, by means of its own: raw SQL and what people saw."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import holidays
import yaml

from bot.core.model import CardAction, Event
from bot.core.onboarding.cards import ANSWER, DONE
from bot.core.onboarding.report import Report
from bot.core.texts import TEXTS
from bot.journeys.library import shipped
from tests.benchmarks.onboarding_world import BEGIN, PLACES, Sent

if TYPE_CHECKING:
    from tests.benchmarks.onboarding import Simulation

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PROMPT: Final = timedelta(minutes=45)
_MAY_BE_SEEN: Final = ("unreachable", "ended", "stopped", "done_already")
"""It arrived, the process died, and before the next look something else happened."""

_EDITED: Final = frozenset({"basics", "hrbp", "coffee", "tip-9"})


@dataclass
class Books:
    """What the world did, written down by the world."""

    happened: dict[str, list[tuple[str, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    done: set[tuple[str, str]] = field(default_factory=set)

    def note(self, person: str, what: str, at: datetime) -> None:
        self.happened[person].append((what, at))

    def pressed(self, event: Event) -> None:
        if isinstance(event, CardAction) and event.name in (DONE, ANSWER):
            self.done.add((event.values["joiner"], event.values["step"]))

    def what(self, person: str) -> set[str]:
        return {what for what, _ in self.happened[person]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was found. jobs: how many, by state and reason."""

    jobs: Mapping[str, int]
    wrong: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A job as it lies in the table."""

    id: str
    lane: str
    kind: str
    about: str
    planned: datetime
    due: datetime
    state: str
    reason: str


def wrongs(simulation: Simulation, reports: Sequence[Report], file: Path) -> Counted:
    """Everything that is not as promised."""
    tables = Tables(file)
    sent = [one for platform in simulation.platforms.values() for one in platform.sent]
    found = [
        *_once(tables, sent),
        *_nothing_forgotten(tables, simulation.clock.now),
        *_quiet(tables, sent),
        *_expected(simulation, tables, sent),
        *_gone(simulation, tables, sent),
        *_apologies(sent),
        *_same_report(simulation, tables, reports),
    ]
    jobs = Counter(f"{job.kind}/{job.state}/{job.reason}".rstrip("/") for job in tables.jobs)
    return Counted(jobs=dict(sorted(jobs.items())), wrong=found[:50])


class Tables:
    """The database as it is, read without any of our code."""

    def __init__(self, file: Path) -> None:
        with sqlite3.connect(file) as sql:
            rows = sql.execute(
                "select id, lane, kind, about, planned_at, due_at, state, reason from jobs"
            ).fetchall()
            self.jobs = [
                Row(
                    id=row[0], lane=row[1], kind=row[2], about=row[3], planned=_at(row[4]),
                    due=_at(row[5]), state=row[6], reason=row[7],
                )
                for row in rows
            ]  # fmt: skip
            self.joiners: dict[str, dict[str, Any]] = {
                row[0]: {**json.loads(row[1]), "person": row[2]}
                for row in sql.execute("select id, payload, person from joiners")
            }
            self.entries: list[dict[str, Any]] = [
                json.loads(row[0]) for row in sql.execute("select payload from joiner_entries")
            ]

    def of_key(self, key: str) -> str:
        """The job a message belongs to; empty where it belongs to none."""
        name = key.removeprefix("onboarding:")
        known = self._ids
        while name and name not in known:
            name = name.rpartition("/")[0]
        return name

    @property
    def _ids(self) -> Mapping[str, Row]:
        if not hasattr(self, "_by_id"):
            self._by_id = {job.id: job for job in self.jobs}
        return self._by_id

    def job(self, job_id: str) -> Row | None:
        return self._ids.get(job_id)


def _at(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


# ── once ──────────────────────────────────────────────────────────────────────────────────────


def _once(tables: Tables, sent: Sequence[Sent]) -> Iterator[str]:
    """Every job is done with its message, or skipped for a reason without one."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for one in sent:
        if one.key.startswith("onboarding:") and "/list/" not in one.key:
            seen[tables.of_key(one.key)].append(one.place)
    for job in tables.jobs:
        places = seen.get(job.id, [])
        if len(places) != len(set(places)):
            yield f"{job.id} was sent {len(places)} times"
        silent = job.kind in ("finish", "digest")
        if job.state == "done" and not places and not silent:
            yield f"{job.id} is done and nobody saw it"
        if job.state == "skipped" and not job.reason:
            yield f"{job.id} is skipped for no reason"
        if (
            job.state == "skipped"
            and places
            and job.reason not in ("unreachable", "ended", "stopped")
        ):
            yield f"{job.id} is skipped ({job.reason}) and was seen"
    by_step = Counter(
        (job.lane, job.about) for job in tables.jobs if job.kind == "show" and job.state == "done"
    )
    for (lane, about), times in by_step.items():
        if times > 1:
            yield f"{about} of {lane} was shown {times} times"


def _nothing_forgotten(tables: Tables, now: datetime) -> Iterator[str]:
    """What is due is done, but for people who are paused."""
    for job in tables.jobs:
        joiner = tables.joiners.get(job.lane.removesuffix("/nudge"))
        paused = joiner is not None and joiner["state"] == "paused"
        late = job.due < now - timedelta(hours=1)
        if job.state == "waiting" and late and not paused and job.kind != "digest":
            yield f"{job.id} was due at {job.due} and still waits"


# ── hours ─────────────────────────────────────────────────────────────────────────────────────


def _quiet(tables: Tables, sent: Sequence[Sent]) -> Iterator[str]:
    """Nobody is written to at night, on weekends or holidays, of their own place."""
    days = Days()
    for one in sent:
        if not one.unbidden or not one.key.startswith("onboarding:"):
            continue
        job = tables.job(tables.of_key(one.key))
        joiner = tables.joiners.get(job.lane if job else one.key[11:35])
        if joiner is None:
            continue
        places = {json.dumps(joiner["place"]), *_earlier(joiner)}
        if not any(days.open(one.at, json.loads(place)) for place in places):
            local = one.at.astimezone(ZoneInfo(joiner["place"]["time_zone"]))
            yield f"{one.key} came at {local:%a %d %b %H:%M} local time"


def _earlier(joiner: Mapping[str, Any]) -> set[str]:
    """Where somebody was before they moved."""
    office = PLACES.get(joiner["location"]) or next(iter(PLACES.values()))
    place = {"time_zone": office.time_zone, "country": office.country, "region": office.region}
    return {json.dumps(place)}


class Days:
    """Working days and hours, by the library itself."""

    def __init__(self) -> None:
        self._calendars: dict[tuple[str, str], Any] = {}

    def workday(self, day: date, place: Mapping[str, str]) -> bool:
        if not place["country"]:
            return day.weekday() < 5
        key = (place["country"], place["region"])
        if key not in self._calendars:
            self._calendars[key] = holidays.country_holidays(key[0], subdiv=key[1] or None)
        return bool(self._calendars[key].is_working_day(day))

    def next_morning(self, at: datetime, place: Mapping[str, str]) -> datetime:
        zone = ZoneInfo(place["time_zone"])
        day = at.astimezone(zone).date() + timedelta(days=1)
        while not self.workday(day, place):
            day += timedelta(days=1)
        return datetime(day.year, day.month, day.day, 9, tzinfo=zone).astimezone(UTC)

    def open(self, at: datetime, place: Mapping[str, str]) -> bool:
        local = at.astimezone(ZoneInfo(place["time_zone"]))
        minutes = local.hour * 60 + local.minute
        return 9 * 60 <= minutes < 18 * 60 + 30 and self.workday(local.date(), place)


# ── every step ────────────────────────────────────────────────────────────────────────────────


def _expected(simulation: Simulation, tables: Tables, sent: Sequence[Sent]) -> Iterator[str]:
    """Who stayed and was left alone got every step at its moment, or it says why not."""
    days = Days()
    steps = yaml.safe_load((shipped() / "onboarding.en.yaml").read_text("utf-8"))["steps"]
    plain = [one for one in steps if "when" not in one and one["id"] not in _EDITED]
    jobs = {(job.lane, job.about): job for job in tables.jobs if job.kind == "show"}
    arrived: dict[str, datetime] = {}
    for one in sent:
        arrived.setdefault(tables.of_key(one.key), one.at)
    for joiner_id, joiner in tables.joiners.items():
        if (
            simulation.books.what(joiner["person"]) - {"typed"}
            or joiner["user"]["id"] in simulation.fate.left
        ):
            continue
        for step in plain:
            moment = _moment(step, joiner, days)
            if moment > simulation.clock.now:
                continue
            job = jobs.get((joiner_id, step["id"]))
            if job is None:
                yield f"{step['id']} of {joiner['person']} was never planned"
            elif job.state == "waiting":
                yield f"{step['id']} of {joiner['person']} still waits since {moment}"
            elif job.state == "done":
                late_start = moment == datetime.fromisoformat(joiner["started_at"])
                if late_start:  # after four cards there is a pause, perhaps for the night
                    moment = days.next_morning(moment, joiner["place"])
                yield from _in_time(
                    simulation, arrived.get(job.id), moment, job, late_start=late_start
                )


def _moment(step: Mapping[str, Any], joiner: Mapping[str, Any], days: Days) -> datetime:
    """When a step should come, worked out anew."""
    place, first = joiner["place"], date.fromisoformat(joiner["day_one"])
    if "workday" in step:
        day, left = first, step["workday"]
        while True:
            left -= days.workday(day, place)
            if not left:
                break
            day += timedelta(days=1)
    else:
        day = first + timedelta(days=step["day"] - 1)
        while not days.workday(day, place):
            day += timedelta(days=1)
    hours, minutes = map(int, str(step["at"]).split(":"))
    local = datetime(
        day.year, day.month, day.day, hours, minutes, tzinfo=ZoneInfo(place["time_zone"])
    )
    started = datetime.fromisoformat(joiner["started_at"])
    return max(local.astimezone(UTC), started)


def _in_time(
    simulation: Simulation,
    came: datetime | None,
    moment: datetime,
    job: Row,
    *,
    late_start: bool,
) -> Iterator[str]:
    """late_start: who begins in the afternoon gets the rest of the first day the next morning."""
    if came is None:
        yield f"{job.id} is done and nobody saw it"
    elif came < moment - timedelta(minutes=1) and not late_start:
        yield f"{job.id} came {moment - came} too early"
    elif came > moment + _PROMPT and not _explained(simulation, moment, came):
        yield f"{job.id} came {came - moment} too late"


def _explained(simulation: Simulation, moment: datetime, came: datetime) -> bool:
    """An outage, a lost process whose lease had to end, or a platform that was down."""
    outage = any(begin <= came and stop >= moment for begin, stop in simulation.outages)
    return outage or came - moment <= timedelta(hours=2, minutes=30)


# ── who is gone ───────────────────────────────────────────────────────────────────────────────


def _gone(simulation: Simulation, tables: Tables, sent: Sequence[Sent]) -> Iterator[str]:
    """Who was ended, stopped or forgotten hears nothing more by itself."""
    ends: dict[str, datetime] = {}
    for person, happened in simulation.books.happened.items():
        for what, at in happened:
            if what in ("ended", "stopped", "forgotten"):
                ends[person] = min(at, ends.get(person, at))
    for one in sent:
        end = ends.get(_person_of(simulation, one))
        grace = timedelta(hours=1)
        outage = any(begin <= (end or BEGIN) < stop for begin, stop in simulation.outages)
        if end and one.unbidden and one.at > end + grace and not outage:
            if _person_of(simulation, one) in {row["person"] for row in tables.joiners.values()}:
                yield f"{one.key} was sent after {end}"
            else:
                yield f"{one.key} was sent to somebody who was forgotten at {end}"


def _person_of(simulation: Simulation, one: Sent) -> str:
    person = simulation.by_id.get(one.place)
    return person.user.key if person else ""


# ── commands ──────────────────────────────────────────────────────────────────────────────────


def _apologies(sent: Sequence[Sent]) -> Iterator[str]:
    """Whoever types a command gets what it says, not that something went wrong."""
    sorry = {TEXTS[language].error for language in TEXTS}
    for one in sent:
        if any(getattr(block, "text", "") in sorry for block in one.card.blocks):
            yield f"{one.place} was told that something went wrong at {one.at}"


# ── the report ────────────────────────────────────────────────────────────────────────────────


def _same_report(
    simulation: Simulation, tables: Tables, reports: Sequence[Report]
) -> Iterator[str]:
    """The report says what the tables say, and the tables what people did."""
    (report,) = reports
    states = Counter(joiner["state"] for joiner in tables.joiners.values())
    told = {state.value: count for state, count in report.people.items() if count}
    if told != dict(states):
        yield f"the report has {told}, the tables {dict(states)}"
    shown: Counter[str] = Counter()
    done: Counter[str] = Counter()
    late: Counter[str] = Counter()
    now = simulation.clock.now
    for entry in tables.entries:
        joiner = tables.joiners[entry["joiner_id"]]
        today = now.astimezone(ZoneInfo(joiner["place"]["time_zone"])).date().isoformat()
        shown[entry["step_id"]] += 1
        done[entry["step_id"]] += bool(entry["done_at"])
        overdue = not entry["done_at"] and entry["due_on"] and today > entry["due_on"]
        late[entry["step_id"]] += bool(overdue and joiner["state"] == "active")
    for step in report.steps:
        mine = (shown[step.step_id], done[step.step_id], late[step.step_id])
        if mine != (step.shown, step.done, step.late):
            yield f"{step.step_id}: the report has {(step.shown, step.done, step.late)}, we {mine}"
    kept = {(one["joiner_id"], one["step_id"]) for one in tables.entries if one["done_at"]}
    for joiner_id, step_id in simulation.books.done:
        if joiner_id in tables.joiners and (joiner_id, step_id) not in kept:
            yield f"{step_id} was done by {joiner_id} and is not kept"
