"""Slack's way to write text: `<@U1>`, `<https://…|label>`, `&lt;`. Read it, and write it safely."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from adapters.dialect import clean, safe_links
from adapters.dialect.inline import code_spans

_TOKEN: Final = re.compile(r"<([^<>]{1,4000})>")
_GAP: Final = re.compile(r"[ \t]*\x00[ \t]*")
_OWN: Final = "\x00"
"""Stands for our own mention while text is read; text from outside holds no NUL any more."""

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>")
_PING: Final = re.compile(r"<(?=[@#!])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What somebody wrote, as plain text.

    mentioned: we were.
    names_others: somebody else was, by name or as everybody.
    people: those who were, by id and the name they are shown by, if it is told.
    """

    text: str
    mentioned: bool = False
    names_others: bool = False
    people: tuple[tuple[str, str], ...] = ()


def hear(text: str, own: Collection[str]) -> Heard:
    """Plain text out of a Slack message; the mention of us is taken out, others become names.

    own: our user ids.
    """
    mentioned = names_others = False
    people: dict[str, str] = {}

    def read(match: re.Match[str]) -> str:
        nonlocal mentioned, names_others
        body, _, label = match[1].partition("|")
        if body[:1] == "@" and body[1:] in own:
            mentioned = True
            return _OWN
        names_others = names_others or _names_somebody(body)
        if body[:1] == "@":
            people[body[1:]] = label.lstrip("@")
        return _token(body, label)

    said = _TOKEN.sub(read, clean(text))
    return Heard(
        text=_unescape(_without_own(said)).strip(),
        mentioned=mentioned,
        names_others=names_others and not mentioned,
        people=tuple(people.items()),
    )


def escape(text: str) -> str:
    """Text for `mrkdwn` fields, shown as it is: no mention, no link, no entity comes out of it."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def safe_markdown(text: str) -> str:
    """CommonMark for `markdown` blocks and streams: nobody is pinged, no link leads to a script.

    Outside code `<` becomes an entity, which CommonMark decodes once. In code entities are not
    decoded, so there an invisible space breaks what Slack could take for a mention.
    """
    return _around_code(safe_links(clean(text)), _escaped)


# ── reading ───────────────────────────────────────────────────────────────────────────────────


def _without_own(said: str) -> str:
    rest = said.lstrip()
    if rest.startswith(_OWN):  # "@Deskmate, how …": the comma belongs to the mention
        said = rest.lstrip(_OWN + " \t\u3000").lstrip(":,：，")
    return _GAP.sub(" ", said)


def _names_somebody(body: str) -> bool:
    return body.startswith(("@", "!here", "!channel", "!everyone", "!subteam^"))


def _token(body: str, label: str) -> str:
    kind, name = body[:1], body[1:]
    if kind == "@":
        return f"@{(label or name).lstrip('@')}"
    if kind == "#":
        return f"#{label or name}"
    if kind == "!":
        return _special(name, label)
    if label and label not in body:
        return f"{label} ({body})"
    return label or body


def _special(name: str, label: str) -> str:
    if name.startswith("date^"):
        return label
    return label if label.startswith("@") else f"@{label or name.partition('^')[0]}"


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


# ── writing ───────────────────────────────────────────────────────────────────────────────────


def _around_code(text: str, change: Callable[[str], str]) -> str:
    """Change what is no code; in code only mentions are broken."""
    shown: list[str] = []
    prose: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.fullmatch(line)
        if not fence and mark and not (mark[1][0] == "`" and "`" in mark[2]):
            shown.append(_around_spans("".join(prose), change))
            prose, fence = [], mark[1]
            shown.append(_unping(line))
        elif not fence:
            prose.append(line)
        else:
            shown.append(_unping(line))
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
    return "".join((*shown, _around_spans("".join(prose), change)))


def _around_spans(prose: str, change: Callable[[str], str]) -> str:
    shown: list[str] = []
    end = 0
    for start, stop in code_spans(prose):
        shown += (change(prose[end:start]), _unping(prose[start:stop]))
        end = stop
    return "".join((*shown, change(prose[end:])))


def _escaped(text: str) -> str:
    return _AUTOLINK.sub(r"\1", text).replace("<", "&lt;")


def _unping(code: str) -> str:
    return _PING.sub("<\u200b", code)
