"""A thread is learnt from where a platform shows it to a bot, and elsewhere that is said."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bot.core.cards import said_card
from bot.core.commands.table import Caller
from bot.core.model import Card, Invocation, Proposal, Role
from bot.core.texts_mining import MINING
from knowledge.model import Language
from tests.fakes_core import knows
from tests.stories.bots import bot_with
from tests.stories.platforms import Seen, Stage, on_dingtalk, on_feishu, on_slack

QUESTION, REPLY = "Where is the gym?", "Ada, on the third floor."


class Nothing:
    """A command that does nothing."""

    names = ("nothing",)
    role = Role.ADMIN

    def summary(self, language: Language) -> str:
        return ""

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        return said_card("", "en")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)  # loopback is behind no proxy


async def learnt(
    on: Callable[[], AbstractContextManager[Stage]], folder: Path, question: str, *, order: str
) -> tuple[tuple[Proposal, ...], Seen]:
    """What is proposed, and what the bot says to an administrator's order."""
    with on() as stage:
        admins = {stage.person.key}
        async with bot_with(Nothing(), stage, folder, knows(), admins=admins) as bot:
            await bot.hear(stage.in_thread(question, REPLY, order))
            proposals = await bot.state.proposals.waiting()
        return proposals, stage.seen()[-1]


@pytest.mark.parametrize("on", [on_slack, on_feishu])
@pytest.mark.parametrize("order", ["learn this thread", "/deskmate learn"])
async def test_a_thread_is_learnt_from_where_it_stands(
    on: Callable[[], AbstractContextManager[Stage]], order: str, tmp_path: Path
) -> None:
    (proposal,), seen = await learnt(on, tmp_path, QUESTION, order=order)

    assert (proposal.kind, proposal.question) == ("thread", QUESTION)
    assert "on the third floor." in proposal.text.lower()
    assert "third floor" in seen.words
    assert seen.only_for


async def test_names_that_slack_tells_are_in_no_answer(tmp_path: Path) -> None:
    (proposal,), _ = await learnt(on_slack, tmp_path, QUESTION, order="learn this thread")

    assert proposal.text == "On the third floor."


async def test_where_a_platform_shows_no_threads_it_says_so(tmp_path: Path) -> None:
    proposals, seen = await learnt(on_dingtalk, tmp_path, QUESTION, order="/deskmate 学习")

    assert proposals == ()
    assert MINING["zh"].not_here[:10] in seen.words
