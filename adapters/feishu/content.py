"""What a Feishu message says: its text with people by name, and what came along with it; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.dialect import clean, without_bidi
from adapters.feishu.words import json_object
from bot.core.model import Attachment

_ATTACHMENTS: Final[Mapping[str, Attachment]] = {
    "image": "image",
    "file": "file",
    "folder": "file",
    "audio": "audio",
    "media": "video",
    "sticker": "sticker",
}
_PLACEHOLDER: Final = re.compile(r"@_user_\d+|@_all(?![A-Za-z0-9_])")
_EVERYBODY: Final = "@_all"

# Where our own mention stood; no text holds it, because cleaning takes control characters out.
_OURSELVES: Final = "\x01"
_AROUND_OURSELVES: Final = re.compile(rf"\s*{_OURSELVES}[\s{_OURSELVES}]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Somebody a message names.

    key: what stands in the text for them. id: their open id, if it is told.
    """

    key: str
    name: str
    ourselves: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a message says.

    mentions_us: our own mention stood in it; it is taken out of the text.
    mentions_others: a person or everybody was named.
    people: those who were, without us.
    """

    text: str
    attachment: Attachment | None = None
    mentions_us: bool = False
    mentions_others: bool = False
    people: tuple[Mention, ...] = ()


def read(kind: str, content: str, mentions: Iterable[Mention]) -> Said:
    """A message of this kind; one that cannot be read says nothing and carries something."""
    people = {mention.key: mention for mention in mentions}
    body = json_object(content)
    text, attachment = _words(kind, body, people)
    named, everybody = _named(text, people)
    return Said(
        text=_with_names(clean(text), people),
        attachment=attachment,
        mentions_us=any(mention.ourselves for mention in named),
        mentions_others=everybody or any(not mention.ourselves for mention in named),
        people=tuple(mention for mention in named if not mention.ourselves and mention.id),
    )


def _words(
    kind: str, body: Mapping[str, Any], people: Mapping[str, Mention]
) -> tuple[str, Attachment | None]:
    text = body.get("text")
    if kind == "text" and isinstance(text, str):
        return text, None
    if kind == "post":
        elements = tuple(_elements(body))
        return _post(body, people), _pictured(elements)
    return "", _ATTACHMENTS.get(kind, "other")


# ── people ────────────────────────────────────────────────────────────────────────────────────


def _named(text: str, people: Mapping[str, Mention]) -> tuple[tuple[Mention, ...], bool]:
    """Who is named; everybody may be with no entry in the list of mentions."""
    keys = _PLACEHOLDER.findall(text)
    return tuple(people[key] for key in keys if key in people), _EVERYBODY in keys


def _with_names(text: str, people: Mapping[str, Mention]) -> str:
    def name(match: re.Match[str]) -> str:
        if match[0] == _EVERYBODY:
            return "@all"
        mention = people.get(match[0])
        if mention is None:
            return match[0]
        return _OURSELVES if mention.ourselves else without_bidi(clean(mention.name))

    return _AROUND_OURSELVES.sub(_gap, _PLACEHOLDER.sub(name, text)).strip()


def _gap(match: re.Match[str]) -> str:
    """One blank where there was one on either side, and a line end stays a line end."""
    blanks = match[0].replace(_OURSELVES, "")
    if "\n" in blanks:
        return "\n"
    return " " if blanks else ""


# ── posts ─────────────────────────────────────────────────────────────────────────────────────


def _post(body: Mapping[str, Any], people: Mapping[str, Mention]) -> str:
    post = _document(body)
    title = post.get("title")
    lines = [title] if isinstance(title, str) else []
    lines += ["".join(_inline(one, people) for one in line) for line in _lines(post)]
    return "\n".join(line for line in lines if line)


def _document(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A post itself, or its first language where it comes in several."""
    if "content" in body:
        return body
    return next((one for one in body.values() if isinstance(one, dict)), {})


def _lines(post: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
    lines = post.get("content")
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, list):
            yield [one for one in line if isinstance(one, dict)]


def _elements(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for line in _lines(_document(body)):
        yield from line


def _pictured(elements: tuple[Mapping[str, Any], ...]) -> Attachment | None:
    tags = {element.get("tag") for element in elements}
    if "img" in tags:
        return "image"
    return "video" if "media" in tags else None


def _inline(element: Mapping[str, Any], people: Mapping[str, Mention]) -> str:
    text = element.get("text")
    words = text if isinstance(text, str) else ""
    match element.get("tag"):
        case "at":
            return _at(element, people)
        case "code_block":
            return f"\n```\n{words}\n```\n"
        case "emotion":
            return f"[{element.get('emoji_type', '')}]"
        case _:
            return words


def _at(element: Mapping[str, Any], people: Mapping[str, Mention]) -> str:
    key = element.get("user_id")
    if not isinstance(key, str):
        return ""
    if key in people or key == _EVERYBODY:
        return key
    name = element.get("user_name")
    return _EVERYBODY if key == "all" else name if isinstance(name, str) else ""
