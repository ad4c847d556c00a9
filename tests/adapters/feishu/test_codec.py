"""Each payload Feishu sends, as the event it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.feishu.codec import Bot, decode, is_known, is_ours, kind_of
from adapters.feishu.content import Mention, read
from adapters.feishu.words import Malformed
from bot.core.model import CardAction, InboundMessage, MemberJoined, MessageDeleted, Reaction
from bot.stores.wire import dump_event

GOLDEN = Path(__file__).parents[2] / "golden" / "feishu"
PAYLOADS = sorted(path.stem for path in (GOLDEN / "payloads").glob("*.json"))

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
BOT = Bot(app_id="cli_demo", open_id="ou_bot")


def payload(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / "payloads" / f"{name}.json").read_text())


def events(name: str, *, bot: Bot = BOT, **event: Any) -> tuple[Any, ...]:
    """What a sample means, with parts of its event replaced."""
    sample = payload(name)
    sample["event"] |= event
    return decode(sample, bot=bot, received_at=NOW)


def message(text: str = "hi", name: str = "message_p2p", **changes: Any) -> InboundMessage:
    """A sample message with another text, and with parts of it replaced."""
    inner = payload(name)["event"]["message"] | {"content": json.dumps({"text": text})} | changes
    (event,) = events(name, message=inner)
    return event


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_means_what_was_recorded(name: str) -> None:
    decoded = decode(payload(name), bot=BOT, received_at=NOW)

    recorded = json.loads((GOLDEN / "events" / f"{name}.json").read_text())
    assert [json.loads(dump_event(event)) for event in decoded] == recorded


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_sample_is_of_a_known_type_and_ours(name: str) -> None:
    sample = payload(name)

    assert is_known(kind_of(sample))
    assert is_ours(sample, app_id="cli_demo", tenant_key="tk1")


# ── messages ──────────────────────────────────────────────────────────────────────────────────


def test_before_we_know_who_we_are_the_bot_that_is_named_is_us() -> None:
    unknown = Bot(app_id="cli_demo")

    (event,) = events("message_mention_middle_multi", bot=unknown)

    assert event.addressed
    assert event.text == "ask Bob and now"


def test_another_bot_that_is_named_is_somebody_else() -> None:
    (event,) = events("message_group_mention", bot=Bot(app_id="cli_demo", open_id="ou_we"))

    assert (event.addressed, event.names_others, event.text) == (False, True, "HelpBot hello")


def test_our_own_message_is_nothing_to_us() -> None:
    sender = payload("message_p2p")["event"]["sender"]
    sender["sender_id"]["open_id"] = "ou_bot"

    assert events("message_p2p", sender=sender) == ()


def test_a_message_to_everybody_is_not_to_us() -> None:
    event = message("@_all 大家好", "message_at_all")

    assert (event.addressed, event.names_others) == (False, True)
    assert event.text == "@all 大家好"


def test_everybody_and_us_is_us_too() -> None:
    event = message("@_all @_user_1 hi", "message_group_mention")

    assert (event.addressed, event.names_others) == (True, False)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("@_user_1 年假几天", "年假几天"),
        ("请问@_user_1年假几天", "请问年假几天"),
        ("ask @_user_1 about X", "ask about X"),
        ("about X @_user_1", "about X"),
        ("@_user_1 @_user_1 hi", "hi"),
        ("one\n@_user_1\ntwo", "one\ntwo"),
        ("@_user_1", ""),
        ("@_user_10 is nobody", "@_user_10 is nobody"),
    ],
)
def test_our_mention_is_taken_out_wherever_it_stands(text: str, read_as: str) -> None:
    assert message(text, "message_group_mention").text == read_as


def test_names_cannot_turn_the_direction_of_the_text() -> None:
    said = read("text", '{"text": "ask @_user_1"}', [Mention(key="@_user_1", name="B\u202eob\x01")])

    assert said.text == "ask Bob"


@pytest.mark.parametrize(
    ("kind", "attachment"),
    [
        ("image", "image"),
        ("file", "file"),
        ("folder", "file"),
        ("audio", "audio"),
        ("media", "video"),
        ("sticker", "sticker"),
        ("interactive", "other"),
        ("merge_forward", "other"),
        ("location", "other"),
        ("share_chat", "other"),
        ("hongbao", "other"),
        ("something new", "other"),
        ("", "other"),
    ],
)
def test_what_cannot_be_read_is_an_attachment(kind: str, attachment: str) -> None:
    event = message(message_type=kind, content='{"x": [1]}')

    assert (event.text, event.attachment) == ("", attachment)


@pytest.mark.parametrize("content", ["", "no json", "[]", "7", '{"text": 7}', "[" * 100_000])
def test_a_text_that_cannot_be_read_is_an_attachment(content: str) -> None:
    event = message(content=content)

    assert (event.text, event.attachment) == ("", "other")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"content": 7}', '{"content": [7, [8]]}', '{"a": 1}']
)
def test_a_post_that_cannot_be_read_says_nothing(content: str) -> None:
    assert message(message_type="post", content=content).text == ""


def test_a_post_in_several_languages_is_read_in_its_first() -> None:
    line = [
        {"tag": "text", "text": "看"},
        {"tag": "at", "user_id": "ou_x", "user_name": "Bob"},
        {"tag": "at", "user_id": "all"},
        {"tag": "at", "user_id": 7},
        {"tag": "emotion", "emoji_type": "SMILE"},
        {"tag": "media", "file_key": "f"},
    ]
    content = json.dumps({"zh_cn": {"title": "", "content": [line]}})

    event = message(message_type="post", content=content)

    assert (event.text, event.attachment) == ("看Bob@all[SMILE]", "video")


def test_a_reply_belongs_to_the_thread_it_is_in() -> None:
    threads = {
        "a question in a group": message(name="message_group_mention"),
        "a reply in a group": message(name="message_thread_reply"),
        "a direct message": message(),
        "a direct reply": message(root_id="om_root"),
    }

    assert [event.conversation.thread_id for event in threads.values()] == [
        "om_1",
        "om_1",
        "",
        "om_root",
    ]


def test_a_message_has_its_own_key_and_that_of_its_delivery() -> None:
    assert message().keys == ("om_1", "ev_message_p2p")


def test_a_message_taken_back_is_known_by_itself() -> None:
    (event,) = events("message_recalled")

    assert isinstance(event, MessageDeleted)
    assert event.ref.id == "om_1"
    assert "om_1" not in event.keys


# ── menus, reactions, cards ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "text"), [("help", "/deskmate help"), ("deskmate.Whoami", "/deskmate whoami")]
)
def test_a_menu_is_a_command(key: str, text: str) -> None:
    (event,) = events("bot_menu", event_key=key)

    assert (event.text, event.addressed, event.conversation.id) == (text, True, "ou_ann")


@pytest.mark.parametrize("key", ["", "帮助", "a b", "x" * 60, 7, "/etc"])
def test_another_menu_is_nothing_to_us(key: object) -> None:
    assert events("bot_menu", event_key=key) == ()


@pytest.mark.parametrize(
    ("emoji", "meaning"),
    [
        ("THUMBSUP", "up"),
        ("DONE", "up"),
        ("CheckMark", "up"),
        ("OK", "up"),
        ("ThumbsDown", "down"),
        ("CrossMark", "down"),
        ("HEART", None),
        ("", None),
    ],
)
def test_an_emoji_has_a_meaning_or_none(emoji: str, meaning: str | None) -> None:
    found = events("reaction_created", reaction_type={"emoji_type": emoji})

    assert [event.emoji for event in found] == ([meaning] if meaning else [])


def test_a_reaction_of_an_app_is_nothing_to_us() -> None:
    assert events("reaction_created", operator_type="app") == ()


def test_reactions_to_one_message_keep_their_order() -> None:
    (given_,), (taken,) = events("reaction_created"), events("reaction_deleted")

    assert isinstance(taken, Reaction)
    assert (given_.withdrawn, taken.withdrawn) == (False, True)
    assert given_.conversation.lane == taken.conversation.lane


def pressed(**action: Any) -> CardAction:
    (event,) = events("card_button", action=action)
    return event


def test_a_button_brings_back_its_name_and_values() -> None:
    event = pressed(value={"name": "verdict", "values": {"vote": "up"}}, tag="button")

    assert (event.name, event.values) == ("verdict", {"vote": "up"})


def test_a_form_brings_what_was_filled_in() -> None:
    event = pressed(
        name="verdict_reason?answer=om_2",
        value={"name": "verdict_reason", "values": {"answer": "om_1"}},
        form_value={"reason": "wrong", "reasons": ["a", "b"], "note#2": None},
    )

    assert event.name == "verdict_reason"
    assert event.values == {
        "answer": "om_1",
        "reason": "wrong",
        "reasons": "a\nb",
        "note": "null",
    }


def test_a_form_that_comes_without_its_value_is_known_by_its_name() -> None:
    event = pressed(name="verdict_reason?answer=om_1", form_value={"reason": "other"})

    assert event.name == "verdict_reason"
    assert event.values == {"answer": "om_1", "reason": "other"}


def test_a_choice_is_a_value() -> None:
    event = pressed(value={"name": "n"}, option="x")

    assert event.values == {"option": "x"}


def test_values_are_bounded() -> None:
    many = {f"k{number}": "x" * 9_000 for number in range(900)}

    event = pressed(value={"name": "n" * 900, "values": many}, form_value=many)

    assert len(event.name) == 200
    assert len(event.values) == 50
    assert {len(value) for value in event.values.values()} == {4_000}


# ── people ────────────────────────────────────────────────────────────────────────────────────


def test_several_people_who_join_at_once_are_several_events() -> None:
    users = [{"name": name, "user_id": {"open_id": f"ou_{name}"}} for name in ("a", "b")]

    found = events("member_user_added", users=users)

    assert [event.user.id for event in found if isinstance(event, MemberJoined)] == ["ou_a", "ou_b"]
    assert len({event.keys for event in found}) == 2


# ── what is not ours, and what is senseless ───────────────────────────────────────────────────


def test_an_event_of_another_app_or_company_is_not_ours() -> None:
    sample = payload("message_p2p")

    assert not is_ours(sample, app_id="cli_other", tenant_key="")
    assert not is_ours(sample, app_id="cli_demo", tenant_key="tk2")
    assert is_ours(sample, app_id="cli_demo", tenant_key="")


def test_an_unknown_type_means_nothing() -> None:
    sample: Mapping[str, Any] = {"header": {"event_type": "moon.landed_v1"}}

    assert not is_known(kind_of(sample))
    assert decode(sample, bot=BOT, received_at=NOW) == ()


@pytest.mark.parametrize("bad", ["", "../../x", "om 1", "om_1\n", "x" * 200, 7, None])
def test_a_message_without_a_proper_id_is_malformed(bad: object) -> None:
    with pytest.raises(Malformed):
        message(message_id=bad)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(name=st.sampled_from(PAYLOADS), path=st.integers(0, 40), value=json_values)
def test_no_payload_breaks_the_codec(name: str, path: int, value: object) -> None:
    sample = payload(name)
    places = list(_places(sample))
    holder, key = places[path % len(places)]
    holder[key] = value

    with suppress(Malformed):  # the one thing it may say
        decode(sample, bot=BOT, received_at=NOW)


def _places(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return [(value, key) for key in value] + [
            place for inner in value.values() for place in _places(inner)
        ]
    if isinstance(value, list):
        return [place for inner in value for place in _places(inner)]
    return []
