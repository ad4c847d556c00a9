"""Slack: the bot writes first, to a person or where somebody asked days ago."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.errors import ChannelRefused
from bot.core.model import Card, CardAction, Conversation, Field, Form, Markdown, Reply, User
from tests.adapters.slack.workspace import (
    Workspace,
    connected,
    final,
    first_card,
    message_ref,
    reply_to,
)
from tests.simulators.slack import Fault, Shown, SlackSimulator

EVA = User(platform="slack", id="U7EVA")
FORM = Form(
    name="answer_gap",
    fields=(Field(name="answer", label="Your answer", multiline=True, required=True),),
    submit_label="Send",
    values={"gap": "g1"},
)
ASKED = Reply(
    key="gap/g1/asked",
    conversation=Conversation(platform="slack", id=EVA.id, direct=True),
    card=Card(language="en", blocks=(Markdown(text="Do you know?"), FORM), summary="A question"),
)


def filled_in(shown: Shown, typed: str) -> dict[str, Any]:
    """What Slack sends when the person types into the shown form and presses its button."""
    (button,) = shown.buttons
    (row,) = (block for block in shown.blocks if block["type"] == "actions")
    (field,) = (block for block in shown.blocks if block["type"] == "input")
    values = {field["block_id"]: {field["element"]["action_id"]: {"value": typed}}}
    pressed = {name: button[name] for name in ("action_id", "value")}
    return {
        "type": "block_actions",
        "team": {"id": "T111"},
        "user": {"id": EVA.id, "team_id": "T111"},
        "api_app_id": "A111",
        "container": {
            "type": "message",
            "message_ts": shown.ts,
            "channel_id": shown.channel,
            "is_ephemeral": False,
        },
        "trigger_id": "12321423423.333649436676.d8c1bb",
        "channel": {"id": shown.channel, "name": "directmessage"},
        "state": {"values": values},
        "actions": [{**pressed, "block_id": row["block_id"], "action_ts": "1700000100.1"}],
    }


async def test_a_person_is_written_to_in_the_conversation_that_was_searched_before(
    workspace: Workspace,
) -> None:
    ref = await workspace.slack.send(ASKED)

    (shown,) = workspace.simulator.shown("DU7EVA")
    assert ref == message_ref(f"DU7EVA:{shown.ts}")
    (posted,) = workspace.simulator.called("chat.postMessage")
    assert posted["channel"] == "DU7EVA"


async def test_after_a_crash_the_first_word_is_found_in_the_persons_own_conversation(
    simulator: SlackSimulator,
) -> None:
    async with connected(simulator) as before:
        ref = await before.slack.send(ASKED)

    async with connected(simulator) as after:
        again = await after.slack.send(ASKED)

    assert again == ref
    assert len(simulator.shown("DU7EVA")) == 1


async def test_without_the_right_to_open_a_conversation_the_person_is_still_written_to(
    workspace: Workspace,
) -> None:
    workspace.simulator.fault("conversations.open", Fault(how="refused", code="missing_scope"))

    ref = await workspace.slack.send(ASKED)
    await workspace.slack.update(ref, ASKED)

    (shown,) = workspace.simulator.shown("DU7EVA")
    assert (ref.id, shown.edits) == (f"DU7EVA:{shown.ts}", 1)


@pytest.mark.parametrize("person", ["eva", "eva@example.com", "ou_eva", "T111"])
async def test_what_is_no_person_of_the_workspace_is_refused(
    workspace: Workspace, person: str
) -> None:
    nobody = Conversation(platform="slack", id=person, direct=True)

    with pytest.raises(ChannelRefused, match="channel_not_found"):
        await workspace.slack.send(Reply(key="k", conversation=nobody, card=ASKED.card))


async def test_the_form_of_a_first_word_comes_back_from_the_same_person(
    workspace: Workspace,
) -> None:
    ref = await workspace.slack.send(ASKED)
    (shown,) = workspace.simulator.shown("DU7EVA")

    response = await workspace.deliver(filled_in(shown, "Ten days."), form=True)

    assert response.status == 200
    (heard,) = workspace.desk.events
    assert isinstance(heard, CardAction)
    assert (heard.name, heard.ref) == ("answer_gap", ref)
    assert heard.values == {"gap": "g1", "answer": "Ten days."}
    assert heard.user.key == EVA.key
    assert heard.conversation == Conversation(platform="slack", id="DU7EVA", direct=True)


@pytest.mark.parametrize("thread_is_named", [True, False])
async def test_days_later_the_asker_is_told_in_the_thread_of_the_question(
    simulator: SlackSimulator, thread_is_named: bool
) -> None:
    async with connected(simulator) as before:
        asked = await before.ask()
        await before.slack.send(final(asked, "I do not know."))
    told = reply_to(asked, Markdown(text="Eva says: ten days."), key="gap/g1/told")
    if not thread_is_named:
        told = Reply(key=told.key, conversation=told.conversation, card=told.card)

    async with connected(simulator) as after:
        await after.slack.send(told)
        await after.slack.send(told)

    first, second = simulator.shown()
    assert (first.words, second.words) == ("I do not know.", "Eva says: ten days.")
    assert first.thread_ts == second.thread_ts == asked.id.partition(":")[2]


async def test_an_answer_that_grows_beside_it_is_not_taken_for_what_the_asker_is_told(
    simulator: SlackSimulator,
) -> None:
    told_later = "gap/g1/told"
    async with connected(simulator) as one, connected(simulator) as other:
        asked = await one.ask()
        growing = await one.slack.send(first_card(asked))
        told = await other.slack.send(reply_to(asked, Markdown(text="Ten."), key=told_later))

    assert told != growing
    assert len(simulator.shown()) == 2
