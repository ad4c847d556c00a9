"""Sending and editing, through Slack's own client."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Button, Buttons, Conversation, Image, Markdown, Source, Sources, User
from tests.adapters.slack.workspace import (
    Workspace,
    connected,
    draft,
    final,
    first_card,
    message_ref,
    reply_to,
)
from tests.simulators.slack import Fault, SlackSimulator

# ── sending ───────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_stands_in_the_thread_of_its_question(workspace: Workspace) -> None:
    asked = await workspace.ask()

    ref = await workspace.slack.send(final(asked))

    (shown,) = workspace.simulator.shown()
    assert ref.id == f"C1:{shown.ts}"
    assert f"C1:{shown.thread_ts}" == asked.id
    assert shown.words == "Ten days. [1]"
    assert shown.text == "An answer"


async def test_a_key_that_was_sent_is_not_sent_again(workspace: Workspace) -> None:
    asked = await workspace.ask()

    refs = await asyncio.gather(*(workspace.slack.send(final(asked)) for _ in range(5)))

    assert len(set(refs)) == 1
    assert len(workspace.simulator.shown()) == 1


async def test_a_first_try_needs_no_lookup(workspace: Workspace) -> None:
    await workspace.slack.send(final(await workspace.ask()))

    assert workspace.simulator.called("conversations.replies") == []


@pytest.mark.parametrize("how", ["broken", "silent", "html"])
@pytest.mark.parametrize("done", [True, False])
async def test_a_message_whose_fate_is_unknown_is_looked_for_before_it_is_sent_again(
    workspace: Workspace, how: str, done: bool
) -> None:
    asked = await workspace.ask(channel="D1")
    workspace.simulator.fault("chat.postMessage", Fault(how=how, done=done))  # type: ignore[arg-type] # one of them

    ref = await workspace.slack.send(final(asked))

    (shown,) = workspace.simulator.shown("D1")
    assert ref.id == f"D1:{shown.ts}"
    assert len(workspace.simulator.called("chat.postMessage")) == (1 if done else 2)


async def test_after_a_restart_the_message_is_found_by_its_key(simulator: SlackSimulator) -> None:
    async with connected(simulator) as before:
        asked = await before.ask()
        first = await before.slack.send(final(asked))
        for number in range(3):
            simulator.write(f"chatter {number}", thread_ts=asked.id.partition(":")[2])
    simulator.page_size = 2

    async with connected(simulator) as after:
        again = await after.slack.send(final(asked))

    assert again == first
    assert len(simulator.shown()) == 1


async def test_after_a_restart_a_key_that_was_never_sent_is_sent(
    simulator: SlackSimulator,
) -> None:
    ts = simulator.write("How many days?")
    async with connected(simulator) as after:
        await after.slack.send(final(message_ref(f"C1:{ts}")))

    assert len(simulator.shown()) == 1


@pytest.mark.parametrize(("retry_after", "waited"), [("1", 1), ("30", 30), (None, 1), ("abc", 1)])
async def test_slack_is_waited_for_as_long_as_it_asks(
    workspace: Workspace, retry_after: str | None, waited: float
) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.postMessage", Fault(how="busy", retry_after=retry_after))

    await workspace.slack.send(final(asked))

    assert workspace.seconds.slept == [waited]
    assert len(workspace.simulator.shown()) == 1


async def test_a_wait_that_is_too_long_is_left_to_the_core(workspace: Workspace) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.postMessage", Fault(how="busy", retry_after="900"))

    with pytest.raises(ChannelUnavailable) as unavailable:
        await workspace.slack.send(final(asked))

    assert unavailable.value.retry_after_s == 900


async def test_what_slack_refuses_is_said_in_its_own_word(workspace: Workspace) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.postMessage", Fault(how="refused", code="is_archived"))

    with pytest.raises(ChannelRefused) as refused:
        await workspace.slack.send(final(asked))

    assert refused.value.code == "is_archived"


async def test_where_slack_cannot_load_a_picture_the_words_are_shown(
    workspace: Workspace,
) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.postMessage", Fault(how="refused", code="invalid_blocks"))
    picture = Image(url="https://x.test/gone.png", alt="A plan")

    await workspace.slack.send(reply_to(asked, Markdown(text="The <plan>"), picture))

    (shown,) = workspace.simulator.shown()
    assert shown.text == "The &lt;plan&gt;"


async def test_a_new_colleague_is_written_to_alone(workspace: Workspace) -> None:
    home = Conversation(platform="slack", id="U7", direct=True)

    await workspace.slack.send(
        reply_to(message_ref("x:1.1"), Markdown(text="Welcome"), conversation=home, key="k")
    )

    (shown,) = workspace.simulator.shown("DU7")
    assert shown.words == "Welcome"
    assert workspace.simulator.called("conversations.open") == [{"users": "U7"}]


async def test_the_app_is_known_from_our_own_first_message(workspace: Workspace) -> None:
    foreign = {"type": "app_home_opened", "user": "U1", "channel": "D1"}
    outer = {"type": "event_callback", "team_id": "T111", "api_app_id": "A999", "event_id": "E"}
    await workspace.slack.send(final(await workspace.ask()))
    before = len(workspace.desk.events)

    response = await workspace.deliver({**outer, "event": foreign})

    assert response.status == 200
    assert len(workspace.desk.events) == before


# ── for one person only ───────────────────────────────────────────────────────────────────────

ADA = User(platform="slack", id="U1")


async def test_a_private_reply_is_seen_by_one_person(workspace: Workspace) -> None:
    asked = await workspace.ask()

    await workspace.slack.send(reply_to(asked, Markdown(text="Slow down"), only_for=ADA))

    (shown,) = workspace.simulator.shown()
    assert shown.only_for == "U1"
    assert shown.thread_ts == ""  # there is no thread yet, so Slack would not show it there


async def test_a_private_reply_under_an_answer_stands_in_its_thread(workspace: Workspace) -> None:
    asked = await workspace.ask()
    answer = await workspace.slack.send(final(asked))
    thread = reply_to(asked).conversation

    await workspace.slack.send(
        reply_to(answer, Markdown(text="Thanks"), conversation=thread, only_for=ADA)
    )

    assert workspace.simulator.shown()[-1].thread_ts == thread.thread_id


async def test_a_private_reply_that_may_have_arrived_is_not_repeated(
    workspace: Workspace,
) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.postEphemeral", Fault(how="broken", done=True))

    await workspace.slack.send(reply_to(asked, Markdown(text="Slow down"), only_for=ADA))

    assert len(workspace.simulator.shown()) == 1


async def test_where_we_are_no_member_a_private_reply_comes_alone(workspace: Workspace) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.postEphemeral", Fault(how="refused", code="not_in_channel"))

    await workspace.slack.send(reply_to(asked, Markdown(text="Help"), only_for=ADA))

    (shown,) = workspace.simulator.shown("DU1")
    assert shown.words == "Help"


async def test_another_refusal_of_a_private_reply_is_a_refusal(workspace: Workspace) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.postEphemeral", Fault(how="refused", code="is_archived"))

    with pytest.raises(ChannelRefused):
        await workspace.slack.send(reply_to(asked, Markdown(text="Help"), only_for=ADA))


async def test_what_one_person_saw_is_left_as_it_was(workspace: Workspace) -> None:
    asked = await workspace.ask()
    private = reply_to(asked, Markdown(text="Slow down"), only_for=ADA)
    ref = await workspace.slack.send(private)

    await workspace.slack.update(ref, private)

    assert workspace.simulator.called("chat.update") == []


# ── streams ───────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_in_a_thread_grows_as_a_stream(workspace: Workspace) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))
    (shown,) = workspace.simulator.shown()
    assert shown.growing
    assert shown.stream == "_Looking it up…_"

    await workspace.slack.update(ref, draft(asked, "Ten"))
    await workspace.slack.update(ref, draft(asked, "Ten days"))

    assert shown.stream == "_Looking it up…_\n\nTen days"
    assert [body["markdown_text"] for body in workspace.simulator.called("chat.appendStream")] == [
        "\n\nTen",
        " days",
    ]


async def test_what_will_give_way_is_edited_not_streamed(workspace: Workspace) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))
    waiting = draft(asked, "Ten days. Number 3 in line.")

    await workspace.slack.update(ref, replace(waiting, card=replace(waiting.card, passing=True)))

    (shown,) = workspace.simulator.shown()
    assert not shown.growing
    assert shown.words == "Ten days. Number 3 in line."
    assert workspace.simulator.called("chat.appendStream") == []


async def test_the_stream_becomes_the_final_card(workspace: Workspace) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))
    await workspace.slack.update(ref, draft(asked, "Ten"))
    source = Source(marker=1, title="Leave", uri="a.md", place="", quote="ten", passage_id="p")

    await workspace.slack.update(
        ref,
        reply_to(
            asked,
            Markdown(text="Ten days [1]"),
            Sources(items=(source,)),
            Buttons(items=(Button(name="verdict", label="👍"),)),
        ),
    )

    (shown,) = workspace.simulator.shown()
    assert not shown.growing
    assert shown.words == "Ten days [1]"
    assert shown.metadata["event_payload"] == {"key": f"slack:{asked.id}/reply"}
    assert shown.buttons[0]["text"]["text"] == "👍"


async def test_another_draft_begins_anew_once_and_then_is_left_to_the_end(
    workspace: Workspace,
) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))

    for text in ("The statement.", "A model", "A model says", "Something else"):
        await workspace.slack.update(ref, draft(asked, text))
    await workspace.slack.update(ref, final(asked, "Something else entirely"))

    (shown,) = workspace.simulator.shown()
    appended = [b["markdown_text"] for b in workspace.simulator.called("chat.appendStream")]
    assert appended == ["\n\nThe statement.", "\n\n---\n\nA model", " says"]
    assert shown.words == "Something else entirely"


@pytest.mark.parametrize(
    "code", ["channel_type_not_supported", "missing_recipient_team_id", "unknown_method"]
)
async def test_where_there_are_no_streams_the_message_is_edited(
    workspace: Workspace, code: str
) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.startStream", Fault(how="refused", code=code))

    ref = await workspace.slack.send(first_card(asked))
    await workspace.slack.update(ref, draft(asked, "Ten"))
    await workspace.slack.update(ref, final(asked))

    (shown,) = workspace.simulator.shown()
    assert shown.words == "Ten days. [1]"
    assert shown.edits == 2
    await workspace.slack.send(first_card(await workspace.ask()))
    assert len(workspace.simulator.called("chat.startStream")) == 1


async def test_where_a_gateway_knows_no_streams_and_no_lookup_an_answer_still_comes(
    simulator: SlackSimulator,
) -> None:
    missing = Fault(how="missing")
    for method in ("chat.startStream", "conversations.replies"):
        simulator.fault(method, missing)

    async with connected(simulator) as workspace:
        asked = await workspace.ask()
        ref = await workspace.slack.send(first_card(asked))
        await workspace.slack.update(ref, final(asked))

    (shown,) = simulator.shown()
    assert shown.words == "Ten days. [1]"


async def test_a_stream_that_could_not_be_ended_is_ended_with_the_next_draft(
    workspace: Workspace,
) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))
    workspace.simulator.fault("chat.appendStream", Fault(how="broken", done=True))
    workspace.simulator.fault("chat.stopStream", Fault(how="busy", retry_after="1"))

    with pytest.raises(ChannelUnavailable):
        await workspace.slack.update(ref, draft(asked, "Ten"))
    await workspace.slack.update(ref, draft(asked, "Ten days"))

    (shown,) = workspace.simulator.shown()
    assert (shown.words, shown.growing) == ("Ten days", False)


async def test_a_direct_conversation_without_a_thread_is_edited(workspace: Workspace) -> None:
    asked = await workspace.ask(channel="D1")

    ref = await workspace.slack.send(first_card(asked))
    await workspace.slack.update(ref, draft(asked, "Ten"))

    (shown,) = workspace.simulator.shown("D1")
    assert shown.words == "Ten"
    assert workspace.simulator.called("chat.startStream") == []


async def test_edits_that_come_too_early_are_skipped_and_the_final_one_is_not(
    workspace: Workspace,
) -> None:
    asked = await workspace.ask(channel="D1")
    ref = await workspace.slack.send(first_card(asked))
    await workspace.slack.update(ref, draft(asked, "Ten"))

    with pytest.raises(ChannelUnavailable) as early:
        await workspace.slack.update(ref, draft(asked, "Ten days"))
    await workspace.slack.update(ref, final(asked))

    assert early.value.retry_after_s == pytest.approx(1.2)
    (shown,) = workspace.simulator.shown("D1")
    assert shown.words == "Ten days. [1]"


async def test_after_a_busy_edit_all_drafts_wait(workspace: Workspace) -> None:
    one, other = await workspace.ask(channel="D1"), await workspace.ask(channel="D2")
    first, second = [await workspace.slack.send(first_card(asked)) for asked in (one, other)]
    workspace.simulator.fault("chat.update", Fault(how="busy", retry_after="7"))

    with pytest.raises(ChannelUnavailable):
        await workspace.slack.update(first, draft(one, "Ten"))
    with pytest.raises(ChannelUnavailable) as waits:
        await workspace.slack.update(second, draft(other, "Ten"))

    assert waits.value.retry_after_s == pytest.approx(7)


async def test_a_busy_append_is_skipped_and_nothing_is_lost(workspace: Workspace) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))
    workspace.simulator.fault("chat.appendStream", Fault(how="busy", retry_after="2"))

    with pytest.raises(ChannelUnavailable):
        await workspace.slack.update(ref, draft(asked, "Ten"))
    await workspace.slack.update(ref, draft(asked, "Ten days"))

    (shown,) = workspace.simulator.shown()
    assert shown.stream.endswith("\n\nTen days")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(how="refused", code="message_not_in_streaming_state"),
        Fault(how="refused", code="stopped_by_user"),
        Fault(how="broken", done=True),
        Fault(how="silent", done=False),
    ],
)
async def test_where_an_append_fails_the_message_is_edited_from_then_on(
    workspace: Workspace, fault: Fault
) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))
    workspace.simulator.fault("chat.appendStream", fault)

    await workspace.slack.update(ref, draft(asked, "Ten"))
    (shown,) = workspace.simulator.shown()
    assert (shown.words, shown.growing) == ("Ten", False)
    await workspace.slack.update(ref, final(asked))

    assert shown.words == "Ten days. [1]"


async def test_a_stream_ends_before_slack_would_end_it(workspace: Workspace) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))
    workspace.seconds.now += 241

    await workspace.slack.update(ref, draft(asked, "Ten"))

    (shown,) = workspace.simulator.shown()
    assert (shown.words, shown.growing) == ("Ten", False)


@pytest.mark.parametrize("how", ["broken", "silent"])
@pytest.mark.parametrize("done", [True, False])
async def test_a_stream_whose_beginning_is_unknown_is_adopted_or_begun_as_a_message(
    workspace: Workspace, how: str, done: bool
) -> None:
    asked = await workspace.ask()
    workspace.simulator.fault("chat.startStream", Fault(how=how, done=done))  # type: ignore[arg-type] # one of them

    ref = await workspace.slack.send(first_card(asked))
    await workspace.slack.update(ref, draft(asked, "Ten"))
    await workspace.slack.update(ref, final(asked))

    (shown,) = workspace.simulator.shown()
    assert (shown.words, shown.growing) == ("Ten days. [1]", False)
    assert shown.metadata["event_payload"] == {"key": f"slack:{asked.id}/reply"}


async def test_a_stream_that_a_crash_left_is_adopted(simulator: SlackSimulator) -> None:
    async with connected(simulator) as before:
        asked = await before.ask()
        first = await before.slack.send(first_card(asked))

    async with connected(simulator) as after:
        again = await after.slack.send(first_card(asked))
        await after.slack.update(again, final(asked))

    assert again == first
    (shown,) = simulator.shown()
    assert (shown.words, shown.growing) == ("Ten days. [1]", False)


@pytest.mark.parametrize("method", ["chat.stopStream", "chat.update"])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(how="busy", retry_after="1"),
        Fault(how="broken", done=True),
        Fault(how="broken"),
        Fault(how="silent", done=True),
    ],
)
async def test_the_final_card_arrives_whatever_happens_on_the_way(
    workspace: Workspace, method: str, fault: Fault
) -> None:
    asked = await workspace.ask()
    ref = await workspace.slack.send(first_card(asked))
    workspace.simulator.fault(method, fault, fault)

    await workspace.slack.update(ref, final(asked))

    (shown,) = workspace.simulator.shown()
    assert (shown.words, shown.growing) == ("Ten days. [1]", False)


async def test_a_card_that_somebody_deleted_is_refused(workspace: Workspace) -> None:
    asked = await workspace.ask(channel="D1")
    ref = await workspace.slack.send(first_card(asked))
    workspace.simulator.messages.clear()

    with pytest.raises(ChannelRefused) as refused:
        await workspace.slack.update(ref, final(asked))

    assert refused.value.code == "message_not_found"


async def test_a_lookup_that_is_refused_does_not_keep_an_answer_back(
    simulator: SlackSimulator,
) -> None:
    ts = simulator.write("How many days?")
    simulator.fault("conversations.replies", Fault(how="refused", code="missing_scope"))

    async with connected(simulator) as workspace:
        await workspace.slack.send(final(message_ref(f"C1:{ts}")))

    assert len(simulator.shown()) == 1
