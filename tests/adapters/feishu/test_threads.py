"""What was said under a Feishu message, as it is read back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.feishu.api import Answer, Api
from adapters.feishu.threads import thread
from bot.core.errors import ChannelRefused
from bot.core.model import Conversation
from bot.core.ports import ReadsThreads
from tests.adapters.feishu.desk import Desk

PLACE = Conversation(platform="feishu", id="oc_grp", thread_id="om_1")


def said(desk: Desk, name: str, text: str, *, by: str = "ou_ada", **more: Any) -> None:
    """Somebody writes in the group; by default under the first message."""
    number = int(name.removeprefix("om_"))
    root = {} if name == "om_1" else {"root_id": "om_1", "parent_id": "om_1"}
    desk.simulator.inbox[name] = {
        "message_id": name,
        "chat_id": "oc_grp",
        "msg_type": "text",
        "create_time": str(1_740_992_400_000 + number * 1000),
        "deleted": False,
        "sender": {"id": by, "id_type": "open_id", "sender_type": "user", "sender_name": by[3:]},
        "body": {"content": json.dumps({"text": text})},
        **root,
        **more,
    }


def discussion(desk: Desk, **more: Any) -> None:
    said(desk, "om_1", "健身房在哪里？", **more)
    said(desk, "om_2", "@_user_1 在三楼。", by="ou_eve", **more)
    said(desk, "om_3", "别的话题", root_id="om_9", thread_id="omt_other")
    said(desk, "om_4", "收回的话", deleted=True, **more)
    bot = {"id": "cli_demo", "id_type": "app_id", "sender_type": "app"}
    said(desk, "om_5", "我不知道。", **{**more, "sender": bot})
    desk.simulator.inbox["om_2"]["mentions"] = [{"key": "@_user_1", "name": "阿达"}]
    desk.simulator.reactions["om_2"] = [
        ("ou_ada", "THUMBSUP"),
        ("ou_ada", "DONE"),
        ("ou_eve", "THUMBSUP"),
        ("ou_bob", "CrossMark"),
    ]


@pytest.mark.parametrize("more", [{"thread_id": "omt_1"}, {}])
async def test_a_thread_is_read_as_a_topic_or_out_of_its_group(
    desk: Desk, more: dict[str, str]
) -> None:
    discussion(desk, **more)

    assert isinstance(desk.feishu, ReadsThreads)
    question, reply, ours = await desk.feishu.thread(PLACE)

    assert (question.text, question.user.key) == ("健身房在哪里？", "feishu:ou_ada")
    assert (reply.text, reply.called, reply.approvals) == ("阿达 在三楼。", ("eve",), 1)
    assert (ours.by_bot, ours.called) == (True, ())


async def test_a_long_thread_is_read_page_by_page_up_to_a_limit(desk: Desk) -> None:
    for number in range(1, 260):
        said(desk, f"om_{number}", f"第 {number} 句", thread_id="omt_1")

    remarks = await desk.feishu.thread(PLACE)

    assert len(remarks) == 200
    assert desk.simulator.calls.count("GET im/v1/messages") == 4


async def test_where_the_app_may_not_read_the_group_it_is_refused(desk: Desk) -> None:
    discussion(desk)
    desk.simulator.refuse("GET im/v1/messages", 230027)

    with pytest.raises(ChannelRefused, match="230027"):
        await desk.feishu.thread(PLACE)


async def test_approvals_that_may_not_be_read_cost_no_thread(desk: Desk) -> None:
    discussion(desk, thread_id="omt_1")
    desk.simulator.refuse("GET im/v1/messages/om_2/reactions", 230027)

    remarks = await desk.feishu.thread(PLACE)

    assert [one.approvals for one in remarks] == [0, 0, 0]


async def test_what_hangs_under_nothing_has_nothing_to_read(desk: Desk) -> None:
    alone = Conversation(platform="feishu", id="oc_grp")

    assert await desk.feishu.thread(alone) == ()


# ── as Feishu documents it ────────────────────────────────────────────────────────────────────

GOLDEN = Path(__file__).parents[2] / "golden" / "feishu" / "threads"


class Recorded:
    """Answers as Feishu's documentation shows them."""

    async def call(self, _method: str, path: str, **_more: object) -> Answer:
        name = "reactions" if path.endswith("reactions") else "messages"
        return Answer(body=json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")))


async def test_golden_messages_are_read_as_they_are_documented() -> None:
    root = replace(PLACE, thread_id="om_dc13264520392913993dd051dba21dcf")

    question, reply, bot = await thread(cast("Api", Recorded()), root)

    assert (question.text, question.called) == ("Tom 打卡机在哪里？", ("阿达",))
    assert (reply.text, reply.approvals) == ("在一楼。", 1)
    assert (bot.by_bot, bot.text) == (True, "")
