from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.dingtalk.api import Api
from adapters.dingtalk.inbound import CARD_TOPIC, ROBOT_TOPIC, Frame
from adapters.dingtalk.stream import Connection
from adapters.http import Http
from adapters.pacing import Pace
from bot.core.errors import ChannelUnavailable
from bot.core.model import CardAction, InboundMessage, MemberJoined
from tests.adapters.dingtalk.desk import Clock, Office, office, reply, settings
from tests.adapters.dingtalk.recorded import payload
from tests.simulators.dingtalk import OPEN, WEBHOOK, DingTalkServer, Fault, frame


@asynccontextmanager
async def connected(server: DingTalkServer, **changes: Any) -> AsyncIterator[Office]:
    async with office(server, mode="stream", **changes) as o:
        await o.channel.start()
        await server.until(lambda: server.connections == 1)
        yield o


def said(text: str, message_id: str) -> dict[str, Any]:
    return {**payload("robot_group_text"), "msgId": message_id, "text": {"content": text}}


async def test_a_message_is_stored_and_then_acknowledged(server: DingTalkServer) -> None:
    async with connected(server) as o:
        await server.push(payload("stream_frame_robot"))
        await server.until(lambda: len(server.acks) == 1)

    assert server.acks == [payload("stream_ack_robot")]
    (heard,) = o.desk.events
    assert isinstance(heard, InboundMessage)
    assert (heard.text, heard.keys) == ("hello", ("msg0xFOCPSVEwbLWa==",))


async def test_buttons_and_joiners_come_the_same_way(server: DingTalkServer) -> None:
    async with connected(server) as o:
        await server.push(payload("stream_frame_card_callback"))
        await server.until(lambda: len(server.acks) == 1)
        await server.push(payload("event_user_add_org_stream"))
        await server.until(lambda: len(server.acks) == 2)

    assert [type(one) for one in o.desk.events] == [CardAction, MemberJoined]
    assert [ack["code"] for ack in server.acks] == [200, 200]


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(
    server: DingTalkServer,
) -> None:
    async with connected(server) as o:
        o.desk.full = True
        await server.push(frame(ROBOT_TOPIC, said("one", "m1")))
        await server.push(payload("system_ping"))
        await server.until(lambda: len(server.acks) == 1)
        assert server.unacknowledged == 1

        o.desk.full = False
        assert await server.redeliver() == 1
        await server.until(lambda: server.unacknowledged == 0)

    assert [one.keys for one in o.desk.events] == [("m1",)]


async def test_frames_are_stored_in_the_order_they_came(server: DingTalkServer) -> None:
    async with connected(server) as o:
        for number in range(20):
            await server.push(frame(ROBOT_TOPIC, said(f"{number}", f"m{number}")))
        await server.until(lambda: len(server.acks) == 20)

    assert [one.text for one in o.desk.events if isinstance(one, InboundMessage)] == [
        str(number) for number in range(20)
    ]


async def test_a_ping_is_answered_with_what_it_said(server: DingTalkServer) -> None:
    async with connected(server):
        await server.push(payload("system_ping"))
        await server.until(lambda: len(server.acks) == 1)

    (ack,) = server.acks
    assert json.loads(ack["data"]) == {"opaque": "0a"}
    assert ack["headers"]["messageId"] == "6c7d_1"


@pytest.mark.parametrize(
    "strange",
    [
        frame("/v1.0/some/topic", {}),
        {"type": "NOVELTY", "headers": {"messageId": "n1"}, "data": "{}"},
        {"headers": {"messageId": "n2"}},
        {"type": "CALLBACK", "headers": {"messageId": "n3", "time": "soon"}, "data": "{}"},
        {"type": "CALLBACK", "headers": {"messageId": "n4", "topic": ROBOT_TOPIC}, "data": "{"},
        {"type": "CALLBACK", "headers": {"messageId": "n5", "topic": ROBOT_TOPIC}, "data": "[]"},
        {"type": "CALLBACK", "headers": {"messageId": "n6", "topic": ROBOT_TOPIC}, "data": "7"},
        {"type": "CALLBACK", "headers": {"messageId": "n7", "topic": CARD_TOPIC}, "data": "{}"},
        {"type": "EVENT", "headers": {"messageId": "n8", "eventType": "user_leave_org"}},
        {"type": "EVENT", "headers": {"messageId": "n9", "eventType": "user_add_org"}},
        frame(ROBOT_TOPIC, {**payload("robot_group_text"), "robotCode": "other"}),
        frame(ROBOT_TOPIC, {"msgtype": "text"}),
    ],
)
async def test_what_nobody_can_read_is_acknowledged_so_that_it_stays_away(
    server: DingTalkServer, strange: dict[str, Any]
) -> None:
    async with connected(server) as o:
        await server.push(strange)
        await server.until(lambda: len(server.acks) == 1)

    assert server.acks[0]["code"] == 200
    assert server.unacknowledged == 0
    assert o.desk.events == []


@pytest.mark.parametrize("garbage", ["", "{", "[]", "7", "[" * 5_000])
async def test_garbage_does_not_stop_the_connection(server: DingTalkServer, garbage: str) -> None:
    async with connected(server):
        await server.push(garbage)
        await server.push(payload("system_ping"))
        await server.until(lambda: len(server.acks) == 1)

    assert server.connections == 1


async def test_an_unknown_event_is_logged_once(
    server: DingTalkServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(server):
        for number in range(3):
            headers = {"messageId": f"n{number}", "eventType": "user_leave_org"}
            await server.push({"type": "EVENT", "headers": headers, "data": "{}"})
        await server.until(lambda: len(server.acks) == 3)

    assert [r.message for r in caplog.records].count("event_unknown") == 1


async def test_told_to_disconnect_it_comes_back(server: DingTalkServer) -> None:
    async with connected(server) as o:
        await server.push(payload("system_disconnect"))
        await server.until(lambda: server.connections == 2)
        await server.push(frame(ROBOT_TOPIC, said("hi", "m1")))
        await server.until(lambda: server.unacknowledged == 0)

    assert [one.keys for one in o.desk.events] == [("m1",)]


async def test_a_dropped_connection_loses_and_doubles_nothing(server: DingTalkServer) -> None:
    async with connected(server) as o:
        await server.push(frame(ROBOT_TOPIC, said("one", "m1")))
        await server.until(lambda: server.unacknowledged == 0)
        await server.drop_connections()
        await server.push(frame(ROBOT_TOPIC, said("two", "m2")))
        await server.until(lambda: server.connections == 2)
        await server.redeliver()
        await server.until(lambda: server.unacknowledged == 0)

    assert [one.keys for one in o.desk.events] == [("m1",), ("m2",)]


async def test_it_tries_again_more_and_more_slowly(server: DingTalkServer) -> None:
    server.fail(OPEN, *[Fault(status=503) for _ in range(12)])

    async with office(server, mode="stream") as o:
        await o.channel.start()
        with pytest.raises(ChannelUnavailable):
            await o.channel.ping()
        await server.until(lambda: server.connections == 1)

    waits = o.clock.slept
    assert len(waits) == 12
    assert 0.5 <= waits[0] <= 1.0
    assert 15.0 <= max(waits) <= 30.0


@pytest.mark.parametrize(
    "answer", [{}, {"endpoint": "ws://x"}, {"endpoint": "http://x", "ticket": "t"}]
)
async def test_an_address_that_is_none_is_not_followed(answer: dict[str, str]) -> None:
    from adapters.dingtalk.stream import _address

    with pytest.raises(ChannelUnavailable):
        _address(answer)


async def test_ping_says_whether_the_connection_is_up(server: DingTalkServer) -> None:
    async with connected(server) as o:
        await server.push(payload("system_ping"))
        await server.until(lambda: len(server.acks) == 1)
        await o.channel.ping()

    with pytest.raises(ChannelUnavailable):
        await o.channel.ping()


async def test_t27_a_server_that_falls_silent_is_left(server: DingTalkServer) -> None:
    server.answering_pings = False
    clock = Clock()

    async def take(_: Frame) -> bool:
        return True

    http = Http()
    config = settings(server)
    api = Api(config, http, pace=Pace(0))
    connection = Connection(config, api, take=take, sleep=clock.sleep, ping_s=0.05)
    connection.open()
    await server.until(lambda: server.connections >= 2)
    await connection.close()
    await http.close()

    assert not connection.connected


async def test_closing_is_quick_even_in_the_middle_of_connecting(server: DingTalkServer) -> None:
    server.fail(OPEN, Fault(status=503, delay_s=5.0))

    async with office(server, mode="stream") as o:
        await o.channel.start()
        await asyncio.sleep(0)
        began = time.monotonic()
        await o.channel.close()

    assert time.monotonic() - began < 2


async def test_over_stream_nothing_listens_for_http(server: DingTalkServer) -> None:
    async with office(server, mode="stream") as o:
        assert list(o.channel.routes()) == []


async def test_a_question_by_stream_is_answered_by_a_card_with_stream_buttons(
    server: DingTalkServer,
) -> None:
    async with connected(server) as o:
        await server.push(payload("stream_frame_robot"))
        await server.until(lambda: len(server.acks) == 1)
        ref = await o.channel.send(reply("Hello"))

    assert server.cards[ref.id].variables["content"] == "Hello"


async def test_the_reply_address_is_learnt_from_frames_too(server: DingTalkServer) -> None:
    asked = {**said("hi", "m1"), "sessionWebhook": f"{server.url}{WEBHOOK}?session=s9"}

    async with connected(server, card_template_id="") as o:
        await server.push(frame(ROBOT_TOPIC, asked))
        await server.until(lambda: len(server.acks) == 1)
        await o.channel.send(reply("Hello"))

    assert [(one.via, one.place) for one in server.messages] == [("webhook", "s9")]


async def test_nobodys_words_and_no_ticket_reach_the_logs(
    server: DingTalkServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("INFO")

    async with connected(server):
        await server.push(frame(ROBOT_TOPIC, said("my salary is 7", "m1")))
        await server.push(frame("/v1.0/other", said("my salary is 7", "m2")))
        await server.push({"type": "X", "data": "my salary is 7"})
        await server.until(lambda: len(server.acks) == 3)

    written = caplog.text + "".join(capfd.readouterr())
    assert "salary" not in written
    assert "ticket" not in written
    assert "app-secret" not in written


def test_the_sdk_keeps_its_own_address() -> None:
    code = (
        "import os; before = dict(os.environ);"
        "from adapters.dingtalk.stream import _client;"
        "from adapters.dingtalk.settings import DingTalkSettings as S;"
        "_client(S(client_id='a', api_base_url='http://127.0.0.1:9'), None);"
        "assert dict(os.environ) == before;"
        "from dingtalk_stream import DingTalkStreamClient as C;"
        "assert C.OPEN_CONNECTION_API.startswith('https://api.dingtalk.com')"
    )

    ran = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 -- our own words
    assert ran.returncode == 0
