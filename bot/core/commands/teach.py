"""`/deskmate teach question | answer`."""

from __future__ import annotations

import re

from bot.core.commands.table import Caller
from bot.core.loop_cards import teach_card
from bot.core.model import Card, Invocation, Role
from bot.core.review import Review
from bot.core.texts import TEXTS
from knowledge.model import Language

_BAR = re.compile(r"\s*[|｜]\s*")


class Teach:
    """Verifies an answer and tells it to whoever waits for it; without one it shows a form."""

    names = ("teach", "教")
    role = Role.OWNER

    def __init__(self, *, review: Review) -> None:
        self._review = review

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].teach_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Learn, and say what was learnt."""
        question, answer = _parts(invocation)
        if not question or not answer:
            return teach_card(caller.language)
        message = invocation.message
        return await self._review.teach(
            question,
            answer,
            by=message.user,
            key=f"{message.conversation.platform}:{message.keys[0]}",
            language=caller.language,
        )


def _parts(invocation: Invocation) -> tuple[str, str]:
    """Question and answer; the answer keeps its lines."""
    if not invocation.arguments:
        return "", ""
    # The text from the first argument on: as words it has lost its lines.
    _, first, rest = invocation.message.text.partition(invocation.arguments[0])
    question, *answer = _BAR.split(first + rest, maxsplit=1)
    return " ".join(question.split()), answer[0].strip() if answer else ""
