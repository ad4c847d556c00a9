"""What the app must be allowed to do, and what it must be told; the manifest says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NEEDED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "app_mentions:read": ("app_mention",),
    "channels:history": ("message.channels", "conversations.replies"),
    "channels:read": (
        "member_joined_channel",
        "member_left_channel",
        "conversations.info",
        "conversations.members",
    ),
    "chat:write": (
        "chat.postMessage",
        "chat.postEphemeral",
        "chat.update",
        "chat.startStream",
        "chat.appendStream",
        "chat.stopStream",
    ),
    "commands": ("/deskmate",),
    "files:read": ("files.info",),
    "groups:history": ("message.groups", "conversations.replies"),
    "groups:read": (
        "member_joined_channel",
        "member_left_channel",
        "conversations.info",
        "conversations.members",
    ),
    "im:history": ("message.im", "conversations.history"),
    "im:write": ("conversations.open",),
    "mpim:history": ("message.mpim", "conversations.history"),
    "reactions:read": ("reaction_added", "reaction_removed"),
    "users:read": ("team_join", "users.info"),
}
"""Scopes of the bot token, each with the events and methods that need it."""

EVENTS: Final = (
    "app_home_opened",
    "app_mention",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "reaction_added",
    "reaction_removed",
    "team_join",
)
"""Events the app subscribes to."""


def missing_scopes(granted: str) -> tuple[str, ...]:
    """Scopes we need and do not have; none where Slack did not say which we have.

    granted: with commas between, as in the header `x-oauth-scopes`.
    """
    have = {scope.strip() for scope in granted.split(",")} - {""}
    return tuple(scope for scope in NEEDED_BY if scope not in have) if have else ()
