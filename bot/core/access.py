"""Who somebody is to the bot, and who reads what it says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from bot.core.model import CardAction, Conversation, InboundMessage, Reaction, Role, User
from knowledge.model import EVERYONE

Readers: TypeAlias = Callable[[InboundMessage | CardAction | Reaction], frozenset[str]]
"""The audience names that everybody who will see the reply shares; always with `EVERYONE`.

An emoji has no reply: there they are the names of whoever put it.
"""


Own: TypeAlias = Callable[[InboundMessage], Awaitable[frozenset[str]]]
"""The audience names of the author of a message, who alone will see the reply."""


def alone(message: InboundMessage) -> InboundMessage:
    """The same words as if they were said to the bot with nobody else there."""
    place = Conversation(platform=message.user.platform, id=message.user.id, direct=True)
    return message if message.conversation.direct else replace(message, conversation=place)


def everyone(_event: InboundMessage | CardAction | Reaction) -> frozenset[str]:
    """Readers who belong to no audience but the common one."""
    return frozenset({EVERYONE})


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
