"""How answers come about now, and what waits to count: one small file in the data folder.

`ways.json` names the place whose passages count, with the model and the threshold that go with
them, and the place that an ingest fills until its documents count. Bot and ingest both write it,
each change whole and one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.atomic import alone, whole_file
from knowledge.errors import StoreUnavailable

Place: TypeAlias = Literal["first", "second"]
"""Passages lie in one of two places; what is taken in fills the other one."""

_OTHER: Final[dict[Place, Place]] = {"first": "second", "second": "first"}
_FILE = "ways.json"
_LOCK = "ways.lock"
_VALUE = ConfigDict(frozen=True)


class Way(BaseModel):
    """How answers come about.

    embedders, late: what the passages were embedded with. least_confidence: the threshold.
    """

    model_config = _VALUE

    place: Place = "first"
    embedders: str
    late: bool = True
    engine: str
    model: str
    base_url: str
    judge: bool
    least_confidence: float

    def can_wait_for(self, other: Way) -> bool:
        """Whether this way can go on while the other one is tried out.

        Not with other embedders, whose passages are others; nor with a model at another address,
        whose key is no longer known.
        """
        mine, theirs = ((way.embedders, way.late, way.base_url) for way in (self, other))
        return mine == theirs


class Staged(BaseModel):
    """Documents that do not count yet.

    number: other after every ingest. filled: the place holds all that counts now, to begin with.
    ready: the ingest is finished.
    """

    model_config = _VALUE

    place: Place
    number: int
    filled: bool = False
    ready: bool = False


class Record(BaseModel):
    """What the file says. number: of the last ingest that was staged."""

    model_config = _VALUE

    live: Way | None = None
    place: Place = "first"
    staged: Staged | None = None
    number: int = 0

    @property
    def ready(self) -> Staged | None:
        """The staged documents that may be tried out."""
        return self.staged if self.staged and self.staged.ready else None


class Ways:
    """Reads and changes the record of one data folder. Its calls block; they take a moment.

    Each raises StoreUnavailable where the file cannot be read or written, and StorageFull.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir

    def read(self) -> Record:
        """What is recorded; the defaults where nothing is.

        Raises:
            StoreUnavailable: the file cannot be read, or is not ours.
        """
        path = self._folder / _FILE
        try:
            return Record.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return Record()
        except (OSError, ValidationError) as error:
            hint = "mend it, or delete it where the passages of the first place should count"
            raise StoreUnavailable(f"{path} cannot be read; {hint}") from error

    def start(self, configured: Way, *, holds: bool) -> Way:
        """The way that counts at a start: as before where changes are held, else as configured.

        configured: its place says nothing.
        """

        def begun(record: Record) -> Record:
            before = record.live
            if holds and before is not None and before.can_wait_for(configured):
                return record
            if holds:
                live = configured.model_copy(update={"place": record.place})
                return record.model_copy(update={"live": live})
            return _settled(record).model_copy(
                update={"live": configured.model_copy(update={"place": _settled(record).place})}
            )

        live = self._change(begun).live
        return live or configured

    def settle(self) -> None:
        """Documents that wait count from now on; half an ingest is forgotten."""
        if self.read().staged is not None:
            self._change(_settled)

    def stage(self) -> Staged:
        """An ingest begins: the place to fill, not ready until `finish`.

        What was staged before and does not count yet stays in it.
        """

        def begun(record: Record) -> Record:
            number = record.number + 1
            before = record.staged or Staged(place=_OTHER[record.place], number=number)
            staged = before.model_copy(update={"number": number, "ready": False})
            return record.model_copy(update={"staged": staged, "number": number})

        staged = self._change(begun).staged
        assert staged is not None  # noqa: S101 -- `begun` has just set it
        return staged

    def fill(self, staged: Staged) -> None:
        """The place to fill holds all that counts now."""
        self._change(lambda record: _with(record, staged.model_copy(update={"filled": True})))

    def finish(self, staged: Staged, *, changed: bool) -> None:
        """The ingest is finished; where it changed nothing there is nothing to try out."""
        done = staged.model_copy(update={"filled": True, "ready": True}) if changed else None
        self._change(lambda record: _with(record, done))

    def let(self, way: Way, *, number: int) -> bool:
        """Make a way count; False where the documents it is about are others by now.

        number: of the staged documents it was tried with; 0: without any.
        """

        def possible(record: Record) -> bool:
            return not number or (record.ready is not None and record.ready.number == number)

        def made(record: Record) -> Record:
            if not possible(record):
                return record
            staged = None if number else record.staged
            return record.model_copy(update={"live": way, "place": way.place, "staged": staged})

        return self._change(made).live == way

    def _change(self, make: Callable[[Record], Record]) -> Record:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with alone(self._folder / _LOCK):
                before = self.read()
                after = make(before)
                if after != before:
                    with whole_file(self._folder / _FILE) as file:
                        file.write(after.model_dump_json(indent=2).encode() + b"\n")
                return after
        except OSError as error:
            reason = error.strerror or str(error)
            raise StoreUnavailable(f"{self._folder / _FILE} not written: {reason}") from error


def _with(record: Record, staged: Staged | None) -> Record:
    return record.model_copy(update={"staged": staged})


def _settled(record: Record) -> Record:
    """With the staged documents, if they are all there."""
    place = record.ready.place if record.ready else record.place
    live = record.live and record.live.model_copy(update={"place": place})
    return record.model_copy(update={"live": live, "place": place, "staged": None})
