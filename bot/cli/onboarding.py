"""`deskmate onboarding`: journeys checked and previewed, people in, everything out."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path

from bot.cli.options import Subcommands, add_config, add_json, settings_of
from bot.cli.terminal import print_json, say
from bot.core.model import Conversation, User
from bot.core.onboarding.arrivals import best
from bot.core.onboarding.model import Edition, Entry, Joiner, Journey, Place, Step
from bot.core.onboarding.people import Staff
from bot.core.onboarding.plan import jobs_of
from bot.core.onboarding.roster import Roster
from bot.core.onboarding.table import Refused, Row, as_csv, lines_of, read_people
from bot.core.onboarding.when import zone
from bot.core.onboarding.wording import general
from bot.core.schedule import Job
from bot.journeys.library import Library, read_folder, shipped
from bot.program import offices_of, terms_of
from bot.rules import rules_of
from bot.settings import Settings, SettingsInvalid
from bot.state import opened_state
from bot.stores.state import utc_now
from knowledge.atomic import whole_file
from knowledge.model import Language

_OWNER_ONLY = 0o600
_LARGEST_CSV = 5_000_000


def add_to(subcommands: Subcommands) -> None:
    """Describe the commands."""
    parser = subcommands.add_parser("onboarding", help="journeys of new colleagues")
    kinds = parser.add_subparsers(required=True, metavar="WHAT")

    check = kinds.add_parser("check", help="read the journeys and name every mistake")
    check.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    add_config(check)
    check.set_defaults(run=run_check)

    plan = kinds.add_parser("plan", help="what somebody would get on which day")
    plan.add_argument("--journey", default="", metavar="NAME", help="where there are several")
    plan.add_argument("--start", type=_day, metavar="DATE", help="default: today")
    plan.add_argument("--office", default="", metavar="NAME", help="of the configured offices")
    plan.add_argument("--language", choices=("zh", "en"), default="en")
    add_config(plan)
    plan.set_defaults(run=run_plan)

    people = kinds.add_parser("import", help="begin journeys for the people of a CSV file")
    people.add_argument("file", type=Path, metavar="FILE")
    people.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_config(people)
    add_json(people)
    people.set_defaults(run=run_import)

    export = kinds.add_parser("export", help="where everybody is, as CSV")
    export.add_argument("--out", type=Path, required=True, metavar="FILE")
    add_config(export)
    export.set_defaults(run=run_export)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no day; write it as 2026-12-01") from error


# ── journeys ──────────────────────────────────────────────────────────────────────────────────


async def run_check(arguments: argparse.Namespace) -> int:
    """Every mistake with its file and line; 1 if there is one."""
    folder = arguments.folder or _folder(settings_of(arguments))
    found = await asyncio.to_thread(read_folder, folder)
    for fault in found.faults:
        say(str(fault))
    for journey in found.journeys.values():
        say(f"{journey.id}: {_summary(journey)}")
    if not found.journeys and not found.faults:
        say(f"{folder}: there is no journey, as onboarding.en.yaml")
    return 1 if found.faults or not found.journeys else 0


async def run_plan(arguments: argparse.Namespace) -> int:
    """A line for each thing that would be sent, in local time."""
    settings = settings_of(arguments)
    journey = _chosen(await _journeys(settings), arguments.journey)
    place = _place(settings, arguments.office)
    terms = terms_of(settings.onboarding)
    joiner = _somebody(journey, arguments.start or utc_now().date(), place, arguments.language)
    edition = journey.edition(arguments.language)
    jobs = jobs_of(joiner, edition, terms, {})
    for job in sorted(jobs, key=lambda job: (job.planned_at, job.position)):
        if job.kind != "finish":
            sys.stdout.write(_line(job, edition, place) + "\n")
    return 0


def _line(job: Job, edition: Edition, place: Place) -> str:
    step = edition.step(job.about)
    local = job.planned_at.astimezone(zone(place.time_zone))
    title = general(step.title, edition.language) if step else edition.title
    remarks = _remarks(job, step) if step else ()
    extra = "".join(f" [{word}]" for word in remarks)
    return f"{local:%a %Y-%m-%d %H:%M}  {job.kind:<8}  {title}{extra}"


def _remarks(job: Job, step: Step) -> Sequence[str]:
    """Who gets it, where that is not the joiner, and whether it depends on an answer."""
    part = step.owner
    if job.kind == "escalate" and step.escalate:
        part = step.escalate.to
    to = [] if part == "joiner" else [f"to {part}"]
    return [*to, *(f"if {one.step}: {' or '.join(one.values)}" for one in step.when)]


def _somebody(journey: Journey, first_day: date, place: Place, language: Language) -> Joiner:
    """Somebody who has known of their first day for long."""
    long_ago = datetime(first_day.year - 1, 1, 1, tzinfo=UTC)
    return Joiner(
        id="preview",
        user=User(platform="preview", id="preview"),
        conversation=Conversation(platform="preview", id="preview", direct=True),
        journey=journey.id,
        digest=journey.digest,
        language=language,
        place=place,
        day_one=first_day,
        started_at=long_ago,
        since=long_ago,
    )


def _summary(journey: Journey) -> str:
    edition = next(iter(journey.editions.values()))
    languages = ", ".join(sorted(journey.editions))
    version = journey.version or "–"
    size = f"{len(edition.steps)} steps over {edition.days} days"
    return f"{size}, version {version}, in {languages}"


# ── people ────────────────────────────────────────────────────────────────────────────────────


async def run_import(arguments: argparse.Namespace) -> int:
    """Begin journeys; who is on theirs already stays there. 1 if a line could not be taken."""
    settings = settings_of(arguments)
    journeys = await _journeys(settings)
    rows, refused = read_people(await asyncio.to_thread(_read_csv, arguments.file))
    chosen = [(row, _journey_for(row, journeys)) for row in rows]
    refused = (*refused, *(_nothing_for(row, journeys) for row, one in chosen if one is None))
    fitting = [(row, one) for row, one in chosen if one is not None]
    begun = already = 0
    if not arguments.dry_run:
        async with _roster(settings) as roster:
            for row, journey in fitting:
                new = (await roster.begin(row.user, journey, row.facts)).new
                begun, already = begun + new, already + (not new)
    for one in refused:
        say(f"{arguments.file}:{one.line}: {one.reason}")
    done = f"{begun} begun, {already} were on theirs already"
    say(f"{len(fitting)} would begin" if arguments.dry_run else done)
    if arguments.json:
        report = {"begun": begun, "already": already, "refused": [asdict(one) for one in refused]}
        print_json(report)
    return 1 if refused else 0


def _read_csv(file: Path) -> str:
    raw = file.read_bytes()
    if len(raw) > _LARGEST_CSV:
        raise SettingsInvalid(f"{file}: {len(raw)} bytes are too many, at most {_LARGEST_CSV}")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SettingsInvalid(f"{file}: neither UTF-8 nor GB 18030")


def _journey_for(row: Row, journeys: Mapping[str, Journey]) -> Journey | None:
    if row.journey:
        return journeys.get(row.journey)
    return best(journeys.values(), row.user.platform, row.facts)


def _nothing_for(row: Row, journeys: Mapping[str, Journey]) -> Refused:
    known = ", ".join(sorted(journeys))
    said = f"there is no journey `{row.journey}`" if row.journey else "no journey fits"
    return Refused(line=row.line, reason=f"{said}; there are: {known}")


async def run_export(arguments: argparse.Namespace) -> int:
    """Write the file, whole or not at all; answers only of steps that name HR."""
    settings = settings_of(arguments)
    journeys = await _journeys(settings)
    async with opened_state(settings) as state:
        people = [one for one in await state.joiners.all() if not one.day_s]
        listed: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in await state.joiners.entries(*(one.id for one in people)):
            listed[entry.joiner_id].append(entry)
    lines = list(lines_of(people, listed, journeys))
    # With a mark in front, so that spreadsheets read it as what it is.
    text = "\ufeff" + as_csv(lines)
    await asyncio.to_thread(_write, arguments.out, text)
    say(f"{len(lines)} lines written to {arguments.out}")
    return 0


def _write(out: Path, text: str) -> None:
    with whole_file(out, mode=_OWNER_ONLY) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


# ── what they need ────────────────────────────────────────────────────────────────────────────


def _folder(settings: Settings) -> Path:
    return settings.onboarding.folder or shipped()


async def _journeys(settings: Settings) -> Mapping[str, Journey]:
    """The journeys, all of them good.

    Raises:
        SettingsInvalid: one is broken, or there is none.
    """
    library = Library(_folder(settings))
    faults = await library.look()
    if faults or not library.current:
        raise SettingsInvalid("\n".join(faults) or f"{_folder(settings)}: there is no journey")
    return library.current


def _chosen(journeys: Mapping[str, Journey], name: str) -> Journey:
    if name in journeys:
        return journeys[name]
    if not name and len(journeys) == 1:
        return next(iter(journeys.values()))
    raise SettingsInvalid(f"--journey needs to be one of: {', '.join(sorted(journeys))}")


def _place(settings: Settings, name: str) -> Place:
    offices = offices_of(settings.onboarding).offices
    called = name.casefold()
    wanted = [
        one for one in offices if not name or called in {known.casefold() for known in one.names}
    ]
    if name and not wanted:
        known = ", ".join(one.names[0] for one in offices) or "none is configured"
        raise SettingsInvalid(f"--office {name}: there are: {known}")
    return wanted[0].place if wanted else Place()


@asynccontextmanager
async def _roster(settings: Settings) -> AsyncIterator[Roster]:
    """Where people are put on journeys, as the running bot does."""
    rules = rules_of(settings)
    library = Library(_folder(settings))
    await library.look()
    async with opened_state(settings) as state:
        yield Roster(
            joiners=state.joiners,
            agenda=state.agenda,
            journeys=library,
            offices=offices_of(settings.onboarding),
            staff=Staff(hr=rules.hr, admins=rules.owners.admins, languages=rules.languages),
            terms=terms_of(settings.onboarding),
            clock=utc_now,
        )
