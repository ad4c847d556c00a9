"""Who reads in a Feishu chat, as the organisation tells."""

from __future__ import annotations

import pytest

from adapters.feishu.api import Api
from adapters.feishu.codec import Bot, decode
from adapters.feishu.membership import FeishuMembership
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import MemberLeft
from bot.core.ports import TellsMembers
from tests.adapters.feishu.desk import NOW, Desk


def of_chat(count: int, tenant: str = "ours") -> list[dict[str, str]]:
    ids = [f"ou_{number}" for number in range(count)]
    return [{"member_id": one, "member_id_type": "open_id", "tenant_key": tenant} for one in ids]


def membership(desk: Desk, tenant: str = "ours") -> FeishuMembership:
    assert isinstance(desk.feishu, TellsMembers)
    api: Api = desk.feishu._api
    return FeishuMembership(api, tenant=lambda: tenant)


async def test_members_are_read_page_by_page(desk: Desk) -> None:
    desk.simulator.members["oc_1"] = of_chat(250)

    found = await membership(desk).members("oc_1", most=300)

    assert [member.user.key for member in found] == [f"feishu:ou_{n}" for n in range(250)]
    assert not any(member.outside for member in found)


async def test_people_of_another_company_are_outside(desk: Desk) -> None:
    nobodys = {"member_id": "ou_9", "member_id_type": "open_id"}
    desk.simulator.members["oc_1"] = [*of_chat(1), *of_chat(1, "theirs"), nobodys]

    found = await membership(desk).members("oc_1", most=10)

    assert [member.outside for member in found] == [False, True, True]


async def test_without_knowing_our_own_company_nobody_is_believed_to_be_of_it(desk: Desk) -> None:
    desk.simulator.members["oc_1"] = of_chat(1)

    with pytest.raises(ChannelUnavailable, match="tenant key"):
        await membership(desk, "").members("oc_1", most=10)


async def test_a_department_is_a_group_as_well(desk: Desk) -> None:
    desk.simulator.members["od-1"] = [{"open_id": f"ou_{number}"} for number in range(60)]
    ours = membership(desk)

    found = await ours.members("od-1", most=100)

    assert len(found) == 60
    assert ours.is_group("od-1")
    assert ours.is_group("oc_1")
    assert not ours.is_group("ou_1")


async def test_a_chat_with_too_many_members_is_refused(desk: Desk) -> None:
    desk.simulator.members["oc_1"] = of_chat(400)

    with pytest.raises(ChannelRefused, match="too_many"):
        await membership(desk).members("oc_1", most=150)


async def test_a_chat_we_are_not_in_tells_nothing(desk: Desk) -> None:
    with pytest.raises(ChannelRefused, match="232006"):
        await membership(desk).members("oc_9", most=10)


@pytest.mark.parametrize(
    "kind", ["im.chat.member.user.deleted_v1", "im.chat.member.user.withdrawn_v1"]
)
def test_who_leaves_a_chat_is_an_event(kind: str) -> None:
    users = [{"user_id": {"open_id": "ou_a"}}, {"user_id": {"open_id": "ou_b"}}]
    payload = {
        "schema": "2.0",
        "header": {"event_id": "e1", "event_type": kind, "create_time": "1"},
        "event": {"chat_id": "oc_1", "users": users},
    }

    found = decode(payload, bot=Bot(app_id="a"), received_at=NOW)

    assert all(isinstance(event, MemberLeft) for event in found)
    assert [(event.user.id, event.conversation.id) for event in found] == [
        ("ou_a", "oc_1"),
        ("ou_b", "oc_1"),
    ]
