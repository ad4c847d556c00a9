"""Roles beside configuration: granted in chat, or by belonging to a group of the platform."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from bot.core.audit import AuditEntry
from bot.core.errors import ChannelRefused, CoreError, StateUnavailable
from bot.core.model import Role, User

log = logging.getLogger(__name__)

GRANTED: Final = (Role.ADMIN, Role.HR, Role.OWNER)
"""The roles that can be granted."""

_WITHIN_S: Final = 3.0
_MOST_MEMBERS: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role that somebody has because an administrator said so in chat.

    person: by key, as in `slack:U1`. topic: what an owner answers for; empty: nothing named.
    """

    person: str
    role: Role
    topic: str = ""
    by: str
    at: datetime


class Taken(StrEnum):
    """What became of taking a role."""

    DONE = "done"
    NONE = "none"
    """There is no such grant."""
    LAST = "last"
    """Nobody else would administer the bot; it stays."""


class GrantLog(Protocol):
    """Roles granted in chat. Each change is put into the audit log together with it."""

    async def mark(self) -> int:
        """Another number after each change; cheap."""
        ...

    async def all(self) -> tuple[int, tuple[Grant, ...]]:
        """The mark, and every grant that stands, oldest first."""
        ...

    async def give(self, grant: Grant, *, entry: AuditEntry) -> bool:
        """Keep a grant; False, and nothing changed, where it stands already."""
        ...

    async def take(self, grant: Grant, *, entry: AuditEntry, others: Collection[str]) -> Taken:
        """Take a grant back, unless nobody would be left to administer the bot.

        others: the keys of administrators whom no grant made.
        """
        ...


MembersOf: TypeAlias = Callable[[str], Awaitable[frozenset[str]]]
"""The keys of all in a group of a platform, as in `slack:S1`; raises ChannelError if unknown."""


async def nobody(_group: str) -> frozenset[str]:
    """Where no platform tells who is in which group."""
    return frozenset()


class _Member(Protocol):
    @property
    def user(self) -> User: ...

    @property
    def outside(self) -> bool: ...


class TellsGroup(Protocol):
    """What a platform tells of its groups, as far as roles need it."""

    async def members(self, group_id: str, *, most: int) -> Sequence[_Member]:
        """Everybody in a group; a larger one is refused.

        Raises:
            ChannelError: the platform does not tell.
        """
        ...


def members_in(platforms: Mapping[str, TellsGroup]) -> MembersOf:
    """Asks the platform a group is of, by its name; guests are left out."""

    async def members_of(group: str) -> frozenset[str]:
        platform, _, group_id = group.partition(":")
        if platform not in platforms:
            raise ChannelRefused("groups_not_told")
        members = await platforms[platform].members(group_id, most=_MOST_MEMBERS)
        return frozenset(member.user.key for member in members if not member.outside)

    return members_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGroups:
    """Roles by group. groups: as `platform:id`, by the role that their members have."""

    groups: Mapping[Role, Sequence[str]] = field(default_factory=dict)
    members_of: MembersOf = nobody


class Standing:
    """Who has which role at this moment, beside configuration.

    It is looked at before each event, so that what one replica changes holds in all of them from
    the next event on. What cannot be read grants nothing.
    """

    def __init__(self, grants: GrantLog, groups: RoleGroups | None = None) -> None:
        self._log = grants
        self._groups = groups or RoleGroups()
        self._mark: int | None = None
        self._grants: tuple[Grant, ...] = ()
        self._roles: Mapping[str, frozenset[Role]] = {}
        self._by_group: Mapping[str, frozenset[Role]] = {}

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What was granted in chat, oldest first."""
        return self._grants

    def roles(self, key: str) -> frozenset[Role]:
        """The roles of a person beside those in configuration."""
        none: frozenset[Role] = frozenset()
        return self._roles.get(key, none) | self._by_group.get(key, none)

    def having(self, role: Role) -> tuple[str, ...]:
        """The keys of all to whom this role was granted in chat, oldest first."""
        return tuple(dict.fromkeys(one.person for one in self._grants if one.role is role))

    async def look(self, platform: str = "") -> None:
        """Read anew what has changed. platform: whose groups matter now; empty: none's."""
        try:
            if await self._log.mark() != self._mark:
                self._take_over(*await self._log.all())
        except StateUnavailable as error:
            log.warning("grants_unknown", extra={"reason": str(error)})
            self._mark, self._grants, self._roles = None, (), {}
        await self._look_at_groups(platform)

    def _take_over(self, mark: int, grants: tuple[Grant, ...]) -> None:
        """What was read; another look at the same time may have read something newer already."""
        if self._mark is None or mark >= self._mark:
            self._mark, self._grants = mark, grants
            self._roles = _by_person((one.person, one.role) for one in grants)

    async def _look_at_groups(self, platform: str) -> None:
        wanted = [
            (role, group)
            for role, groups in self._groups.groups.items()
            for group in groups
            if group.startswith(f"{platform}:")
        ]
        if not wanted:
            return
        found = [(key, role) for role, group in wanted for key in await self._members(group)]
        elsewhere = {
            key: roles for key, roles in self._by_group.items() if not _is_on(key, platform)
        }
        self._by_group = {**elsewhere, **_by_person(found)}

    async def _members(self, group: str) -> frozenset[str]:
        try:
            async with asyncio.timeout(_WITHIN_S):
                return await self._groups.members_of(group)
        except (CoreError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            log.warning("role_group_unknown", extra={"group": group, "reason": reason})
            return frozenset()


def _by_person(pairs: Iterable[tuple[str, Role]]) -> Mapping[str, frozenset[Role]]:
    roles: dict[str, frozenset[Role]] = {}
    for person, role in pairs:
        roles[person] = roles.get(person, frozenset()) | {role}
    return roles


def _is_on(key: str, platform: str) -> bool:
    return key.startswith(f"{platform}:")
