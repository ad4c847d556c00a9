"""The journeys in a folder: read again when a file changed, kept where it is broken."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, cast

from bot.core.ids import hashed_id
from bot.core.onboarding.model import Journey, Questions, Quiz, Step
from bot.journeys.nodes import Fault
from bot.journeys.reading import Draft, read
from knowledge.atomic import whole_file
from knowledge.model import Language

log = logging.getLogger(__name__)

_OWNER_ONLY: Final = 0o600
_NAME: Final = re.compile(r"(?P<id>[a-z][a-z0-9_-]{0,40})\.(?P<language>zh|en)\.ya?ml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What a folder holds. faults: by which journeys some may be missing."""

    journeys: Mapping[str, Journey]
    faults: tuple[Fault, ...]


def shipped() -> Path:
    """The folder of the journey that comes with the product."""
    return Path(str(files("bot") / "content"))


def read_folder(folder: Path) -> Folder:
    """All journeys of a folder, and every mistake in it.

    A file is named `onboarding.en.yaml`: the journey's id, and its language.
    """
    drafts: dict[str, list[tuple[Draft, str]]] = {}
    broken: set[str] = set()
    faults: list[Fault] = []
    try:
        paths = _files(folder)
    except OSError as error:
        faults.append(Fault(path=str(folder), line=0, reason=f"not read: {error.strerror}"))
        paths = ()
    for path in paths:
        name = _NAME.fullmatch(path.name)
        if name is None:
            reason = "the name should be as in onboarding.en.yaml: id, then zh or en"
            faults.append(Fault(path=path.name, line=0, reason=reason))
            continue
        text, draft, wrong = _read_file(path, cast("Language", name["language"]))
        faults += wrong
        if draft is None:
            broken.add(name["id"])
        else:
            drafts.setdefault(name["id"], []).append((draft, text))
    for journey_id, found in drafts.items():
        wrong = _compared([draft for draft, _ in found])
        faults += wrong
        broken |= {journey_id} if wrong else set()
    journeys = {
        journey_id: _journey(journey_id, found)
        for journey_id, found in drafts.items()
        if journey_id not in broken
    }
    return Folder(journeys=journeys, faults=tuple(faults))


class Library:
    """The journeys of a folder as they are now.

    kept: a folder of our own for the last good version of each, so that a process that starts
        while a file is broken still knows it.
    """

    def __init__(self, folder: Path, *, kept: Path | None = None) -> None:
        self._folder = folder
        self._kept = kept
        self._seen: Mapping[str, tuple[int, int]] = {}
        self._good: dict[str, Journey] = {}
        self.faults: tuple[Fault, ...] = ()

    @property
    def current(self) -> Mapping[str, Journey]:
        """By their ids, as they were at the last look."""
        return self._good

    async def look(self) -> Sequence[str]:
        """Read the files that changed; every mistake in them, as people read it.

        A journey whose file is broken stays as it was before.
        """
        await asyncio.to_thread(self._look)
        return [str(fault) for fault in self.faults]

    def _look(self) -> None:
        try:
            seen = {path.name: _stamp(path) for path in _files(self._folder)}
        except OSError as error:
            log.warning("journeys_unreadable", extra={"reason": error.strerror})
            return
        if seen != self._seen:
            found = read_folder(self._folder)
            here = {name.partition(".")[0] for name in seen}
            before = self._good if self._seen else self._from_before()
            still = {name: one for name, one in before.items() if name in here}
            self._good = {**still, **found.journeys}
            self._keep(found)
            self._seen, self.faults = seen, found.faults
            for fault in found.faults:
                log.error("journey_broken", extra={"fault": str(fault)})

    def _from_before(self) -> Mapping[str, Journey]:
        return {} if self._kept is None else read_folder(self._kept).journeys

    def _keep(self, found: Folder) -> None:
        """Copy what is good, each file whole or not at all; failing to costs nobody anything."""
        if self._kept is None:
            return
        try:
            self._kept.mkdir(parents=True, exist_ok=True)
            for path in _files(self._folder):
                if path.name.partition(".")[0] in found.journeys:
                    with whole_file(self._kept / path.name, mode=_OWNER_ONLY) as copy:
                        copy.write(path.read_bytes())
        except OSError as error:
            log.warning("journeys_not_kept", extra={"reason": error.strerror})


def _files(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _read_file(path: Path, language: Language) -> tuple[str, Draft | None, Sequence[Fault]]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        return "", None, (Fault(path=path.name, line=0, reason="the file is not UTF-8"),)
    except OSError as error:
        return "", None, (Fault(path=path.name, line=0, reason=f"not read: {error.strerror}"),)
    draft, faults = read(text, path=path.name, language=language)
    return text, draft, faults


def _compared(drafts: Sequence[Draft]) -> list[Fault]:
    """In all languages a journey has the same steps on the same days."""
    first, *others = drafts
    faults: list[Fault] = []
    for other in others:
        faults += _missing(first, other)
        faults += _missing(other, first)
        for step in other.edition.steps:
            same = first.edition.step(step.id)
            if same is not None and (same.day, same.at) != (step.day, step.at):
                line = other.steps_at[step.id]
                reason = f"`{step.id}` comes at another time in {first.path}"
                faults.append(Fault(path=other.path, line=line, reason=reason))
            if same is not None and _shape(same) != _shape(step):
                line = other.steps_at[step.id]
                reason = f"`{step.id}` is of another kind or has other fields in {first.path}"
                faults.append(Fault(path=other.path, line=line, reason=reason))
        if (first.starts, first.whom, first.version) != (other.starts, other.whom, other.version):
            reason = f"`version`, `starts` or `for` is other in {first.path}"
            faults.append(Fault(path=other.path, line=1, reason=reason))
    return faults


def _shape(step: Step) -> object:
    """What does not depend on the language."""
    match step.content:
        case Questions() as asked:
            return [(field.name, len(field.choices)) for field in asked.fields]
        case Quiz() as quiz:
            return (len(quiz.choices), quiz.right)
        case _:
            return type(step.content)


def _missing(one: Draft, other: Draft) -> list[Fault]:
    return [
        Fault(path=one.path, line=line, reason=f"`{step_id}` is missing in {other.path}")
        for step_id, line in one.steps_at.items()
        if step_id not in other.steps_at
    ]


def _journey(journey_id: str, found: Sequence[tuple[Draft, str]]) -> Journey:
    first = found[0][0]
    whole = "\n".join(text for _, text in found)
    return Journey(
        id=journey_id,
        version=first.version,
        digest=hashed_id(whole, digits=16),
        starts=cast("Literal['join', 'date', 'command']", first.starts),
        whom=first.whom,
        editions={draft.edition.language: draft.edition for draft, _ in found},
        audiences=first.audiences,
    )
