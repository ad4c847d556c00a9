"""Who we are on Slack, and whether a payload is for us; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from adapters.slack.shape import Json, part_of, parts_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are on Slack, as far as we know it yet; what is unknown is empty."""

    user_id: str = ""
    bot_id: str = ""
    team_id: str = ""
    enterprise_id: str = ""
    app_id: str = ""


def ours(payload: Json, identity: Identity) -> bool:
    """Whether this was sent to us, and not to another app or another workspace's."""
    app_id = text_of(payload, "api_app_id")
    if identity.app_id and app_id and app_id != identity.app_id:
        return False
    teams = _teams(payload)
    if not identity.team_id or not teams or identity.team_id in teams:
        return True
    return bool(identity.enterprise_id) and identity.enterprise_id in _enterprises(payload)


def _teams(payload: Json) -> frozenset[str]:
    """Every workspace this may be about; none for an event of a whole organisation."""
    found = {text_of(payload, "team_id"), text_of(payload, "context_team_id")}
    found |= {text_of(part_of(payload, name), "id") for name in ("team",)}
    found |= {text_of(one, "team_id") for one in parts_of(payload, "authorizations")}
    return frozenset(found - {""})


def _enterprises(payload: Json) -> frozenset[str]:
    """Organisations the app is installed in as a whole."""
    found = {
        text_of(one, "enterprise_id")
        for one in parts_of(payload, "authorizations")
        if one.get("is_enterprise_install") is True
    }
    if payload.get("is_enterprise_install") in (True, "true"):
        found |= {
            text_of(payload, "enterprise_id"),
            text_of(part_of(payload, "enterprise"), "id"),
        }
    return frozenset(found - {""})


def own_ids(payload: Json, identity: Identity) -> frozenset[str]:
    """Our user ids. The payload tells who it was sent to, so this works before we asked Slack."""
    told = {
        text_of(one, "user_id")
        for one in parts_of(payload, "authorizations")
        if one.get("is_bot") is True
    }
    return frozenset((told | {identity.user_id}) - {""})


def addressed_ids(payload: Json, identity: Identity) -> Collection[str]:
    """Ids that mean us in a text."""
    own = own_ids(payload, identity)
    authed = payload.get("authed_users")
    # The elder form of `authorizations`. It may name people too, so it is the last to be asked,
    # except where Slack itself says that the text mentions us.
    certain = text_of(part_of(payload, "event"), "type") == "app_mention"
    if not isinstance(authed, list) or (own and not certain):
        return own
    return own | {one for one in authed if isinstance(one, str) and one}
