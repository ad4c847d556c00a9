"""DingTalk: the bot writes first, to a person or where somebody asked days ago."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters.dingtalk.render import STANDARD_TEMPLATE
from bot.core.errors import ChannelRefused
from bot.core.model import (
    Card,
    CardAction,
    Choice,
    Conversation,
    Field,
    Form,
    Markdown,
    MessageRef,
    Reply,
)
from tests.adapters.dingtalk.desk import ANN, DIRECT, GROUP, Office, office, reply
from tests.adapters.dingtalk.recorded import payload
from tests.simulators.dingtalk import CREATE, WEBHOOK, DingTalkServer

SHARED_WITH = Field(
    name="audience", label="Who may know?", choices=(Choice(value="all", label="Everybody"),)
)
FORM = Form(
    name="answer_gap",
    fields=(Field(name="answer", label="Your answer", required=True), SHARED_WITH),
    submit_label="Send",
    values={"gap": "g1"},
)
ASKED = Reply(
    key="gap/g1/asked",
    conversation=DIRECT,
    card=Card(language="en", blocks=(Markdown(text="Do you know?"), FORM), summary="A question"),
)
IM_SPACE = {"spaceType": "im", "spaceId": "cidOneToOne=="}
"""What DingTalk says of a card wherever it is: in a group, and in a person's own conversation."""


async def press(
    o: Office, ref: MessageRef, action_id: str, typed: dict[str, Any], **place: str
) -> CardAction:
    """Ann presses a card's button; what we understood."""
    content = {"cardPrivateData": {"actionIds": [action_id], "params": {"form": typed}}}
    pressed = {
        **payload("card_callback_http"),
        "outTrackId": ref.id,
        "content": json.dumps(content),
        **place,
    }
    response = await o.card(pressed)
    assert response.status == 200
    heard = o.desk.events[-1]
    assert isinstance(heard, CardAction)
    return heard


async def test_after_a_crash_the_first_word_is_the_same_card(server: DingTalkServer) -> None:
    async with office(server) as before:
        ref = await before.channel.send(ASKED)

    async with office(server) as after:
        again = await after.channel.send(ASKED)

    assert again == ref
    assert [card.place for card in server.cards.values()] == ["IM_ROBOT.manager1"]


@pytest.mark.parametrize("place", [IM_SPACE, {}])
async def test_the_form_of_a_first_word_comes_back_from_the_same_person(
    server: DingTalkServer, place: dict[str, str]
) -> None:
    async with office(server) as o:
        ref = await o.channel.send(ASKED)
        shown = server.cards[ref.id].variables
        form = json.loads(shown["form"])
        typed = {field["name"]: f"my {field['name']}" for field in form["fields"]}

        heard = await press(o, ref, shown["form_action"], typed, **place)

    assert (heard.name, heard.ref) == ("answer_gap", ref)
    assert heard.values == {"gap": "g1", "answer": "my answer", "audience": "my audience"}
    assert heard.user.key == ANN.key
    assert heard.conversation == DIRECT


async def test_a_card_in_a_group_comes_back_from_the_group(server: DingTalkServer) -> None:
    async with office(server) as o:
        ref = await o.channel.send(reply())
        heard = await press(o, ref, "verdict?vote=up", {}, spaceType="im", spaceId=GROUP.id)

    assert heard.conversation == GROUP


async def test_where_nothing_can_be_typed_a_choice_comes_back(server: DingTalkServer) -> None:
    async with office(server, card_template_id=STANDARD_TEMPLATE) as o:
        ref = await o.channel.send(ASKED)
        shown = json.loads(server.cards[ref.id].variables["sys_full_json_obj"])
        (button,) = shown["msgButtons"]

        heard = await press(o, ref, button["id"], {}, **IM_SPACE)

    assert heard.values == {"gap": "g1", "audience": "all"}
    assert heard.conversation == DIRECT


async def test_without_cards_the_person_gets_a_message_once(server: DingTalkServer) -> None:
    async with office(server, card_template_id="") as o:
        await o.channel.send(ASKED)
        await o.channel.send(ASKED)

    assert [(one.via, one.place, one.text) for one in server.messages] == [
        ("direct", "manager1", "Do you know?")
    ]


@pytest.mark.parametrize("template", ["deskmate.schema", ""])
@pytest.mark.parametrize("person", ["$:LWCP_v1:$x", GROUP.id])
async def test_an_id_of_another_kind_is_refused(
    server: DingTalkServer, template: str, person: str
) -> None:
    nobody = Conversation(platform="dingtalk", id=person, direct=True)

    async with office(server, card_template_id=template) as o:
        with pytest.raises(ChannelRefused, match="invalid_user"):
            await o.channel.send(Reply(key="k", conversation=nobody, card=ASKED.card))

    assert not server.cards
    assert not server.messages


async def test_a_person_is_no_group(server: DingTalkServer) -> None:
    place = Conversation(platform="dingtalk", id="manager1")

    async with office(server) as o:
        with pytest.raises(ChannelRefused, match=r"invalid\.openConversationId"):
            await o.channel.send(Reply(key="k", conversation=place, card=ASKED.card))

    assert server.count(CREATE) == 1


@pytest.mark.parametrize("answers", [MessageRef(platform="dingtalk", id="msg1"), None])
async def test_days_later_the_asker_is_told_in_the_group_of_the_question(
    server: DingTalkServer, answers: MessageRef | None
) -> None:
    question = {
        **payload("robot_group_text"),
        "sessionWebhook": f"{server.url}{WEBHOOK}?session=s1",
    }
    async with office(server, card_template_id="") as o:
        await o.robot(question)
        await o.channel.send(reply("I do not know."))
        o.clock.move(timedelta(days=3))
        await o.channel.send(reply("Ten days.", key="gap/g1/told", answers=answers))

    assert [(one.via, one.text) for one in server.messages] == [
        ("webhook", "I do not know."),
        ("group", "Ten days."),
    ]
