"""Which audiences people belong to, and which all readers of a conversation share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bot.core.errors import ChannelError
from bot.core.model import Conversation, Member, User
from bot.core.ports import Membership
from knowledge.model import EVERYONE

log = logging.getLogger(__name__)

Result = TypeVar("Result")

_COMMON: Final = frozenset({EVERYONE})
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What configuration says of audiences.

    members: by the audience's name, people and groups as `platform:id`.
    outsiders: the audiences of guests and of people of other companies, whatever lists say.
    open_to_members: what is said in a channel that the whole company can open is taken as read by
        its members alone.
    most_members: the readers of a larger group are not looked up.
    most_listed: nor are the members of a larger group that stands in a list.
    within_s: so long a question waits for a platform to tell who reads it.
    """

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    outsiders: frozenset[str] = _COMMON
    open_to_members: bool = False
    most_members: int = 200
    most_listed: int = 2_000
    within_s: float = 3.0

    @property
    def unknown(self) -> frozenset[str]:
        """The audiences of readers of whom nothing is known: those who have the least."""
        return self.outsiders & _COMMON


class Audiences:
    """The `Readers` of a company with audiences.

    Whatever a platform does not tell, or not in time, is taken as the worst: a list whose group
    cannot be read has no members there, and a conversation whose members cannot be known is read by
    somebody of whom nothing is known.

    memberships: by platform; one that is missing tells nothing.
    """

    def __init__(self, lists: Lists, memberships: Mapping[str, Membership]) -> None:
        self._lists = lists
        self._memberships = memberships
        self._people = {
            name: frozenset(key for key in keys if not self._is_group(key))
            for name, keys in lists.members.items()
        }
        self._groups = {
            name: tuple(sorted(filter(self._is_group, keys)))
            for name, keys in lists.members.items()
        }
        self._trivial = not lists.members and lists.outsiders == _COMMON

    async def alone(self, user: User) -> frozenset[str]:
        """The names of one person's audiences; no more than the common one in doubt."""
        if self._trivial:
            return _COMMON
        return await self._in_time(lambda: self._of(Member(user=user)), of=user.platform)

    async def together(self, place: Conversation, user: User) -> frozenset[str]:
        """The names that all share who can read in this place; `user` is one of them."""
        if self._trivial or place.direct:
            return await self.alone(user)
        return await self._in_time(lambda: self._shared(place, user), of=place.platform)

    async def _in_time(
        self, look: Callable[[], Awaitable[frozenset[str]]], *, of: str
    ) -> frozenset[str]:
        try:
            async with asyncio.timeout(self._lists.within_s):
                return await look()
        except (ChannelError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            log.warning("readers_unknown", extra={"platform": of, "reason": reason})
            return self._lists.unknown

    async def _shared(self, place: Conversation, user: User) -> frozenset[str]:
        membership = self._memberships.get(place.platform)
        if membership is None:
            return self._lists.unknown
        most = self._lists.most_members
        listed = await membership.members(place.id, most=most)
        # Whoever asks reads the answer, also where the list of members does not have them.
        people = {member.user.key: member for member in (Member(user=user), *listed)}.values()
        shared = await self._listed_all(people)
        if shared == _COMMON == self._lists.outsiders:
            return shared  # outsiders change nothing: nobody is asked who they are
        if not self._lists.open_to_members and await membership.is_open(place.id):
            shared &= _COMMON
        if await self._any_outside(tuple(people), membership):
            shared &= self._lists.outsiders
        return shared

    async def _of(self, member: Member) -> frozenset[str]:
        names = await self._listed(member.user)
        if names == _COMMON == self._lists.outsiders:
            return names
        membership = self._memberships.get(member.user.platform)
        if membership is None:  # a platform without guests
            return names
        outside = await self._any_outside((member,), membership)
        return self._lists.outsiders if outside else names

    # ── lists ─────────────────────────────────────────────────────────────────────────────────

    async def _listed_all(self, people: Iterable[Member]) -> frozenset[str]:
        """The names that all of these people are listed under."""
        shared = frozenset({EVERYONE, *self._lists.members})
        for member in people:
            shared &= await self._listed(member.user)
            if shared == _COMMON:
                break
        return shared

    async def _listed(self, user: User) -> frozenset[str]:
        """The names that somebody is listed under, themselves or by a group of theirs."""
        found = {name for name, people in self._people.items() if user.key in people}
        for name, groups in self._groups.items():
            if name not in found and await self._in_any(user, groups):
                found.add(name)
        return frozenset({EVERYONE, *found})

    async def _in_any(self, user: User, groups: Sequence[str]) -> bool:
        for group in groups:
            platform, _, group_id = group.partition(":")
            if platform == user.platform and user.key in await self._people_of(platform, group_id):
                return True
        return False

    async def _people_of(self, platform: str, group_id: str) -> frozenset[str]:
        try:
            members = await self._memberships[platform].members(
                group_id, most=self._lists.most_listed
            )
        except ChannelError as error:
            extra = {"platform": platform, "group": group_id, "reason": str(error)}
            log.warning("audience_group_unknown", extra=extra)
            return frozenset()
        return frozenset(member.user.key for member in members if not member.outside)

    def _is_group(self, key: str) -> bool:
        platform, _, group_id = key.partition(":")
        membership = self._memberships.get(platform)
        return membership is not None and membership.is_group(group_id)

    # ── people from outside ───────────────────────────────────────────────────────────────────

    async def _any_outside(self, people: Sequence[Member], membership: Membership) -> bool:
        if any(member.outside for member in people):
            return True
        for start in range(0, len(people), _AT_ONCE):
            some = people[start : start + _AT_ONCE]
            told = await _together([membership.is_outside(member.user) for member in some])
            if any(told):
                return True
        return False


async def _together(asked: Sequence[Awaitable[Result]]) -> list[Result]:
    """All results; the first error ends the others."""

    async def one(awaitable: Awaitable[Result]) -> Result:
        return await awaitable

    try:
        async with asyncio.TaskGroup() as tasks:
            waiting = [tasks.create_task(one(each)) for each in asked]
    except* ChannelError as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
    return [task.result() for task in waiting]
