from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dingtalk.actions import decode_action
from adapters.dingtalk.codec import Ours, decode_joined, decode_message, event_kind
from adapters.dingtalk.payload import PayloadForeign, PayloadMalformed, as_object, parse
from bot.core.model import Event, InboundMessage
from bot.stores.wire import dump_event, load_event
from tests.adapters.dingtalk.recorded import payload, recorded

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
OURS = Ours(robot_code="dingapp", corp_id="dingcorp")


def events_of(name: str) -> tuple[Event | None, ...]:
    sample = payload(name)
    if name.startswith("robot_"):
        return (decode_message(sample, ours=OURS, received_at=NOW).event,)
    if name.startswith("card_"):
        return (decode_action(sample, ours=OURS, received_at=NOW, clicked_at_ms="1700000000000"),)
    if "headers" in sample:
        headers = sample["headers"]
        data = json.loads(sample["data"])
        return decode_joined(data, ours=OURS, received_at=NOW, event_id=headers["eventId"])
    return decode_joined(sample, ours=OURS, received_at=NOW)


SAMPLES = (
    "robot_audio",
    "robot_dm_text",
    "robot_file",
    "robot_group_text",
    "robot_multi_at",
    "robot_picture",
    "robot_quote_reply",
    "robot_richtext",
    "card_callback_form",
    "card_callback_http",
    "card_callback_stream_data",
    "event_user_add_org_http",
    "event_user_add_org_stream",
)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_payload_is_the_event_that_was_recorded(name: str) -> None:
    events = [json.loads(dump_event(event)) for event in events_of(name) if event is not None]

    assert events == recorded("events", name, events)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_event_survives_the_inbox(name: str) -> None:
    for event in events_of(name):
        assert event is not None
        assert load_event(dump_event(event)) == event


def said(**changes: Any) -> InboundMessage:
    event = decode_message(
        {**payload("robot_group_text"), **changes}, ours=OURS, received_at=NOW
    ).event
    assert event is not None
    return event


def test_a_direct_message_is_a_conversation_with_the_person() -> None:
    event = events_of("robot_dm_text")[0]

    assert isinstance(event, InboundMessage)
    assert event.conversation.direct
    assert event.conversation.id == "manager1"
    assert event.addressed


def test_somebody_from_outside_is_known_by_the_encrypted_id() -> None:
    assert said(senderStaffId="").user.id == "$:LWCP_v1:$ann"


def test_without_a_mention_the_group_talks_among_itself() -> None:
    event = said(atUsers=[{"dingtalkId": "$:bob"}], isInAtList=False)

    assert not event.addressed
    assert event.names_others


def test_where_only_the_flag_says_so_the_robot_was_mentioned() -> None:
    assert said(atUsers=[], isInAtList=True).addressed
    assert said(atUsers=None, isInAtList=True).addressed
    assert not said(atUsers=None, isInAtList=False).addressed


@pytest.mark.parametrize("kind", ["interactiveCard", "chatRecord", "redPacket", "", None, 7])
def test_a_kind_nobody_knows_is_a_message_without_text(kind: object) -> None:
    event = said(msgtype=kind)

    assert (event.text, event.attachment) == ("", "other")


def test_a_picture_in_rich_text_is_told() -> None:
    event = events_of("robot_richtext")[0]

    assert isinstance(event, InboundMessage)
    assert (event.text, event.attachment) == ("see ok", "image")


@pytest.mark.parametrize(
    ("replied", "quoted"),
    [
        ({"content": {"text": " was "}}, "was"),
        ({"content": "plain"}, "plain"),
        ({"content": {"richText": [{"text": "a"}, {"type": "picture"}, {"text": "b"}]}}, "ab"),
        ({"content": {"fileName": "a.pdf"}}, ""),
        ({}, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_a_quote_may_have_any_shape(replied: object, quoted: str) -> None:
    assert said(text={"content": "why?", "repliedMsg": replied}).quoted == quoted


@pytest.mark.parametrize("text", [None, {}, {"content": None}, {"content": 7}, [], "x"])
def test_a_text_without_text_is_no_error(text: object) -> None:
    assert said(text=text).text in {"", "7"}


@pytest.mark.parametrize("missing", ["msgId", "senderId", "conversationId"])
def test_without_an_id_it_is_no_message(missing: str) -> None:
    sample = payload("robot_group_text")
    del sample[missing]

    with pytest.raises(PayloadMalformed):
        decode_message(sample, ours=OURS, received_at=NOW)


def test_a_long_id_still_fits_a_key() -> None:
    one, other = said(msgId="m" * 500).keys[0], said(msgId="m" * 501).keys[0]

    assert len(one) <= 200
    assert one != other


def test_the_reply_address_is_found_beside_the_event() -> None:
    heard = decode_message(payload("robot_group_text"), ours=OURS, received_at=NOW)

    assert heard.webhook is not None
    assert heard.webhook.conversation_id == "cid6KeBBLoveMJOGXoYKF5x7EeiodoA=="
    assert heard.webhook.expires_at_ms == 1700005400000


@pytest.mark.parametrize("until", [None, "soon", -1, "9" * 30])
def test_a_reply_address_without_an_end_is_none(until: object) -> None:
    sample = {**payload("robot_group_text"), "sessionWebhookExpiredTime": until}

    assert decode_message(sample, ours=OURS, received_at=NOW).webhook is None


def test_what_is_for_another_robot_or_organisation_is_foreign() -> None:
    sample = payload("robot_group_text")

    for changes in ({"robotCode": "other"}, {"chatbotCorpId": "other"}):
        with pytest.raises(PayloadForeign):
            decode_message({**sample, **changes}, ours=OURS, received_at=NOW)
    assert decode_message({**sample, "robotCode": "x"}, ours=Ours(), received_at=NOW).event


def test_several_joiners_are_an_event_each() -> None:
    joined = decode_joined(
        {"UserId": ["a", "b", "a"], "TimeStamp": "1685501863357", "CorpId": "dingcorp"},
        ours=OURS,
        received_at=NOW,
    )

    assert [event.user.id for event in joined] == ["a", "b"]
    assert [event.keys[0] for event in joined] == ["1685501863357:a", "1685501863357:b"]


def test_a_joiner_of_another_organisation_is_foreign() -> None:
    with pytest.raises(PayloadForeign):
        decode_joined(
            {"userId": ["a"], "eventId": "1", "CorpId": "other"}, ours=OURS, received_at=NOW
        )


@pytest.mark.parametrize("sample", [{}, {"userId": []}, {"userId": ["a"]}, {"eventId": "1"}])
def test_joiners_need_names_and_the_event_an_id(sample: dict[str, Any]) -> None:
    with pytest.raises(PayloadMalformed):
        decode_joined(sample, ours=OURS, received_at=NOW)


def test_an_event_says_its_kind_in_either_spelling() -> None:
    assert event_kind({"EventType": "check_url"}) == "check_url"
    assert event_kind({"eventType": "user_add_org"}) == "user_add_org"
    assert event_kind({}) == ""


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"null", b"{", b"\xff\xfe", b"[" * 10_000, b'{"a":' * 10_000]
)
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(PayloadMalformed):
        parse(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
FIELDS = (
    "msgId senderId conversationId conversationType msgtype text content atUsers isInAtList "
    "sessionWebhook sessionWebhookExpiredTime outTrackId userId spaceId openSpaceId value "
    "eventId EventType robotCode corpId"
).split()


@given(sample=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=12))
def test_no_payload_can_do_more_than_be_refused(sample: dict[str, Any]) -> None:
    whole = {**payload("robot_group_text"), **sample}
    card = {**payload("card_callback_http"), **sample}

    for decode in (
        lambda: decode_message(whole, ours=Ours(), received_at=NOW).event,
        lambda: decode_action(card, ours=Ours(), received_at=NOW, clicked_at_ms="x"),
        lambda: decode_joined(as_object(sample), ours=Ours(), received_at=NOW),
    ):
        try:
            found = decode()
        except (PayloadMalformed, PayloadForeign):
            continue
        for event in found if isinstance(found, tuple) else (found,):
            assert event is None or all(0 < len(key) <= 200 for key in event.keys)
