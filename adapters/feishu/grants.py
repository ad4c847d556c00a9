"""What an app was granted in Feishu's console, and what the bot needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from adapters.feishu.api import Api
from adapters.feishu.words import part
from bot.core.errors import ChannelRefused

# Any scope of a line will do; the first is the narrowest, and the one that is asked for.
_SCOPES: Final = (
    ("im:message:send_as_bot", "im:message"),
    ("im:message:update", "im:message:send_as_bot", "im:message"),
    ("im:message.p2p_msg:readonly", "im:message.p2p_msg", "im:message"),
    ("im:message.group_at_msg:readonly", "im:message.group_at_msg", "im:message"),
    ("im:message.reactions:read", "im:message.reactions:write_only", "im:message"),
    ("cardkit:card:write",),
)
_EVENTS: Final = ("im.message.receive_v1",)
_CALLBACKS: Final = ("card.action.trigger",)
_GRANTED: Final = 1


async def lacking(api: Api, app_id: str) -> Sequence[str]:
    """Scopes, events and callbacks the bot cannot do without; what may not be asked is left out.

    Raises:
        ChannelError: Feishu does not know the app, its bot is switched off, or it does not answer.
    """
    await api.call("GET", "bot/v3/info")
    return (*await _scopes(api), *await _subscriptions(api, app_id))


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
    return tuple(f"scope {any_of[0]}" for any_of in _SCOPES if granted.isdisjoint(any_of))


async def _subscriptions(api: Api, app_id: str) -> Sequence[str]:
    path = f"application/v6/applications/{quote(app_id, safe='')}"
    try:
        answer = await api.call("GET", path, params={"lang": "en_us"})
    except ChannelRefused:
        return ()
    events = part(answer.data, "app", "event").get("subscribed_events")
    callbacks = part(answer.data, "app", "callback").get("subscribed_callbacks")
    return (*_absent("event", _EVENTS, events), *_absent("callback", _CALLBACKS, callbacks))


def _absent(what: str, needed: Sequence[str], found: object) -> Sequence[str]:
    if not isinstance(found, list):
        return ()
    return tuple(f"{what} {one}" for one in needed if one not in found)


def _dicts(value: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
