"""Commands are understood however they are typed, and refused to those who may not use them."""

from __future__ import annotations

import pytest

from bot.core.access import Access
from bot.core.cards import said_card
from bot.core.commands.help import Help
from bot.core.commands.parse import parse
from bot.core.commands.table import Caller, Commands
from bot.core.commands.whoami import WhoAmI
from bot.core.model import Card, Fields, Invocation, Role
from bot.core.texts import EN, ZH
from knowledge.model import Language
from tests.fakes_core import ADA, message, words

KNOWN = frozenset({"help", "answer"}).__contains__


@pytest.mark.parametrize(
    "typed",
    [
        "/deskmate help",
        "／deskmate help",
        "／ｄｅｓｋｍａｔｅ　ｈｅｌｐ",
        "  /Deskmate   HELP ",
        "\u200b/desk\u200dmate\ufeff help",
        "/deskmate",
        "/help",
        "／ＨＥＬＰ",
        "/\u200bhelp",
    ],
)
def test_a_command_is_understood_however_it_is_typed(typed: str) -> None:
    invocation = parse(message(typed), known=KNOWN)

    assert invocation is not None
    assert (invocation.name, invocation.arguments) == ("help", ())


@pytest.mark.parametrize(
    "typed", ["", "   ", "deskmate help", "/deskmatehelp", "what is /deskmate help?", "/etc/hosts"]
)
def test_anything_else_is_a_question(typed: str) -> None:
    assert parse(message(typed), known=KNOWN) is None


def test_arguments_stay_as_they_were_typed() -> None:
    invocation = parse(message("／deskmate Answer 年假，Ｔen Days！"), known=KNOWN)

    assert invocation is not None
    assert (invocation.name, invocation.arguments) == ("answer", ("年假，Ｔen", "Days！"))


class Restart:
    """A command for administrators."""

    names = ("restart",)
    role = Role.ADMIN

    def summary(self, _language: Language) -> str:
        return "restart everything"

    async def run(self, _invocation: Invocation, caller: Caller) -> Card:
        return said_card("restarted", caller.language)


def table(*admins: str) -> Commands:
    return Commands(commands=(Help(), WhoAmI(), Restart()), access=Access(admins=frozenset(admins)))


async def run(commands: Commands, name: str) -> Card:
    return await commands.run(Invocation(name=name, arguments=(), message=message()), "en")


def listed(card: Card) -> list[str]:
    fields = card.blocks[-1]
    assert isinstance(fields, Fields)
    return [typed for typed, _ in fields.rows]


async def test_the_help_lists_only_what_one_may_use() -> None:
    assert "/deskmate restart" not in listed(await run(table(), "help"))
    assert "/deskmate restart" in listed(await run(table(ADA.key), "帮助"))


async def test_a_command_is_refused_to_those_who_may_not_use_it() -> None:
    refused = await run(table(), "restart")
    done = await run(table(ADA.key), "restart")

    assert words(refused) == EN.command_refused.format(name="restart")
    assert words(done) == "restarted"


async def test_an_unknown_command_gets_the_help() -> None:
    card = await run(table(), "dance")

    assert "dance" in words(card)
    assert listed(card) == ["/deskmate help", "/deskmate whoami"]


async def test_whoami_names_the_id_that_configuration_uses() -> None:
    card = await run(table(ADA.key), "我是谁")

    assert card.blocks[0] == Fields(
        rows=(
            (EN.whoami_id, "fake:ada"),
            (EN.whoami_name, "Ada"),
            (EN.whoami_roles, "colleague, document owner, administrator"),
        )
    )


async def test_the_roles_of_a_chinese_speaker_are_set_apart_as_in_chinese() -> None:
    invocation = Invocation(name="whoami", arguments=(), message=message())

    (fields,) = (await table(ADA.key).run(invocation, "zh")).blocks

    assert isinstance(fields, Fields)
    assert fields.rows[-1] == (ZH.whoami_roles, "员工、资料负责人、管理员")


async def help_on(name: str) -> Card:
    invocation = Invocation(name="help", arguments=(name,), message=message())
    return await table().run(invocation, "en")


async def test_the_help_on_one_command_is_about_that_command() -> None:
    card = await help_on("whoami")

    assert card.blocks == (Fields(rows=(("/deskmate whoami", EN.whoami_command),)),)


async def test_the_help_on_no_command_says_that_there_is_none() -> None:
    assert EN.command_unknown.format(name="dance") in words(await help_on("dance"))
