"""The cases every adapter must get right, by their id, where DingTalk's adapter decides them."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.dingtalk.actions import button_token
from adapters.dingtalk.api import QUOTA
from adapters.dingtalk.envelope import seal_envelope
from adapters.dingtalk.inbound import ROBOT_TOPIC
from adapters.dingtalk.signature import event_signature
from bot.core.commands.parse import parse as parse_command
from bot.core.errors import ChannelRefused
from bot.core.model import Card, CardAction, InboundMessage, Markdown
from bot.core.texts import EN
from bot.stores.state import open_state
from tests.adapters.dingtalk.desk import ANN, Office, office, reply
from tests.adapters.dingtalk.recorded import payload
from tests.adapters.dingtalk.test_codec import said
from tests.adapters.dingtalk.test_story import Bot, pressed
from tests.fakes_core import FakeClock
from tests.simulators.dingtalk import (
    CLIENT_ID,
    CREATE,
    EVENT_KEY,
    EVENT_TOKEN,
    GROUP,
    STREAMING,
    TOKEN,
    UPDATE,
    WEBHOOK,
    DingTalkServer,
    Fault,
    card_headers,
    frame,
    robot_headers,
    sealed_event,
)

ROBOT = payload("robot_group_text")
CARD = payload("card_callback_http")
PATHS = ("/dingtalk/robot", "/dingtalk/cards")


def signed(path: str, o: Office, **changes: Any) -> dict[str, str]:
    headers = robot_headers if path.endswith("robot") else card_headers
    return headers(o.clock(), **changes)


def sample(path: str) -> Any:
    return ROBOT if path.endswith("robot") else CARD


def names(path: str) -> tuple[str, str]:
    if path.endswith("robot"):
        return "timestamp", "sign"
    return "x-ddpaas-signature-timestamp", "x-ddpaas-signature"


async def post(o: Office, path: str, body: Any, headers: Any) -> ClientResponse:
    if isinstance(body, bytes):
        return await o.client.post(path, data=io.BytesIO(body), headers=headers)
    return await o.client.post(path, json=body, headers=headers)


@pytest.mark.parametrize("path", PATHS)
async def test_t01_a_bad_signature_is_refused_silently(
    server: DingTalkServer, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with office(server) as o:
        body = {**sample(path), "text": {"content": "my salary"}}
        other = await post(o, path, body, signed(path, o, secret="other"))
        headers = signed(path, o)
        flipped = headers[names(path)[1]].swapcase()
        changed = await post(o, path, body, {**headers, names(path)[1]: flipped})

    assert (other.status, changed.status) == (401, 401)
    assert o.desk.events == []
    assert server.calls == []
    assert "salary" not in caplog.text


async def test_t02_another_robot_or_organisation_is_refused(server: DingTalkServer) -> None:
    async with office(server) as o:
        robot = await o.robot({**ROBOT, "robotCode": "other"})
        corp = await o.robot({**ROBOT, "chatbotCorpId": "other"})
        card = await o.card({**CARD, "corpId": "other"})

    assert (robot.status, corp.status, card.status) == (401, 401, 401)
    assert o.desk.events == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("seconds", [3601, -3601])
async def test_t03_t04_an_old_or_future_time_is_refused(
    server: DingTalkServer, path: str, seconds: int
) -> None:
    async with office(server) as o:
        headers = signed(path, o)
        o.clock.move(timedelta(seconds=seconds))
        response = await post(o, path, sample(path), headers)

    assert response.status == 401


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("timestamp", ["abc", "", "1e9", "-1", "9" * 20])
async def test_t05_a_senseless_time_is_401(
    server: DingTalkServer, path: str, timestamp: str
) -> None:
    async with office(server) as o:
        headers = {**signed(path, o), names(path)[0]: timestamp}
        response = await post(o, path, sample(path), headers)

    assert response.status == 401


@pytest.mark.parametrize("path", PATHS)
async def test_t06_a_signature_that_is_missing_double_or_foreign_is_401(
    server: DingTalkServer, path: str
) -> None:
    async with office(server) as o:
        timestamp, sign = names(path)
        good = signed(path, o)
        double = [*good.items(), (sign, good[sign])]
        cases: list[Any] = [
            {},
            {timestamp: good[timestamp]},
            {sign: good[sign]},
            {**good, sign: "签名"},
            double,
        ]
        statuses = [(await post(o, path, sample(path), one)).status for one in cases]

    assert statuses == [401] * 5


@pytest.mark.parametrize("path", PATHS)
async def test_t07_header_names_may_be_written_in_any_case(
    server: DingTalkServer, path: str
) -> None:
    async with office(server) as o:
        headers = {name.upper(): value for name, value in signed(path, o).items()}
        response = await post(o, path, sample(path), headers)

    assert response.status == 200
    assert len(o.desk.events) == 1


async def assert_malformed(server: DingTalkServer, path: str, body: bytes) -> None:
    """Refused, and nothing is the worse for it."""
    async with office(server) as o:
        with_signature = await post(o, path, body, signed(path, o))
        without = await post(o, path, body, {})
        said_back = await with_signature.json()
        good = await post(o, path, sample(path), signed(path, o))

    assert (with_signature.status, without.status, good.status) == (400, 401, 200)
    assert said_back == {"error": "malformed"}
    assert len(o.desk.events) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"", b"{", b'{"a":', b"<xml/>", b"{}{}", b"{}"])
async def test_t08_t09_a_malformed_body_is_400_signed_and_401_unsigned(
    server: DingTalkServer, path: str, body: bytes
) -> None:
    await assert_malformed(server, path, body)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("code", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
async def test_t08_json_in_another_code_than_utf_8_is_malformed(
    server: DingTalkServer, path: str, code: str
) -> None:
    await assert_malformed(server, path, json.dumps(sample(path)).encode(code))


NO_OBJECTS = (
    b"\xff\xfe",
    b'{"a": "\xe5\xb9"}',
    '{"a": "UTF-16"}'.encode("utf-16"),
    b"\x00",
    b'{"a": "\x00"}',
    b"[]",
    b"7",
    b"null",
    b'"text"',
    b"1" * 10_000,
    b"[" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
)
no_objects = pytest.mark.parametrize("body", NO_OBJECTS, ids=lambda body: repr(body[:12]))


@pytest.mark.parametrize("path", PATHS)
@no_objects
async def test_t10_a_body_that_is_no_object_or_no_text_breaks_nothing(
    server: DingTalkServer, path: str, body: bytes
) -> None:
    await assert_malformed(server, path, body)


@no_objects
async def test_t10_an_event_that_is_no_object_or_no_text_breaks_nothing(
    server: DingTalkServer, body: bytes
) -> None:
    async with office(server) as o:
        bare = await o.client.post("/dingtalk/events", data=body)
        query, sealed = sealed_body(body, o)
        inside = await o.client.post("/dingtalk/events", params=query, json=sealed)
        query, event = sealed_event(payload("event_user_add_org_http"), o.clock())
        good = await o.client.post("/dingtalk/events", params=query, json=event)

    assert (bare.status, inside.status, good.status) == (401, 400, 200)


def sealed_body(body: bytes, o: Office) -> tuple[dict[str, str], dict[str, str]]:
    """An event callback with anything in it."""
    timestamp, nonce = str(int(o.clock().timestamp() * 1_000)), "nonce"
    sealed = seal_envelope(SecretStr(EVENT_KEY), body, owner=CLIENT_ID, salt=b"0123456789abcdef")
    sign = event_signature(SecretStr(EVENT_TOKEN), (timestamp, nonce, sealed))
    return {"msg_signature": sign, "timestamp": timestamp, "nonce": nonce}, {"encrypt": sealed}


@pytest.mark.parametrize("path", [*PATHS, "/dingtalk/events"])
async def test_t11_a_body_without_end_is_413(server: DingTalkServer, path: str) -> None:
    async with office(server) as o:
        headers = signed(path, o)
        large = await post(o, path, b"x" * (2 * 1024 * 1024), headers)
        bomb = gzip.compress(b"0" * (8 * 1024 * 1024))
        packed = await post(o, path, bomb, {**headers, "Content-Encoding": "gzip"})

    assert (large.status, packed.status) == (413, 413)


async def test_t13_the_same_message_twice_at_once_is_one(server: DingTalkServer) -> None:
    async with office(server) as o:
        responses = await asyncio.gather(*(o.robot(ROBOT) for _ in range(10)))

    assert {response.status for response in responses} == {200}
    assert len(o.desk.events) == 1


async def test_t15_a_message_in_a_new_frame_is_the_same_message(server: DingTalkServer) -> None:
    async with office(server, mode="stream") as o:
        await o.channel.start()
        await server.until(lambda: server.connections == 1)
        await server.push(frame(ROBOT_TOPIC, ROBOT))
        await server.push(frame(ROBOT_TOPIC, ROBOT))
        await server.until(lambda: len(server.acks) == 2)

    assert [ack["code"] for ack in server.acks] == [200, 200]
    assert len(o.desk.events) == 1


async def test_t16_the_name_of_a_message_never_changes(server: DingTalkServer) -> None:
    async with office(server) as before, office(server) as after:
        await before.robot(ROBOT)
        after.clock.move(timedelta(hours=8))
        await after.robot(ROBOT)

    assert before.desk.events[0].keys == after.desk.events[0].keys


async def test_t17_an_unknown_event_is_acknowledged_and_logged_once(
    server: DingTalkServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with office(server) as o:
        for _ in range(3):
            query, body = sealed_event({"EventType": "org_dept_create"}, o.clock())
            response = await o.client.post("/dingtalk/events", params=query, json=body)
            assert response.status == 200
            assert "encrypt" in await response.json()

    assert [r.message for r in caplog.records].count("event_unknown") == 1
    assert o.desk.events == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "https://oapi.dingtalk.com.evil.example/robot/sendBySession",
        "https://evil.example/?https://oapi.dingtalk.com",
        "https://oapi.dingtalk.com@evil.example/x",
        "http://oapi.dingtalk.com/robot/sendBySession",
        "file:///etc/passwd",
        "not an address",
        "http://[::1",
    ],
)
async def test_t25_an_address_that_is_not_dingtalks_is_never_called(
    server: DingTalkServer, url: str
) -> None:
    async with office(server, card_template_id="") as o:
        await o.robot({**ROBOT, "sessionWebhook": url})
        await o.channel.send(reply("Hello"))

    assert [one.via for one in server.messages] == ["group"]


async def test_t27_closing_takes_less_than_five_seconds(server: DingTalkServer) -> None:
    async with office(server, mode="stream") as o:
        await o.channel.start()
        await server.until(lambda: server.connections == 1)
        async with asyncio.timeout(2):
            await o.channel.close()


def test_c01_only_the_mention_is_an_empty_text() -> None:
    assert said(text={"content": "  "}).text == ""
    assert said(text={"content": "  "}).attachment is None


def test_c03_others_who_are_mentioned_do_not_make_it_theirs() -> None:
    event = said(atUsers=[{"dingtalkId": "$:bob"}, {"dingtalkId": "$:LWCP_v1:$bot"}])

    assert event.addressed
    assert not event.names_others


@pytest.mark.parametrize("call", ["@所有人 hello", "@all hello", "@ALL"])
def test_c04_a_call_to_everybody_is_not_for_the_bot(call: str) -> None:
    event = said(atUsers=[], isInAtList=True, text={"content": call})

    assert not event.addressed


async def test_c06_our_own_words_are_nothing(server: DingTalkServer) -> None:
    async with office(server) as o:
        response = await o.robot({**ROBOT, "senderId": ROBOT["chatbotUserId"]})

    assert response.status == 200
    assert o.desk.events == []


async def organisation_event(o: Office, kind: str) -> int:
    """DingTalk tells of something that concerns our sample message."""
    what = {"EventType": kind, "msgId": ROBOT["msgId"], "CorpId": "dingcorp"}
    query, body = sealed_event(what, o.clock())
    return (await o.client.post("/dingtalk/events", params=query, json=body)).status


async def test_c07_dingtalk_has_no_edits_and_what_looks_like_one_is_nothing(
    server: DingTalkServer,
) -> None:
    changed = {**ROBOT, "text": {"content": " goodbye"}, "updateAt": 1_700_000_009_000}

    async with office(server) as o:
        await o.robot(ROBOT)
        statuses = [(await o.robot(changed)).status, await organisation_event(o, "im_msg_edited")]

    assert statuses == [200, 200]
    (event,) = o.desk.events
    assert isinstance(event, InboundMessage)
    assert event.text == "hello"


async def test_c08_dingtalk_does_not_tell_what_was_taken_back_so_the_answer_is_finished(
    server: DingTalkServer,
) -> None:
    async with office(server) as o:
        await o.robot(ROBOT)
        ref = await o.channel.send(reply("…", streaming=True))
        status = await organisation_event(o, "im_msg_recalled")
        await o.channel.update(ref, reply("Done."))

    assert status == 200
    assert len(o.desk.events) == 1
    assert server.cards[ref.id].variables["content"] == "Done."
    assert server.cards[ref.id].finalized


@pytest.mark.parametrize("characters", [10_000, 100_000])
async def test_c09_a_long_question_arrives_whole(server: DingTalkServer, characters: int) -> None:
    async with office(server) as o:
        await o.robot({**ROBOT, "text": {"content": "长" * characters}})

    (event,) = o.desk.events
    assert isinstance(event, InboundMessage)
    assert len(event.text) == characters


async def test_c10_an_answer_of_60_kb_is_taken_by_the_platform(server: DingTalkServer) -> None:
    table = "| a | b |\n|---|---|\n" + "| 单元格 | cell |\n" * 200
    text = (table + "\n\n```py\nx = 1\n```\n\n" * 30 + "很长的一段话。" * 5_000)[:60_000]

    for template in ("deskmate.schema", ""):
        async with office(server, card_template_id=template) as o:
            await o.channel.send(reply(text))

    assert len(server.cards) == 1
    assert len(server.messages) == 1


@pytest.mark.parametrize("emoji", ["👩‍👩‍👧‍👦", "👍🏽", "🇨🇳", "[微笑]", ":smile:"])
async def test_c11_emoji_come_and_go_unchanged(server: DingTalkServer, emoji: str) -> None:
    async with office(server) as o:
        await o.robot({**ROBOT, "text": {"content": emoji}})
        ref = await o.channel.send(reply(emoji))

    (event,) = o.desk.events
    assert isinstance(event, InboundMessage)
    assert event.text == emoji
    assert server.cards[ref.id].variables["content"] == emoji


async def test_c12_a_fence_that_is_never_closed_is(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("```py\n" + "x = '<script>'\n" * 3_000))

    content = server.cards[ref.id].variables["content"]
    assert content.count("```") % 2 == 0
    assert "<script>" in content


@pytest.mark.parametrize("text", ["/\u200bhelp", "／help", "／ｈｅｌｐ", "　/help"])
def test_c13_c14_a_command_in_any_width_is_a_command(text: str) -> None:
    invocation = parse_command(said(text={"content": text}), known={"help"}.__contains__)

    assert invocation is not None
    assert invocation.name == "help"


def test_c15_a_name_cannot_turn_the_text_around() -> None:
    assert "\u202e" not in said(senderNick="Ann\u202eexe.fdp").user.name
    assert "\u202e" in said(text={"content": "a\u202eb"}).text


@pytest.mark.parametrize("text", ["{{7*7}}", "%s %d", "${x}", "'; DROP TABLE users; --", "../../x"])
async def test_c16_what_looks_like_code_is_text(server: DingTalkServer, text: str) -> None:
    async with office(server) as o:
        await o.robot({**ROBOT, "text": {"content": text}, "senderNick": text})
        ref = await o.channel.send(reply(text))

    (event,) = o.desk.events
    assert isinstance(event, InboundMessage)
    assert (event.text, event.user.name) == (text, text)
    assert server.cards[ref.id].variables["content"] == text


async def test_c18_nothing_the_bot_says_calls_anybody(server: DingTalkServer) -> None:
    text = "@所有人 @all <at id=all></at> [x](javascript:alert(1)) <font color=red>x</font>"

    async with office(server, card_template_id="") as o:
        await o.channel.send(reply(text))

    (message,) = server.messages
    assert "@所有人" not in message.text + message.title
    assert "<at" not in message.text
    assert "javascript" not in message.text


@pytest.mark.parametrize("kind", ["picture", "file", "audio", "video", "emotion", "redPacket"])
async def test_c19_what_is_no_text_is_told_as_such(server: DingTalkServer, kind: str) -> None:
    sample = {name: value for name, value in ROBOT.items() if name != "text"}

    async with office(server) as o:
        bare = await o.robot({**sample, "msgtype": kind})
        await o.robot({**sample, "msgId": "m2", "msgtype": kind, "content": {}})

    assert bare.status == 200
    assert all(isinstance(one, InboundMessage) and one.attachment for one in o.desk.events)


def test_c20_what_is_quoted_is_not_this_persons_word() -> None:
    event = said(text=payload("robot_quote_reply")["text"])

    assert (event.text, event.quoted) == ("why?", "the quoted text")


async def test_c23_half_characters_and_nul_are_replaced(server: DingTalkServer) -> None:
    body = json.dumps({**ROBOT, "text": {"content": "a\ud800b\x00c"}, "senderNick": "\udfff"})

    async with office(server) as o:
        response = await post(o, "/dingtalk/robot", body.encode(), robot_headers(o.clock()))
        card = Card(language="en", blocks=(Markdown(text="a\ud800b\x00c"),), title="\ud800")
        ref = await o.channel.send(reply(card=card))

    assert response.status == 200
    (event,) = o.desk.events
    assert isinstance(event, InboundMessage)
    assert event.text == "a\ufffdb\ufffdc"
    assert server.cards[ref.id].variables["content"] == "a\ufffdb\ufffdc"


def test_c24_alone_nobody_must_be_mentioned() -> None:
    assert said(conversationType="1", atUsers=[], isInAtList=False).addressed
    assert not said(atUsers=[], isInAtList=False).addressed


async def test_a01_a_vote_is_the_clickers(server: DingTalkServer) -> None:
    async with office(server) as o:
        await o.card({**CARD, "userId": "bob"})

    assert o.desk.events[0].user.id == "bob"


async def test_a02_a_double_click_is_one(server: DingTalkServer) -> None:
    async with office(server) as o:
        await asyncio.gather(o.card(CARD), o.card(CARD))
        o.clock.move(timedelta(seconds=2))
        await o.card(CARD)

    assert len(o.desk.events) == 2


@pytest.mark.parametrize(
    "content",
    [
        '{"cardPrivateData":{"actionIds":["' + "x" * 100_000 + '"],"params":{}}}',
        '{"cardPrivateData":{"actionIds":["verdict?vote=' + "x" * 100_000 + '"]}}',
        '{"cardPrivateData":{"actionIds":[["nested"]],"params":{"a":[1,{"b":2}]}}}',
        '{"cardPrivateData":{"actionIds":["a"],"params":{"a":{"value":{"deep":[1]}}}}}',
        '{"cardPrivateData":{"actionIds":["%FF%00?=&&=;"]}}',
        "{}",
    ],
)
async def test_a03_forged_buttons_are_bounded(server: DingTalkServer, content: str) -> None:
    async with office(server) as o:
        response = await o.card({**CARD, "content": content})

    assert response.status == 200
    for event in o.desk.events:
        assert isinstance(event, CardAction)
        assert len(event.name) <= 64
        assert all(len(value) <= 4_000 for value in event.values.values())


async def test_a04_a_press_under_a_card_of_long_ago_gets_a_kind_word_once(
    server: DingTalkServer, tmp_path: Path
) -> None:
    votes = [button_token("verdict", {"vote": "up"}), button_token("ask_person", {}), "gone?a=b"]

    async with office(server) as o:
        state = await open_state(data_dir=tmp_path, clock=FakeClock(o.clock()))
        bot = Bot(o, state, "")
        for vote in (*votes, *votes):
            await o.card(pressed("dm-of-long-ago", vote, "bob"))
        await bot.catch_up()
        await state.close()

    words = [card.variables["content"] for card in server.cards.values()]
    assert sorted(words) == sorted([EN.answer_gone, EN.answer_gone, EN.action_gone])
    assert {card.place for card in server.cards.values()} == {"IM_ROBOT.bob"}


async def test_a04_a_card_that_is_gone_is_finished_as_one_message(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("…", streaming=True))
        server.cards.clear()
        with pytest.raises(ChannelRefused):
            await o.channel.update(ref, reply("Do", streaming=True))
        await o.channel.update(ref, reply("Done."))
        await o.channel.update(ref, reply("Done."))

    assert [one.text for one in server.messages] == ["Done."]
    assert server.count(STREAMING) == 2


async def test_a06_what_is_for_one_person_is_sent_to_one_person(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("secret", only_for=ANN))

    assert server.cards[ref.id].place == "IM_ROBOT.manager1"


@pytest.mark.parametrize(
    "code",
    [
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
        "Forbidden.AccessDenied.QpsLimitForApi",
    ],
)
@pytest.mark.parametrize("path", [CREATE, STREAMING, UPDATE])
async def test_o03_too_many_calls_a_second_wait_a_second(
    server: DingTalkServer, code: str, path: str
) -> None:
    server.fail(path, Fault(status=403, code=code), Fault(status=403, code=code))

    async with office(server) as o:
        ref = await o.channel.send(reply("…", streaming=True))
        await o.channel.update(ref, reply("Done."))

    assert server.cards[ref.id].variables["content"] == "Done."
    assert o.clock.slept.count(1.0) == 2
    assert server.messages == []


async def test_o03_the_months_quota_is_one_plain_reply(
    server: DingTalkServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail(CREATE, Fault(status=403, code=QUOTA))

    async with office(server) as o:
        await o.robot({**ROBOT, "sessionWebhook": f"{server.url}{WEBHOOK}?session=s"})
        ref = await o.channel.send(reply("…", streaming=True))
        with pytest.raises(ChannelRefused):
            await o.channel.update(ref, reply("Do", streaming=True))
        await o.channel.update(ref, reply("Done."))
        await o.channel.send(reply("Next.", key="k2"))

    assert [(one.via, one.text) for one in server.messages] == [
        ("webhook", "Done."),
        ("webhook", "Next."),
    ]
    assert server.count(CREATE) == 1
    assert [r.message for r in caplog.records].count("monthly_quota_used_up") == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, accepted=True),
        Fault(status=502, accepted=True),
        Fault(status=200, accepted=True, dropped=True),
    ],
)
@pytest.mark.parametrize("template", ["deskmate.schema", ""])
async def test_o06_an_error_after_it_was_taken_shows_nothing_twice(
    server: DingTalkServer, fault: Fault, template: str
) -> None:
    for path in (CREATE, STREAMING, UPDATE, GROUP):
        server.fail(path, fault)

    async with office(server, card_template_id=template) as o:
        ref = await o.channel.send(reply("Hello"))
        if template:
            await o.channel.update(ref, reply("Hello again"))

    assert len(server.cards) + len(server.messages) == 1


async def test_o07_a_slow_token_holds_nobody_up(server: DingTalkServer) -> None:
    server.fail(TOKEN, Fault(status=503, delay_s=0.2))

    async with office(server) as o:
        starting = asyncio.create_task(o.channel.start())
        await asyncio.sleep(0)
        response = await o.robot(ROBOT)
        assert not starting.done()
        await starting

    assert response.status == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies=st.lists(st.binary(max_size=300) | st.just(b'{"encrypt":"AAAA"}'), max_size=8))
def test_no_bytes_make_a_traceback(bodies: list[bytes]) -> None:
    async def run() -> None:
        with DingTalkServer() as server:
            async with office(server) as o:
                for body in bodies:
                    for path in (*PATHS, "/dingtalk/events"):
                        response = await post(o, path, body, signed(path, o))
                        assert response.status in {200, 400, 401}
                        assert b"Traceback" not in await response.read()

    asyncio.run(run())
