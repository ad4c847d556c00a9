"""What every channel promises: one message a key, drafts that grow, an end that stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot.core.cards import answer_card, draft_card, progress_card
from bot.core.model import Card, Conversation, MessageRef, Reply
from bot.core.ports import Channel
from knowledge.model import Question
from tests.adapters.dingtalk import desk as dingtalk
from tests.adapters.feishu import desk as feishu
from tests.adapters.slack import workspace as slack
from tests.fakes_core import grounded
from tests.simulators.dingtalk import DingTalkServer
from tests.simulators.feishu import FeishuSimulator
from tests.simulators.slack import SlackSimulator

QUESTION = Question(text="How many days?", language="en")
FIRST = progress_card("en")
FINAL = answer_card(grounded(QUESTION, "Fifteen days. [1]"), "en")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A channel on its platform. seen: the messages a person sees, as they stand now."""

    channel: Channel
    conversation: Conversation
    asked: MessageRef
    seen: Callable[[], list[str]]

    def reply(self, card: Card, *, key: str = "a/reply") -> Reply:
        return Reply(key=key, conversation=self.conversation, card=card, answers=self.asked)


@asynccontextmanager
async def on_slack() -> AsyncIterator[Stage]:
    with SlackSimulator.running() as simulator:
        async with slack.connected(simulator) as workspace:
            asked = await workspace.ask()
            yield Stage(
                channel=workspace.slack,
                conversation=slack.final(asked).conversation,
                asked=asked,
                seen=lambda: [one.words for one in simulator.shown()],
            )


@asynccontextmanager
async def on_feishu() -> AsyncIterator[Stage]:
    with FeishuSimulator.running() as simulator:
        async with feishu.desk_on(simulator) as desk:
            yield Stage(
                channel=desk.feishu,
                conversation=feishu.GROUP,
                asked=feishu.QUESTION,
                seen=lambda: [one.text for one in simulator.shown],
            )


@asynccontextmanager
async def on_dingtalk() -> AsyncIterator[Stage]:
    with DingTalkServer() as server:
        async with dingtalk.office(server) as office:
            yield Stage(
                channel=office.channel,
                conversation=dingtalk.GROUP,
                asked=MessageRef(platform="dingtalk", id="msg1"),
                seen=lambda: [str(card.variables) for card in server.cards.values()],
            )
        assert server.failures == []


@pytest.fixture(params=[on_slack, on_feishu, on_dingtalk], ids=["slack", "feishu", "dingtalk"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
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


async def test_a_reference_is_of_its_own_platform(stage: Stage) -> None:
    ref = await stage.channel.send(stage.reply(FINAL))

    assert ref.platform == stage.channel.platform
    assert ref.id


async def test_a_channel_that_works_says_so(stage: Stage) -> None:
    await stage.channel.ping()


async def test_closing_takes_no_time(stage: Stage) -> None:
    async with asyncio.timeout(5):
        await stage.channel.close()
