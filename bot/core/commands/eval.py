"""`/deskmate eval`."""

from __future__ import annotations

from dataclasses import replace

from bot.core.cards import said_card
from bot.core.commands.table import Caller
from bot.core.loop_cards import eval_card
from bot.core.model import Card, Invocation, Role
from bot.core.regression import Regression
from bot.core.replies import Replies, private_reply, reply_key
from bot.core.texts import TEXTS
from knowledge.model import Language


class Eval:
    """Runs the test set of verified answers, and says what got better and worse."""

    names = ("eval", "评测")
    role = Role.OWNER

    def __init__(self, *, regression: Regression, replies: Replies) -> None:
        self._regression = regression
        self._replies = replies

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].eval_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The report; it takes seconds a case with a language model, so it is announced."""
        texts, message = TEXTS[caller.language], invocation.message
        cases = await self._regression.size()
        if not cases:
            return said_card(texts.eval_none, caller.language)
        started = private_reply(
            message, said_card(texts.eval_started.format(count=cases), caller.language)
        )
        key = reply_key(message)
        await self._replies.once(replace(started, key=f"{key}/started"))
        return eval_card(await self._regression.run(key=key), caller.language)
