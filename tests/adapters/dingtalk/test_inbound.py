from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse
from pydantic import SecretStr

from adapters.dingtalk.envelope import open_envelope
from adapters.dingtalk.signature import event_signature
from bot.core.model import CardAction, InboundMessage, MemberJoined
from tests.adapters.dingtalk.desk import NOW, Office, office
from tests.adapters.dingtalk.recorded import payload
from tests.simulators.dingtalk import (
    CLIENT_ID,
    EVENT_KEY,
    EVENT_TOKEN,
    DingTalkServer,
    card_headers,
    sealed_event,
)


async def event(o: Office, body: dict[str, Any], **query: str) -> ClientResponse:
    signed, sealed = sealed_event(body, o.clock())
    return await o.client.post("/dingtalk/events", params={**signed, **query}, json=sealed)


async def test_a_message_reaches_the_desk_once(server: DingTalkServer) -> None:
    async with office(server) as o:
        first = await o.robot(payload("robot_group_text"))
        again = await o.robot(payload("robot_group_text"))

    assert (first.status, again.status) == (200, 200)
    (heard,) = o.desk.events
    assert isinstance(heard, InboundMessage)
    assert heard.text == "hello"


async def test_a_full_desk_asks_for_the_message_again(server: DingTalkServer) -> None:
    async with office(server) as o:
        o.desk.full = True
        turned_away = await o.robot(payload("robot_group_text"))
        o.desk.full = False
        taken = await o.robot(payload("robot_group_text"))

    assert (turned_away.status, taken.status) == (503, 200)
    assert len(o.desk.events) == 1


async def test_a_button_reaches_the_desk(server: DingTalkServer) -> None:
    async with office(server) as o:
        response = await o.card(payload("card_callback_http"))
        assert await response.json() == {}

    assert response.status == 200
    (pressed,) = o.desk.events
    assert isinstance(pressed, CardAction)
    assert pressed.ref.id == "a1-track"


async def test_card_callbacks_may_have_a_secret_of_their_own(server: DingTalkServer) -> None:
    async with office(server, card_secret=SecretStr("card")) as o:
        with_apps = await o.card(payload("card_callback_http"))
        with_its_own = await o.card(
            payload("card_callback_http"), **card_headers(o.clock(), secret="card")
        )

    assert (with_apps.status, with_its_own.status) == (401, 200)


async def test_the_handshake_of_events_is_answered_sealed(server: DingTalkServer) -> None:
    async with office(server) as o:
        response = await event(o, {"EventType": "check_url"})
        said = await response.json()

    opened = open_envelope(SecretStr(EVENT_KEY), said["encrypt"])
    assert (opened.message, opened.owner) == (b"success", CLIENT_ID)
    parts = (said["timeStamp"], said["nonce"], said["encrypt"])
    assert said["msg_signature"] == event_signature(SecretStr(EVENT_TOKEN), parts)


async def test_the_official_vector_shakes_hands(server: DingTalkServer) -> None:
    vector = payload("event_callback_encrypted")
    secrets = {
        "event_token": SecretStr(vector["token"]),
        "event_aes_key": SecretStr(vector["aes_key"]),
    }

    async with office(server, **secrets) as o:
        response = await o.client.post(
            "/dingtalk/events", params=vector["query"], json=vector["body"]
        )
        said = await response.json()

    assert response.status == 200
    opened = open_envelope(SecretStr(vector["aes_key"]), said["encrypt"])
    assert (opened.message, opened.owner) == (b"success", vector["owner_key"])


async def test_each_joiner_reaches_the_desk(server: DingTalkServer) -> None:
    body = {**payload("event_user_add_org_http"), "userId": ["a", "b"]}

    async with office(server) as o:
        first = await event(o, body)
        again = await event(o, body)

    assert (first.status, again.status) == (200, 200)
    assert [type(joined) for joined in o.desk.events] == [MemberJoined, MemberJoined]
    assert [joined.user.id for joined in o.desk.events] == ["a", "b"]


async def test_pascal_case_events_are_understood(server: DingTalkServer) -> None:
    body = {"EventType": "user_add_org", "UserId": ["a"], "TimeStamp": "1", "CorpId": "dingcorp"}

    async with office(server) as o:
        response = await event(o, body)

    assert response.status == 200
    assert o.desk.events[0].keys == ("1:a",)


async def test_an_old_event_is_stale_but_its_handshake_is_not(server: DingTalkServer) -> None:
    async with office(server) as o:
        signed, sealed = sealed_event(payload("event_user_add_org_http"), NOW)
        o.clock.move(timedelta(hours=2))
        response = await o.client.post("/dingtalk/events", params=signed, json=sealed)

    assert response.status == 401
    assert o.desk.events == []


async def test_events_of_another_organisation_are_refused(server: DingTalkServer) -> None:
    async with office(server) as o:
        response = await event(o, {**payload("event_user_add_org_http"), "CorpId": "other"})

    assert response.status == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"msg_signature": "0" * 40}, 401),
        ({"msg_signature": ""}, 401),
        ({"nonce": "other"}, 401),
        ({"timestamp": "1"}, 401),
    ],
)
async def test_event_parameters_that_were_changed_are_refused(
    server: DingTalkServer, query: dict[str, str], status: int
) -> None:
    async with office(server) as o:
        response = await event(o, {"EventType": "check_url"}, **query)

    assert response.status == status


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"encrypt": 7}', b"\xff", b"[]"])
async def test_an_event_that_is_no_envelope_is_malformed(
    server: DingTalkServer, body: bytes
) -> None:
    async with office(server) as o:
        query, _ = sealed_event({"EventType": "check_url"}, o.clock())
        response = await o.client.post("/dingtalk/events", params=query, data=body)
        unsigned = await o.client.post("/dingtalk/events", data=body)

    assert (response.status, unsigned.status) == (400, 401)


async def test_a_signed_envelope_that_does_not_open_is_malformed(server: DingTalkServer) -> None:
    async with office(server) as o:
        timestamp, sealed = str(int(NOW.timestamp() * 1000)), "AAAA"
        parts = (timestamp, "n", sealed)
        query = {
            "signature": event_signature(SecretStr(EVENT_TOKEN), parts),
            "timestamp": timestamp,
            "nonce": "n",
        }
        response = await o.client.post("/dingtalk/events", params=query, json={"encrypt": sealed})
        assert await response.json() == {"error": "malformed"}

    assert response.status == 400


async def test_without_a_token_no_event_is_taken(server: DingTalkServer) -> None:
    async with office(server, event_token=SecretStr("")) as o:
        signed, sealed = sealed_event({"EventType": "check_url"}, o.clock(), token="")
        response = await o.client.post("/dingtalk/events", params=signed, json=sealed)

    assert response.status == 401
