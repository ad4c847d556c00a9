"""Giving and taking roles in chat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.core.access import Access
from bot.core.audit import AuditEntry
from bot.core.cards import plain, said_card
from bot.core.grants import GRANTED, Grant, GrantLog, Standing, Taken
from bot.core.languages import Languages
from bot.core.model import Card, CardAction, InboundMessage, Role, User
from bot.core.people_cards import ROLE_TAKE, role_name, roles_card, take_card
from bot.core.ports import Clock
from bot.core.replies import Replies, private_reply
from bot.core.texts import TEXTS
from bot.core.texts_people import PEOPLE
from knowledge.model import Language

LONGEST_TOPIC: Final = 80
_LONGEST_KEY: Final = 300


class RoleDesk:
    """Lists, gives and takes roles; who may is decided by whoever calls, and again at a button."""

    def __init__(
        self,
        *,
        access: Access,
        grants: GrantLog,
        standing: Standing,
        replies: Replies,
        languages: Languages,
        clock: Clock,
    ) -> None:
        self._access = access
        self._grants = grants
        self._standing = standing
        self._replies = replies
        self._languages = languages
        self._clock = clock

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button does, by its name."""
        return {ROLE_TAKE: self._pressed}

    async def all(self, language: Language) -> Card:
        """Who has which role."""
        configured: dict[str, list[Role]] = {}
        for role, keys in self._configured().items():
            for key in sorted(keys):
                configured.setdefault(key, []).append(role)
        _, grants = await self._grants.all()
        return roles_card(configured, grants, language)

    async def give(
        self, user: User, role: Role, topic: str, *, message: InboundMessage, language: Language
    ) -> Card:
        """Grant a role.

        Raises:
            StateUnavailable: nothing was granted.
        """
        texts = PEOPLE[language]
        if not self._is_reachable(user):
            platform = plain(user.platform, 20)
            return said_card(texts.role_unknown_platform.format(platform=platform), language)
        grant = Grant(
            person=user.key,
            role=role,
            topic=topic[:LONGEST_TOPIC],
            by=message.user.key,
            at=self._clock(),
        )
        entry = replace(
            self._entry(grant, by=message.user, where=message.conversation.lane),
            what="role.given",
            after=_shown(grant),
        )
        new = not self._has_by_configuration(grant) and await self._grants.give(grant, entry=entry)
        await self._standing.look(user.platform)
        return self._said(texts.role_given if new else texts.role_has, grant, user, language)

    async def ask_to_take(self, user: User, role: Role, topic: str, language: Language) -> Card:
        """Whether it is really to be taken, with a button."""
        texts = PEOPLE[language]
        grant = Grant(person=user.key, role=role, topic=topic, by="", at=self._clock())
        _, standing = await self._grants.all()
        if not any(_same(one, grant) for one in standing):
            configured = self._has_by_configuration(grant)
            said = texts.role_configured if configured else texts.role_not_had
            return self._said(said, grant, user, language)
        return take_card(grant, _named(user), language)

    async def _pressed(self, action: CardAction) -> None:
        """Cards can be seen and payloads be made by others: the right is looked at here."""
        language = await self._languages.of(action)
        if Role.ADMIN in self._access.roles(action.user):
            card = await self._take(action, language)
        else:
            await self._access.refused(action)
            card = said_card(TEXTS[language].not_yours, language)
        await self._replies.once(private_reply(action, card))

    async def _take(self, action: CardAction, language: Language) -> Card:
        texts = PEOPLE[language]
        grant = _carried(action, self._clock)
        if grant is None:
            return said_card(texts.role_usage, language)
        platform, _, user_id = grant.person.partition(":")
        user = User(platform=platform, id=user_id)
        entry = replace(
            self._entry(grant, by=action.user, where=action.conversation.lane),
            what="role.taken",
            before=_shown(grant),
        )
        taken = await self._grants.take(grant, entry=entry, others=self._access.admins)
        await self._standing.look(platform)
        said = {
            Taken.DONE: texts.role_taken,
            Taken.NONE: texts.role_not_had,
            Taken.LAST: texts.role_last,
        }[taken]
        return self._said(said, grant, user, language)

    # ── words ─────────────────────────────────────────────────────────────────────────────────

    def _configured(self) -> Mapping[Role, frozenset[str]]:
        access = self._access
        return {Role.ADMIN: access.admins, Role.HR: access.hr, Role.OWNER: access.owners}

    def _has_by_configuration(self, grant: Grant) -> bool:
        # An owner by configuration may still be granted a topic more.
        return not grant.topic and grant.person in self._configured()[grant.role]

    def _is_reachable(self, user: User) -> bool:
        return self._replies.speaks_on(user.platform)

    def _entry(self, grant: Grant, *, by: User, where: str) -> AuditEntry:
        return AuditEntry(
            at=self._clock(), what="", by=by.key, where=where, about={"person": grant.person}
        )

    @staticmethod
    def _said(sentence: str, grant: Grant, user: User, language: Language) -> Card:
        role = role_name(grant.role, language, plain(grant.topic))
        return said_card(sentence.format(person=_named(user), role=role), language)


def _named(user: User) -> str:
    """A name for the eye, and the account that counts."""
    return f"{plain(user.name, 40)} ({plain(user.key)})" if user.name else plain(user.key)


def _shown(grant: Grant) -> Mapping[str, object]:
    return {"role": grant.role.value, "topic": grant.topic}


def _same(one: Grant, other: Grant) -> bool:
    return (one.person, one.role, one.topic) == (other.person, other.role, other.topic)


def _carried(action: CardAction, clock: Clock) -> Grant | None:
    """What a button carries, as far as it makes sense: anybody can make up a payload."""
    named = action.values.get("role", "")
    role = next((one for one in GRANTED if one.value == named), None)
    person, topic = action.values.get("person", ""), action.values.get("topic", "")
    if role is None or not person or len(person) > _LONGEST_KEY or len(topic) > LONGEST_TOPIC:
        return None
    return Grant(person=person, role=role, topic=topic, by=action.user.key, at=clock())
