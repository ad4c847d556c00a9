"""Cards about roles, limits and the audit log: pure functions, shown to administrators alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bot.core.audit import AuditEntry
from bot.core.cards import fields_card, plain, said_card
from bot.core.grants import Grant
from bot.core.limits import Asker, Shares
from bot.core.model import Button, Buttons, Card, Fields, Markdown, Role
from bot.core.texts import TEXTS
from bot.core.texts_people import PEOPLE
from knowledge.model import Language

ROLE_TAKE: Final = "role_take"

_MOST_ROWS: Final = 40
_LONGEST: Final = 160


def role_name(role: Role, language: Language, topic: str = "") -> str:
    """What a role is called; Markdown in the topic is left as it is."""
    texts = TEXTS[language]
    name = {
        Role.EVERYONE: texts.role_everyone,
        Role.OWNER: texts.role_owner,
        Role.HR: texts.role_hr,
        Role.ADMIN: texts.role_admin,
    }[role]
    return f"{name} ({topic})" if topic else name


def roles_card(
    configured: Mapping[str, Sequence[Role]], grants: Sequence[Grant], language: Language
) -> Card:
    """Who has which role, and why. configured: by a person's key."""
    texts = PEOPLE[language]
    rows = [
        (key, f"{role_name(role, language)} · {texts.role_by_config}")
        for key, roles in configured.items()
        for role in roles
    ]
    for grant in grants:
        by = texts.role_by_person.format(by=grant.by, date=grant.at.date().isoformat())
        rows.append((grant.person, f"{role_name(grant.role, language, grant.topic)} · {by}"))
    if not rows:
        return said_card(texts.role_none, language)
    return _listed(rows, language, title=texts.role_title)


def take_card(grant: Grant, person: str, language: Language) -> Card:
    """Asks whether a role is really to be taken."""
    texts = PEOPLE[language]
    role = role_name(grant.role, language, plain(grant.topic))
    asked = said_card(texts.role_confirm.format(person=person, role=role), language)
    button = Button(
        name=ROLE_TAKE,
        label=texts.role_take,
        values={"person": grant.person, "role": grant.role.value, "topic": grant.topic},
        style="danger",
    )
    return Card(
        language=language,
        blocks=(*asked.blocks, Buttons(items=(button,))),
        summary=asked.summary,
    )


def limits_card(
    shares: Shares,
    votes_per_day: int,
    top: Sequence[Asker],
    *,
    since: datetime,
    language: Language,
) -> Card:
    """The limits there are, and who asked most."""
    texts = PEOPLE[language]
    rows = (
        (texts.limits_person, str(shares.person)),
        (texts.limits_channel, str(shares.channel)),
        (texts.limits_all, str(shares.everybody)),
        (texts.limits_commands, str(shares.commands)),
        (texts.limits_votes, str(votes_per_day)),
    )
    moment = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    said = (texts.limits_top if top else texts.limits_nobody).format(since=moment)
    people = tuple(
        (one.key, texts.limits_asked.format(asked=one.asked, refused=one.refused)) for one in top
    )
    return Card(
        language=language,
        title=texts.limits_title,
        blocks=(
            Fields(rows=rows),
            Markdown(text=texts.limits_each),
            Markdown(text=said),
            *((Fields(rows=people),) if people else ()),
        ),
        summary=texts.limits_title,
    )


def audit_card(entries: Sequence[AuditEntry], language: Language) -> Card:
    """What was done lately: when and what, by whom and where."""
    texts = PEOPLE[language]
    if not entries:
        return said_card(texts.audit_none, language)
    rows = [
        (f"{entry.at.astimezone(UTC):%m-%d %H:%M:%S} {entry.what}", _told(entry))
        for entry in entries
    ]
    return _listed(rows, language, title=texts.audit_title)


def _told(entry: AuditEntry) -> str:
    about = ", ".join(
        f"{name}={_short(value)}" for name, value in entry.about.items() if name not in _TEXTS
    )
    return " · ".join(part for part in (entry.by, entry.where, about, entry.reason) if part)


_TEXTS: Final = frozenset({"question", "answer"})
"""What people wrote: the export has it, a chat does not need it."""


def _short(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value)


def _listed(rows: Sequence[tuple[str, str]], language: Language, *, title: str) -> Card:
    """Rows that fit into a card, and how many do not."""
    shown = [(_cut(label), _cut(value)) for label, value in rows[:_MOST_ROWS]]
    card = fields_card(shown, language, title=title)
    if len(rows) <= _MOST_ROWS:
        return card
    more = PEOPLE[language].role_more.format(count=len(rows) - _MOST_ROWS)
    return Card(
        language=language,
        title=title,
        blocks=(*card.blocks, Markdown(text=more)),
        summary=title,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
