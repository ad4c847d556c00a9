"""Who reads in a DingTalk group, as far as DingTalk tells."""

from __future__ import annotations

import pytest

from adapters.dingtalk.membership import DingTalkMembership
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.ports import TellsMembers
from tests.adapters.dingtalk.desk import office
from tests.simulators.dingtalk import GROUP_MEMBERS, DingTalkServer, Fault


def membership(channel: object) -> DingTalkMembership:
    assert isinstance(channel, TellsMembers)
    assert isinstance(channel.membership, DingTalkMembership)
    return channel.membership


async def test_members_of_a_group_of_ours_are_read_page_by_page(server: DingTalkServer) -> None:
    ids = [f"staff{number}" for number in range(230)]
    server.members["cid1"] = {"member_user_ids": ids}

    async with office(server) as o:
        found = await membership(o.channel).members("cid1", most=300)

    assert [member.user.key for member in found] == [f"dingtalk:{one}" for one in ids]


async def test_customers_in_a_group_are_outside(server: DingTalkServer) -> None:
    server.members["cid1"] = {
        "member_user_ids": ["staff1"],
        "member_contact_staff_ids": ["c1"],
        "union_ids": ["u1"],
    }

    async with office(server) as o:
        found = await membership(o.channel).members("cid1", most=10)

    assert [member.outside for member in found] == [False, True, True]


async def test_an_ordinary_group_tells_nothing_and_is_asked_about_once(
    server: DingTalkServer,
) -> None:
    async with office(server) as o:
        for _ in range(3):
            with pytest.raises(ChannelRefused, match="400020"):
                await membership(o.channel).members("cid9", most=10)

    assert server.calls.count(("POST", GROUP_MEMBERS)) == 1


async def test_a_department_is_a_group_as_well(server: DingTalkServer) -> None:
    server.members["dept:7"] = {"userid_list": ["staff1", "staff2"]}

    async with office(server) as o:
        ours = membership(o.channel)
        found = await ours.members("dept:7", most=10)

    assert [member.user.id for member in found] == ["staff1", "staff2"]
    assert ours.is_group("dept:7")
    assert ours.is_group("cid1")
    assert not ours.is_group("manager1")


async def test_a_group_with_too_many_members_is_refused(server: DingTalkServer) -> None:
    server.members["cid1"] = {"member_user_ids": [f"staff{number}" for number in range(500)]}

    async with office(server) as o:
        with pytest.raises(ChannelRefused, match="too_many"):
            await membership(o.channel).members("cid1", most=150)


async def test_dingtalk_away_is_asked_again(server: DingTalkServer) -> None:
    server.members["cid1"] = {"member_user_ids": ["staff1"]}
    server.fail(GROUP_MEMBERS, Fault(status=503))

    async with office(server) as o:
        ours = membership(o.channel)
        with pytest.raises(ChannelUnavailable):
            await ours.members("cid1", most=10)
        assert len(await ours.members("cid1", most=10)) == 1
