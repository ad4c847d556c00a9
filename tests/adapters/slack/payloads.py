"""Payloads as Slack sends them, and a person's words put into one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.slack.codec import decode
from adapters.slack.identity import Identity
from bot.core.model import CardAction, Event, InboundMessage

GOLDEN = Path(__file__).parents[2] / "golden" / "slack"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
US = Identity(user_id="W99BOT", bot_id="B99BOT", team_id="T111", app_id="A111")


def payload(name: str) -> dict[str, Any]:
    """A sample; of a Socket Mode envelope what it carries."""
    found = json.loads((GOLDEN / "payloads" / f"{name}.json").read_text(encoding="utf-8"))
    return dict(found["payload"]) if "envelope_id" in found else dict(found)


def event(inner: Mapping[str, object], **outer: object) -> dict[str, Any]:
    """An event in its envelope."""
    return {
        "type": "event_callback",
        "team_id": "T111",
        "api_app_id": "A111",
        "event_id": "Ev1",
        "event_time": 1_700_000_000,
        "event": dict(inner),
        **outer,
    }


def said(text: str, **fields: object) -> dict[str, Any]:
    """Somebody writes in a channel, or where `fields` say."""
    return event(
        {
            "type": "message",
            "channel": "C1",
            "channel_type": "channel",
            "user": "U1",
            "ts": "1700000000.000100",
            "text": text,
            **fields,
        }
    )


def read(found: Mapping[str, Any], identity: Identity = US) -> Event | None:
    """What a payload means to us."""
    return decode(found, identity=identity, received_at=NOW)


def message(found: Mapping[str, Any], identity: Identity = US) -> InboundMessage:
    """What a payload means, where it is a message."""
    heard = read(found, identity)
    assert isinstance(heard, InboundMessage)
    return heard


def action(found: Mapping[str, Any]) -> CardAction:
    """What a payload means, where it is a pressed button."""
    pressed = read(found)
    assert isinstance(pressed, CardAction)
    return pressed
