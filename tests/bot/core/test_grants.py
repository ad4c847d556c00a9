"""Who has a role beside configuration, as of now, and nobody in doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from bot.core.audit import AuditEntry
from bot.core.errors import ChannelRefused, StateUnavailable
from bot.core.grants import Grant, RoleGroups, Standing, Taken, members_in
from bot.core.model import Role, User
from tests.fakes_core import ADA, BOB, START, settle

HR = Grant(person=ADA.key, role=Role.HR, by=BOB.key, at=START)


@dataclass
class Shelf:
    """Grants in memory; reading waits at a gate where there is one."""

    number: int = 0
    kept: tuple[Grant, ...] = ()
    broken: bool = False
    gates: list[asyncio.Event] = field(default_factory=list)
    reads: int = 0

    async def mark(self) -> int:
        if self.broken:
            raise StateUnavailable("away")
        return self.number

    async def all(self) -> tuple[int, tuple[Grant, ...]]:
        self.reads += 1
        read = (self.number, self.kept)
        if self.gates:
            await self.gates.pop(0).wait()
        return read

    async def give(self, grant: Grant, *, entry: AuditEntry) -> bool:
        self.number, self.kept = self.number + 1, (*self.kept, grant)
        return True

    async def take(self, grant: Grant, *, entry: AuditEntry, others: Collection[str]) -> Taken:
        self.number, self.kept = self.number + 1, ()
        return Taken.DONE


ENTRY = AuditEntry(at=START, what="x", by=BOB.key)


async def test_what_has_not_changed_is_not_read_again() -> None:
    shelf = Shelf(number=1, kept=(HR,))
    standing = Standing(shelf)

    for _ in range(5):
        await standing.look()

    assert shelf.reads == 1
    assert standing.roles(ADA.key) == {Role.HR}
    assert standing.having(Role.HR) == (ADA.key,)
    assert standing.roles(BOB.key) == frozenset()


async def test_a_slow_look_does_not_bring_back_what_was_taken() -> None:
    gate = asyncio.Event()
    shelf = Shelf(number=1, kept=(HR,), gates=[gate])
    standing = Standing(shelf)
    slow = asyncio.create_task(standing.look())
    await settle()
    await shelf.take(HR, entry=ENTRY, others=())
    await standing.look()

    gate.set()
    await slow

    assert standing.roles(ADA.key) == frozenset()


async def test_what_cannot_be_read_grants_nothing_until_it_can() -> None:
    shelf = Shelf(number=1, kept=(HR,))
    standing = Standing(shelf)
    await standing.look()

    shelf.broken = True
    await standing.look()
    assert standing.roles(ADA.key) == frozenset()

    shelf.broken = False
    await standing.look()
    assert standing.roles(ADA.key) == {Role.HR}


async def test_a_group_whose_members_are_not_told_gives_nobody_a_role() -> None:
    told = {"slack:S1": frozenset({"slack:U1"})}

    async def members_of(group: str) -> frozenset[str]:
        if group not in told:
            raise ChannelRefused("missing_scope")
        return told[group]

    groups = RoleGroups(
        groups={Role.HR: ("slack:S1", "slack:S2"), Role.ADMIN: ("feishu:oc_1",)},
        members_of=members_of,
    )
    standing = Standing(Shelf(), groups)

    await standing.look("slack")
    assert standing.roles("slack:U1") == {Role.HR}
    await standing.look("feishu")
    assert standing.roles("slack:U1") == {Role.HR}

    told.clear()
    await standing.look("slack")
    assert standing.roles("slack:U1") == frozenset()


@dataclass(frozen=True)
class Member:
    user: User
    outside: bool = False


@dataclass
class Slack:
    """A platform with one group, and a guest in it."""

    asked: list[int] = field(default_factory=list)

    async def members(self, group_id: str, *, most: int) -> tuple[Member, ...]:
        self.asked.append(most)
        if group_id != "S1":
            raise ChannelRefused("no_such_subteam")
        return (Member(ADA), Member(BOB, outside=True))


async def test_guests_in_a_group_do_not_get_its_role() -> None:
    members_of = members_in({"fake": Slack()})

    assert await members_of("fake:S1") == {ADA.key}
    for group in ("fake:S2", "other:S1", "nonsense"):
        with pytest.raises(ChannelRefused):
            await members_of(group)
