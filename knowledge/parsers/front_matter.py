"""What a document says of itself above its text, between two lines of `---`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import yaml

from knowledge.errors import DocumentUnreadable
from knowledge.model import EVERYONE, Language

MAX_FRONT_MATTER_CHARACTERS = 50_000

_OPENING = re.compile(r"\A---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_KEY = re.compile(r"(?:[ \t]*(?:#.*)?\n)*[\w-]+[ \t]*:(?:\s|$)")
_SEPARATORS = re.compile("[,，、;；]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """A document's own words on its title, readers, owner, review date and language."""

    title: str = ""
    audience: frozenset[str] = frozenset({EVERYONE})
    owner: str = ""
    review_on: date | None = None
    language: Language | None = None


class _Wrong(Exception):  # internal: turned into DocumentUnreadable with the line below
    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


def split_front_matter(text: str, *, uri: str) -> tuple[FrontMatter, str]:
    """The front matter and the text below it; text without one comes back whole.

    Keys: title, audience (a name or a list of names), owner, review (a date), language (zh or
    en). Others are ignored.

    Raises:
        DocumentUnreadable: it has an error; a guess could show a document to the wrong readers.
    """
    opening = _OPENING.match(text)
    if opening is None or not _KEY.match(text, opening.end()):
        return FrontMatter(), text
    closing = _CLOSING.search(text, opening.end(), opening.end() + MAX_FRONT_MATTER_CHARACTERS)
    if closing is None:
        raise DocumentUnreadable(uri, "front matter, line 1: the closing --- is missing")
    block = text[opening.end() : closing.start()]
    return _read(block, uri=uri), text[closing.end() :].removeprefix("\n")


def meta_front_matter(entries: Mapping[str, str], *, uri: str) -> FrontMatter:
    """Front matter from names and values of another format, such as HTML's `<meta>`.

    Raises:
        DocumentUnreadable: as for front matter; the reason names the key.
    """
    known: dict[object, object] = {
        key: entries[key] for key in ("audience", "owner", "review") if key in entries
    }
    try:
        return _front_matter(known)
    except _Wrong as error:
        raise DocumentUnreadable(uri, f"its metadata: {error}") from error


def _read(block: str, *, uri: str) -> FrontMatter:
    try:
        entries = yaml.safe_load(block)
    except yaml.MarkedYAMLError as error:
        # Lines count from 0 and the opening --- is not part of the block.
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        reason = f"front matter, line {line}: {error.problem or 'not valid YAML'}"
        raise DocumentUnreadable(uri, reason) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DocumentUnreadable(uri, f"front matter is not valid YAML: {error}") from error
    if not isinstance(entries, dict):
        raise DocumentUnreadable(uri, "front matter, line 2: not a list of `key: value` lines")
    try:
        return _front_matter(entries)
    except _Wrong as error:
        line = _line_of(error.key, block)
        raise DocumentUnreadable(uri, f"front matter, line {line}: {error}") from error


def _line_of(key: str, block: str) -> int:
    lines = block.split("\n")
    found = (at for at, line in enumerate(lines, start=2) if line.lstrip("\"' ").startswith(key))
    return next(found, 1)


def _front_matter(entries: Mapping[object, object]) -> FrontMatter:
    return FrontMatter(
        title=_text(entries, "title"),
        audience=_audience(entries),
        owner=_text(entries, "owner"),
        review_on=_date(entries),
        language=_language(entries),
    )


def _text(entries: Mapping[object, object], key: str) -> str:
    value = entries.get(key)
    if value is None:
        return ""
    if not isinstance(value, (str, int, float, date)):
        raise _Wrong(key, f"{key} must be text")
    try:
        return " ".join(str(value).split())
    except ValueError as error:  # a number of more digits than Python writes out
        raise _Wrong(key, f"{key} must be text") from error


def _audience(entries: Mapping[object, object]) -> frozenset[str]:
    if "audience" not in entries:
        return frozenset({EVERYONE})
    value = entries["audience"]
    names = _SEPARATORS.split(value) if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _Wrong("audience", "audience must be a name or a list of names")
    found = frozenset(name.strip() for name in names if name.strip())
    if not found:
        raise _Wrong("audience", "audience is empty: nobody could read this")
    return found


def _date(entries: Mapping[object, object]) -> date | None:
    value = entries.get("review")
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value.strip() if isinstance(value, str) else "")
    except ValueError as error:
        raise _Wrong("review", "review must be a date such as 2026-12-31") from error


def _language(entries: Mapping[object, object]) -> Language | None:
    value = entries.get("language")
    if value is None:
        return None
    name = value.strip().lower() if isinstance(value, str) else ""
    if name in {"中文", "chinese"} or re.match(r"zh\b|cn\b", name.replace("_", "-")):
        return "zh"
    if name in {"英文", "english"} or re.match(r"en\b", name.replace("_", "-")):
        return "en"
    raise _Wrong("language", "language must be zh or en")
