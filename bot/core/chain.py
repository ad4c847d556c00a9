"""The chain of the audit log: each link seals the one before it, so that no edit goes unseen.

Pure: what a link says and how it is sealed, and what is wrong with a chain that was read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

from bot.core.audit import AuditEntry

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

GENESIS: Final = "0" * 64
"""What the first link is sealed over."""

LONGEST_TEXT: Final = 4_000
"""Characters of one text in a link; of what is longer the beginning stands there, and a digest."""

_MOST_ITEMS: Final = 200
_DEEPEST: Final = 6
_LONGEST_KEY: Final = 256
_FIELDS: Final = frozenset(
    {"number", "at", "what", "by", "where", "reason", "before", "after", "about", "key"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row of the audit log as it is stored.

    number: counts from 1 without a gap. at, by, what, key: as in the payload, to find it by.
    payload: canonical JSON of everything that is said.
    previous: the hash of the link before. hash: of both, see `seal`.
    """

    number: int
    at: datetime
    by: str
    what: str
    key: str | None
    payload: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of the chain, kept beside it: so many links, and the last one's hash."""

    count: int
    hash: str


START: Final = Head(count=0, hash=GENESIS)
"""The end of a chain that has no link yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a chain.

    number: of the first link that is not as it was written; 0: the links are, and what they tell
        of is not.
    """

    number: int
    problem: str


# ── writing ───────────────────────────────────────────────────────────────────────────────────


def forged_on(head: Head, entry: AuditEntry) -> Link:
    """The link that says this, after the last one."""
    number = head.count + 1
    payload = canonical(_told(entry, number))
    key = stored_key(entry.key)
    return Link(
        number=number,
        at=entry.at,
        by=_cut(entry.by),
        what=_cut(entry.what),
        key=key or None,
        payload=payload,
        previous=head.hash,
        hash=seal(head.hash, payload),
    )


def stored_key(key: str) -> str:
    """The key of an entry as its link has it: a long one as its digest."""
    if len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable():
        return key
    return hashlib.sha256(_bytes(key)).hexdigest()


def canonical(value: Json) -> str:
    """JSON that is the same for the same value: ASCII, sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def seal(previous: str, payload: str) -> str:
    """SHA-256 of the hash of the link before, a line feed, and what this one says; hexadecimal."""
    return hashlib.sha256(_bytes(f"{previous}\n{payload}")).hexdigest()


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def said_by(link: Link) -> AuditEntry:
    """What a link says.

    Raises:
        ValueError: it does not say what a link says.
    """
    told = json.loads(link.payload)
    if not isinstance(told, dict) or set(told) != _FIELDS or not isinstance(told["about"], dict):
        raise ValueError("not what a link says")
    return AuditEntry(
        at=datetime.fromisoformat(told["at"]),
        what=told["what"],
        by=told["by"],
        where=told["where"],
        reason=told["reason"],
        before=told["before"],
        after=told["after"],
        about=told["about"],
        key=told["key"],
    )


def fingerprint(link: Link) -> str:
    """The same for links that say the same, wherever in a chain they stand."""
    told = json.loads(link.payload)
    return seal("", canonical({**told, "number": 0}))


class Inspector:
    """Looks through a chain from its beginning, link by link, and finds the first fault."""

    def __init__(self, *, noted: str = "") -> None:
        """noted: a head that somebody wrote down; the chain must still have that link."""
        self._head = START
        self._noted = noted.strip().lower()
        self._met = not self._noted or self._noted == GENESIS

    @property
    def head(self) -> Head:
        """The end of what was seen."""
        return self._head

    def see(self, link: Link) -> Fault | None:
        """The next link, by number; what is wrong with it."""
        due = self._head.count + 1
        if link.number > due:
            missing = f"{due}" if link.number == due + 1 else f"{due} to {link.number - 1}"
            return Fault(number=due, problem=f"missing: {missing}")
        problem = "" if link.number == due else "a number that no link can have"
        problem = problem or _problem(link, self._head)
        if problem:
            return Fault(number=link.number, problem=problem)
        self._head = Head(count=link.number, hash=link.hash)
        self._met = self._met or link.hash == self._noted
        return None

    def end(self, head: Head | None) -> Fault | None:
        """There are no more links. head: the end as it was kept beside them."""
        seen = self._head
        if head is None:
            return Fault(number=seen.count + 1, problem="the head of the chain is missing")
        if head.count > seen.count:
            problem = f"cut off: the head tells of {head.count} rows"
            return Fault(number=seen.count + 1, problem=problem)
        if head != seen:
            return Fault(number=max(seen.count, 1), problem="not the row the head tells of")
        if not self._met:
            problem = "no row has the hash that was noted: the log was written anew"
            return Fault(number=1, problem=problem)
        return None


def _problem(link: Link, head: Head) -> str:
    """What is wrong with a link that is in its place; empty: nothing."""
    if link.previous != head.hash:
        return "sealed over another row than the one before it"
    if link.hash != seal(link.previous, link.payload):
        return "edited: what it says is not what was sealed"
    try:
        entry, told = said_by(link), json.loads(link.payload)
    except (ValueError, TypeError, KeyError):
        return "unreadable"
    copied = (link.number, link.at, link.by, link.what, link.key or "")
    if copied != (told["number"], entry.at, entry.by, entry.what, entry.key):
        return "edited: its columns are not what it says"
    return ""


# ── words ─────────────────────────────────────────────────────────────────────────────────────


def _told(entry: AuditEntry, number: int) -> Json:
    return {
        "number": number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "what": _cut(entry.what),
        "by": _cut(entry.by),
        "where": _cut(entry.where),
        "reason": _cut(entry.reason),
        "before": None if entry.before is None else _bounded(entry.before),
        "after": None if entry.after is None else _bounded(entry.after),
        "about": _bounded(entry.about),
        "key": stored_key(entry.key),
    }


def _bounded(value: object, depth: int = 0) -> Json:
    """A value small enough for a row, in JSON's own types."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _cut(value)
    if depth >= _DEEPEST:
        return _cut(str(value))
    if isinstance(value, Mapping):
        few = list(value.items())[:_MOST_ITEMS]
        return {_cut(str(key)): _bounded(item, depth + 1) for key, item in few}
    if isinstance(value, Sequence):
        return [_bounded(item, depth + 1) for item in value[:_MOST_ITEMS]]
    return _cut(str(value))


def _cut(text: str) -> str:
    """Storable everywhere, and bounded: of a longer text a digest tells whether it was this one."""
    text = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    if len(text) <= LONGEST_TEXT:
        return text
    digest = hashlib.sha256(_bytes(text)).hexdigest()
    return f"{text[:LONGEST_TEXT]}… ({len(text)} characters, sha256 {digest})"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
