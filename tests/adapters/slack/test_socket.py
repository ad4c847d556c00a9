"""Socket Mode through Slack's own client."""

from __future__ import annotations

import asyncio
import time

import pytest

from adapters.slack.api import SlackApi
from adapters.slack.socket import Socket
from bot.core.errors import ChannelUnavailable
from bot.core.model import CardAction, InboundMessage
from tests.adapters.slack.payloads import payload
from tests.adapters.slack.workspace import Desk, connected, envelope, hundredfold, until
from tests.simulators.slack import APP_TOKEN, BOT_TOKEN, Fault, SlackSimulator

SAID = envelope(
    {"type": "message", "channel": "D1", "user": "U1", "ts": "1700000000.000100", "text": "hi"}
)


async def test_an_envelope_is_acknowledged_once_it_is_kept(simulator: SlackSimulator) -> None:
    async with connected(simulator, mode="socket", sleep=hundredfold) as workspace:
        await until(lambda: simulator.connections == 1)
        simulator.envelope(SAID, envelope_id="e1")
        await until(lambda: simulator.acknowledged == ["e1"])
        await workspace.slack.ping()

    assert [event.keys[0] for event in workspace.desk.events] == ["D1:1700000000.000100"]


async def test_buttons_and_commands_come_the_same_way(simulator: SlackSimulator) -> None:
    async with connected(simulator, mode="socket", sleep=hundredfold) as workspace:
        await until(lambda: simulator.connections == 1)
        button, command = payload("block_actions_feedback"), payload("slash_command_form")
        simulator.envelope(button, envelope_id="e1", kind="interactive")
        await until(lambda: len(simulator.acknowledged) == 1)
        simulator.envelope(command, envelope_id="e2", kind="slash_commands")
        await until(lambda: len(simulator.acknowledged) == 2)

    assert [type(event) for event in workspace.desk.events] == [CardAction, InboundMessage]
    assert all("payload" not in one for one in simulator.acknowledgements)


async def test_what_is_nothing_to_us_is_acknowledged_too(simulator: SlackSimulator) -> None:
    async with connected(simulator, mode="socket", sleep=hundredfold) as workspace:
        await until(lambda: simulator.connections == 1)
        simulator.envelope(payload("tokens_revoked"), envelope_id="e1")
        simulator.envelope(payload("view_submission"), envelope_id="e2", kind="interactive")
        await until(lambda: len(simulator.acknowledged) == 2)

    assert workspace.desk.events == []
    answers = {one["envelope_id"]: one.get("payload") for one in simulator.acknowledgements}
    assert answers["e1"] is None
    assert answers["e2"]["response_action"] == "errors"


async def test_without_room_nothing_is_acknowledged_and_slack_sends_it_again(
    simulator: SlackSimulator,
) -> None:
    desk = Desk(room=0)
    async with connected(simulator, desk=desk, mode="socket", sleep=hundredfold):
        await until(lambda: simulator.connections == 1)
        simulator.envelope(SAID, envelope_id="e1")
        simulator.envelope(payload("tokens_revoked"), envelope_id="e2")
        await until(lambda: simulator.acknowledged == ["e2"])
        desk.room = 1

        simulator.hang_up()
        await until(lambda: simulator.acknowledged == ["e2", "e1"])

    assert len(desk.events) == 1


async def test_a_connection_that_breaks_is_made_again_and_nothing_is_lost_or_doubled(
    simulator: SlackSimulator,
) -> None:
    async with connected(simulator, mode="socket", sleep=hundredfold) as workspace:
        for number in range(1, 4):
            await until(lambda: simulator.connections >= number)  # noqa: B023 -- awaited at once
            said = {**SAID["event"], "ts": f"170000000{number}.000100"}
            simulator.envelope(envelope(said, event_id=f"Ev{number}"), envelope_id=f"e{number}")
            simulator.hang_up()
        await until(lambda: len(simulator.acknowledged) == 3)

    assert len(workspace.desk.events) == 3


async def test_slack_may_ask_for_a_new_connection(simulator: SlackSimulator) -> None:
    async with connected(simulator, mode="socket", sleep=hundredfold) as workspace:
        await until(lambda: simulator.connections == 1)
        simulator.disconnect()
        await until(lambda: simulator.connections == 2)
        simulator.envelope(SAID, envelope_id="e1")
        await until(lambda: simulator.acknowledged == ["e1"])

    assert len(workspace.desk.events) == 1


async def test_a_socket_that_slack_gives_no_address_for_is_tried_again(
    simulator: SlackSimulator,
) -> None:
    faults = (
        Fault(how="broken"),
        Fault(how="busy", retry_after="abc"),
        Fault(how="refused", code="invalid_auth"),
    )
    simulator.fault("apps.connections.open", *faults)

    async with connected(simulator, mode="socket", sleep=hundredfold) as workspace:
        with pytest.raises(ChannelUnavailable):
            await workspace.slack.ping()
        await until(lambda: simulator.connections == 1)

    assert len(simulator.called("apps.connections.open")) == 4


async def test_it_closes_in_time_also_where_the_other_side_is_silent(
    simulator: SlackSimulator,
) -> None:
    async def keep(_payload: object) -> None:
        return None

    api = SlackApi(token=BOT_TOKEN, base_url=simulator.api_base_url)
    socket = Socket(api, keep, app_token=APP_TOKEN, close_within_s=0.05)
    running = asyncio.create_task(socket.run())
    await until(lambda: socket.connected)
    simulator.freeze(0.2)
    began = time.monotonic()

    running.cancel()
    await asyncio.wait({running})

    assert time.monotonic() - began < 0.19
    await api.close()
