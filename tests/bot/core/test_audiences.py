"""Which audiences readers share: by lists, by groups, and by who comes from outside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.core.audiences import Audiences, Lists
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.memberships import Remembered
from bot.core.model import Conversation, Event, Member, MemberJoined, MemberLeft, User
from tests.fakes_core import START

ADA, BOB, EVE = (User(platform="fake", id=name) for name in ("ada", "bob", "eve"))
ROOM = Conversation(platform="fake", id="room")
HOME = Conversation(platform="fake", id="ada", direct=True)
COMMON = frozenset({"everyone"})
FINANCE = frozenset({"everyone", "finance"})


@dataclass
class Directory:
    """A platform that knows who is where. away: it answers nobody; slow: not before long."""

    groups: dict[str, list[str]] = field(default_factory=dict)
    guests: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    away: bool = False
    slow: bool = False
    asked: list[str] = field(default_factory=list)

    def is_group(self, group_id: str) -> bool:
        return group_id in {"room", "staff"}

    async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
        await self._answer(group_id)
        if group_id not in self.groups:
            raise ChannelRefused("not_in_channel")
        ids = self.groups[group_id]
        if len(ids) > most:
            raise ChannelRefused("too_many")
        return tuple(Member(user=User(platform="fake", id=one)) for one in ids)

    async def is_open(self, group_id: str) -> bool:
        await self._answer("open")
        return group_id in self.open

    async def is_outside(self, user: User) -> bool:
        await self._answer(user.id)
        return user.id in self.guests

    async def _answer(self, what: str) -> None:
        self.asked.append(what)
        if self.slow:
            await asyncio.Event().wait()
        if self.away:
            raise ChannelUnavailable("away")


def lists(*finance: str, **more: object) -> Lists:
    members = {"finance": frozenset(f"fake:{one}" for one in finance or ("ada", "bob"))}
    return Lists(members=members, within_s=0.05, **more)  # type: ignore[arg-type]  # any field


def readers(directory: Directory, given: Lists | None = None) -> Audiences:
    return Audiences(given or lists(), {"fake": directory})


@pytest.fixture
def directory() -> Directory:
    return Directory(groups={"room": ["ada", "bob"], "staff": ["ada", "bob"]})


# ── groups ────────────────────────────────────────────────────────────────────────────────────


async def test_a_group_reads_what_every_member_may_read(directory: Directory) -> None:
    ours = readers(directory)

    assert await ours.together(ROOM, ADA) == FINANCE
    directory.groups["room"].append("eve")
    assert await ours.together(ROOM, ADA) == COMMON


async def test_alone_somebody_reads_what_they_may(directory: Directory) -> None:
    ours = readers(directory)

    assert await ours.together(HOME, ADA) == FINANCE
    assert await ours.alone(EVE) == COMMON


async def test_who_asks_in_a_group_they_are_not_in_counts_as_a_reader(
    directory: Directory,
) -> None:
    assert await readers(directory).together(ROOM, EVE) == COMMON


async def test_members_of_a_listed_group_belong_to_its_audience(directory: Directory) -> None:
    ours = readers(directory, lists("staff"))

    assert await ours.together(ROOM, ADA) == FINANCE
    directory.groups["staff"].remove("bob")
    assert await ours.together(ROOM, ADA) == COMMON
    assert await ours.alone(BOB) == COMMON


async def test_a_listed_group_that_cannot_be_read_has_no_members(directory: Directory) -> None:
    del directory.groups["staff"]

    assert await readers(directory, lists("staff")).alone(ADA) == COMMON


async def test_a_channel_everybody_can_open_is_read_by_everybody(directory: Directory) -> None:
    directory.open.add("room")

    assert await readers(directory).together(ROOM, ADA) == COMMON
    trusting = lists(open_to_members=True)
    assert await readers(directory, trusting).together(ROOM, ADA) == FINANCE


# ── people from outside ───────────────────────────────────────────────────────────────────────


async def test_a_guest_has_the_common_audience_whatever_lists_say(directory: Directory) -> None:
    directory.guests.add("bob")
    ours = readers(directory)

    assert await ours.alone(BOB) == COMMON
    assert await ours.together(ROOM, ADA) == COMMON


async def test_a_guest_may_have_no_audience_at_all(directory: Directory) -> None:
    directory.guests.add("bob")
    ours = readers(directory, lists(outsiders=frozenset()))

    assert await ours.alone(BOB) == frozenset()
    assert await ours.together(ROOM, ADA) == frozenset()
    assert await ours.alone(ADA) == FINANCE


# ── what cannot be known ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["away", "slow"])
async def test_a_platform_that_does_not_answer_leaves_the_common_audience(
    directory: Directory, fault: str
) -> None:
    setattr(directory, fault, True)
    ours = readers(directory)

    assert await ours.together(ROOM, ADA) == COMMON
    assert await ours.alone(ADA) == COMMON


async def test_where_outsiders_read_nothing_unknown_readers_read_nothing(
    directory: Directory,
) -> None:
    directory.away = True

    assert await readers(directory, lists(outsiders=frozenset())).together(ROOM, ADA) == frozenset()


async def test_a_group_with_too_many_members_reads_what_everybody_reads(
    directory: Directory,
) -> None:
    assert await readers(directory, lists(most_members=1)).together(ROOM, ADA) == COMMON


async def test_on_a_platform_that_tells_nothing_a_group_reads_what_everybody_reads() -> None:
    ours = Audiences(lists(), {})

    assert await ours.together(ROOM, ADA) == COMMON
    assert await ours.alone(ADA) == FINANCE


async def test_without_audiences_nobody_is_asked_who_is_where(directory: Directory) -> None:
    ours = Audiences(Lists(), {"fake": directory})

    assert await ours.together(ROOM, ADA) == COMMON
    assert directory.asked == []


# ── what was told a short while ago ───────────────────────────────────────────────────────────


@dataclass
class Seconds:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def came(user: User, place: Conversation = ROOM) -> Event:
    return MemberJoined(keys=("j",), conversation=place, user=user, received_at=START)


def went(user: User, place: Conversation = ROOM) -> Event:
    return MemberLeft(keys=("l",), conversation=place, user=user, received_at=START)


async def test_a_list_of_members_is_believed_for_a_minute(directory: Directory) -> None:
    seconds = Seconds()
    remembered = Remembered(directory, fresh=timedelta(seconds=60), now=seconds)

    for seconds.now in (0.0, 30.0, 59.0, 61.0):
        await remembered.members("room", most=10)

    assert directory.asked == ["room", "room"]


@pytest.mark.parametrize("event", [came(EVE), went(BOB), went(BOB, HOME)])
async def test_who_comes_or_goes_makes_it_ask_again(directory: Directory, event: Event) -> None:
    remembered = Remembered(directory)
    await remembered.members("room", most=10)

    remembered.heed(event)
    await remembered.members("room", most=10)

    assert directory.asked == ["room", "room"]


async def test_what_is_told_while_somebody_comes_is_not_kept() -> None:
    class Late(Directory):
        async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
            found = await super().members(group_id, most=most)
            late.heed(came(EVE))
            return found

    told = Late(groups={"room": ["ada"]})
    late = Remembered(told)
    await late.members("room", most=10)
    await late.members("room", most=10)

    assert told.asked == ["room", "room"]


async def test_what_could_not_be_told_is_asked_again(directory: Directory) -> None:
    remembered = Remembered(directory)
    directory.away = True
    with pytest.raises(ChannelUnavailable):
        await remembered.is_outside(ADA)
    directory.away = False

    assert await remembered.is_outside(ADA) is False


async def test_a_group_that_is_remembered_may_still_be_too_large(directory: Directory) -> None:
    remembered = Remembered(directory)
    await remembered.members("room", most=10)

    with pytest.raises(ChannelRefused, match="too_many"):
        await remembered.members("room", most=1)
