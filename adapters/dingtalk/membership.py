"""Who is where on DingTalk, as far as it tells: departments, and groups made from a template.

Of an ordinary group DingTalk tells a robot nothing, so nobody knows who reads there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from adapters.dingtalk.api import Api
from adapters.dingtalk.codec import PLATFORM
from bot.core.errors import ChannelRefused
from bot.core.model import Member, User

_DEPARTMENT: Final = "dept:"
_GROUP: Final = "cid"
_PAGE: Final = 100
_REMEMBERED: Final = 1_000


class DingTalkMembership:
    """A `Membership` of an organisation.

    Calls are counted by the month, so a group that was refused once is not asked about again.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._refused: OrderedDict[str, str] = OrderedDict()

    def is_group(self, group_id: str) -> bool:
        """Groups `cid…` and departments `dept:…`, by the department's number."""
        return group_id.startswith((_GROUP, _DEPARTMENT))

    async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
        """The members of a group, or those who belong to a department itself.

        Raises:
            ChannelRefused: DingTalk does not tell, or there are more than `most`.
            ChannelUnavailable: no answer now.
        """
        if group_id in self._refused:
            raise ChannelRefused(self._refused[group_id])
        try:
            if group_id.startswith(_DEPARTMENT):
                found = await self._department(group_id.removeprefix(_DEPARTMENT))
            else:
                found = await self._group(group_id, most)
        except ChannelRefused as refused:
            self._refused[group_id] = refused.code
            if len(self._refused) > _REMEMBERED:
                self._refused.popitem(last=False)
            raise
        if len(found) > most:
            raise ChannelRefused("too_many")
        return tuple(found)

    async def is_open(self, _group_id: str) -> bool:
        """Never: whoever reads a group has joined it."""
        return False

    async def is_outside(self, _user: User) -> bool:
        """Nobody: people of other companies are marked in the lists of members."""
        return False

    async def _department(self, number: str) -> list[Member]:
        if not number.isdecimal():
            raise ChannelRefused("no_department")
        said = await self._api.legacy("/topapi/user/listid", {"dept_id": int(number)})
        return _members(said.get("userid_list"), outside=False)

    async def _group(self, group_id: str, most: int) -> list[Member]:
        found: list[Member] = []
        body: dict[str, Any] = {"open_conversation_id": group_id, "size": _PAGE, "cursor": "0"}
        while len(found) <= most:
            said = await self._api.legacy("/topapi/im/chat/scenegroup/member/get", body)
            found += _page(said)
            if said.get("has_more") is not True:
                return found
            cursor = said.get("next_cursor")
            if not isinstance(cursor, str) or cursor in ("", body["cursor"]):
                raise ChannelRefused("no_next_page")
            body["cursor"] = cursor
        raise ChannelRefused("too_many")


def _page(said: Mapping[str, Any]) -> list[Member]:
    """Staff, and customers of the company, who have another kind of id."""
    staff = _members(said.get("member_user_ids"), outside=False)
    outside = [
        member
        for name in ("member_contact_staff_ids", "union_ids")
        for member in _members(said.get(name) or [], outside=True)
    ]
    return [*staff, *outside]


def _members(ids: object, *, outside: bool) -> list[Member]:
    if not isinstance(ids, list) or not all(isinstance(one, str) and one for one in ids):
        raise ChannelRefused("no_members")  # nobody may be overlooked
    return [Member(user=User(platform=PLATFORM, id=one), outside=outside) for one in ids]
