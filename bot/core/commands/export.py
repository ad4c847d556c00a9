"""`/deskmate export what`."""

from __future__ import annotations

from bot.core.cards import said_card
from bot.core.commands.parse import normal, parse
from bot.core.commands.table import Caller
from bot.core.errands import ErrandDesk
from bot.core.machine import Exports
from bot.core.model import Card, Errand, Invocation, Role
from bot.core.texts_steering import STEERING_TEXTS
from knowledge.model import Language


class ExportNow:
    """Writes what was taught and said to a file of the server, and says where."""

    names = ("export", "导出")
    role = Role.ADMIN

    def __init__(self, *, exports: Exports, errands: ErrandDesk) -> None:
        self._exports = exports
        self._errands = errands

    def summary(self, language: Language) -> str:
        """What it does."""
        return STEERING_TEXTS[language].export_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        kinds = ", ".join(f"`{kind}`" for kind in self._exports.kinds)
        return STEERING_TEXTS[language].export_usage.format(kinds=kinds)

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """That the report follows."""
        what = _kind_in(invocation)
        if what not in self._exports.kinds:
            return said_card(self.usage(caller.language), caller.language)
        texts = STEERING_TEXTS[caller.language]
        started = said_card(texts.export_started.format(what=what), caller.language)
        return await self._errands.entrust(
            self.names[0], invocation.message, caller.language, started=started
        )

    async def report(self, errand: Errand) -> Card:
        """Where it is.

        Raises:
            StateUnavailable, StorageFull: there is no such file.
        """
        invocation = parse(errand.message, known=self.names.__contains__)
        what = _kind_in(invocation) if invocation else ""
        path, lines = await self._exports.write(
            what, by=errand.message.user.key, at=errand.asked_at
        )
        said = STEERING_TEXTS[errand.language].export_done.format(
            lines=lines, path=path.replace("`", "'")
        )
        return said_card(said, errand.language)


def _kind_in(invocation: Invocation) -> str:
    return normal(invocation.arguments[0]) if invocation.arguments else ""
