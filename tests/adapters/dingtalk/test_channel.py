from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from adapters.dingtalk.actions import track_id
from adapters.dingtalk.api import QUOTA
from bot.core.cards import feedback_buttons
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Card, Markdown, User
from tests.adapters.dingtalk.desk import ANN, DIRECT, GROUP, office, reply
from tests.adapters.dingtalk.recorded import payload
from tests.simulators import dingtalk as simulator
from tests.simulators.dingtalk import (
    CREATE,
    STREAMING,
    TOKEN,
    UPDATE,
    WEBHOOK,
    DingTalkServer,
    Fault,
)

TRACK = track_id("k1", alone=False)
TOO_FAST = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"


def with_webhook(server: DingTalkServer, session: str = "s1", **changes: Any) -> dict[str, Any]:
    return {
        **payload("robot_group_text"),
        "sessionWebhook": f"{server.url}{WEBHOOK}?session={session}",
        **changes,
    }


# ── cards ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_grows_in_one_card(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("Looking…", streaming=True))
        await o.channel.update(ref, reply("You", streaming=True))
        await o.channel.update(ref, reply("You have", streaming=True))
        await o.channel.update(ref, reply("You have 25 days."))

    card = server.cards[ref.id]
    assert card.place == f"IM_GROUP.{GROUP.id}"
    assert card.drafts == ["You", "You have", "You have 25 days."]
    assert card.finalized
    assert card.variables["content"] == "You have 25 days."
    assert card.variables["flowStatus"] == "3"
    assert server.messages == []


async def test_the_same_key_shows_one_card(server: DingTalkServer) -> None:
    async with office(server) as o:
        first = await o.channel.send(reply("Hello"))
        again = await o.channel.send(reply("Hello"))

    assert first == again
    assert server.count(CREATE) == 1


async def test_after_a_crash_the_same_key_is_the_same_card(server: DingTalkServer) -> None:
    async with office(server) as before:
        await before.channel.send(reply("Looking…", streaming=True))

    async with office(server) as after:
        ref = await after.channel.send(reply("Looking…", streaming=True))
        await after.channel.update(ref, reply("Done."))

    assert list(server.cards) == [ref.id]
    assert server.cards[ref.id].variables["content"] == "Done."


async def test_a_card_that_was_just_shown_is_not_sent_again(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("Thanks!"))
        await o.channel.update(ref, reply("Thanks!"))

    assert [path for _, path in server.calls if path != TOKEN] == [CREATE]


async def test_a_stream_ends_once(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("Looking…", streaming=True))
        await o.channel.update(ref, reply("Done."))
        await o.channel.update(ref, reply("Corrected."))

    assert server.count(STREAMING) == 1
    assert server.cards[ref.id].variables["content"] == "Corrected."


async def test_a_direct_answer_goes_to_the_person(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply(conversation=DIRECT))

    assert server.cards[ref.id].place == "IM_ROBOT.manager1"


async def test_a_private_answer_leaves_the_group(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply(only_for=ANN))

    assert server.cards[ref.id].place == "IM_ROBOT.manager1"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, accepted=True),
        Fault(status=502, accepted=True),
        Fault(status=200, accepted=True, dropped=True),
        Fault(status=500, code="system.busy"),
        Fault(status=403, code=TOO_FAST),
    ],
)
async def test_a_card_is_tried_again_and_never_doubled(
    server: DingTalkServer, fault: Fault
) -> None:
    for path in (CREATE, STREAMING, UPDATE):
        server.fail(path, fault)

    async with office(server) as o:
        ref = await o.channel.send(reply("Looking…", streaming=True))
        await o.channel.update(ref, reply("Done."))

    assert list(server.cards) == [ref.id]
    assert server.cards[ref.id].variables["content"] == "Done."
    assert server.cards[ref.id].drafts == ["Done."]
    assert server.messages == []


async def test_too_fast_means_a_second(server: DingTalkServer) -> None:
    server.fail(CREATE, Fault(status=403, code=TOO_FAST))

    async with office(server) as o:
        await o.channel.send(reply())

    assert 1.0 in o.clock.slept


async def test_a_draft_is_tried_once(server: DingTalkServer) -> None:
    server.fail(STREAMING, Fault(status=403, code=TOO_FAST))

    async with office(server) as o:
        ref = await o.channel.send(reply("…", streaming=True))
        with pytest.raises(ChannelUnavailable) as raised:
            await o.channel.update(ref, reply("You", streaming=True))

    assert raised.value.retry_after_s == 1.0
    assert server.count(STREAMING) == 1


async def test_drafts_end_where_dingtalk_advises(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("…", streaming=True))
        for length in range(1, 40):
            await o.channel.update(ref, reply("word " * (40 * length), streaming=True))
        await o.channel.update(ref, reply("word " * 3_000))

    *drafts, final = server.cards[ref.id].drafts
    assert sum(len(draft.encode()) for draft in drafts) <= 3_000
    assert max(len(draft.encode()) for draft in drafts) <= 1_000
    assert final.startswith("word word")
    assert len(final) > 14_000


async def test_an_unchanged_draft_is_no_call(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("…", streaming=True))
        await o.channel.update(ref, reply("You", streaming=True))
        await o.channel.update(ref, reply("You", streaming=True))

    assert server.count(STREAMING) == 1


async def test_a_refused_token_is_replaced_once(server: DingTalkServer) -> None:
    async with office(server) as o:
        await o.channel.send(reply(key="k1"))
        server.forget_tokens()
        await o.channel.send(reply(key="k2"))

    assert server.tokens_given == 2
    assert len(server.cards) == 2


async def test_the_month_is_used_up_and_the_answer_comes_as_a_message(
    server: DingTalkServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail(STREAMING, Fault(status=403, code=QUOTA))

    async with office(server) as o:
        await o.robot(with_webhook(server))
        ref = await o.channel.send(reply("Looking…", streaming=True))
        with pytest.raises(ChannelRefused):
            await o.channel.update(ref, reply("You", streaming=True))
        await o.channel.update(ref, reply("You have 25 days."))
        await o.channel.update(ref, reply("You have 25 days."))

    assert [(one.via, one.text) for one in server.messages] == [("webhook", "You have 25 days.")]
    assert server.count(STREAMING) == 1
    assert [r.message for r in caplog.records if r.levelname == "ERROR"] == [
        "monthly_quota_used_up"
    ]


async def test_no_card_can_be_made_and_the_answer_comes_as_a_message(
    server: DingTalkServer,
) -> None:
    server.fail(CREATE, Fault(status=400, code="param.templateNotExist"))

    async with office(server) as o:
        ref = await o.channel.send(reply("Looking…", streaming=True))
        with pytest.raises(ChannelRefused):
            await o.channel.update(ref, reply("You", streaming=True))
        await o.channel.update(ref, reply("You have 25 days."))
        await o.channel.update(ref, reply("You have 25 days."))

    assert [(one.via, one.text) for one in server.messages] == [("group", "You have 25 days.")]


async def test_a_finished_card_that_is_refused_comes_as_a_message(server: DingTalkServer) -> None:
    server.fail(CREATE, Fault(status=403, code="Forbidden.AccessDenied.IpNotInWhiteList"))

    async with office(server) as o:
        ref = await o.channel.send(reply("Hello"))
        await o.channel.update(ref, reply("Hello"))

    assert [one.text for one in server.messages] == ["Hello"]


async def test_a_card_that_is_gone_comes_as_a_message(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply("Looking…", streaming=True))
        server.cards.clear()
        await o.channel.update(ref, reply("Done."))

    assert [one.text for one in server.messages] == ["Done."]


async def test_a_text_that_cannot_be_streamed_still_arrives(server: DingTalkServer) -> None:
    server.fail(STREAMING, Fault(status=400, code="param.stream.content"))

    async with office(server) as o:
        ref = await o.channel.send(reply("Looking…", streaming=True))
        await o.channel.update(ref, reply("Done."))

    assert server.cards[ref.id].variables["content"] == "Done."
    assert server.messages == []


async def test_an_answer_that_can_be_read_is_not_repeated_for_its_buttons(
    server: DingTalkServer,
) -> None:
    server.fail(UPDATE, Fault(status=403, code=QUOTA))

    async with office(server) as o:
        ref = await o.channel.send(reply("Looking…", streaming=True))
        await o.channel.update(ref, reply("Done."))

    assert server.cards[ref.id].drafts == ["Done."]
    assert server.messages == []


async def test_buttons_come_back_over_http(server: DingTalkServer) -> None:
    card = Card(language="en", blocks=(Markdown(text="x"), feedback_buttons("en")))

    async with office(server) as o:
        ref = await o.channel.send(reply(card=card))

    assert '"id":"verdict?vote=up"' in server.cards[ref.id].variables["buttons"]


async def test_the_address_of_card_callbacks_is_registered(server: DingTalkServer) -> None:
    url = "https://bot.example/dingtalk/cards"

    async with office(server, card_callback_url=url, card_secret=SecretStr("c")) as o:
        await o.channel.start()

    (registered,) = server.registered
    assert (registered["callbackUrl"], registered["apiSecret"]) == (url, "c")


# ── messages ──────────────────────────────────────────────────────────────────────────────────


async def test_without_a_template_cards_cannot_be_edited(server: DingTalkServer) -> None:
    async with office(server, card_template_id="") as o:
        assert not o.channel.capabilities.edits
    async with office(server, max_drafts=4) as o:
        assert o.channel.capabilities.edits
        assert o.channel.capabilities.max_drafts == 4


async def test_a_message_goes_where_the_question_came_from(server: DingTalkServer) -> None:
    async with office(server, card_template_id="") as o:
        await o.robot(with_webhook(server))
        await o.channel.send(reply("Hello"))
        await o.channel.send(reply("Hello"))

    assert [(one.via, one.text) for one in server.messages] == [("webhook", "Hello")]
    assert server.count(TOKEN) == 0


@pytest.mark.parametrize(
    ("changes", "via"),
    [
        ({}, "group"),
        ({"conversation": DIRECT}, "direct"),
        ({"only_for": ANN}, "direct"),
    ],
)
async def test_without_an_address_the_api_sends(
    server: DingTalkServer, changes: dict[str, Any], via: str
) -> None:
    async with office(server, card_template_id="") as o:
        await o.channel.send(reply("Hello", **changes))

    assert [(one.via, one.text) for one in server.messages] == [(via, "Hello")]


async def test_a_private_message_never_goes_to_the_group_address(server: DingTalkServer) -> None:
    async with office(server, card_template_id="") as o:
        await o.robot(with_webhook(server))
        await o.channel.send(reply("Secret", only_for=ANN))

    assert [one.via for one in server.messages] == ["direct"]


async def test_an_address_that_has_expired_is_not_used(server: DingTalkServer) -> None:
    async with office(server, card_template_id="") as o:
        await o.robot(with_webhook(server))
        o.clock.move(timedelta(minutes=90))
        await o.channel.send(reply("Hello"))

    assert [one.via for one in server.messages] == ["group"]


async def test_an_address_that_refuses_is_given_up(server: DingTalkServer) -> None:
    async with office(server, card_template_id="") as o:
        await o.robot(with_webhook(server, session="expired"))
        await o.channel.send(reply("one", key="k1"))
        await o.channel.send(reply("two", key="k2"))

    assert [(one.via, one.text) for one in server.messages] == [("group", "one"), ("group", "two")]
    assert server.count(WEBHOOK) == 1


@pytest.mark.parametrize("path", [WEBHOOK, simulator.GROUP])
@pytest.mark.parametrize(
    "fault", [Fault(status=500, accepted=True), Fault(accepted=True, dropped=True, status=200)]
)
async def test_a_message_that_may_have_arrived_is_not_repeated(
    server: DingTalkServer, path: str, fault: Fault
) -> None:
    server.fail(path, fault)

    async with office(server, card_template_id="") as o:
        if path == WEBHOOK:
            await o.robot(with_webhook(server))
        await o.channel.send(reply("Hello"))
        await o.channel.send(reply("Hello"))

    assert [one.text for one in server.messages] == ["Hello"]


@pytest.mark.parametrize(
    "fault", [Fault(status=503), Fault(status=429, headers={"Retry-After": "2"})]
)
async def test_a_message_that_was_not_taken_is_tried_again(
    server: DingTalkServer, fault: Fault
) -> None:
    server.fail(simulator.GROUP, fault)

    async with office(server, card_template_id="") as o:
        await o.channel.send(reply("Hello"))

    assert [one.text for one in server.messages] == ["Hello"]


async def test_somebody_the_organisation_does_not_know_cannot_be_written_to(
    server: DingTalkServer,
) -> None:
    stranger = User(platform="dingtalk", id="$:LWCP_v1:$x")

    async with office(server, card_template_id="") as o:
        with pytest.raises(ChannelRefused) as raised:
            await o.channel.send(reply(only_for=stranger))

    assert raised.value.code == "invalid_user"
    assert server.count(simulator.DIRECT) == 1


# ── start and ping ────────────────────────────────────────────────────────────────────────────


async def test_wrong_credentials_are_told_at_the_start(server: DingTalkServer) -> None:
    async with office(server, client_secret=SecretStr("wrong")) as o:
        with pytest.raises(ChannelRefused) as raised:
            await o.channel.start()

    assert raised.value.code == "invalidClientIdOrSecret"


async def test_callbacks_that_cannot_be_registered_do_not_stop_the_start(
    server: DingTalkServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.denied[simulator.REGISTER] = ["Card.Callback.Write"]

    async with office(server, card_callback_url="https://bot.example/dingtalk/cards") as o:
        await o.channel.start()

    assert "card_callback_not_registered" in caplog.text


async def test_scopes_that_were_not_granted_are_named(server: DingTalkServer) -> None:
    async with office(server) as o:
        assert await o.channel.lacking() == ()
        server.denied = {STREAMING: ["Card.Streaming.Write"], simulator.GROUP: []}
        assert await o.channel.lacking() == ("qyapi_robot_sendmsg", "Card.Streaming.Write")
    async with office(server, card_template_id="") as o:
        assert await o.channel.lacking() == ("qyapi_robot_sendmsg",)

    assert server.messages == []


async def test_a_call_that_says_it_did_nothing_did_not_work(server: DingTalkServer) -> None:
    for body in ({"success": False}, {"success": True, "result": False}):
        server.fail(CREATE, Fault(status=200, body=body))

    async with office(server) as o:
        for key in ("k1", "k2"):
            await o.channel.send(reply("Hello", key=key))

    assert server.cards == {}
    assert [one.text for one in server.messages] == ["Hello", "Hello"]


async def test_a_card_that_reached_nobody_was_not_shown(server: DingTalkServer) -> None:
    nowhere = {"success": False, "errorMsg": "SYSTEM_ERROR"}
    server.fail(
        CREATE,
        Fault(status=200, body={"success": True, "result": {"deliverResults": [nowhere]}}),
    )

    async with office(server) as o:
        await o.channel.send(reply("Hello"))

    assert [one.text for one in server.messages] == ["Hello"]


async def test_a_platform_that_is_down_does_not_stop_the_start(server: DingTalkServer) -> None:
    server.fail(TOKEN, Fault(status=503))

    async with office(server) as o:
        await o.channel.start()
        await o.channel.ping()

    assert server.tokens_given == 1


async def test_a_token_is_good_until_shortly_before_its_end(server: DingTalkServer) -> None:
    async with office(server) as o:
        await o.channel.ping()
        o.clock.move(timedelta(minutes=110))
        await o.channel.ping()
        assert server.tokens_given == 1
        o.clock.move(timedelta(minutes=6))
        await o.channel.ping()

    assert server.tokens_given == 2


async def test_nobody_answers(server: DingTalkServer) -> None:
    async with office(server, api_base_url="http://127.0.0.1:9") as o:
        with pytest.raises(ChannelUnavailable):
            await o.channel.ping()
        with pytest.raises(ChannelUnavailable):
            await o.channel.send(reply())


async def test_a_webhook_that_cannot_be_reached_is_replaced_by_the_api(
    server: DingTalkServer,
) -> None:
    async with office(server, card_template_id="") as o:
        await o.robot(with_webhook(server))
        # The same origin, but nobody listens on this path; the server says 404.
        server.fail(WEBHOOK, Fault(status=404))
        await o.channel.send(reply("Hello"))

    assert [one.via for one in server.messages] == ["group"]


def test_over_http_the_sdk_is_never_imported() -> None:
    code = (
        "import sys, adapters.dingtalk.channel;"
        "heavy = {'dingtalk_stream', 'requests', 'websockets'};"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )

    ran = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 -- our own words
    assert ran.returncode == 0
