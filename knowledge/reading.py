"""A file's bytes become documents, unless they are the bytes of the last time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Protocol

from knowledge.errors import CorpusInvalid, DocumentUnreadable
from knowledge.gathering import CORPUS_SUFFIX, Source, related
from knowledge.indexing import signed
from knowledge.model import EVERYONE, Document, StoredDocument
from knowledge.ports import Parser
from knowledge.ruling import AudienceRules, ruled

READING_VERSION = 3
"""Raise it when parsers, splitting or the form that texts are indexed in change: every document is
read anew then."""

MAX_FILE_BYTES = 50_000_000
MAX_CORPUS_BYTES = 500_000_000
"""JSON Lines hold many documents in one file."""


class CorpusParser(Protocol):
    """Reads a file that holds many documents."""

    def __call__(self, content: bytes, *, uri: str) -> tuple[Document, ...]:
        """Turn a file's bytes into documents.

        Raises:
            CorpusInvalid: naming the line.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file turned out to be.

    documents: with root, audience and digest; empty where the file failed or did not change.
    unchanged: the file's one document is stored as it is now.
    failure: why nothing could be read, in words for the person who ran the ingest.
    """

    source: Source
    documents: tuple[Document, ...] = ()
    unchanged: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads files; blocking, so it belongs in a thread.

    audience_of: of documents that name none themselves, by their id.
    rules: readers that somebody named for documents, whatever these say themselves.
    vouched: what documents say of their owners counts.
    named: readers that go before those that documents name themselves; None: nobody named any.
    engines: what passages are embedded with; other engines make every document new.
    """

    stored: Mapping[str, StoredDocument]
    audience_of: Callable[[str], frozenset[str]]
    engines: tuple[str, ...]
    parser_for: Callable[[str], Parser | None]
    parse_jsonl: CorpusParser
    rules: AudienceRules = field(default_factory=dict)
    vouched: bool = True
    named: frozenset[str] | None = None

    def read(self, source: Source) -> Reading:
        """The file's documents; whatever is wrong with it is the reading's `failure`."""
        try:
            return self._read(source)
        except (DocumentUnreadable, CorpusInvalid) as error:
            where = f"line {error.line}: " if isinstance(error, CorpusInvalid) else ""
            return Reading(source=source, failure=f"{where}{error.reason}")
        except OSError as error:
            return Reading(source=source, failure=f"not read: {error.strerror or error}")
        except MemoryError:
            return Reading(source=source, failure="not read: not enough memory")

    def _read(self, source: Source) -> Reading:
        is_corpus = source.path.suffix.lower() == CORPUS_SUFFIX
        content = _content(source.path, MAX_CORPUS_BYTES if is_corpus else MAX_FILE_BYTES)
        if is_corpus:
            parsed = self.parse_jsonl(content, uri=source.uri)
            documents = (self._finished(each, source, digest=self._of(each)) for each in parsed)
            return Reading(source=source, documents=tuple(documents))
        digest = self._digest(source.document_id, source.uri.encode(), content)
        if is_current(source.document_id, digest, source.root, self.stored):
            return Reading(source=source, unchanged=True)
        parse = self.parser_for(source.path.suffix)
        if parse is None:
            raise DocumentUnreadable(source.uri, f"unsupported format {source.path.suffix}")
        document = parse(content, document_id=source.document_id, uri=source.uri)
        return Reading(source=source, documents=(self._finished(document, source, digest=digest),))

    def _finished(self, document: Document, source: Source, *, digest: str) -> Document:
        # What a document says of its readers itself is closer to its owner than the command line.
        says_nothing = document.audience == frozenset({EVERYONE})
        audience = self.audience_of(document.id) if says_nothing else document.audience
        # A rule is no part of the digest: it reaches what is stored without another reading.
        audience = ruled(document.id, self.rules) or self.named or audience
        owner = document.owner if self.vouched else ""
        return replace(document, root=source.root, audience=audience, owner=owner, digest=digest)

    def _of(self, document: Document) -> str:
        sections = [asdict(section) for section in document.sections]
        return self._digest(
            document.id, json.dumps([document.uri, document.title, sections]).encode()
        )

    def _digest(self, document_id: str, *parts: bytes) -> str:
        """Changes with the content and with whatever decides how it is read, stored and shown."""
        # Nothing, where it is for everybody: what is stored so already stays.
        audience = self.audience_of(document_id)
        some = [] if audience == frozenset({EVERYONE}) else sorted(audience)
        # Nothing, where it is vouched for: what is stored so already stays.
        settings: list[object] = [READING_VERSION, some]
        foreign: list[object] = [] if self.vouched else ["foreign"]
        digest = signed(_hashed([*settings, *foreign], parts), self.engines)
        before = _hashed([*settings, self.engines, *foreign], parts)
        known = self.stored.get(document_id)
        # Until the engines stood beside it, one hash was of all: what is stored so stays current.
        return before if known is not None and known.digest == before else digest


def _hashed(settings: list[object], parts: tuple[bytes, ...]) -> str:
    digest = hashlib.sha256(json.dumps(settings).encode())
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()


def is_current(
    document_id: str, digest: str, root: str, stored: Mapping[str, StoredDocument]
) -> bool:
    """Whether the store has this very document, completely and under this root."""
    known = stored.get(document_id)
    if known is None or not known.complete or known.digest != digest:
        return False
    return related(known.root, root)


def _content(path: Path, limit_bytes: int) -> bytes:
    size = path.stat().st_size
    if size > limit_bytes:
        reason = f"too large: {size:,} bytes, the limit is {limit_bytes:,}"
        raise DocumentUnreadable(str(path), reason)
    if not path.is_file():
        raise DocumentUnreadable(str(path), "not a regular file")
    return path.read_bytes()
