"""Who is where on Feishu: members of chats and departments, and who is of another company."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from adapters.feishu.api import Api
from adapters.feishu.codec import PLATFORM
from adapters.feishu.words import id_or_nothing, word
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Member, User

_CHAT: Final = "oc_"
_DEPARTMENT: Final = "od-"
_PAGE_OF_A_CHAT: Final = 100
_PAGE_OF_A_DEPARTMENT: Final = 50


class FeishuMembership:
    """A `Membership` of an organisation. Bots are not listed.

    tenant: the key of our own company; empty where we do not know it.
    """

    def __init__(self, api: Api, *, tenant: Callable[[], str]) -> None:
        self._api = api
        self._tenant = tenant

    def is_group(self, group_id: str) -> bool:
        """Chats `oc_…` and departments `od-…`."""
        return group_id.startswith((_CHAT, _DEPARTMENT))

    async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
        """The members of a chat, or those who belong to a department itself.

        Raises:
            ChannelRefused: the bot may not read that, or there are more than `most`.
            ChannelUnavailable: no answer now; or nobody knows yet which company is ours.
        """
        if group_id.startswith(_DEPARTMENT):
            return await self._department(group_id, most)
        ours = self._tenant()
        if not ours:
            raise ChannelUnavailable("our own tenant key is not known yet")
        path = f"im/v1/chats/{quote(group_id, safe='')}/members"
        query = {"member_id_type": "open_id", "page_size": str(_PAGE_OF_A_CHAT)}
        found = await self._pages(path, query, most)
        return tuple(
            Member(
                user=_user(one, "member_id"),
                # Somebody of whom it does not say whose they are is not ours.
                outside=word(one, "tenant_key") != ours,
            )
            for one in found
        )

    async def is_open(self, _group_id: str) -> bool:
        """Never: whoever reads a chat has joined it."""
        return False

    async def is_outside(self, _user: User) -> bool:
        """Nobody: people of other companies meet the bot in chats only, and are marked there."""
        return False

    async def _department(self, department: str, most: int) -> tuple[Member, ...]:
        query = {
            "department_id": department,
            "department_id_type": "open_department_id",
            "user_id_type": "open_id",
            "page_size": str(_PAGE_OF_A_DEPARTMENT),
        }
        found = await self._pages("contact/v3/users/find_by_department", query, most)
        return tuple(Member(user=_user(one, "open_id")) for one in found)

    async def _pages(
        self, path: str, query: Mapping[str, str], most: int
    ) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        asked = dict(query)
        while len(found) <= most:
            data = (await self._api.call("GET", path, params=asked)).data
            items = data.get("items", [])
            if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
                raise ChannelRefused("no_members")
            found += items
            if data.get("has_more") is not True:
                return found
            asked["page_token"] = word(data, "page_token")
            if not items or not asked["page_token"]:
                raise ChannelRefused("no_next_page")
        raise ChannelRefused("too_many")


def _user(one: Mapping[str, Any], name: str) -> User:
    open_id = id_or_nothing(one, name)
    if not open_id:
        raise ChannelRefused("no_members")  # nobody may be overlooked
    return User(platform=PLATFORM, id=open_id)
