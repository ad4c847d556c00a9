"""`/deskmate status`."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.access import Readers
from bot.core.cards import fields_card
from bot.core.commands.table import Caller
from bot.core.library import Library, Listed, Steering
from bot.core.machine import Machine, PartState
from bot.core.model import Card, Invocation, Role
from bot.core.ports import Stores
from bot.core.texts_commands import COMMAND_TEXTS, CommandTexts
from knowledge.model import Language


class Status:
    """Says whether the bot is up and what it knows; administrators see what it works on."""

    names = ("status", "状态")
    role = Role.EVERYONE

    def __init__(
        self,
        *,
        library: Library,
        steering: Steering | None,
        stores: Stores,
        machine: Machine,
        readers: Readers,
    ) -> None:
        self._library = library
        self._steering = steering
        self._stores = stores
        self._machine = machine
        self._readers = readers

    def summary(self, language: Language) -> str:
        """What it does."""
        return COMMAND_TEXTS[language].status_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return COMMAND_TEXTS[language].status_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The state."""
        texts, message = COMMAND_TEXTS[caller.language], invocation.message
        parts = await self._machine.parts()
        readable = await self._library.listed(audience=await self._readers.alone(message.user))
        up = all(state == "ok" for state in parts.values())
        rows = [
            (texts.status_state, texts.status_up if up else texts.status_partly),
            (texts.status_version, self._machine.version),
            (texts.status_model, self._library.model),
            (texts.status_documents, _counted(readable, texts)),
            (texts.status_latest, _latest(readable, texts)),
        ]
        mute = await self._stores.mutes.of(message.conversation)
        if mute is not None:
            rows.append(("🔇", texts.status_muted.format(by=mute.by)))
        if Role.ADMIN in caller.roles:
            rows += await self._inside(parts, texts)
        shown = [row for row in rows if row[1]]
        return fields_card(shown, caller.language, title=texts.status_title)

    async def _inside(
        self, parts: Mapping[str, PartState], texts: CommandTexts
    ) -> list[tuple[str, str]]:
        """What only administrators see."""
        everything = await self._library.listed(audience=None)
        stores = self._stores
        rows = [
            (texts.status_all, _counted(everything, texts)),
            (texts.status_latest, _latest(everything, texts)),
            (texts.status_embedders, ", ".join(self._library.embedders)),
            (texts.status_gaps, str(len(await stores.gaps.standing()))),
            (texts.status_proposals, str(len(await stores.proposals.waiting()))),
            (texts.status_errands, str(len(await stores.errands.waiting()))),
            (texts.status_parts, _parts(parts, texts)),
        ]
        if self._machine.queue is not None:
            rows.append((texts.status_queue, str(self._machine.queue())))
        if self._steering is not None:
            bar = (await self._steering.standing()).bar
            rows.append((texts.status_threshold, f"{bar.least_confidence:.2f}"))
        return rows


def _counted(documents: tuple[Listed, ...], texts: CommandTexts) -> str:
    passages = sum(document.passages for document in documents)
    return texts.status_of_yours.format(documents=len(documents), passages=passages)


def _latest(documents: tuple[Listed, ...], texts: CommandTexts) -> str:
    times = [document.stored_at for document in documents if document.stored_at]
    return f"{max(times):%Y-%m-%d %H:%M} UTC" if times else texts.status_nothing


def _parts(parts: Mapping[str, PartState], texts: CommandTexts) -> str:
    said: Mapping[PartState, str] = {
        "ok": texts.part_ok,
        "late": texts.part_late,
        "unavailable": texts.part_unavailable,
    }
    return ", ".join(f"{name}: {said[state]}" for name, state in parts.items())
