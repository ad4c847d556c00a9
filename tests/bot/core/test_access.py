"""Roles come from configuration; everybody has the common one."""

from __future__ import annotations

from bot.core.access import Access, everyone
from bot.core.model import Role
from tests.fakes_core import ADA, BOB, GROUP


def test_roles_follow_configuration() -> None:
    access = Access(admins=frozenset({"fake:ada"}), hr=frozenset({"fake:ada", "other:bob"}))

    assert access.roles(ADA) == {Role.EVERYONE, Role.OWNER, Role.ADMIN, Role.HR}
    assert access.roles(BOB) == {Role.EVERYONE}


async def test_without_configuration_readers_share_only_the_common_audience() -> None:
    assert await everyone.alone(ADA) == {"everyone"}
    assert await everyone.together(GROUP, ADA) == {"everyone"}
