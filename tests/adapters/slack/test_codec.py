from __future__ import annotations

from typing import Any

import pytest

from adapters.slack.codec import kind_of, known
from adapters.slack.identity import Identity
from adapters.slack.interactions import stale_dialog
from bot.core.model import (
    CardAction,
    ChatOpened,
    InboundMessage,
    MemberJoined,
    MessageDeleted,
    Reaction,
)
from bot.stores.wire import load_event
from tests.adapters.slack.payloads import GOLDEN, US, action, event, message, payload, read, said

SAMPLES = sorted(path.stem for path in (GOLDEN / "payloads").glob("*.json"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_each_sample_is_the_event_that_was_recorded(sample: str) -> None:
    recorded = (GOLDEN / "events" / f"{sample}.json").read_text(encoding="utf-8").strip()

    heard = read(payload(sample))

    assert heard == (None if recorded == "null" else load_event(recorded))


# ── messages ──────────────────────────────────────────────────────────────────────────────────


def test_a_post_is_one_message_whether_it_comes_as_mention_or_as_message() -> None:
    as_message = message(said("<@W99BOT> hi"))
    as_mention = message(said("<@W99BOT> hi", type="app_mention", channel_type=None))

    assert as_message.keys[0] == as_mention.keys[0] == "C1:1700000000.000100"
    assert as_message.addressed
    assert as_mention.addressed


def test_a_mention_is_heard_before_we_asked_slack_who_we_are() -> None:
    authorized = said("<@W99BOT> hi")
    authorized["authorizations"] = [{"user_id": "W99BOT", "is_bot": True, "team_id": "T111"}]
    elder = {**said("<@W99BOT> hi"), "authed_users": ["W99BOT", 7]}

    assert message(authorized, Identity()).addressed
    assert message(elder, Identity()).addressed
    assert message(elder, Identity()).text == "hi"


def test_a_message_begins_a_thread_in_a_channel_and_none_in_a_direct_conversation() -> None:
    in_channel = message(said("hi"))
    alone = message(said("hi", channel="D1", channel_type="im"))

    assert in_channel.conversation.thread_id == "1700000000.000100"
    assert alone.conversation.thread_id == ""
    assert alone.conversation.direct
    assert alone.addressed


def test_a_shared_message_is_quoted_and_not_said() -> None:
    shared = [
        {"is_share": True, "text": "Leave is <https://x.test|ten> days &amp; more"},
        {"text": "a preview"},
    ]

    heard = message(said("is this right?", attachments=shared))

    assert heard.text == "is this right?"
    assert heard.quoted == "Leave is ten (https://x.test) days & more"


@pytest.mark.parametrize(
    ("beginner", "quotes"),
    [("U2", "C1:1600000000.000100"), ("U1", None), ("W99BOT", None), ("", None)],
)
def test_a_thread_that_somebody_else_began_is_quoted(beginner: str, quotes: str | None) -> None:
    heard = message(said("why?", thread_ts="1600000000.000100", parent_user_id=beginner))

    assert (heard.quotes.id if heard.quotes else None) == quotes


@pytest.mark.parametrize(
    ("mimetype", "attachment"),
    [("image/png", "image"), ("audio/mp4", "audio"), ("video/mp4", "video"), ("", "file")],
)
def test_a_file_is_an_attachment_of_its_kind(mimetype: str, attachment: str) -> None:
    heard = message(said("", subtype="file_share", files=[{"mimetype": mimetype}]))

    assert heard.attachment == attachment


@pytest.mark.parametrize("subtype", ["channel_join", "bot_message", "message_replied", "new"])
def test_news_about_a_channel_is_nothing_anybody_said(subtype: str) -> None:
    assert read(said("<@U1> has joined", subtype=subtype)) is None


def test_our_own_messages_and_other_bots_are_nothing_to_us() -> None:
    assert read(said("hi", bot_id="B1")) is None
    assert read(said("hi", bot_profile={"id": "B1"})) is None
    assert read(said("hi", user="W99BOT")) is None
    assert read(said("Reminder: lunch", user="USLACKBOT")) is None


def test_a_deletion_names_the_message_that_is_gone() -> None:
    gone = {"user": "U1", "ts": "1700000000.000100", "text": "a secret"}
    deleted = said("", subtype="message_deleted", previous_message=gone, ts="1700000009.000100")

    heard = read(deleted)

    assert isinstance(heard, MessageDeleted)
    assert heard.ref.id == "C1:1700000000.000100"
    assert heard.conversation.thread_id == "1700000000.000100"


def test_a_question_with_answers_under_it_is_deleted_as_a_tombstone() -> None:
    tombstone = {"subtype": "tombstone", "ts": "1700000000.000100", "user": "USLACKBOT"}
    changed = said(
        "",
        subtype="message_changed",
        message=tombstone,
        previous_message={"user": "U1", "ts": "1700000000.000100"},
    )

    heard = read(changed)

    assert isinstance(heard, MessageDeleted)
    assert heard.user.id == "U1"


def test_a_deleted_message_of_a_bot_is_nothing_to_us() -> None:
    gone = {"user": "U9", "bot_id": "B1", "ts": "1700000000.000100"}

    assert read(said("", subtype="message_deleted", previous_message=gone)) is None


# ── other events ──────────────────────────────────────────────────────────────────────────────


def reacted(emoji: str, kind: str = "reaction_added", **fields: object) -> dict[str, Any]:
    item = {"type": "message", "channel": "C1", "ts": "1700000000.000100"}
    inner = {"type": kind, "user": "U1", "reaction": emoji, "item": item, "event_ts": "1.2"}
    return event({**inner, **fields})


@pytest.mark.parametrize(
    ("emoji", "meaning"),
    [
        ("+1", "up"),
        ("thumbsup", "up"),
        ("+1::skin-tone-3", "up"),
        ("white_check_mark", "up"),
        ("-1", "down"),
        ("thumbsdown::skin-tone-6", "down"),
        ("x", "down"),
    ],
)
def test_an_emoji_has_a_meaning_whatever_its_skin_tone(emoji: str, meaning: str) -> None:
    heard = read(reacted(emoji))

    assert isinstance(heard, Reaction)
    assert heard.emoji == meaning
    assert heard.ref.id == "C1:1700000000.000100"
    assert not heard.withdrawn


def test_a_reaction_that_is_taken_back_is_another_event() -> None:
    added, removed = read(reacted("+1")), read(reacted("+1", "reaction_removed"))

    assert isinstance(removed, Reaction)
    assert removed.withdrawn
    assert added is not None
    assert added.keys[0] != removed.keys[0]


def test_other_emoji_our_own_and_those_on_files_mean_nothing() -> None:
    assert read(reacted("heart_eyes")) is None
    assert read(reacted("+1", user="W99BOT")) is None
    assert read(reacted("+1", item={"type": "file", "file": "F1"})) is None


def test_a_bot_that_joins_is_no_new_colleague() -> None:
    joined = {"type": "member_joined_channel", "user": "W99BOT", "channel": "C1"}
    bot = {"type": "team_join", "user": {"id": "U5", "is_bot": True}}

    assert read(event(joined)) is None
    assert read(event(bot)) is None
    assert isinstance(read(event({**joined, "user": "U5"})), MemberJoined)


def test_opening_the_chat_twice_is_one_event() -> None:
    opened = {"type": "app_home_opened", "user": "U1", "channel": "D1"}

    first, second = read(event(opened)), read(event(opened, event_id="Ev2"))

    assert isinstance(first, ChatOpened)
    assert second is not None
    assert first.keys[0] == second.keys[0]


# ── whose it is ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("outer", [{"team_id": "T999"}, {"api_app_id": "A999"}])
def test_events_of_another_workspace_or_app_are_nothing_to_us(outer: dict[str, object]) -> None:
    assert read({**said("hi"), **outer}) is None


def test_an_event_of_the_whole_organisation_has_no_team() -> None:
    authorized = [
        {"enterprise_id": "E1", "team_id": None, "user_id": "W99BOT", "is_enterprise_install": True}
    ]
    org = {**said("hi"), "team_id": None, "enterprise_id": "E1", "authorizations": authorized}

    assert read(org) is not None
    assert read({**org, "team_id": "T222"}, Identity(team_id="T111", enterprise_id="E1"))
    assert read({**org, "team_id": "T222"}, Identity(team_id="T111", enterprise_id="E9")) is None


# ── buttons, forms, commands ──────────────────────────────────────────────────────────────────


def pressed(element: dict[str, object], **fields: object) -> dict[str, Any]:
    return {**payload("block_actions_feedback"), "actions": [element], **fields}


def test_a_button_comes_back_with_its_name_and_values() -> None:
    heard = action(pressed({"action_id": "verdict:3", "value": '{"vote":"up"}', "action_ts": "1"}))

    assert heard.name == "verdict"
    assert heard.values == {"vote": "up"}
    assert heard.conversation.thread_id == "1699999999.000100"


def test_what_was_typed_belongs_to_the_button_of_its_own_form() -> None:
    values = {
        "reason:0:reason": {"reason": {"selected_option": {"value": "wrong"}}},
        "reason:0:correction": {"correction": {"value": "Twelve days"}},
        "reason:0:answer": {"answer": {"value": "forged"}},
        "reason:0:empty": {"empty": {"value": None}},
        "other:5:reason": {"reason": {"value": "of another form"}},
    }
    button = {"action_id": "reason:1", "block_id": "reason:0", "value": '{"answer":"C1:1.1"}'}

    heard = action(pressed(button, state={"values": values}))

    assert heard.values == {"reason": "wrong", "correction": "Twelve days", "answer": "C1:1.1"}


def test_a_card_in_a_channel_is_the_root_of_its_own_thread_but_a_private_one_is_not() -> None:
    card = {"type": "message", "message_ts": "1.5", "channel_id": "C1"}

    public = action(pressed({"action_id": "a"}, container=card, message={}))
    private = action(
        pressed({"action_id": "a"}, container={**card, "is_ephemeral": True}, message={})
    )

    assert public.conversation.thread_id == "1.5"
    assert private.conversation.thread_id == ""


@pytest.mark.parametrize("value", ["click_me_123", "[1]", "{", '{"a": 1}'])
def test_a_value_that_is_none_of_ours_does_no_harm(value: str) -> None:
    heard = action(pressed({"action_id": "a", "value": value}))

    assert heard.values in ({"value": value}, {})


def test_a_dialog_that_is_none_of_ours_gets_an_error_instead_of_an_event() -> None:
    foreign = payload("view_submission")

    assert read(foreign) is None
    assert stale_dialog(foreign) == "hspI"
    assert stale_dialog(payload("view_submission_response_urls")) is None


def test_a_dialog_of_ours_carries_what_was_typed() -> None:
    ours = payload("view_submission")
    ours["view"]["private_metadata"] = '{"answer":"C1:1.1"}'
    ours["view"]["callback_id"] = "verdict_reason"

    heard = read(ours)

    assert isinstance(heard, CardAction)
    assert heard.values == {"maBWU": "test", "answer": "C1:1.1"}
    assert heard.conversation.direct


def test_a_command_is_the_text_it_would_be_in_a_message() -> None:
    fields = {
        **payload("slash_command_form"),
        "text": "  Feedback &amp; <@U2|bob> ",
        "command": "/x",
    }

    heard = read(fields)

    assert isinstance(heard, InboundMessage)
    assert heard.text == "/deskmate Feedback & @bob"
    assert heard.addressed
    assert not heard.conversation.direct


def test_a_command_in_a_direct_conversation_stays_there() -> None:
    fields = {**payload("slash_command_form"), "channel_name": "directmessage", "text": ""}

    heard = read(fields)

    assert isinstance(heard, InboundMessage)
    assert heard.conversation.direct
    assert heard.text == "/deskmate"


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_payload_with_any_part_missing_or_of_another_kind_breaks_nothing(sample: str) -> None:
    whole = payload(sample)

    for broken in _broken(whole):
        heard = read(broken)
        assert heard is None or all(0 < len(key) <= 200 for key in heard.keys)


def _broken(part: Any) -> Any:
    """The payload with each value in turn replaced by what it should not be."""
    if not isinstance(part, dict | list):
        return
    for place in part if isinstance(part, dict) else range(len(part)):
        for wrong in (None, 7, [], {}, "\ud800\x00" * 300):
            yield _with(part, place, wrong)
        for inner in _broken(part[place]):
            yield _with(part, place, inner)


def _with(part: Any, place: Any, value: Any) -> Any:
    changed = dict(part) if isinstance(part, dict) else list(part)
    changed[place] = value
    return changed


def test_kinds_are_told_apart_for_the_log() -> None:
    assert known(payload("app_mention"))
    assert known(payload("slash_command_form"))
    assert not known(payload("tokens_revoked"))
    assert kind_of(payload("tokens_revoked")) == "tokens_revoked"
    assert kind_of({}) == "unknown"
    assert US.app_id == "A111"
