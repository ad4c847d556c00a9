"""`/deskmate role`, `/deskmate role give @someone hr`, `/deskmate role take @someone hr`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.core.cards import said_card
from bot.core.commands.parse import normal
from bot.core.commands.table import Caller
from bot.core.commands.who import people_in, without_people
from bot.core.model import Card, Invocation, Role
from bot.core.roles import LONGEST_TOPIC, RoleDesk
from bot.core.texts_people import PEOPLE
from knowledge.model import Language

_LONGEST_ACCOUNT: Final = 256
_LIST: Final = frozenset({"", "list", "列表", "查看"})
_GIVE: Final = frozenset({"give", "grant", "授予", "给"})
_TAKE: Final = frozenset({"take", "revoke", "收回", "取消"})
_ROLES: Final[Mapping[str, Role]] = {
    "admin": Role.ADMIN, "管理员": Role.ADMIN, "hr": Role.HR, "人事": Role.HR,
    "owner": Role.OWNER, "负责人": Role.OWNER, "资料负责人": Role.OWNER,
}  # fmt: skip


class RoleCommand:
    """Shows who has which role, and gives or takes one.

    People are meant by mention or account, never by the name they gave themselves.
    """

    names = ("role", "roles", "角色")
    role = Role.ADMIN

    def __init__(self, *, desk: RoleDesk) -> None:
        self._desk = desk

    def summary(self, language: Language) -> str:
        """What it does."""
        return PEOPLE[language].role_command

    def usage(self, language: Language) -> str:
        """How it is typed, with an example."""
        return PEOPLE[language].role_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The list, the grant, or the question whether to take it."""
        texts, message = PEOPLE[caller.language], invocation.message
        wanted = normal(invocation.arguments[0]) if invocation.arguments else ""
        if wanted in _LIST:
            return await self._desk.all(caller.language)
        if wanted not in _GIVE | _TAKE:
            return said_card(self.usage(caller.language), caller.language)
        rest = invocation.arguments[1:]
        people = [one for one in people_in(message, rest) if len(one.key) <= _LONGEST_ACCOUNT]
        if len(people) != 1:
            said = texts.role_one if people else texts.role_whom
            return said_card(said, caller.language)
        role, topic = _role(without_people(message, rest))
        if role is None:
            return said_card(self.usage(caller.language), caller.language)
        if wanted in _TAKE:
            return await self._desk.ask_to_take(people[0], role, topic, caller.language)
        return await self._desk.give(
            people[0], role, topic, message=message, language=caller.language
        )


def _role(words: Sequence[str]) -> tuple[Role | None, str]:
    """The role and, of an owner, the topic; no role where the words leave any doubt.

    A word too many may be part of somebody's name: it must not decide what they get.
    """
    if not words:
        return None, ""
    role, topic = _ROLES.get(normal(words[0])), " ".join(words[1:])
    if topic and (role is not Role.OWNER or len(topic) > LONGEST_TOPIC):
        return None, ""
    return role, topic
