"""What an app was granted in Feishu's console, and what the bot needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from adapters.feishu.api import Api
from adapters.feishu.words import part
from bot.core.errors import ChannelRefused

_TO_ASK: Final = "application:application:self_manage"

# Any scope of a line will do; the first is the narrowest, and the one that is asked for.
SCOPES: Final = (
    ("im:message:send_as_bot", "im:message"),
    ("im:message:update", "im:message:send_as_bot", "im:message"),
    ("im:message:readonly", "im:message"),
    ("im:message.p2p_msg:readonly", "im:message.p2p_msg", "im:message"),
    ("im:message.group_at_msg:readonly", "im:message.group_at_msg", "im:message"),
    ("im:message.reactions:read", "im:message.reactions:write_only", "im:message"),
    ("cardkit:card:write",),
    ("im:chat.members:read", "im:chat:readonly", "im:chat"),
    ("im:chat.access_event.bot_p2p_chat:read",),
    ("contact:contact.base:readonly", "contact:contact:readonly_as_app"),
    ("contact:user.base:readonly", "contact:contact:readonly_as_app"),
    (_TO_ASK,),
)
EVENTS: Final = (
    "im.message.receive_v1",
    "im.message.recalled_v1",
    "im.message.reaction.created_v1",
    "im.message.reaction.deleted_v1",
    "im.chat.access_event.bot_p2p_chat_entered_v1",
    "im.chat.member.user.added_v1",
    "contact.user.created_v3",
    "im.chat.member.user.deleted_v1",
    "im.chat.member.user.withdrawn_v1",
    "contact.user.deleted_v3",
    "application.bot.menu_v6",
)
CALLBACKS: Final = ("card.action.trigger",)
_GRANTED: Final = 1


async def lacking(api: Api, app_id: str) -> Sequence[str]:
    """Scopes, events and callbacks the bot was not granted, as docs/how-to/connect-feishu.md asks.

    Where it may not ask for them, the scope that allows it is what is lacking.

    Raises:
        ChannelError: Feishu does not know the app, its bot is switched off, or it does not answer.
    """
    await api.call("GET", "bot/v3/info")
    return tuple(dict.fromkeys([*await _scopes(api), *await _subscriptions(api, app_id)]))


async def _scopes(api: Api) -> Sequence[str]:
    try:
        answer = await api.call("GET", "application/v6/scopes")
    except ChannelRefused:
        return ()
    granted = {
        scope.get("scope_name")
        for scope in _dicts(answer.data.get("scopes"))
        if scope.get("grant_status") == _GRANTED
    }
    return tuple(f"scope {any_of[0]}" for any_of in SCOPES if granted.isdisjoint(any_of))


async def _subscriptions(api: Api, app_id: str) -> Sequence[str]:
    path = f"application/v6/applications/{quote(app_id, safe='')}"
    try:
        answer = await api.call("GET", path, params={"lang": "en_us"})
    except ChannelRefused:
        return (f"scope {_TO_ASK}",)
    events = part(answer.data, "app", "event").get("subscribed_events")
    callbacks = part(answer.data, "app", "callback").get("subscribed_callbacks")
    return (*_absent("event", EVENTS, events), *_absent("callback", CALLBACKS, callbacks))


def _absent(what: str, needed: Sequence[str], found: object) -> Sequence[str]:
    if not isinstance(found, list):
        return ()
    return tuple(f"{what} {one}" for one in needed if one not in found)


def _dicts(value: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
