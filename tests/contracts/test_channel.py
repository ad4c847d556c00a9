"""What every channel promises: one message a key, drafts that grow, an end that stays.

And that it may speak first: to a person it never heard, and in a group that was silent for days.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pytest

from bot.core.cards import answer_card, draft_card, progress_card
from bot.core.errors import ChannelRefused, FileTooLarge
from bot.core.model import (
    Card,
    Conversation,
    Event,
    Field,
    Form,
    InboundMessage,
    Markdown,
    MessageRef,
    Reply,
)
from bot.core.ports import Channel, GivesFiles
from knowledge.model import Question
from tests.adapters.dingtalk import desk as dingtalk
from tests.adapters.dingtalk.recorded import payload as recorded
from tests.adapters.feishu import desk as feishu
from tests.adapters.feishu import house
from tests.adapters.slack import workspace as slack
from tests.fakes_core import grounded
from tests.simulators.dingtalk import WEBHOOK, DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import SlackSimulator

QUESTION = Question(text="How many days?", language="en")
FIRST = progress_card("en")
FINAL = answer_card(grounded(QUESTION, "Fifteen days. [1]"), "en")
REQUEST = Card(
    language="en",
    blocks=(
        Markdown(text="Do you know this?"),
        Form(
            name="answer_gap",
            fields=(Field(name="answer", label="Your answer", multiline=True, required=True),),
            submit_label="Send",
            values={"gap": "g1"},
        ),
    ),
    summary="Do you know this?",
)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A channel on its platform. seen: the messages a person sees, as they stand now.

    person: somebody who never wrote.
    wait: lets time pass; whatever expires on the platform has expired then.
    attach: somebody sends a file of this name, and answers it with words; the message they wrote.
    """

    channel: Channel
    conversation: Conversation
    asked: MessageRef
    person: Conversation
    seen: Callable[[], list[str]]
    wait: Callable[[timedelta], None]
    attach: Callable[[str, bytes], Awaitable[InboundMessage]]

    def reply(self, card: Card, *, key: str = "a/reply") -> Reply:
        return Reply(key=key, conversation=self.conversation, card=card, answers=self.asked)


async def _attached_on_slack(
    workspace: slack.Workspace, name: str, content: bytes
) -> InboundMessage:
    """In a thread below the file."""
    root, _ = workspace.simulator.attach(name, content)
    ts = workspace.simulator.write("take it in", thread_ts=root)
    said = {
        "type": "app_mention",
        "channel": "C1",
        "user": "U1",
        "ts": ts,
        "thread_ts": root,
        "parent_user_id": "U1",
        "text": "<@W99BOT> take it in",
    }
    await workspace.deliver(slack.envelope(said, event_id=f"Ev{ts.replace('.', '')}"))
    return _latest(workspace.desk.events)


async def _attached_on_feishu(desk: feishu.Desk, name: str, content: bytes) -> InboundMessage:
    """As an answer to the file's message."""
    payload = house.sample("message_quoted_reply")
    payload["event"]["message"] |= {
        "message_id": "om_take_it_in",
        "parent_id": desk.simulator.attach(name, content),
    }
    await desk.post(payload)
    return _latest(desk.core.taken)


async def _attached_on_dingtalk(
    office: dingtalk.Office, name: str, content: bytes
) -> InboundMessage:
    """Quoting the file: what it is comes along."""
    payload = recorded("robot_quote_reply")
    quoted = {"downloadCode": "dc9", "fileName": name, "spaceId": "1", "fileId": "2"}
    payload["msgId"] = "msg-take-it-in"
    payload["text"]["repliedMsg"] |= {"msgType": "file", "content": quoted}
    office.server.files["dc9"] = content
    await office.robot(payload)
    return _latest(office.desk.events)


def _latest(events: Sequence[Event]) -> InboundMessage:
    latest = events[-1]
    assert isinstance(latest, InboundMessage)
    return latest


@asynccontextmanager
async def on_slack() -> AsyncIterator[Stage]:
    with SlackSimulator.running() as simulator:
        async with slack.connected(simulator) as workspace:
            asked = await workspace.ask()
            yield Stage(
                channel=workspace.slack,
                conversation=slack.final(asked).conversation,
                asked=asked,
                person=Conversation(platform="slack", id="U7", direct=True),
                seen=lambda: [
                    one.words for place in ("C1", "DU7") for one in simulator.shown(place)
                ],
                wait=workspace.clock.move,
                attach=partial(_attached_on_slack, workspace),
            )


@asynccontextmanager
async def on_feishu() -> AsyncIterator[Stage]:
    with FeishuSimulator.running() as simulator:
        async with feishu.desk_on(simulator) as desk:
            yield Stage(
                channel=desk.feishu,
                conversation=feishu.GROUP,
                asked=feishu.QUESTION,
                person=Conversation(platform="feishu", id="ou_new", direct=True),
                seen=lambda: [one.text for one in simulator.shown],
                wait=simulator.age,
                attach=partial(_attached_on_feishu, desk),
            )


@asynccontextmanager
async def on_dingtalk(**settings: str) -> AsyncIterator[Stage]:
    with DingTalkServer() as server:
        async with dingtalk.office(server, **settings) as office:
            # Good for ninety minutes, says the message; the simulator takes it no more.
            address = f"{server.url}{WEBHOOK}?session=expired"
            await office.robot({**recorded("robot_group_text"), "sessionWebhook": address})
            yield Stage(
                channel=office.channel,
                conversation=dingtalk.GROUP,
                asked=MessageRef(platform="dingtalk", id="msg1"),
                person=Conversation(platform="dingtalk", id="staff7", direct=True),
                seen=lambda: [
                    *(str(card.variables) for card in server.cards.values()),
                    *(message.text for message in server.messages),
                ],
                wait=office.clock.move,
                attach=partial(_attached_on_dingtalk, office),
            )
        assert server.failures == []


@asynccontextmanager
async def on_dingtalk_without_cards() -> AsyncIterator[Stage]:
    async with on_dingtalk(card_template_id="") as stage:
        yield stage


STAGES = {"slack": on_slack, "feishu": on_feishu, "dingtalk": on_dingtalk}
PLATFORMS = {**STAGES, "dingtalk_without_cards": on_dingtalk_without_cards}


@pytest.fixture(params=STAGES.values(), ids=STAGES)
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with request.param() as one:
        yield one


@pytest.fixture(params=PLATFORMS.values(), ids=PLATFORMS)
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """As above, and where cards are messages that nobody can edit."""
    async with request.param() as one:
        yield one


async def test_a_reply_is_one_message_however_often_it_is_sent(stage: Stage) -> None:
    first = await stage.channel.send(stage.reply(FINAL))

    again = await stage.channel.send(stage.reply(FINAL))

    assert again == first
    assert len(stage.seen()) == 1


async def test_two_replies_are_two_messages(stage: Stage) -> None:
    first = await stage.channel.send(stage.reply(FINAL, key="a/reply"))
    second = await stage.channel.send(stage.reply(FINAL, key="b/reply"))

    assert first != second
    assert len(stage.seen()) == 2


async def test_a_card_grows_and_its_end_stays(stage: Stage) -> None:
    ref = await stage.channel.send(stage.reply(FIRST))
    await stage.channel.update(ref, stage.reply(draft_card("Fifteen", "en")))

    await stage.channel.update(ref, stage.reply(FINAL))

    (seen,) = stage.seen()
    assert "Fifteen days." in seen


async def test_an_end_that_is_shown_again_changes_nothing(stage: Stage) -> None:
    ref = await stage.channel.send(stage.reply(FIRST))
    await stage.channel.update(ref, stage.reply(FINAL))
    once = stage.seen()

    await stage.channel.update(ref, stage.reply(FINAL))

    assert stage.seen() == once


async def test_a_person_who_never_wrote_gets_a_card_once_though_it_is_sent_twice(
    platform: Stage,
) -> None:
    first_word = Reply(key="gap/g1/asked", conversation=platform.person, card=REQUEST)

    first = await platform.channel.send(first_word)
    again = await platform.channel.send(first_word)

    assert again == first
    (seen,) = platform.seen()
    assert "Do you know this?" in seen


async def test_a_card_that_was_the_first_word_can_be_replaced(stage: Stage) -> None:
    first_word = Reply(key="gap/g1/asked", conversation=stage.person, card=REQUEST)
    ref = await stage.channel.send(first_word)

    await stage.channel.update(ref, replace(first_word, card=FINAL))

    (seen,) = stage.seen()
    assert "Fifteen days." in seen


@pytest.mark.parametrize("thread_is_kept", [True, False])
async def test_a_group_is_written_to_long_after_its_last_message(
    platform: Stage, thread_is_kept: bool
) -> None:
    platform.wait(timedelta(days=3))
    late = platform.reply(FINAL, key="gap/g1/told")
    late = late if thread_is_kept else replace(late, answers=None)

    first = await platform.channel.send(late)
    again = await platform.channel.send(late)

    assert again == first
    (seen,) = platform.seen()
    assert "Fifteen days." in seen


async def test_a_reference_is_of_its_own_platform(stage: Stage) -> None:
    ref = await stage.channel.send(stage.reply(FINAL))

    assert ref.platform == stage.channel.platform
    assert ref.id


async def test_a_channel_that_works_says_so(stage: Stage) -> None:
    await stage.channel.ping()


async def test_a_file_that_is_answered_is_given_out_byte_by_byte(stage: Stage) -> None:
    content = b"# Gym\n\nThe gym opens at seven.\n" + bytes(range(256))
    asked = await stage.attach("员工 gym.md", content)

    assert isinstance(stage.channel, GivesFiles)
    (file,) = await stage.channel.files.of(asked)

    assert file.name == "员工 gym.md"
    assert await stage.channel.files.fetch(file, most_bytes=len(content)) == content


async def test_of_a_larger_file_no_more_is_read_than_may_be(stage: Stage) -> None:
    asked = await stage.attach("large.md", b"x" * 300_000)
    assert isinstance(stage.channel, GivesFiles)
    (file,) = await stage.channel.files.of(asked)

    with pytest.raises(FileTooLarge):
        await stage.channel.files.fetch(file, most_bytes=299_999)


async def test_a_file_that_is_gone_is_refused(stage: Stage) -> None:
    asked = await stage.attach("gone.md", b"x")
    assert isinstance(stage.channel, GivesFiles)
    (file,) = await stage.channel.files.of(asked)

    with pytest.raises(ChannelRefused):
        await stage.channel.files.fetch(replace(file, id=f"{file.id}0"), most_bytes=100)


async def test_a_message_without_a_file_has_none(stage: Stage) -> None:
    asked = await stage.attach("a.md", b"x")
    alone = replace(
        asked, files=(), quotes=None, conversation=replace(asked.conversation, thread_id="")
    )

    assert isinstance(stage.channel, GivesFiles)
    assert await stage.channel.files.of(alone) == ()


async def test_closing_takes_no_time(stage: Stage) -> None:
    async with asyncio.timeout(5):
        await stage.channel.close()
