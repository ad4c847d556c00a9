"""Tables: people to begin with as CSV, and where everybody is as CSV. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.core.model import User
from bot.core.onboarding.model import Entry, Facts, Joiner, Journey
from bot.core.onboarding.when import known_zone
from bot.core.onboarding.wording import general
from knowledge.model import Language

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("person", "user", "id", "人员", "账号"),
    "name": ("name", "姓名"),
    "journey": ("journey", "计划", "入职计划"),
    "first_day": ("first_day", "start_date", "first day", "start date", "入职日期", "第一天"),
    "department": ("department", "部门"),
    "role": ("role", "title", "岗位", "职位"),
    "location": ("location", "office", "办公室", "地点", "工作地点"),
    "time_zone": ("time_zone", "timezone", "time zone", "时区"),
    "language": ("language", "语言"),
    "manager": ("manager", "直属主管", "主管"),
    "buddy": ("buddy", "伙伴", "导师"),
}
_LANGUAGES: Final[Mapping[str, Language]] = {
    "zh": "zh", "中文": "zh", "chinese": "zh", "en": "en", "英文": "en", "english": "en",
}  # fmt: skip
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody to put on a journey. journey: empty: the one that fits."""

    line: int
    user: User
    journey: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A line that was not taken, and why."""

    line: int
    reason: str


class _Unreadable(Exception):
    """What is wrong with a line, for whoever wrote it."""


def read_people(text: str) -> tuple[tuple[Row, ...], tuple[Refused, ...]]:
    """People of a CSV file with a header line; what is wrong with the other lines."""
    table = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text))
    names = _named(table.fieldnames or ())
    if "person" not in names.values():
        known = ", ".join(_COLUMNS)
        reason = f"there is no column `person` with ids as in slack:U1; known are {known}"
        return (), (Refused(line=1, reason=reason),)
    rows: list[Row] = []
    refused: list[Refused] = []
    for cells in table:
        values = {names[key]: (cells[key] or "").strip() for key in names if key in cells}
        if not any(values.values()):
            continue
        try:
            rows.append(_row(table.line_num, values))
        except _Unreadable as error:
            refused.append(Refused(line=table.line_num, reason=str(error)))
    return tuple(rows), tuple(refused)


def _delimiter(text: str) -> str:
    """Spreadsheets of some countries write semicolons."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _named(header: Sequence[str]) -> dict[str, str]:
    """Our name of each column we know."""
    known = {word: name for name, words in _COLUMNS.items() for word in words}
    return {one: known[key] for one in header if (key := one.strip().casefold()) in known}


def _row(line: int, values: Mapping[str, str]) -> Row:
    return Row(
        line=line,
        user=_person(values.get("person", ""), values.get("name", "")),
        journey=values.get("journey", ""),
        facts=Facts(
            department=values.get("department", ""),
            role=values.get("role", ""),
            location=values.get("location", ""),
            time_zone=_zone(values.get("time_zone", "")),
            language=_language(values.get("language", "")),
            first_day=_date(values.get("first_day", "")),
            manager=_other(values.get("manager", "")),
            buddy=_other(values.get("buddy", "")),
        ),
    )


def _person(key: str, name: str = "") -> User:
    platform, _, user_id = key.partition(":")
    if not (platform.isalpha() and user_id.strip()):
        raise _Unreadable(f"`{key}` is no person as in slack:U1")
    return User(platform=platform.lower(), id=user_id.strip(), name=name)


def _other(said: str) -> User | None:
    """A key and perhaps a name after it: `slack:U2 Ada Lovelace`."""
    key, _, name = said.partition(" ")
    return _person(key, name.strip()) if said else None


def _zone(said: str) -> str:
    if said and not known_zone(said):
        raise _Unreadable(f"there is no time zone `{said}`; write it as Asia/Shanghai")
    return said


def _language(said: str) -> Language | None:
    if said and said.casefold() not in _LANGUAGES:
        raise _Unreadable(f"`{said}` is neither zh nor en")
    return _LANGUAGES.get(said.casefold())


def _date(said: str) -> date | None:
    try:
        return date.fromisoformat(said.replace("/", "-")) if said else None
    except ValueError as error:
        raise _Unreadable(f"`{said}` is no date as in 2026-12-01") from error


# ── where everybody is ────────────────────────────────────────────────────────────────────────

HEADER: Final = (
    "person", "name", "journey", "state", "first_day", "department", "location", "step", "title",
    "shown", "due", "done", "postponed", "right", "answer",
)  # fmt: skip


def lines_of(
    people: Iterable[Joiner],
    entries: Mapping[str, Sequence[Entry]],
    journeys: Mapping[str, Journey],
    *,
    reader_parts: Sequence[str] = ("hr",),
) -> Iterator[tuple[str, ...]]:
    """A line for each step of each person, who has none yet one without.

    reader_parts: whose answers are shown: of other steps they stay empty.
    """
    for joiner in people:
        about = (
            joiner.user.key,
            joiner.user.name,
            joiner.journey,
            joiner.state.value,
            joiner.day_one.isoformat(),
            joiner.department,
            joiner.location,
        )
        theirs = entries.get(joiner.id, ())
        if not theirs:
            yield (*about, *("" for _ in HEADER[len(about) :]))
        for entry in theirs:
            yield (*about, *_cells(entry, joiner, journeys, reader_parts))


def as_csv(lines: Iterable[Sequence[str]]) -> str:
    """Lines as CSV with a header; no cell is a formula to whoever opens it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return out.getvalue()


def _cells(
    entry: Entry, joiner: Joiner, journeys: Mapping[str, Journey], reader_parts: Sequence[str]
) -> tuple[str, ...]:
    journey = journeys.get(joiner.journey)
    step = journey.edition(joiner.language).step(entry.step_id) if journey else None
    readable = step is not None and not set(reader_parts).isdisjoint(step.visible_to)
    right = "" if entry.right is None or not readable else str(entry.right).lower()
    answer = "; ".join(f"{name}: {said}" for name, said in entry.values.items())
    return (
        entry.step_id,
        general(step.title, joiner.language) if step else "",
        _minute(entry.shown_at.isoformat()),
        entry.due_on.isoformat() if entry.due_on else "",
        _minute(entry.done_at.isoformat()) if entry.done_at else "",
        str(entry.postponed),
        right,
        answer if readable else "",
    )


def _minute(moment: str) -> str:
    return moment[:16] + "Z"


def _harmless(cell: str) -> str:
    # Spreadsheets run what begins like this; a leading quote makes it text.
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def language_of_word(word: str) -> Language | None:
    """The language somebody names."""
    return _LANGUAGES.get(word.casefold())
