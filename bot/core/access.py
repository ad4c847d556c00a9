"""Who somebody is to the bot, and who reads what it says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bot.core.model import CardAction, Conversation, Role, User
from knowledge.model import EVERYONE


class Readers(Protocol):
    """Which audiences those belong to who will read something."""

    async def alone(self, user: User) -> frozenset[str]:
        """The names of one person's audiences."""
        ...

    async def together(self, place: Conversation, user: User) -> frozenset[str]:
        """The names that everybody shares who can read in this place; `user` is one of them.

        Where that cannot be known it is no more than what all readers share anyway.
        """
        ...


class Everyone:
    """Readers who belong to no audience but the common one."""

    async def alone(self, _user: User) -> frozenset[str]:
        """The common audience."""
        return frozenset({EVERYONE})

    async def together(self, _place: Conversation, _user: User) -> frozenset[str]:
        """The common audience."""
        return frozenset({EVERYONE})


everyone: Final[Readers] = Everyone()
"""Who has configured no audiences."""


async def nothing_to_tell(_action: CardAction) -> None:
    """Where nobody keeps what was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may do what: people by key, as in `slack:U123`.

    owners: those who answer for some topic; administrators may do what owners may.
    declared: those whom documents name as their owners now.
    granted: the roles of a person, by key, that were granted in chat or come with a group.
    refused: told of a button that somebody pressed without the right to.
    """

    admins: frozenset[str] = frozenset()
    hr: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    declared: Callable[[], frozenset[str]] = frozenset
    granted: Callable[[str], frozenset[Role]] = lambda _key: frozenset()
    refused: Callable[[CardAction], Awaitable[None]] = nothing_to_tell

    def roles(self, user: User) -> frozenset[Role]:
        """What this person may do."""
        roles = self._configured(user) | self.granted(user.key)
        # Administrators may do what owners may, however they became one.
        return roles | {Role.OWNER} if Role.ADMIN in roles else roles

    def _configured(self, user: User) -> frozenset[Role]:
        roles = {Role.EVERYONE}
        if user.key in self.owners | self.admins | self.declared():
            roles.add(Role.OWNER)
        if user.key in self.admins:
            roles.add(Role.ADMIN)
        if user.key in self.hr:
            roles.add(Role.HR)
        return frozenset(roles)
