"""Who reads in a Slack channel, as the workspace tells."""

from __future__ import annotations

import pytest

from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import MemberLeft, User
from bot.core.ports import TellsMembers
from tests.adapters.slack.workspace import Workspace, envelope
from tests.simulators.slack import BOT_USER, TEAM, Fault

ADA = User(platform="slack", id="U1")


def people(workspace: Workspace, group: str = "C1", count: int = 3) -> list[str]:
    ids = [f"U{number}" for number in range(1, count + 1)]
    workspace.simulator.members[group] = [*ids, BOT_USER]
    return ids


async def test_members_are_read_page_by_page_without_us(workspace: Workspace) -> None:
    ids = people(workspace, count=250)

    assert isinstance(workspace.slack, TellsMembers)
    found = await workspace.slack.membership.members("C1", most=300)

    assert [member.user.key for member in found] == [f"slack:{one}" for one in ids]
    assert len(workspace.simulator.called("conversations.members")) == 3


async def test_a_channel_with_too_many_members_is_refused_before_all_are_read(
    workspace: Workspace,
) -> None:
    people(workspace, count=900)

    with pytest.raises(ChannelRefused, match="too_many"):
        await workspace.slack.membership.members("C1", most=150)

    assert len(workspace.simulator.called("conversations.members")) == 2


async def test_a_user_group_is_a_group_as_well(workspace: Workspace) -> None:
    people(workspace, "S1")
    membership = workspace.slack.membership

    found = await membership.members("S1", most=10)

    assert [member.user.id for member in found] == ["U1", "U2", "U3"]
    assert membership.is_group("S1")
    assert membership.is_group("C1")
    assert not membership.is_group("U1")


async def test_a_channel_we_are_not_in_tells_nothing(workspace: Workspace) -> None:
    with pytest.raises(ChannelRefused, match="channel_not_found"):
        await workspace.slack.membership.members("C9", most=10)


async def test_slack_away_tells_nothing(workspace: Workspace) -> None:
    people(workspace)
    workspace.simulator.fault("conversations.members", Fault(how="busy"))

    with pytest.raises(ChannelUnavailable):
        await workspace.slack.membership.members("C1", most=10)


@pytest.mark.parametrize(
    ("told", "outside"),
    [
        ({"team_id": TEAM}, False),
        ({"team_id": "T2"}, True),
        ({"team_id": TEAM, "is_stranger": True}, True),
        ({"team_id": TEAM, "is_restricted": True}, True),
        ({"team_id": TEAM, "is_ultra_restricted": True}, True),
    ],
)
async def test_guests_and_people_of_other_companies_are_outside(
    workspace: Workspace, told: dict[str, object], outside: bool
) -> None:
    workspace.simulator.people["U1"] = told

    assert await workspace.slack.membership.is_outside(ADA) is outside


async def test_somebody_slack_does_not_know_is_not_taken_for_one_of_us(
    workspace: Workspace,
) -> None:
    with pytest.raises(ChannelRefused):
        await workspace.slack.membership.is_outside(ADA)


@pytest.mark.parametrize(
    ("told", "public"),
    [({"is_private": False}, True), ({"is_private": True}, False), ({"is_mpim": True}, False)],
)
async def test_a_public_channel_is_open_to_the_whole_workspace(
    workspace: Workspace, told: dict[str, object], public: bool
) -> None:
    workspace.simulator.channels["C1"] = told

    assert await workspace.slack.membership.is_open("C1") is public


async def test_who_leaves_a_channel_is_an_event(workspace: Workspace) -> None:
    left = {"type": "member_left_channel", "user": "U5", "channel": "C1", "event_ts": "1.2"}

    await workspace.deliver(envelope(left))

    (event,) = workspace.desk.events
    assert isinstance(event, MemberLeft)
    assert (event.user.id, event.conversation.id) == ("U5", "C1")
