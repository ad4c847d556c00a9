"""Which files an ingest is about, and what each document will be called."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import PathMissing
from knowledge.model import IngestFailure, StoredDocument

CORPUS_SUFFIX = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to read.

    root: what its documents belong to; see `gather`.
    document_id: empty for JSON Lines, which name their documents themselves.
    uri: where it stands below the folder that was named.
    """

    path: Path
    root: str
    document_id: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The files of an ingest.

    covered: the roots that were seen completely; what is missing there was deleted.
    failed: what was named but cannot be read, and folders that could not be listed.
    """

    sources: tuple[Source, ...]
    covered: frozenset[str]
    failed: tuple[IngestFailure, ...]


def gather(
    paths: Sequence[Path],
    *,
    readable: Callable[[str], bool],
    stored: Mapping[str, StoredDocument],
) -> Gathered:
    """Find the files below the paths, each once, in a fixed order.

    A folder is the root of what is found in it. A file named by itself belongs to the folder it
    was taken in with before, else to nothing but itself: naming one file never touches its
    neighbours. Hidden files, Office's lock files and links that lead out of the folder are left
    out; so are formats without a parser, unless the file was named itself.

    readable: says of a file name's ending whether there is a parser for it.

    Raises:
        PathMissing: one of the paths is not there; nothing was read yet.
    """
    there, failed = _located(paths)
    found: dict[Path, Source] = {}
    covered: set[str] = set()
    # Outer folders first: a file below two of the paths belongs to the outer one.
    for path in sorted(there, key=lambda path: len(path.parts)):
        if path.is_dir():
            unlisted: list[IngestFailure] = []
            files = [file for file in _files(path, unlisted) if readable(file.suffix)]
            found |= {file: _source(file, root=path) for file in files if file not in found}
            failed += unlisted
            covered |= set() if unlisted else {str(path)}
        elif not readable(path.suffix):
            failed.append(IngestFailure(path=str(path), reason=_unsupported(path)))
        elif path not in found:
            found[path] = _named(path, stored)
            covered.add(str(path))
    sources, clashes = _without_clashes(found.values(), stored)
    return Gathered(sources=sources, covered=frozenset(covered), failed=(*failed, *clashes))


def _located(paths: Sequence[Path]) -> tuple[list[Path], list[IngestFailure]]:
    """Where the paths really are; a link to a file keeps its own name."""
    there: list[Path] = []
    failed: list[IngestFailure] = []
    for path in paths:
        try:
            if not path.exists():
                raise PathMissing(str(path))
            place = path.resolve() if path.is_dir() else path.parent.resolve() / path.name
        except OSError as error:
            failed.append(IngestFailure(path=str(path), reason=f"not read: {error.strerror}"))
            continue
        there += [] if place in there else [place]
    return there, failed


def _without_clashes(
    sources: Iterable[Source], stored: Mapping[str, StoredDocument]
) -> tuple[tuple[Source, ...], list[IngestFailure]]:
    kept: list[Source] = []
    clashes: list[IngestFailure] = []
    owners: dict[str, str] = {}
    for source in sources:
        taken = source.document_id and taken_by(
            source.document_id, source.root, owners=owners, stored=stored
        )
        if taken:
            reason = f"its document id {source.document_id} is taken by {taken}"
            clashes.append(IngestFailure(path=str(source.path), reason=reason))
            continue
        kept.append(source)
        owners[source.document_id] = str(source.path)
    return tuple(kept), clashes


def _unsupported(path: Path) -> str:
    return f"unsupported format {path.suffix}" if path.suffix else "unsupported format"


def taken_by(
    document_id: str,
    root: str,
    *,
    owners: Mapping[str, str],
    stored: Mapping[str, StoredDocument],
) -> str:
    """Who has this document id already: a file of this run, or a place that is still there.

    Empty when it is free. A place that is gone, such as last week's checkout, gives its ids up.

    owners: the ids of this run and the file each came from.
    """
    if document_id in owners:
        return owners[document_id]
    known = stored.get(document_id)
    if known is None or related(known.root, root) or not Path(known.root).exists():
        return ""
    return known.root


def related(one: str, other: str) -> bool:
    """Whether one path is the other or lies in it."""
    return is_below(one, other) or is_below(other, one)


def gone(
    stored: Mapping[str, StoredDocument], *, covered: Collection[str], seen: Collection[str]
) -> list[str]:
    """Documents whose root was seen completely, and they were not there any more."""
    return [
        known.id
        for known in stored.values()
        if known.id not in seen and any(is_below(known.root, root) for root in covered)
    ]


def is_below(path: str, root: str) -> bool:
    """Whether a path is the root or lies in it."""
    return bool(path) and (path == root or Path(root) in Path(path).parents)


def _files(root: Path, unlisted: list[IngestFailure]) -> Iterator[Path]:
    def report(error: OSError) -> None:
        reason = f"folder not listed: {error.strerror}"
        unlisted.append(IngestFailure(path=str(error.filename), reason=reason))

    for folder, folders, files in os.walk(root, onerror=report):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(folder) / name
            if not name.startswith((".", "~$")) and _stays_inside(file, root):
                yield file


def _stays_inside(file: Path, root: Path) -> bool:
    return not file.is_symlink() or (file.is_file() and file.resolve().is_relative_to(root))


def _named(file: Path, stored: Mapping[str, StoredDocument]) -> Source:
    """A file named by itself; it keeps the name it got when its folder was taken in."""
    for folder in file.parents:
        known = stored.get(_document_id(file, folder))
        if known is not None and known.root == str(folder):
            return _source(file, root=folder)
    return Source(
        path=file,
        root=str(file),
        document_id=_document_id(file, file.parent),
        uri=file.name,
    )


def _source(file: Path, *, root: Path) -> Source:
    # A corpus is a root of its own: its lines come and go like the files of a folder.
    return Source(
        path=file,
        root=str(file if file.suffix.lower() == CORPUS_SUFFIX else root),
        document_id=_document_id(file, root),
        uri=file.relative_to(root).as_posix(),
    )


def _document_id(file: Path, root: Path) -> str:
    if file.suffix.lower() == CORPUS_SUFFIX:
        return ""
    below = file.relative_to(root).with_suffix("")
    # Some systems take names apart into letters and accents; the same name must give the same id.
    return unicodedata.normalize("NFC", "__".join(below.parts))
