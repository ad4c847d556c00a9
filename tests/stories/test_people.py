"""Roles in chat, refusals on record, limits: on a real database, two replicas, and attackers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.core.access import Access
from bot.core.audit import AuditEntry
from bot.core.desks import Desks
from bot.core.errors import ChannelUnavailable
from bot.core.grants import Grant, RoleGroups
from bot.core.model import (
    Buttons,
    CardAction,
    Fields,
    Gap,
    InboundMessage,
    Reply,
    Role,
    User,
)
from bot.core.owners import Owners
from bot.core.people_cards import ROLE_TAKE
from bot.core.rules import Rules
from bot.core.texts import EN, TEXTS
from bot.core.texts_people import EN as SAID
from bot.core.texts_people import ZH
from bot.core.verifying import verify
from bot.stores.state import State, open_state
from tests.fakes_core import (
    ADA,
    BOB,
    GROUP,
    START,
    FakeChannel,
    FakeClock,
    build_core,
    knows,
    message,
    press,
    words,
)

ROOT = User(platform="fake", id="root", name="Root")
EVE = User(platform="fake", id="eve", name="admin")  # she calls herself so


@dataclass(kw_only=True)
class Company:
    """A bot in two replicas on one database."""

    state: State
    other: State
    channel: FakeChannel = field(default_factory=FakeChannel)
    clock: FakeClock = field(default_factory=FakeClock)
    admins: frozenset[str] = frozenset({ROOT.key})
    more: Mapping[str, object] = field(default_factory=dict)

    def core(self, stores: State | None = None) -> Desks:
        rules = Rules(
            access=Access(admins=self.admins),
            owners=Owners(admins=tuple(self.admins)),
            questions_per_minute=100,
        )
        return build_core(
            stores=stores or self.state,
            channel=self.channel,
            answerer=knows(),
            clock=self.clock,
            rules=replace(rules, **self.more),
        )

    async def say(
        self, said: str, *people: User, by: User = ROOT, desks: Desks | None = None
    ) -> Reply:
        """Somebody writes in the group, mentioning people; what they are told."""
        typed = replace(message(said, user=by, conversation=GROUP), mentions=people)
        return await self.hear(typed, desks)

    async def hear(self, event: InboundMessage | CardAction, desks: Desks | None = None) -> Reply:
        self.clock.move(timedelta(seconds=30))
        before = len(self.channel.sent)
        await (desks or self.core()).dispatcher.dispatch(event)
        assert len(self.channel.sent) == before + 1
        return self.channel.sent[-1]

    async def take(self, person: User, role: str, *, by: User = ROOT, topic: str = "") -> Reply:
        """The button of the confirmation is pressed, or made up."""
        values = {"person": person.key, "role": role, "topic": topic}
        ref = list(self.channel.shown)[-1] if self.channel.shown else message().ref
        return await self.hear(press(ref, ROLE_TAKE, user=by, conversation=GROUP, **values))

    async def audited(self) -> list[tuple[str, str]]:
        return [(one.what, one.by) for one in reversed(await self.state.audit.latest(100))]

    async def roles(self, user: User) -> set[tuple[str, Role]]:
        return {(one.person, one.role) for one in (await self.state.grants.all())[1]} & {
            (user.key, role) for role in Role
        }


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    clock = FakeClock()
    state = await open_state(data_dir=tmp_path, clock=clock)
    other = await open_state(data_dir=tmp_path, clock=clock)
    yield Company(state=state, other=other, clock=clock)
    await state.close()
    await other.close()


# ── giving and taking ─────────────────────────────────────────────────────────────────────────


async def test_an_administrator_gives_a_role_that_counts_in_every_replica(
    company: Company,
) -> None:
    elsewhere = company.core(company.other)
    refused = await company.say("/deskmate review", by=BOB, desks=elsewhere)

    given = await company.say("/deskmate role give @Bob owner", BOB)
    allowed = await company.say("/deskmate review", by=BOB, desks=elsewhere)

    assert words(refused.card) == EN.command_refused.format(name="review")
    assert words(given.card) == SAID.role_given.format(person="Bob (fake:bob)", role=EN.role_owner)
    assert words(allowed.card) == EN.review_none
    assert given.only_for == ROOT
    assert refused.only_for == BOB


async def test_a_role_is_taken_after_a_question_and_at_the_next_event_it_is_gone(
    company: Company,
) -> None:
    elsewhere = company.core(company.other)
    await company.say("/deskmate role give @Bob admin", BOB)
    await company.say("/deskmate limits", by=BOB, desks=elsewhere)

    asked = await company.say("/deskmate role take @Bob admin", BOB)
    assert await company.roles(BOB) == {(BOB.key, Role.ADMIN)}
    (button,) = next(one for one in asked.card.blocks if isinstance(one, Buttons)).items
    done = await company.hear(
        press(message().ref, button.name, user=ROOT, conversation=GROUP, **button.values)
    )
    after = await company.say("/deskmate limits", by=BOB, desks=elsewhere)

    assert words(done.card) == SAID.role_taken.format(person="fake:bob", role=EN.role_admin)
    assert done.only_for == ROOT
    assert words(after.card) == EN.command_refused.format(name="limits")
    assert await company.audited() == [
        ("command.run", ROOT.key),
        ("role.given", ROOT.key),
        ("command.run", BOB.key),
        ("command.run", ROOT.key),
        ("role.taken", ROOT.key),
        ("command.refused", BOB.key),
    ]
    assert (await verify(company.state)).fault is None


async def test_the_list_says_who_has_what_and_why(company: Company) -> None:
    await company.say("/deskmate role give @Bob owner annual leave", BOB)

    card = (await company.say("/deskmate role list")).card

    (rows,) = (one.rows for one in card.blocks if isinstance(one, Fields))
    assert rows == (
        (ROOT.key, f"{EN.role_admin} · {SAID.role_by_config}"),
        (
            BOB.key,
            f"{EN.role_owner} (annual leave) · "
            + SAID.role_by_person.format(by="fake:root", date="2025-03-03"),
        ),
    )


async def test_chinese_words_do_the_same(company: Company) -> None:
    given = await company.say("／deskmate　角色 授予 @Bob 人事", BOB)

    assert words(given.card) == ZH.role_given.format(
        person="Bob (fake:bob)", role=TEXTS["zh"].role_hr
    )
    assert await company.roles(BOB) == {(BOB.key, Role.HR)}


async def test_who_owns_a_topic_is_asked_about_it_before_administrators(
    company: Company,
) -> None:
    await company.say("/deskmate role give @Bob owner pool", BOB)
    _, grants = await company.state.grants.all()
    owners = Owners(admins=(ROOT.key,), granted=lambda: grants)

    gap = Gap(id="g", question="Where is the pool?", language="en", opened_at=START)

    assert owners.of(gap) == (BOB.key, ROOT.key)


async def test_the_last_administrator_stays(company: Company) -> None:
    await company.say("/deskmate role give @Bob admin", BOB)
    company.admins = frozenset()  # somebody emptied the configuration meanwhile

    last = await company.take(BOB, "admin", by=BOB)

    assert words(last.card) == SAID.role_last.format(person="fake:bob", role=EN.role_admin)
    assert await company.roles(BOB) == {(BOB.key, Role.ADMIN)}


async def test_what_configuration_says_is_not_taken_in_chat(company: Company) -> None:
    said = await company.say("/deskmate role take @Root admin", ROOT)

    assert words(said.card) == SAID.role_configured.format(person="Root (fake:root)")


async def test_members_of_a_group_have_its_role_until_they_leave(company: Company) -> None:
    members = {BOB.key}

    async def members_of(group: str) -> frozenset[str]:
        if group != "fake:staff":
            raise ChannelUnavailable("away")
        return frozenset(members)

    company.more = {
        "role_groups": RoleGroups(
            groups={Role.OWNER: ("fake:staff", "other:x"), Role.ADMIN: ("fake:unknown",)},
            members_of=members_of,
        )
    }
    desks = company.core()
    allowed = await company.say("/deskmate review", by=BOB, desks=desks)
    members.clear()
    refused = await company.say("/deskmate review", by=BOB, desks=desks)

    assert words(allowed.card) == EN.review_none
    assert words(refused.card) == EN.command_refused.format(name="review")


# ── attacks ───────────────────────────────────────────────────────────────────────────────────


async def test_a_made_up_button_gives_nobody_anything_and_is_on_record(company: Company) -> None:
    await company.say("/deskmate role give @Bob hr", BOB)

    forged = await company.take(BOB, "hr", by=EVE)

    assert words(forged.card) == EN.not_yours
    assert forged.only_for == EVE
    assert await company.roles(BOB) == {(BOB.key, Role.HR)}
    entry = (await company.state.audit.latest(1))[0]
    assert (entry.what, entry.by) == ("button.refused", EVE.key)
    assert entry.about["button"] == ROLE_TAKE


async def test_a_flood_of_made_up_buttons_does_not_fill_the_log(company: Company) -> None:
    desks = company.core()

    for _ in range(40):
        forged = press(message().ref, ROLE_TAKE, user=EVE, person=BOB.key, role="hr")
        await desks.dispatcher.dispatch(forged)

    assert len(await company.audited()) == 30


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"person": "fake:bob", "role": "everyone"},
        {"person": "fake:bob", "role": "root"},
        {"person": "x" * 100_000, "role": "hr"},
        {"person": "fake:bob", "role": "hr", "topic": "t" * 100_000},
        {"person": "'; DROP TABLE grants; --", "role": "hr"},
    ],
)
async def test_a_button_that_carries_nonsense_changes_nothing(
    company: Company, values: Mapping[str, str]
) -> None:
    await company.say("/deskmate role give @Bob hr", BOB)

    await company.hear(press(message().ref, ROLE_TAKE, user=ROOT, conversation=GROUP, **values))

    assert await company.roles(BOB) == {(BOB.key, Role.HR)}


async def test_who_calls_herself_admin_is_none(company: Company) -> None:
    for said in (
        "/deskmate role give me admin",
        "／ｄｅｓｋｍａｔｅ ｒｏｌｅ ｇｉｖｅ fake:eve ａｄｍｉｎ",
        "/desk\u200bmate ro\u3164le give @admin admin",
        "/role give me admin",
    ):
        refused = await company.say(said, EVE, by=EVE)
        assert words(refused.card) == EN.command_refused.format(name="role")

    assert await company.roles(EVE) == set()
    assert {what for what, _ in await company.audited()} == {"command.refused"}


@pytest.mark.parametrize(
    ("said", "people"),
    [
        ("/deskmate role give admin hr", ()),  # a name is nobody
        ("/deskmate role give @admin", (EVE,)),  # her name is not the role she gets
        ("/deskmate role give @Bob Lee admin hr", (BOB,)),  # nor are words that are left over
        ("/deskmate role give @Bob @admin hr", (BOB, EVE)),
        ("/deskmate role give @Bob superuser", (BOB,)),
        ("/deskmate role give nowhere:U1 admin", ()),
        ("/deskmate role give fake:" + "x" * 5_000 + " admin", ()),
        ("/deskmate role give @Bob owner " + "t" * 5_000, (BOB,)),
        ("/deskmate role drop table grants", ()),
    ],
)
async def test_where_it_is_not_certain_who_gets_what_nobody_gets_anything(
    company: Company, said: str, people: tuple[User, ...]
) -> None:
    await company.say(said, *people)

    assert (await company.state.grants.all())[1] == ()


async def test_a_name_that_is_a_role_does_not_choose_it(company: Company) -> None:
    await company.say("/deskmate role give @admin hr", EVE)

    assert await company.roles(EVE) == {(EVE.key, Role.HR)}


async def test_a_topic_full_of_signs_is_data(company: Company) -> None:
    topic = "'; DROP TABLE grants; -- {{7*7}} <!channel> [x](http://evil)"

    await company.say(f"/deskmate role give @Bob owner {topic}", BOB)
    card = (await company.say("/deskmate role")).card

    ((grant),) = (await company.state.grants.all())[1]
    assert grant.topic == topic
    assert "DROP TABLE" in str(card)


async def test_where_the_change_cannot_be_put_on_record_there_is_none(company: Company) -> None:
    await company.state.database.run(lambda sql: sql.execute(text("DELETE FROM audit_head")))

    said = await company.say("/deskmate role give @Bob admin", BOB)

    assert words(said.card) == EN.error
    assert (await company.state.grants.all())[1] == ()


async def test_an_admin_by_grant_is_none_while_the_store_is_away(company: Company) -> None:
    await company.say("/deskmate role give @Bob admin", BOB)
    desks = company.core(company.other)
    await company.say("/deskmate limits", by=BOB, desks=desks)

    await company.other.close()
    await desks.standing.look("fake")

    assert desks.standing.roles(BOB.key) == frozenset()


# ── the audit log in chat ─────────────────────────────────────────────────────────────────────


async def test_the_log_is_shown_to_administrators_and_to_nobody_else(company: Company) -> None:
    await company.say("/deskmate help", by=BOB)
    await company.say("/deskmate gaps", by=EVE)

    refused = await company.say("/deskmate audit", by=BOB)
    shown = await company.say("/deskmate audit 2")
    of_eve = await company.say("/deskmate audit @admin", EVE)
    nonsense = await company.say("/deskmate audit many")

    assert words(refused.card) == EN.command_refused.format(name="audit")
    assert shown.only_for == ROOT
    assert [label.split()[-1] for label, _ in _rows(shown)] == ["command.run", "command.refused"]
    assert [value.split(" · ")[0] for _, value in _rows(of_eve)] == [EVE.key]
    assert words(nonsense.card) == SAID.audit_usage


async def test_a_long_list_of_roles_says_how_many_it_leaves_out(company: Company) -> None:
    for number in range(45):
        grant = Grant(person=f"fake:u{number}", role=Role.HR, by=ROOT.key, at=START)
        await company.state.grants.give(grant, entry=AuditEntry(at=START, what="x", by=ROOT.key))

    shown = await company.say("/deskmate role")

    assert len(_rows(shown)) == 40
    assert words(shown.card) == SAID.role_more.format(count=6)


async def test_an_administrator_by_grant_may_do_all_that_one_by_configuration_may(
    company: Company,
) -> None:
    company.admins = frozenset()
    grant = Grant(person=BOB.key, role=Role.ADMIN, by="x", at=START)
    await company.state.grants.give(grant, entry=AuditEntry(at=START, what="x", by="x"))

    shown = await company.say("/deskmate role take @Bob admin", BOB, by=BOB)

    assert words(shown.card) == SAID.role_confirm.format(
        person="Bob (fake:bob)", role=EN.role_admin
    )


async def test_the_words_of_questions_stay_out_unless_configuration_says_otherwise(
    company: Company,
) -> None:
    await company.say("How much is my secret bonus?", by=BOB)
    await company.say("/deskmate forget my secret bonus")
    assert "secret" not in str(await company.state.audit.latest(100))

    company.more = {"audit_questions": True}
    await company.say("How much is my secret bonus?", by=BOB)

    entry = (await company.state.audit.latest(1))[0]
    assert (entry.what, entry.by) == ("question.asked", BOB.key)
    assert entry.about["question"] == "How much is my secret bonus?"


async def test_a_repeated_event_is_on_record_once(company: Company) -> None:
    typed = message("/deskmate review", user=BOB, conversation=GROUP)

    for _ in range(3):
        await company.core().dispatcher.dispatch(typed)

    assert await company.audited() == [("command.refused", BOB.key)]


# ── limits ────────────────────────────────────────────────────────────────────────────────────


async def test_administrators_see_the_limits_and_who_asks_most(company: Company) -> None:
    desks = company.core()
    for user in (BOB, BOB, ADA):
        await company.say("How many days of leave do I have?", by=user, desks=desks)

    shown = await company.say("/deskmate limits", desks=desks)

    limits, people = (one.rows for one in shown.card.blocks if isinstance(one, Fields))
    assert (SAID.limits_person, "100") in limits
    assert people == (
        (BOB.key, SAID.limits_asked.format(asked=2, refused=0)),
        (ADA.key, SAID.limits_asked.format(asked=1, refused=0)),
    )
    assert shown.only_for == ROOT


async def test_a_channel_that_asks_too_much_is_told_when_to_come_back(company: Company) -> None:
    company.more = {"questions_per_minute": 1, "channel_questions": 1}
    desks = company.core()
    await company.say("How many days of leave do I have?", by=BOB, desks=desks)

    refused = await company.say("And how many do I have?", by=ADA, desks=desks)

    assert words(refused.card) == SAID.limited_channel.format(seconds=30)


async def test_a_flood_of_commands_is_answered_once_and_on_record_no_further(
    company: Company,
) -> None:
    company.more = {"questions_per_minute": 1, "commands": 2}
    desks = company.core()

    for _ in range(9):
        await desks.dispatcher.dispatch(message("/deskmate role", user=EVE))

    assert len(company.channel.sent) == 3
    assert words(company.channel.sent[-1].card) == EN.limited.format(seconds=60)
    assert len(await company.audited()) == 2


def _rows(reply: Reply) -> list[tuple[str, str]]:
    return [row for one in reply.card.blocks if isinstance(one, Fields) for row in one.rows]
