"""`/deskmate whoami`."""

from __future__ import annotations

from bot.core.cards import fields_card, in_a_row
from bot.core.commands.table import Caller
from bot.core.model import Card, Invocation, Role
from bot.core.texts import TEXTS, Texts
from knowledge.model import Language


class WhoAmI:
    """Shows the id that configuration knows this person by, and their roles."""

    names = ("whoami", "我是谁")
    role = Role.EVERYONE

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].whoami_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Id, name and roles."""
        user, texts = invocation.message.user, TEXTS[caller.language]
        roles = [_role_name(role, texts) for role in Role if role in caller.roles]
        rows = [
            (texts.whoami_id, user.key),
            (texts.whoami_name, user.name),
            (texts.whoami_roles, in_a_row(roles, caller.language)),
        ]
        return fields_card([row for row in rows if row[1]], caller.language)


def _role_name(role: Role, texts: Texts) -> str:
    match role:
        case Role.EVERYONE:
            return texts.role_everyone
        case Role.OWNER:
            return texts.role_owner
        case Role.HR:
            return texts.role_hr
        case Role.ADMIN:
            return texts.role_admin
