"""Feishu: the bot writes first, to a person or where somebody asked days ago."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import ChannelRefused
from bot.core.model import Card, CardAction, Conversation, Field, Form, Markdown, Reply, User
from tests.adapters.feishu.desk import GROUP, QUESTION, Desk, desk_on, reply, said
from tests.adapters.feishu.house import sample
from tests.simulators.feishu import FeishuSimulator, Message

EVA = User(platform="feishu", id="ou_eva")
FORM = Form(
    name="answer_gap",
    fields=(Field(name="answer", label="Your answer", multiline=True, required=True),),
    submit_label="Send",
    values={"gap": "g1"},
)
ASKED = Reply(
    key="gap/g1/asked",
    conversation=Conversation(platform="feishu", id=EVA.id, direct=True),
    card=Card(language="en", blocks=(Markdown(text="Do you know?"), FORM), summary="A question"),
)


def filled_in(message: Message, typed: str) -> dict[str, Any]:
    """What Feishu sends when the person types into the shown form and presses its button."""
    elements = message.card.json["body"]["elements"]
    (form,) = (one for one in elements if one["tag"] == "form")
    (field,) = (one for one in form["elements"] if one["tag"] == "input")
    (button,) = (one for one in form["elements"] if one["tag"] == "button")
    (behavior,) = button["behaviors"]
    return sample(
        "card_form_submit",
        operator={"open_id": EVA.id, "tenant_key": "tk1"},
        action={
            "tag": "button",
            "name": button["name"],
            "value": behavior["value"],
            "form_value": {field["name"]: typed},
        },
        context={"open_message_id": message.id, "open_chat_id": "oc_eva_and_the_bot"},
    )


async def test_a_person_is_written_to_by_their_open_id_once(desk: Desk) -> None:
    first = await desk.feishu.send(ASKED)
    again = await desk.feishu.send(ASKED)

    (message,) = desk.simulator.shown
    assert first == again
    assert (message.place, message.parent) == (EVA.id, "")


async def test_after_a_crash_the_first_word_is_the_same_message(
    simulator: FeishuSimulator,
) -> None:
    async with desk_on(simulator) as before:
        ref = await before.feishu.send(ASKED)

    async with desk_on(simulator) as after:
        again = await after.feishu.send(ASKED)

    assert again == ref
    assert len(simulator.shown) == 1


@pytest.mark.parametrize("person", ["on_eva", "4d7a3c6g", "eva@example.com", "U7EVA"])
async def test_an_id_of_another_kind_is_refused(desk: Desk, person: str) -> None:
    nobody = Conversation(platform="feishu", id=person, direct=True)

    with pytest.raises(ChannelRefused, match="230001"):
        await desk.feishu.send(replace(ASKED, conversation=nobody))


async def test_a_person_the_app_was_not_released_to_cannot_be_written_to(desk: Desk) -> None:
    desk.simulator.refuse("POST im/v1/messages", 230013)

    with pytest.raises(ChannelRefused, match="230013"):
        await desk.feishu.send(ASKED)


async def test_the_form_of_a_first_word_comes_back_from_the_same_person(desk: Desk) -> None:
    ref = await desk.feishu.send(ASKED)
    (message,) = desk.simulator.shown

    response = await desk.post(filled_in(message, "Ten days."), path="/feishu/cards")

    assert response.status == 200
    (heard,) = desk.core.taken
    assert isinstance(heard, CardAction)
    assert (heard.name, heard.ref) == ("answer_gap", ref)
    assert heard.values == {"gap": "g1", "answer": "Ten days."}
    assert heard.user.key == EVA.key
    assert heard.conversation.id == "oc_eva_and_the_bot"


@pytest.mark.parametrize(("answers", "parent"), [(QUESTION, QUESTION.id), (None, GROUP.thread_id)])
async def test_days_later_the_asker_is_told_in_the_thread_of_the_question(
    simulator: FeishuSimulator, answers: Any, parent: str
) -> None:
    async with desk_on(simulator) as before:
        await before.feishu.send(reply(said("I do not know.")))
    simulator.age(timedelta(days=3))

    async with desk_on(simulator) as after:
        await after.feishu.send(reply(said("Ten days."), key="gap/g1/told", answers=answers))

    assert [one.parent for one in simulator.shown] == [QUESTION.id, parent]


async def test_in_a_group_without_a_thread_it_goes_to_the_group(desk: Desk) -> None:
    group = Conversation(platform="feishu", id="oc_grp")

    await desk.feishu.send(reply(said("Ten days."), conversation=group, answers=None))

    assert [(one.place, one.parent) for one in desk.simulator.shown] == [("oc_grp", "")]
