"""What arrives over HTTP, and how the channel starts and ends."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import timedelta

import pytest
from aiohttp import web

from adapters.registry import PLATFORMS
from adapters.slack.channel import PATH
from adapters.slack.settings import SlackSettings
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import CardAction, InboundMessage
from tests.adapters.slack.payloads import payload
from tests.adapters.slack.workspace import (
    Desk,
    Workspace,
    connected,
    envelope,
    message_ref,
)
from tests.simulators.slack import Fault, SlackSimulator, deliveries, signature_of, signed

SAID = envelope(
    {"type": "message", "channel": "C1", "user": "U1", "ts": "1700000000.000100", "text": "hi"}
)


async def test_an_event_is_kept_before_it_is_acknowledged(workspace: Workspace) -> None:
    response = await workspace.deliver(SAID)

    assert (response.status, await response.json()) == (200, {})
    assert len(workspace.desk.events) == 1


async def test_where_there_is_no_room_slack_is_asked_to_come_again(
    simulator: SlackSimulator,
) -> None:
    async with connected(simulator, desk=Desk(room=0)) as workspace:
        response = await workspace.deliver(SAID)

    assert response.status == 503


async def test_whoever_types_a_command_is_told_that_there_is_no_room(
    simulator: SlackSimulator,
) -> None:
    async with connected(simulator, desk=Desk(room=0)) as workspace:
        response = await workspace.deliver(payload("slash_command_form"))
        body = await response.json()

    assert response.status == 200
    assert "again in a moment" in body["text"]


async def test_the_address_is_verified_after_the_signature(workspace: Workspace) -> None:
    challenge = {"type": "url_verification", "challenge": 'a "quote" and 年'}
    raw, headers = signed(challenge, at=workspace.clock())

    answered = await workspace.deliver(challenge)
    unsigned = await workspace.client.post(PATH, data=raw)

    assert await answered.json() == {"challenge": 'a "quote" and 年'}
    assert unsigned.status == 401
    assert headers["Content-Type"] == "application/json"


async def test_a_pressed_button_comes_as_a_form(workspace: Workspace) -> None:
    response = await workspace.deliver(payload("block_actions_feedback"), form=True)

    assert response.status == 200
    assert isinstance(workspace.desk.events[0], CardAction)


async def test_a_command_is_answered_with_nothing_but_thanks(workspace: Workspace) -> None:
    response = await workspace.deliver(payload("slash_command_form"))

    assert (response.status, await response.read()) == (200, b"")
    assert isinstance(workspace.desk.events[0], InboundMessage)


async def test_a_dialog_that_is_none_of_ours_says_so(workspace: Workspace) -> None:
    response = await workspace.deliver(payload("view_submission"), form=True)

    body = await response.json()
    assert body["response_action"] == "errors"
    assert "no longer works" in body["errors"]["hspI"]


async def test_an_event_that_was_never_acknowledged_is_kept_once(workspace: Workspace) -> None:
    statuses = []
    for at, raw, headers in deliveries(SAID, first=workspace.clock()):
        workspace.clock.now = at
        statuses.append((await workspace.client.post(PATH, data=raw, headers=headers)).status)

    assert statuses == [200, 200, 200, 200]
    assert len(workspace.desk.events) == 1


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", "application/json"),
        (b"payload=%7B", "application/x-www-form-urlencoded"),
        (b"payload", "application/x-www-form-urlencoded"),
        (b"text=%FF", "application/x-www-form-urlencoded"),
        *((json.dumps(SAID).encode(code), "application/json") for code in ("utf-16", "utf-32-be")),
        (b"&".join(b"a=1" for _ in range(90)), "application/x-www-form-urlencoded"),
    ],
)
async def test_a_signed_body_that_makes_no_sense_is_malformed(
    workspace: Workspace, raw: bytes, kind: str
) -> None:
    headers = {**signature_of(raw, at=workspace.clock()), "Content-Type": kind}

    response = await workspace.client.post(PATH, data=raw, headers=headers)

    assert (response.status, await response.json()) == (400, {"error": "malformed"})
    assert response.headers["X-Slack-No-Retry"] == "1"


async def test_the_words_of_a_thread_that_somebody_began_can_be_read(
    workspace: Workspace,
) -> None:
    ts = workspace.simulator.write("Is it <https://x.test|ten> &amp; more?")
    workspace.simulator.write("another", thread_ts=ts)

    assert await workspace.slack.words_of(message_ref(f"C1:{ts}")) == (
        "Is it ten (https://x.test) & more?"
    )
    assert await workspace.slack.words_of(message_ref("C1:1.1")) == ""


# ── starting and ending ───────────────────────────────────────────────────────────────────────


async def test_a_token_slack_does_not_know_stops_the_start(simulator: SlackSimulator) -> None:
    async with connected(simulator, start=False, bot_token="xoxb-wrong") as workspace:
        with pytest.raises(ChannelRefused) as refused:
            await workspace.slack.start()

    assert refused.value.code == "invalid_auth"


async def test_no_token_is_not_even_asked_about(simulator: SlackSimulator) -> None:
    async with connected(simulator, start=False, bot_token="") as workspace:
        with pytest.raises(ChannelRefused):
            await workspace.slack.start()

    assert simulator.calls == []


async def test_where_slack_is_away_it_is_asked_again(simulator: SlackSimulator) -> None:
    simulator.fault("auth.test", *[Fault(how="broken")] * 3)

    async with connected(simulator) as workspace:
        foreign = await workspace.deliver({**SAID, "team_id": "T999"})

    assert foreign.status == 200
    assert workspace.desk.events == []
    assert workspace.seconds.slept == [1.0, 2.0, 4.0]


async def test_an_identity_that_is_refused_later_is_not_asked_for_again(
    simulator: SlackSimulator,
) -> None:
    simulator.fault("auth.test", Fault(how="broken"), Fault(how="refused", code="token_revoked"))

    async with connected(simulator, start=False) as workspace:
        with pytest.raises(ChannelRefused, match="token_revoked"):
            await workspace.slack.start()

    assert len(simulator.called("auth.test")) == 2


async def test_scopes_that_are_missing_are_named_at_the_start(
    simulator: SlackSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.scopes = ("chat:write",)

    async with connected(simulator):
        pass

    (record,) = [one for one in caplog.records if one.message == "scopes_missing"]
    assert "im:history" in record.__dict__["scopes"]
    assert "chat:write" not in record.__dict__["scopes"]


async def test_a_granted_app_lacks_nothing(workspace: Workspace) -> None:
    assert await workspace.slack.lacking() == ()


async def test_a_scope_that_is_lacking_is_named_with_what_needs_it(workspace: Workspace) -> None:
    granted = workspace.simulator.scopes
    workspace.simulator.scopes = tuple(scope for scope in granted if scope != "im:history")

    lacking = await workspace.slack.lacking()

    assert lacking == ("scope im:history (message.im, conversations.history)",)


async def test_an_app_token_that_opens_no_socket_is_named(simulator: SlackSimulator) -> None:
    # Not started: the socket would ask for its own address, and meet the fault instead.
    async with connected(simulator, mode="socket", start=False) as workspace:
        simulator.fault("apps.connections.open", Fault(how="refused", code="missing_scope"))
        lacking = await workspace.slack.lacking()

    assert lacking == ("scope connections:write of the app-level token (missing_scope)",)


async def test_ping_says_whether_slack_would_answer(workspace: Workspace) -> None:
    await workspace.slack.ping()
    workspace.simulator.fault("auth.test", Fault(how="silent"))

    with pytest.raises(ChannelUnavailable):
        await workspace.slack.ping()


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("", "https://slack.com/api/"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/api/"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/api/"),
        ("http://127.0.0.1:9/slack/api", "http://127.0.0.1:9/slack/api/"),
    ],
)
def test_the_address_of_the_api_may_be_an_origin_or_a_path(written: str, used: str) -> None:
    assert SlackSettings(api_base_url=written).web_api_url == used


def test_in_http_mode_there_is_one_route_and_in_socket_mode_none() -> None:
    async def accept(_event: object) -> bool:
        return True

    modes = {
        mode: PLATFORMS["slack"](
            SlackSettings(mode=mode),  # type: ignore[arg-type] # one of them
            accept=accept,
            clock=lambda: None,
        )
        for mode in ("http", "socket")
    }

    (route,) = modes["http"].routes()
    assert isinstance(route, web.RouteDef)
    assert route.path == "/slack/events"
    assert modes["socket"].routes() == []


def test_slacks_library_is_not_imported_before_it_is_used() -> None:
    program = (
        "import sys, adapters.slack.channel, adapters.registry;"
        "print([name for name in sys.modules if name.startswith(('slack_sdk', 'slack_bolt'))])"
    )

    ran = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == "[]"


async def test_neither_secrets_nor_words_stand_in_the_log(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = await workspace.ask("a very private question")
    raw, _ = signed(SAID, at=workspace.clock())
    await workspace.client.post(PATH, data=raw, headers={"X-Slack-Signature": "v0=private"})
    workspace.clock.move(timedelta(seconds=1))

    await workspace.deliver(envelope({"type": "a_new_kind", "text": "a very private question"}))

    ours = [
        f"{one.getMessage()} {one.__dict__}" for one in caplog.records if "aiohttp" not in one.name
    ]
    assert asked.id
    assert not any("private" in line or "xoxb" in line or "a-signing" in line for line in ours)
