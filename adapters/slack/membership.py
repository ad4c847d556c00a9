"""Who is where on Slack: members of channels and user groups, and who comes from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from adapters.slack.api import SlackApi
from adapters.slack.identity import Identity
from adapters.slack.shape import part_of, text_of, user_of
from bot.core.errors import ChannelRefused
from bot.core.model import Member, User

_GROUPS: Final = ("C", "G")
_USER_GROUP: Final = "S"
_PAGE: Final = 200
_OUTSIDE: Final = ("is_stranger", "is_restricted", "is_ultra_restricted")


class SlackMembership:
    """A `Membership` of a workspace.

    Another app in a channel is a reader like everybody there. Guests and people of other companies
    are found one by one: a list of members does not tell.
    """

    def __init__(self, api: SlackApi, *, identity: Callable[[], Awaitable[Identity]]) -> None:
        self._api = api
        self._identity = identity

    def is_group(self, group_id: str) -> bool:
        """Channels `C…` and `G…`, user groups `S…`."""
        return group_id.startswith((*_GROUPS, _USER_GROUP))

    async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
        """The members of a channel or a user group, but for us.

        Raises:
            ChannelRefused: we are not in it, or it has more than `most`.
            ChannelUnavailable: no answer now.
        """
        listed = await (
            self._user_group(group_id)
            if group_id.startswith(_USER_GROUP)
            else self._channel(group_id, most)
        )
        if len(listed) > most + 1:
            raise ChannelRefused("too_many")
        ours = (await self._identity()).user_id
        return tuple(Member(user=user_of(one)) for one in listed if one != ours)

    async def is_open(self, group_id: str) -> bool:
        """Whether it is a public channel: everybody in the workspace can read it."""
        told = part_of(await self._api.get("conversations.info", {"channel": group_id}), "channel")
        return not any(told.get(name) is True for name in ("is_private", "is_mpim", "is_im"))

    async def is_outside(self, user: User) -> bool:
        """Whether it is a guest, or somebody of another workspace who shares a channel with us."""
        told = part_of(await self._api.get("users.info", {"user": user.id}), "user")
        ours = await self._identity()
        team = text_of(told, "team_id")
        theirs = (
            bool(team) and bool(ours.team_id) and team not in (ours.team_id, ours.enterprise_id)
        )
        return theirs or any(told.get(name) is True for name in _OUTSIDE)

    async def _channel(self, channel: str, most: int) -> list[str]:
        query = {"channel": channel, "limit": str(_PAGE)}
        found: list[str] = []
        while len(found) <= most + 1:
            page = await self._api.get("conversations.members", query)
            found += _ids(page.get("members"))
            cursor = text_of(part_of(page, "response_metadata"), "next_cursor")
            if not cursor:
                break
            query["cursor"] = cursor
        return found

    async def _user_group(self, group: str) -> list[str]:
        answer = await self._api.get("usergroups.users.list", {"usergroup": group})
        return _ids(answer.get("users"))


def _ids(value: object) -> list[str]:
    """What is no list of ids is no list of members: nobody may be overlooked.

    Raises:
        ChannelRefused: Slack said something else.
    """
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ChannelRefused("no_members")
    return value
