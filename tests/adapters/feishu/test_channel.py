"""Cards out: one message a reply, growing while people watch, whatever Feishu does meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.core.cards import answer_card, draft_card, progress_card
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Conversation, Fields, MessageRef, User
from knowledge.model import Question
from tests.adapters.feishu.desk import Desk, desk_on, reply, said
from tests.fakes_core import grounded
from tests.simulators.feishu import FeishuSimulator

FINAL = reply(said("Five days."))
FIRST = reply(progress_card("en"))
ANSWER = grounded(Question(text="How many?", language="en", audience=frozenset()))
ANN = User(platform="feishu", id="ou_ann")


def draft(text: str) -> object:
    return reply(draft_card(text, "en"))


# ── sending ───────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_hangs_under_its_question(desk: Desk) -> None:
    ref = await desk.feishu.send(FINAL)

    (message,) = desk.simulator.shown
    assert (message.id, message.parent) == (ref.id, "om_q")
    assert "Five days." in message.text


async def test_the_same_key_shows_one_message(desk: Desk) -> None:
    refs = {await desk.feishu.send(FINAL), await desk.feishu.send(FINAL)}

    assert len(refs) == len(desk.simulator.shown) == 1


async def test_what_is_for_one_person_goes_to_them_alone(desk: Desk) -> None:
    await desk.feishu.send(replace(FINAL, only_for=ANN))

    assert [message.place for message in desk.simulator.shown] == ["ou_ann"]


@pytest.mark.parametrize(("place", "parent"), [("oc_grp", ""), ("ou_ann", "")])
async def test_without_a_message_to_answer_it_goes_to_the_chat(
    desk: Desk, place: str, parent: str
) -> None:
    chat = Conversation(platform="feishu", id=place)
    menu = MessageRef(platform="feishu", id="menu/ev")

    await desk.feishu.send(replace(FINAL, conversation=chat, answers=menu))

    assert [(one.place, one.parent) for one in desk.simulator.shown] == [(place, parent)]


async def test_there_is_no_answer_to_nowhere(desk: Desk) -> None:
    nowhere = Conversation(platform="feishu", id="")

    with pytest.raises(ChannelRefused, match="no_chat"):
        await desk.feishu.send(replace(FINAL, conversation=nowhere, answers=None))


# ── growing ───────────────────────────────────────────────────────────────────────────────────


async def test_a_card_grows_and_ends_with_buttons(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    for text in ("Five", "Five days", "Five days."):
        await desk.feishu.update(ref, draft(text))
    await desk.feishu.update(ref, reply(answer_card(ANSWER, "en")))

    (message,) = desk.simulator.shown
    assert message.card.drafts == ["Five", "Five days", "Five days."]
    assert not message.card.streaming
    assert "👍" in message.text
    assert desk.simulator.calls.count("PATCH im/v1/messages/:id") == 0


async def test_nothing_but_the_text_is_sent_for_a_draft(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    desk.simulator.calls.clear()

    await desk.feishu.update(ref, draft("Five"))

    assert desk.simulator.calls == ["PUT cardkit/v1/cards/:id/elements/answer/content"]


async def test_a_growing_card_of_more_parts_is_replaced_as_a_whole(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    card = draft_card("a", "en")

    fields = Fields(rows=(("step", "two"),))
    await desk.feishu.update(ref, reply(replace(card, blocks=(*card.blocks, fields))))

    assert "step" in desk.simulator.shown[0].text


async def test_where_cards_cannot_grow_they_are_replaced(desk: Desk) -> None:
    desk.simulator.refuse("POST cardkit/v1/cards", 99991672)

    ref = await desk.feishu.send(FIRST)
    await desk.feishu.update(ref, draft("Five"))
    await desk.feishu.update(ref, FINAL)

    (message,) = desk.simulator.shown
    assert message.patches == 2
    assert "Five days." in message.text


async def test_a_card_from_before_a_restart_is_replaced(simulator: FeishuSimulator) -> None:
    async with desk_on(simulator) as before:
        ref = await before.feishu.send(FIRST)

    async with desk_on(simulator) as after:
        await after.feishu.update(ref, draft("Five"))
        await after.feishu.update(ref, FINAL)

    assert simulator.shown[0].patches == 2
    assert "Five days." in simulator.shown[0].text


async def test_a_message_sent_before_a_crash_is_not_taken_for_the_new_card(
    simulator: FeishuSimulator,
) -> None:
    async with desk_on(simulator) as before:
        await before.feishu.send(FIRST)

    async with desk_on(simulator) as after:
        ref = await after.feishu.send(FIRST)
        await after.feishu.update(ref, draft("Five"))
        await after.feishu.update(ref, FINAL)

    (message,) = simulator.shown
    assert "Five days." in message.text


async def test_o05_a_stream_that_feishu_closed_is_replaced(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    desk.simulator.refuse("PUT cardkit/.*/content", 300309)

    await desk.feishu.update(ref, draft("Five"))
    await desk.feishu.update(ref, FINAL)

    assert desk.simulator.shown[0].patches == 2
    assert "Five days." in desk.simulator.shown[0].text


async def test_a_stream_that_cannot_be_closed_still_ends(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    desk.simulator.refuse("PATCH cardkit/.*/settings", 200850)

    await desk.feishu.update(ref, FINAL)

    assert "Five days." in desk.simulator.shown[0].text


async def test_o05_an_expired_card_is_replaced_through_its_message(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    desk.simulator.refuse("(PUT|PATCH) cardkit/.*", 200750, times=2)

    await desk.feishu.update(ref, FINAL)

    assert desk.simulator.shown[0].patches == 1


async def test_a04_a_message_that_cannot_be_changed_any_more_is_refused(desk: Desk) -> None:
    desk.simulator.refuse("PATCH im/.*", 230031)

    with pytest.raises(ChannelRefused, match="230031"):
        await desk.feishu.update(MessageRef(platform="feishu", id="om_old"), FINAL)

    assert desk.simulator.calls.count("PATCH im/v1/messages/:id") == 1


# ── faults ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [500, 502, 0])
async def test_o06_an_answer_that_fails_after_it_was_taken_is_shown_once(
    desk: Desk, status: int
) -> None:
    desk.simulator.fail("POST im/.*", status=status, after=True, times=2)

    ref = await desk.feishu.send(FIRST)
    await desk.feishu.update(ref, FINAL)

    assert len(desk.simulator.shown) == 1
    assert "Five days." in desk.simulator.shown[0].text


async def test_a_final_card_gets_through_a_bad_minute(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    desk.simulator.fail("PUT cardkit/.*", status=503, times=2)

    await desk.feishu.update(ref, FINAL)

    assert "Five days." in desk.simulator.shown[0].text


async def test_a_draft_that_fails_is_skipped(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    desk.simulator.fail("PUT cardkit/.*", status=503)

    with pytest.raises(ChannelUnavailable):
        await desk.feishu.update(ref, draft("Five"))

    assert desk.simulator.calls[-1] == "PUT cardkit/v1/cards/:id/elements/answer/content"


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (400, {"x-ogw-ratelimit-reset": "7"}, 7.0),
        (429, {"x-ogw-ratelimit-reset": "7", "Retry-After": "3"}, 7.0),
        (429, {"Retry-After": "3"}, 3.0),
        (429, {}, 1.0),
    ],
)
async def test_o02_too_many_calls_wait_as_long_as_feishu_says(
    desk: Desk, status: int, headers: dict[str, str], waited: float
) -> None:
    body = {"code": 99991400, "msg": "request trigger frequency limit"}
    desk.simulator.fail("POST im/.*", status=status, body=body, headers=headers)

    await desk.feishu.send(FINAL)

    assert desk.slept == [waited]


async def test_o02_a_draft_tells_how_long_to_wait_and_the_card_waits(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    headers = {"x-ogw-ratelimit-reset": "5"}
    body = {"code": 99991400}
    desk.simulator.fail("PUT cardkit/.*", status=400, body=body, headers=headers)

    with pytest.raises(ChannelUnavailable) as caught:
        await desk.feishu.update(ref, draft("Five"))
    desk.slept.clear()
    await desk.feishu.update(ref, draft("Five days"))

    assert caught.value.retry_after_s == 5.0
    assert desk.slept[0] > 4.0


async def test_o05_a_refused_token_is_renewed_once(desk: Desk) -> None:
    await desk.feishu.send(FINAL)
    desk.simulator.forget_tokens()

    await desk.feishu.send(reply(said("Again."), key="another"))

    assert len(desk.simulator.shown) == 2
    logins = desk.simulator.calls.count("POST auth/v3/tenant_access_token/internal")
    assert logins == 2


async def test_o05_a_token_that_is_refused_twice_is_no_use(desk: Desk) -> None:
    desk.simulator.refuse("POST im/.*", 99991663, times=2)

    with pytest.raises(ChannelRefused, match="99991663"):
        await desk.feishu.send(FINAL)


async def test_o05_numbers_that_feishu_has_seen_go_on_above_them(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    (card,) = desk.simulator.cards.values()
    card.sequence = 5_000

    await desk.feishu.update(ref, draft("Five"))

    assert card.drafts == ["Five"]
    assert card.sequence > 5_000


async def test_numbers_are_not_tried_for_ever(desk: Desk) -> None:
    ref = await desk.feishu.send(FIRST)
    (card,) = desk.simulator.cards.values()
    card.sequence = 10**9

    await desk.feishu.update(ref, FINAL)

    assert desk.simulator.shown[0].patches == 1
    assert len([call for call in desk.simulator.calls if "cardkit" in call]) == 7


@pytest.mark.parametrize("code", [230025, 230099])
async def test_o05_a_card_that_is_too_big_after_all_is_sent_smaller(desk: Desk, code: int) -> None:
    desk.simulator.refuse("POST im/.*", code)

    await desk.feishu.send(reply(said("word " * 9_000)))

    assert len(desk.simulator.shown[0].text) < 15_000


async def test_an_answer_without_sense_is_no_message(desk: Desk) -> None:
    desk.simulator.fail("POST im/.*", status=200, body={"code": 0, "data": {}}, times=9)

    with pytest.raises(ChannelUnavailable):
        await desk.feishu.send(FINAL)


# ── beginning and end ─────────────────────────────────────────────────────────────────────────


async def test_a_start_tells_who_we_are(desk: Desk) -> None:
    await desk.feishu.start()

    await desk.feishu.ping()
    assert "GET bot/v3/info" in desk.simulator.calls


async def test_a_start_with_wrong_credentials_is_refused(simulator: FeishuSimulator) -> None:
    async with desk_on(simulator, app_secret=SecretStr("wrong")) as desk:
        with pytest.raises(ChannelRefused, match="10014"):
            await desk.feishu.start()
        with pytest.raises(ChannelRefused, match="10014"):
            await desk.feishu.ping()


async def test_a_start_goes_on_while_feishu_is_away(desk: Desk) -> None:
    desk.simulator.fail("GET bot/v3/info", status=500, times=3)

    await desk.feishu.start()

    assert desk.simulator.calls.count("GET bot/v3/info") == 4
    assert desk.slept == [1.0, 2.0, 4.0]


async def test_a_channel_that_was_never_used_can_be_closed(desk: Desk) -> None:
    await desk.feishu.close()

    assert desk.simulator.calls == []


def test_drafts_keep_to_the_pace_of_the_settings(simulator: FeishuSimulator) -> None:
    async def interval() -> timedelta:
        async with desk_on(simulator, draft_interval_s=2.0) as desk:
            return desk.feishu.capabilities.draft_interval

    assert asyncio.run(interval()) == timedelta(seconds=2)


# ── what the console granted ──────────────────────────────────────────────────────────────────


async def test_what_was_not_granted_is_named(desk: Desk) -> None:
    desk.simulator.scopes.remove("cardkit:card:write")
    desk.simulator.subscribed[0].remove("im.message.recalled_v1")
    desk.simulator.subscribed[1].clear()

    assert await desk.feishu.lacking() == (
        "scope cardkit:card:write",
        "event im.message.recalled_v1",
        "callback card.action.trigger",
    )


async def test_a_granted_app_lacks_nothing(desk: Desk) -> None:
    assert await desk.feishu.lacking() == ()


async def test_an_app_that_may_not_ask_lacks_the_scope_for_it(desk: Desk) -> None:
    desk.simulator.refuse("GET application/.*", 99991672, times=2)

    assert await desk.feishu.lacking() == ("scope application:application:self_manage",)


async def test_an_app_without_a_bot_is_refused(desk: Desk) -> None:
    desk.simulator.refuse("GET bot/v3/info", 11205)

    with pytest.raises(ChannelRefused, match="11205"):
        await desk.feishu.lacking()


# ── quotes ────────────────────────────────────────────────────────────────────────────────────


async def test_the_words_of_a_quoted_message_are_asked_for(desk: Desk) -> None:
    desk.simulator.inbox["om_p"] = {
        "msg_type": "text",
        "body": {"content": '{"text": "ask @_user_1 about leave"}'},
        "mentions": [{"key": "@_user_1", "name": "Bob"}],
    }

    quoted = MessageRef(platform="feishu", id="om_p")

    assert await desk.feishu.words_of(quoted) == "ask Bob about leave"
