"""The reply's language follows what was written, else what was written before."""

from __future__ import annotations

import pytest

from bot.core.languages import Languages
from bot.core.model import Conversation, MessageRef, User
from knowledge.model import Language, Turn
from tests.fakes_core import message, press


class Said:
    """A memory in which this was said."""

    def __init__(self, *turns: Turn) -> None:
        self._turns = turns

    async def turns(self, conversation: Conversation, user: User) -> tuple[Turn, ...]:
        return self._turns

    async def remember(self, conversation: Conversation, user: User, *turns: Turn) -> None:
        return None

    async def clear(self, conversation: Conversation, user: User) -> None:
        return None


def languages(*turns: Turn) -> Languages:
    return Languages(memory=Said(*turns), defaults={"fake": "zh"}, otherwise="en")


@pytest.mark.parametrize(
    ("text", "language"),
    [("年假有几天？", "zh"), ("How many days?", "en"), ("/deskmate 帮助", "zh")],
)
async def test_a_sentence_speaks_for_itself(text: str, language: Language) -> None:
    assert await languages().of(message(text)) == language


@pytest.mark.parametrize("text", ["/deskmate help", "／deskmate help", ""])
async def test_a_command_goes_by_what_was_said_before(text: str) -> None:
    before = (
        Turn(speaker="user", text="Where is the gym?"),
        Turn(speaker="assistant", text="在三楼。"),
    )

    assert await languages(*before).of(message(text)) == "en"
    assert await languages().of(message(text)) == "zh"


async def test_a_button_goes_by_the_platform_where_nothing_was_said() -> None:
    pressed = press(MessageRef(platform="fake", id="m1"), "verdict")

    assert await languages().of(pressed) == "zh"
    assert await Languages(memory=Said(), defaults={}).of(pressed) == "en"


@pytest.mark.parametrize("text", ["👍", "???", "123", "……"])
async def test_signs_without_letters_are_answered_in_the_language_spoken_before(text: str) -> None:
    spoken = Turn(speaker="user", text="How many days of leave?")

    assert await languages(spoken).of(message(text)) == "en"
    assert await languages().of(message(text)) == "zh"
