from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from adapters.playground.codec import (
    PostRefused,
    decode_action,
    decode_message,
    decode_reaction,
)
from bot.core.model import CardAction, InboundMessage, MessageRef, Reaction, User

USER = User(platform="playground", id="local")
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
CONVERSATION = "conversation-0001"
POST = {"conversation": CONVERSATION, "id": "post-0001"}


def message(limit: int = 4_000, **changes: object) -> InboundMessage:
    body = json.dumps({**POST, "text": "年假几天？", "language": "zh", **changes}).encode()
    return decode_message(body, user=USER, received_at=NOW, max_text_chars=limit)


def test_a_typed_question_becomes_a_message_to_the_bot():
    event = message(text="  年假几天？\r\n急！ ")

    assert event.text == "年假几天？\n急！"
    assert event.addressed
    assert event.conversation.direct
    assert event.conversation.lane == f"playground:{CONVERSATION}:"
    assert event.user == USER
    assert event.received_at == NOW


def test_the_same_post_twice_is_the_same_event_and_message():
    assert message().keys == message().keys
    assert message().ref == message().ref
    assert message().keys != message(id="post-0002").keys


def test_keys_and_refs_do_not_give_the_conversation_away():
    event = message()

    assert CONVERSATION not in "".join((*event.keys, event.ref.id))


def test_control_characters_are_dropped_and_hostile_text_stays_text():
    event = message(text="a\x00b\x1b[31m\u0007 <img src=x onerror=alert(1)>")

    assert event.text == "ab[31m <img src=x onerror=alert(1)>"


def test_a_text_of_exactly_the_limit_is_taken_and_one_more_is_too_long():
    assert len(message(limit=10, text="很" * 10).text) == 10

    with pytest.raises(PostRefused) as refused:
        message(limit=10, text="很" * 11)

    assert (refused.value.status, refused.value.code) == (413, "too_long")


def test_a_text_of_blanks_is_empty():
    with pytest.raises(PostRefused, match="400 empty"):
        message(text=" \n\x00\t ")


@pytest.mark.parametrize(
    "changes",
    [
        {"conversation": "short"},
        {"conversation": "a" * 65},
        {"conversation": "conversation-0001\n"},
        {"conversation": "conversation/../0001"},
        {"id": "x"},
        {"text": 7},
        {"text": None},
        {"language": "fr"},
        {"surprise": True},
    ],
)
def test_a_malformed_post_is_refused(changes: dict[str, object]):
    with pytest.raises(PostRefused, match="400 malformed"):
        message(**changes)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'"text"'])
def test_what_is_no_json_post_is_refused(body: bytes):
    with pytest.raises(PostRefused, match="400 malformed"):
        decode_message(body, user=USER, received_at=NOW, max_text_chars=10)


def test_a_pressed_button_keeps_its_values():
    body = json.dumps(
        {**POST, "ref": "0123456789ab", "name": "verdict", "values": {"vote": "up"}}
    ).encode()

    event = decode_action(body, user=USER, received_at=NOW)

    assert isinstance(event, CardAction)
    assert event.ref == MessageRef(platform="playground", id="0123456789ab")
    assert event.name == "verdict"
    assert event.values == {"vote": "up"}


def test_a_reaction_can_be_taken_back():
    body = json.dumps({**POST, "ref": "0123456789ab", "emoji": "down", "withdrawn": True}).encode()

    event = decode_reaction(body, user=USER, received_at=NOW)

    assert isinstance(event, Reaction)
    assert (event.emoji, event.withdrawn) == ("down", True)


def test_an_endless_form_value_is_refused():
    body = json.dumps({**POST, "ref": "0123456789ab", "name": "f", "values": {"a": "x" * 4_001}})

    with pytest.raises(PostRefused, match="400 malformed"):
        decode_action(body.encode(), user=USER, received_at=NOW)
