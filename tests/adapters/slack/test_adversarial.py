"""The cases every platform must get right, by their ids, as far as they reach this adapter."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.ingress import RequestRefused
from adapters.slack.channel import PATH, Slack
from adapters.slack.render import render
from adapters.slack.settings import SlackSettings
from adapters.slack.signature import SIGNATURE, TIMESTAMP, sign
from bot.core.model import Button, Buttons, Card, CardAction, InboundMessage, Markdown, Reaction
from bot.core.texts import EN
from tests.adapters.slack.payloads import action, event, message, payload, read, said
from tests.adapters.slack.whole_bot import answers, whole_bot
from tests.adapters.slack.workspace import (
    Clock,
    Desk,
    Workspace,
    connected,
    draft,
    envelope,
    final,
    first_card,
    until,
)
from tests.fakes_core import ScriptedAnswerer
from tests.simulators.slack import SECRET, Fault, SlackSimulator, signature_of, signed
from tests.simulators.slack_blocks import faults

SAID = envelope(
    {"type": "message", "channel": "D1", "user": "U1", "ts": "1700000000.000100", "text": "leave?"}
)


async def post(workspace: Workspace, raw: bytes, **headers: str) -> int:
    response = await workspace.client.post(
        PATH, data=raw, headers={"Content-Type": "application/json", **headers}
    )
    assert "Traceback" not in await response.text()
    return response.status


# ── transport ─────────────────────────────────────────────────────────────────────────────────


async def test_t01_a_bad_signature_is_refused_and_nothing_happens(workspace: Workspace) -> None:
    raw, headers = signed(SAID, at=workspace.clock())
    calls = len(workspace.simulator.calls)
    flipped = headers[SIGNATURE][:-1] + ("0" if headers[SIGNATURE][-1] != "0" else "1")

    assert await post(workspace, raw, **{**headers, SIGNATURE: flipped}) == 401
    assert workspace.desk.events == []
    assert len(workspace.simulator.calls) == calls


async def test_t02_a_body_that_was_changed_is_refused(workspace: Workspace) -> None:
    raw, headers = signed(SAID, at=workspace.clock())

    assert await post(workspace, raw.replace(b"leave", b"leavy"), **headers) == 401


@pytest.mark.parametrize("age_s", [301, -301])
async def test_t03_t04_a_timestamp_outside_the_window_is_refused(
    workspace: Workspace, age_s: int
) -> None:
    raw, headers = signed(SAID, at=workspace.clock() - timedelta(seconds=age_s))

    assert await post(workspace, raw, **headers) == 401


@pytest.mark.parametrize("timestamp", ["abc", "", "1e9", "-1", "1" * 20])
async def test_t05_a_senseless_timestamp_is_refused(workspace: Workspace, timestamp: str) -> None:
    raw = json.dumps(SAID).encode()
    signature = sign(raw, timestamp, secret=SECRET)

    assert await post(workspace, raw, **{TIMESTAMP: timestamp, SIGNATURE: signature}) == 401


async def test_t06_a_missing_doubled_or_foreign_signature_is_refused(
    workspace: Workspace,
) -> None:
    raw, headers = signed(SAID, at=workspace.clock())
    doubled = CIMultiDict(headers)
    doubled.add(SIGNATURE, headers[SIGNATURE])

    missing = await post(workspace, raw, **{TIMESTAMP: headers[TIMESTAMP]})
    foreign = await post(workspace, raw, **{**headers, SIGNATURE: "v0=é"})
    twice = await workspace.client.post(PATH, data=raw, headers=doubled)

    assert (missing, foreign, twice.status) == (401, 401, 401)


@pytest.mark.parametrize("change", [str.lower, str.upper])
async def test_t07_header_names_may_be_written_in_any_case(
    workspace: Workspace, change: Any
) -> None:
    raw, headers = signed(SAID, at=workspace.clock())

    assert await post(workspace, raw, **{change(n): v for n, v in headers.items()}) == 200


@pytest.mark.parametrize("raw", [b"{", b"{'a': 1}", b"", b"\x00"])
async def test_t08_t09_malformed_json_is_malformed_if_signed_and_else_unsigned(
    workspace: Workspace, raw: bytes
) -> None:
    assert await post(workspace, raw, **signature_of(raw, at=workspace.clock())) == 400
    assert await post(workspace, raw) == 401


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe{}", b"\x00\x00", b"[1]", b"7", b"null", b"[" * 10_000, b'{"a":' * 10_000]
)
async def test_t10_a_body_that_is_no_object_breaks_nothing(
    workspace: Workspace, raw: bytes
) -> None:
    assert await post(workspace, raw, **signature_of(raw, at=workspace.clock())) == 400
    assert (await workspace.deliver(SAID)).status == 200


async def test_t11_a_body_that_is_too_large_is_refused(workspace: Workspace) -> None:
    large = io.BytesIO(b" " * (2 << 20))
    bomb = gzip.compress(b" " * (64 << 20))

    plain = await workspace.client.post(PATH, data=large)
    packed = await workspace.client.post(PATH, data=bomb, headers={"Content-Encoding": "gzip"})

    assert (plain.status, packed.status) == (413, 413)


async def test_t12_a_retry_is_acknowledged_and_kept_once(workspace: Workspace) -> None:
    raw, headers = signed(SAID, at=workspace.clock())
    again = {**headers, "X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}

    assert [await post(workspace, raw, **headers), await post(workspace, raw, **again)] == [200] * 2
    assert len(workspace.desk.events) == 1


async def test_t13_the_same_event_twice_at_once_is_kept_once(workspace: Workspace) -> None:
    responses = await asyncio.gather(*(workspace.deliver(SAID) for _ in range(10)))

    assert {response.status for response in responses} == {200}
    assert len(workspace.desk.events) == 1


async def test_t16_an_event_that_comes_again_hours_later_after_a_restart_is_answered_once(
    simulator: SlackSimulator, tmp_path: Path
) -> None:
    answerer = answers()
    async with whole_bot(simulator, tmp_path, answerer) as first:
        await first.deliver(SAID)
        await first.idle()
    async with whole_bot(simulator, tmp_path, answerer) as second:
        second.workspace.clock.move(timedelta(hours=8))
        again = await second.deliver(SAID)
        await second.idle()

    assert again == 200
    assert len(simulator.shown("D1")) == 1


async def test_t17_an_event_of_an_unknown_kind_is_acknowledged_and_logged_once(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    unknown = envelope({"type": "a_new_kind"})

    statuses = [(await workspace.deliver(unknown)).status for _ in range(3)]
    other = await workspace.deliver({"type": "shortcut"}, form=True)

    assert [*statuses, other.status] == [200] * 4
    logged = [one.__dict__["kind"] for one in caplog.records if one.message == "event_unknown"]
    assert logged == ["a_new_kind", "shortcut"]


async def test_t18_the_acknowledgement_does_not_wait_for_the_answer(
    simulator: SlackSimulator, tmp_path: Path
) -> None:
    answerer = answers(gate=asyncio.Event())
    async with whole_bot(simulator, tmp_path, answerer) as running:
        began = time.monotonic()
        assert await running.deliver(SAID) == 200
        assert time.monotonic() - began < 1
        await answerer.reached.wait()
        assert answerer.gate is not None
        answerer.gate.set()
        await running.idle()

    assert [shown.words for shown in simulator.shown("D1")] == ["Fifteen days. [1]"]


async def test_t19_where_the_answer_fails_one_calm_sentence_is_said(
    simulator: SlackSimulator, tmp_path: Path
) -> None:
    broken = ScriptedAnswerer(script=lambda _question: (ValueError("xoxb-secret"),))
    async with whole_bot(simulator, tmp_path, broken) as running:
        await running.deliver(SAID)
        await running.idle()

    (shown,) = simulator.shown("D1")
    assert shown.words.startswith("Sorry, something went wrong")


async def test_t24_foreign_workspaces_and_apps_are_nothing_to_us(workspace: Workspace) -> None:
    team = await workspace.deliver({**SAID, "team_id": "T999"})
    org = await workspace.deliver({**SAID, "team_id": None, "enterprise_id": "E1"})

    assert (team.status, org.status) == (200, 200)
    assert len(workspace.desk.events) == 1


async def test_t26_addresses_in_events_are_never_called(workspace: Workspace) -> None:
    stray = f"{workspace.simulator.url}/stray"  # the fixture fails if anybody calls it
    files = [{"mimetype": "text/plain", "url_private": stray, "url_private_download": stray}]
    inner = {**SAID["event"], "subtype": "file_share", "files": files}

    await workspace.deliver(envelope(inner))
    await workspace.deliver({**payload("slash_command_form"), "response_url": stray})
    await workspace.deliver({**payload("block_actions_button"), "response_url": stray}, form=True)

    assert len(workspace.desk.events) == 3


async def test_t27_a_socket_that_breaks_while_an_answer_is_written_loses_nothing(
    simulator: SlackSimulator, tmp_path: Path
) -> None:
    answerer = answers(gate=asyncio.Event())
    async with whole_bot(simulator, tmp_path, answerer, mode="socket") as running:
        await until(lambda: simulator.connections == 1)
        simulator.envelope(SAID, envelope_id="e1")
        await answerer.reached.wait()
        simulator.hang_up()
        await until(lambda: simulator.connections == 2)
        assert answerer.gate is not None
        answerer.gate.set()
        await running.idle()

    assert [shown.words for shown in simulator.shown("D1")] == ["Fifteen days. [1]"]


# ── content ───────────────────────────────────────────────────────────────────────────────────


def test_c01_only_a_mention_is_an_empty_text() -> None:
    heard = message(said("<@W99BOT>  "))

    assert (heard.text, heard.addressed) == ("", True)


def test_c02_c03_a_mention_anywhere_is_taken_out_and_others_become_names() -> None:
    heard = message(said("<@U2|bob> ask <@W99BOT> about <@W99BOT> X"))

    assert heard.text == "@bob ask about X"
    assert heard.addressed
    assert not heard.names_others


@pytest.mark.parametrize("everybody", ["<!channel>", "<!here>", "<!everyone>"])
def test_c04_who_speaks_to_everybody_does_not_speak_to_us(everybody: str) -> None:
    heard = message(said(f"{everybody} lunch?"))

    assert not heard.addressed
    assert heard.names_others


async def test_c05_one_post_that_comes_as_two_events_is_kept_once(workspace: Workspace) -> None:
    inner = {"channel": "C1", "user": "U1", "ts": "1700000000.000100", "text": "<@W99BOT> hi"}

    await workspace.deliver(envelope({**inner, "type": "app_mention"}, event_id="Ev1"))
    await workspace.deliver(
        envelope({**inner, "type": "message", "channel_type": "channel"}, event_id="Ev2")
    )

    assert len(workspace.desk.events) == 1


def test_c06_bots_are_not_answered() -> None:
    assert read(said("hi", subtype="bot_message", bot_id="B1")) is None
    assert read(said("hi", bot_id="B99BOT", user="W99BOT")) is None
    assert read(said("<@W99BOT> hi", type="app_mention", bot_id="BWORKFLOW")) is None


def test_c07_an_edit_is_no_new_question() -> None:
    assert read(payload("message_changed")) is None


async def test_c08_a_question_that_is_taken_back_is_not_answered(
    simulator: SlackSimulator, tmp_path: Path
) -> None:
    answerer = answers(gate=asyncio.Event())
    deleted = {
        **SAID["event"],
        "subtype": "message_deleted",
        "deleted_ts": SAID["event"]["ts"],
        "previous_message": SAID["event"],
    }
    async with whole_bot(simulator, tmp_path, answerer) as running:
        await running.deliver(SAID)
        await answerer.reached.wait()
        await running.deliver(envelope(deleted, event_id="Ev2"))
        await running.idle()

    assert all("Fifteen" not in shown.words for shown in simulator.shown("D1"))


@pytest.mark.parametrize("text", ["x " * 50_000, "年" * 10_000, "w" * 50_000])
def test_c09_a_long_question_arrives_whole(text: str) -> None:
    assert message(said(text)).text == text.strip()


def test_c10_a_very_long_answer_is_taken_by_slack() -> None:
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 200
    long = ("word " * 12_000, table * 4, "\n\n".join(["```\ncode\n```"] * 30))

    for text in long:
        drawn = render(Card(language="en", blocks=(Markdown(text=text),)))
        assert faults(drawn.blocks) == []


def test_c11_emoji_survive() -> None:
    emoji = "👩‍👩‍👧‍👦 👍🏽 🇨🇳 :slack_code: [飞书表情]"

    (block,) = render(Card(language="en", blocks=(Markdown(text=emoji),))).blocks

    assert message(said(emoji)).text == emoji
    assert block["text"] == emoji


def test_c12_signs_are_escaped_exactly_once() -> None:
    shown = Card(
        language="en",
        blocks=(Markdown(text="<script> a && b\n```\nopen <b>"),),
        summary="a < b & c",
    )

    drawn = render(shown)

    assert drawn.text == "a &lt; b &amp; c"
    assert drawn.blocks[0]["text"] == "&lt;script> a && b\n```\nopen <b>\n```"
    assert message(said("a &lt; b &amp;amp; c")).text == "a < b &amp; c"


def test_c13_c14_invisible_and_wide_signs_stay_in_the_text() -> None:
    assert message(said("／ｈｅｌｐ　\u200b")).text.startswith("／ｈｅｌｐ")


def test_c15_what_turns_text_stays_out_of_titles_buttons_and_names() -> None:
    drawn = render(
        Card(
            language="en",
            title="a\u202eb",
            blocks=(Buttons(items=(Button(name="x", label="c\u202ed"),)),),
        )
    )
    person = {"id": "U7", "real_name": "Eve\u202e"}
    joined = read(event({"type": "team_join", "user": person, "event_ts": "1.1"}))

    assert "\u202e" not in json.dumps(drawn.blocks, ensure_ascii=False)
    assert joined is not None
    assert joined.user.name == "Eve"
    assert message(said("a\u202eb")).text == "a\u202eb"


@pytest.mark.parametrize("text", ["'; DROP TABLE x;--", "../../etc/passwd", "{{7*7}}", "%s ${x}"])
def test_c16_text_is_data(text: str) -> None:
    (block,) = render(Card(language="en", blocks=(Markdown(text=text),))).blocks

    assert message(said(text)).text == text
    assert block["text"] == text


def test_c18_an_answer_pings_nobody_and_links_to_no_script() -> None:
    text = "<!channel> <@U123> <#C1> [x](javascript:alert(1)) `<!here>`"
    shown = Card(language="en", title=text, blocks=(Markdown(text=text),), summary=text)

    drawn = render(shown)

    markdown = str(drawn.blocks[1]["text"])
    assert not any(sign in markdown + drawn.text for sign in ("<!", "<@", "<#"))
    assert "](java" not in markdown


@pytest.mark.parametrize("files", [[{}], [{"mimetype": 7}], ["file"], [None], "file", [{}] * 20])
def test_c19_whatever_is_attached_nothing_breaks(files: object) -> None:
    assert message(said("", subtype="file_share", files=files)).text == ""


def test_c20_an_answer_goes_into_the_thread_of_the_question() -> None:
    heard = message(said("<@W99BOT> hi", thread_ts="1600000000.000100"))

    assert heard.conversation.thread_id == "1600000000.000100"


def test_c21_a_broadcast_is_one_message_and_a_join_is_none() -> None:
    root = {"text": "the first message"}
    broadcast = message(said("hi", subtype="thread_broadcast", thread_ts="1600.1", root=root))

    assert broadcast.quoted == "the first message"
    assert message(said("waves", subtype="me_message")).text == "waves"
    assert read(said("joined", subtype="channel_join")) is None


@pytest.mark.parametrize("text", ["payload", "payload=", 'payload={"type":"x"}', "a&payload=b"])
async def test_c22_a_command_may_speak_of_payloads(workspace: Workspace, text: str) -> None:
    response = await workspace.deliver({**payload("slash_command_form"), "text": text})

    assert response.status == 200
    (heard,) = workspace.desk.events
    assert isinstance(heard, InboundMessage)
    assert heard.text == f"/deskmate {text}"


async def test_c23_half_characters_are_replaced(workspace: Workspace) -> None:
    raw = json.dumps({**SAID, "event": {**SAID["event"], "text": "a\ud800b\x00c"}}).encode()

    status = await post(workspace, raw, **signature_of(raw, at=workspace.clock()))

    (heard,) = workspace.desk.events
    assert isinstance(heard, InboundMessage)
    assert (status, heard.text) == (200, "a\ufffdb\ufffdc")


def test_c24_alone_with_us_nobody_needs_a_mention() -> None:
    assert message(said("hi", channel="D1", channel_type="im")).addressed
    assert not message(said("hi")).addressed
    assert not message(said("hi", channel="G1", channel_type="mpim")).addressed


# ── actions ───────────────────────────────────────────────────────────────────────────────────


def test_a01_a_press_belongs_to_who_pressed() -> None:
    pressed = {**payload("block_actions_feedback"), "user": {"id": "U2", "name": "bob"}}

    assert action(pressed).user.key == "slack:U2"


def test_a02_two_presses_are_two_events_and_one_delivered_twice_is_one() -> None:
    first, again = payload("block_actions_feedback"), payload("block_actions_feedback")
    second = payload("block_actions_feedback")
    second["actions"][0]["action_ts"] = "1700000001.050000"

    assert action(first).keys == action(again).keys
    assert action(first).keys != action(second).keys


@pytest.mark.parametrize("value", ["{", "[]", "null", "x" * 100_000, '{"answer": {}}', "\x00"])
async def test_a03_a_forged_value_breaks_nothing(workspace: Workspace, value: str) -> None:
    forged = payload("block_actions_feedback")
    forged["actions"][0] |= {"value": value, "action_id": "a" * 5_000}

    response = await workspace.deliver(forged, form=True)

    assert response.status == 200
    (heard,) = workspace.desk.events
    assert isinstance(heard, CardAction)
    assert len(heard.name) <= 255


def press_on(ts: str, action_id: str, value: str, **fields: str) -> dict[str, Any]:
    """Somebody presses a button of a message in a channel."""
    button = {"type": "button", "action_id": action_id, "value": value, "action_ts": f"{ts}9"}
    container = {"type": "message", "message_ts": ts, "channel_id": "C1", "thread_ts": ts}
    found = {**payload("block_actions_feedback"), "container": container, **fields}
    return {**found, "message": {"ts": ts, "thread_ts": ts}, "actions": [button]}


async def test_a04_a_press_needs_no_address_that_may_have_expired(
    simulator: SlackSimulator, tmp_path: Path
) -> None:
    # The simulator fails the test if anybody calls this.
    expired = {"response_url": f"{simulator.url}/actions/expired"}
    async with whole_bot(simulator, tmp_path, answers()) as running:
        await running.workspace.ask()
        await running.idle()
        (answer,) = simulator.shown()
        up = answer.buttons[0]
        vote = press_on(answer.ts, up["action_id"], up["value"], **expired)
        for _ in range(6):
            await running.workspace.deliver(vote, form=True)
        await running.idle()

    thanks = simulator.shown()[1:]
    assert [(one.words, one.only_for) for one in thanks] == [(EN.thanks, "U1")]


@pytest.mark.parametrize("name", ["verdict", "ask_person", "of_an_older_version"])
async def test_a04_a_press_under_a_card_of_long_ago_gets_a_kind_word_once(
    simulator: SlackSimulator, tmp_path: Path, name: str
) -> None:
    old = press_on("1500000000.000100", name, '{"vote": "up"}')
    async with whole_bot(simulator, tmp_path, answers()) as running:
        for _ in range(2):
            await running.workspace.deliver(old, form=True)
        await running.idle()

    (said,) = simulator.shown()
    assert said.words in (EN.answer_gone, EN.action_gone)
    assert said.only_for == "U1"


@pytest.mark.parametrize("code", ["edit_window_closed", "message_not_found", "cant_update_message"])
async def test_a04_a_card_that_can_be_edited_no_more_is_answered_anew_once(
    simulator: SlackSimulator, tmp_path: Path, code: str
) -> None:
    simulator.fault("chat.update", *[Fault(how="refused", code=code)] * 2)
    async with whole_bot(simulator, tmp_path, answers()) as running:
        await running.workspace.ask()
        await running.idle()

    first, anew = simulator.shown()
    assert not first.growing
    assert anew.words.startswith("Fifteen days.")
    assert len(simulator.called("chat.update")) == 1


def test_a07_only_what_people_mean_about_an_answer_counts() -> None:
    item = {"type": "message", "channel": "C1", "ts": "1.1"}
    added = {"type": "reaction_added", "item": item, "user": "U1", "reaction": "+1::skin-tone-3"}

    assert isinstance(read(event(added)), Reaction)
    assert read(event({**added, "user": "W99BOT"})) is None
    assert read(event({**added, "reaction": "tada"})) is None


async def test_a10_a_stale_dialog_gets_an_error_in_place(workspace: Workspace) -> None:
    response = await workspace.deliver(payload("view_submission"), form=True)

    assert (await response.json())["response_action"] == "errors"


# ── outgoing ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("retry_after", ["1", "30", None, "abc"])
@pytest.mark.parametrize(
    "method", ["chat.postMessage", "chat.update", "chat.appendStream", "chat.stopStream"]
)
async def test_o01_a_busy_slack_is_waited_for_and_the_text_is_complete(
    workspace: Workspace, method: str, retry_after: str | None
) -> None:
    asked = await workspace.ask(channel="D1" if method == "chat.postMessage" else "C1")
    workspace.simulator.fault(method, Fault(how="busy", retry_after=retry_after))

    ref = await workspace.slack.send(first_card(asked))
    for text in ("Ten", "Ten days"):
        await asyncio.gather(
            workspace.slack.update(ref, draft(asked, text)), return_exceptions=True
        )
    await workspace.slack.update(ref, final(asked, "Ten days of leave."))

    (shown,) = workspace.simulator.shown(asked.id.partition(":")[0])
    assert (shown.words, shown.growing) == ("Ten days of leave.", False)


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("chat.startStream", "missing_recipient_user_id"),
        ("chat.startStream", "missing_recipient_team_id"),
        ("chat.startStream", "channel_type_not_supported"),
        ("chat.appendStream", "message_not_in_streaming_state"),
        ("chat.appendStream", "stopped_by_user"),
        ("chat.stopStream", "message_not_in_streaming_state"),
    ],
)
async def test_o04_where_a_stream_fails_nothing_is_lost_or_doubled(
    workspace: Workspace, method: str, code: str
) -> None:
    asked = await workspace.ask()
    if method == "chat.stopStream":
        workspace.seconds.now += 1
    else:
        workspace.simulator.fault(method, Fault(how="refused", code=code))

    ref = await workspace.slack.send(first_card(asked))
    if method == "chat.stopStream":
        workspace.simulator.shown()[0].growing = False  # Slack ended it by itself
    await workspace.slack.update(ref, draft(asked, "Ten"))
    await workspace.slack.update(ref, final(asked))

    (shown,) = workspace.simulator.shown()
    assert (shown.words, shown.growing) == ("Ten days. [1]", False)


@pytest.mark.parametrize("how", ["broken", "silent"])
@pytest.mark.parametrize("channel", ["C1", "D1"])
async def test_o06_what_slack_took_before_it_failed_is_not_sent_twice(
    workspace: Workspace, how: Any, channel: str
) -> None:
    asked = await workspace.ask(channel=channel)
    for method in ("chat.startStream", "chat.postMessage", "chat.postEphemeral"):
        workspace.simulator.fault(method, Fault(how=how, done=True))

    ref = await workspace.slack.send(first_card(asked))
    await workspace.slack.update(ref, final(asked))

    (shown,) = workspace.simulator.shown(channel)
    assert shown.words == "Ten days. [1]"


async def test_o07_while_slack_is_silent_everything_else_goes_on(
    simulator: SlackSimulator,
) -> None:
    async with connected(simulator) as workspace:
        simulator.freeze(0.2)
        asked = asyncio.create_task(workspace.slack.ping())
        began = time.monotonic()
        response = await workspace.deliver(SAID)
        took_s = time.monotonic() - began
        await asked

    assert response.status == 200
    assert took_s < 0.1


# ── anything ──────────────────────────────────────────────────────────────────────────────────

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)
_NAMED = st.sampled_from(
    ["event", "type", "channel", "user", "ts", "text", "actions", "view", "state", "authorizations"]
)
_PAYLOAD = st.one_of(
    _JSON,
    st.dictionaries(_NAMED, _JSON, max_size=8),
    st.builds(
        lambda kind, inner: {"type": kind, "event": inner},
        st.sampled_from(["event_callback", "block_actions", "view_submission", "shortcut"]),
        st.dictionaries(_NAMED, _JSON, max_size=8),
    ),
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(_PAYLOAD, st.sampled_from(["application/json", "application/x-www-form-urlencoded", ""]))
def test_whatever_is_signed_is_understood_or_refused(found: Any, kind: str) -> None:
    _read(json.dumps(found).encode(), kind)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300), st.sampled_from(["application/x-www-form-urlencoded", "x"]))
def test_whatever_bytes_are_signed_are_understood_or_refused(raw: bytes, kind: str) -> None:
    _read(raw, kind)


def _read(raw: bytes, kind: str) -> None:
    clock = Clock()
    headers = CIMultiDict({**signature_of(raw, at=clock()), "Content-Type": kind})
    status = 200
    try:
        _SLACK._read(raw, CIMultiDictProxy(headers))
    except RequestRefused as refused:
        status = refused.status
    assert status in (200, 400)


_SLACK = Slack(
    settings=SlackSettings(signing_secret=SECRET),
    accept=Desk().accept,
    clock=Clock(),
)
