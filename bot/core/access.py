"""Who somebody is to the bot, and who reads what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bot.core.model import Conversation, Role, User
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Roles from configuration: people by key, as in `slack:U123`.

    owners: those who answer for some topic; administrators may do what owners may.
    declared: those whom documents name as their owners now.
    """

    admins: frozenset[str] = frozenset()
    hr: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    declared: Callable[[], frozenset[str]] = frozenset

    def roles(self, user: User) -> frozenset[Role]:
        """What this person may do."""
        roles = {Role.EVERYONE}
        if user.key in self.owners | self.admins | self.declared():
            roles.add(Role.OWNER)
        if user.key in self.admins:
            roles.add(Role.ADMIN)
        if user.key in self.hr:
            roles.add(Role.HR)
        return frozenset(roles)
