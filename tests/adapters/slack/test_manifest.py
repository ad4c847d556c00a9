"""The manifest people paste asks for what the code uses, and for nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import adapters.slack
from adapters.slack.codec import known
from adapters.slack.scopes import EVENTS, NEEDED_BY, missing_scopes
from tests.adapters.slack.payloads import event

SOURCES = Path(adapters.slack.__file__).parent
DOCUMENTATION = Path(__file__).parents[3] / "docs" / "how-to" / "connect-slack.md"

# Methods any token may call, and those of the token of the app itself.
_FREE = {"auth.test", "apps.connections.open"}
_FAMILIES = "apps|auth|bots|chat|conversations|files|reactions|users|views"
_METHOD = re.compile(rf'"((?:{_FAMILIES})\.[A-Za-z.]+)"')


def manifest() -> dict[str, Any]:
    return dict(json.loads((SOURCES / "manifest.json").read_text(encoding="utf-8")))


def called() -> set[str]:
    """Methods of the Web API that stand in the sources."""
    code = (file for file in SOURCES.glob("*.py") if file.name != "scopes.py")
    return {name for file in code for name in _METHOD.findall(file.read_text(encoding="utf-8"))}


def test_the_manifest_asks_for_exactly_the_scopes_we_need() -> None:
    assert manifest()["oauth_config"]["scopes"]["bot"] == sorted(NEEDED_BY)


def test_each_method_we_call_has_a_scope_and_each_scope_a_use() -> None:
    needed = {use for uses in NEEDED_BY.values() for use in uses}

    assert called() - _FREE == {use for use in needed if use in called()}
    assert needed - called() - set(EVENTS) == {"/deskmate"}


def test_each_event_we_understand_is_subscribed_to() -> None:
    subscribed = manifest()["settings"]["event_subscriptions"]["bot_events"]

    assert subscribed == sorted(EVENTS)
    assert all(known(event({"type": name.partition(".")[0]})) for name in subscribed)


def test_events_buttons_and_commands_come_to_one_address() -> None:
    found = manifest()
    addresses = {
        found["settings"]["event_subscriptions"]["request_url"],
        found["settings"]["interactivity"]["request_url"],
        found["features"]["slash_commands"][0]["url"],
    }

    (address,) = addresses
    assert address.endswith("/slack/events")


def test_the_documentation_shows_the_manifest_as_it_is() -> None:
    (pasted,) = re.findall(r"```json\n(.*?)```", DOCUMENTATION.read_text("utf-8"), re.DOTALL)

    assert json.loads(pasted) == manifest()


def test_scopes_that_are_missing_are_found_where_slack_names_those_we_have() -> None:
    assert missing_scopes("") == ()
    assert missing_scopes(",".join(NEEDED_BY)) == ()
    assert missing_scopes("chat:write, commands")[:2] == ("app_mentions:read", "channels:history")
