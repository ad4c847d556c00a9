"""What was said in a Slack thread, as it is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from adapters.slack.api import SlackApi
from adapters.slack.threads import thread
from bot.core.errors import ChannelRefused
from bot.core.model import Conversation
from bot.core.ports import ReadsThreads
from tests.adapters.slack.payloads import GOLDEN, US
from tests.adapters.slack.workspace import Workspace
from tests.simulators.slack import BOT_USER, Fault


def place(ts: str) -> Conversation:
    return Conversation(platform="slack", id="C1", thread_id=ts)


def asked_and_answered(workspace: Workspace) -> str:
    slack = workspace.simulator
    ts = slack.write("<@U2> where is the &lt;gym&gt;?", user="U1")
    reply = slack.write("Third floor, see <https://x.test|the map>.", user="U2", thread_ts=ts)
    slack.write("elsewhere", user="U3")
    slack.write("No idea.", user=BOT_USER, thread_ts=ts)
    slack.react(reply, "+1::skin-tone-3", "U1", "U2", "U3")
    slack.react(reply, "white_check_mark", "U3", BOT_USER)
    slack.react(reply, "-1", "U4")
    slack.people["U2"] = {
        "name": "eve.s",
        "profile": {"real_name": "Eve Smith", "display_name": "Evie", "first_name": "Eve"},
    }
    return ts


async def test_a_thread_is_read_with_names_and_approvals(workspace: Workspace) -> None:
    ts = asked_and_answered(workspace)

    assert isinstance(workspace.slack, ReadsThreads)
    question, reply, ours = await workspace.slack.thread(place(ts))

    assert (question.text, question.user.key) == ("@U2 where is the <gym>?", "slack:U1")
    assert reply.text == "Third floor, see the map (https://x.test)."
    assert reply.called == ("eve.s", "Eve Smith", "Evie", "Eve")
    assert (reply.approvals, reply.by_bot) == (2, False)
    assert ours.by_bot
    # Of whom Slack does not tell a name none is known.
    assert question.called == ()


async def test_a_long_thread_is_read_page_by_page_up_to_a_limit(workspace: Workspace) -> None:
    workspace.simulator.page_size = 90
    ts = workspace.simulator.write("Where is the gym?")
    for number in range(210):
        workspace.simulator.write(f"reply {number}", thread_ts=ts)

    remarks = await workspace.slack.thread(place(ts))

    assert [one.text for one in remarks[:2]] == ["Where is the gym?", "reply 0"]
    assert len(remarks) == 200
    assert len(workspace.simulator.called("conversations.replies")) == 3


async def test_where_the_app_may_not_read_it_is_refused(workspace: Workspace) -> None:
    workspace.simulator.fault("conversations.replies", Fault(how="refused", code="not_in_channel"))

    with pytest.raises(ChannelRefused, match="not_in_channel"):
        await workspace.slack.thread(place("1700000001.000100"))


# ── as Slack documents it ─────────────────────────────────────────────────────────────────────


class Recorded:
    """Answers as Slack's documentation shows them."""

    async def get(self, method: str, _query: Mapping[str, str]) -> Any:
        return json.loads((GOLDEN / "threads" / f"{method}.json").read_text(encoding="utf-8"))


async def test_golden_replies_are_read_as_they_are_documented() -> None:
    api = cast("SlackApi", Recorded())

    question, reply, bot = await thread(api, place("1482960137.003543"), US)

    assert question.text == "Where is the island & the boat?"
    assert (reply.text, reply.approvals) == ("One island: here (https://x.test/map)", 1)
    assert reply.called == ("spengler", "Egon Spengler", "egon", "Egon", "Spengler")
    assert (bot.by_bot, bot.text) == (True, "two island")
