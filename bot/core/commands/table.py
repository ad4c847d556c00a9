"""The commands there are, and who may use which."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.core.access import Access
from bot.core.cards import help_card, refused_card
from bot.core.commands.parse import parse
from bot.core.commands.phrases import in_other_words
from bot.core.model import Card, InboundMessage, Invocation, Role, User
from bot.core.recorder import Recorder
from knowledge.model import Language

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who typed a command.

    commands: those they may use, in the order of the table.
    """

    language: Language
    roles: frozenset[Role]
    commands: tuple[Command, ...]


class Command(Protocol):
    """One thing people can tell the bot to do."""

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called; the first name is the one shown in the help."""
        ...

    @property
    def role(self) -> Role | frozenset[Role]:
        """Who may use it: whoever has this role, or one of these."""
        ...

    def summary(self, language: Language) -> str:
        """What it does, in a few words for the help."""
        ...

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Do it, and say what was done."""
        ...


@runtime_checkable
class Explained(Protocol):
    """A command that says how it is typed."""

    def usage(self, language: Language) -> str:
        """How it is typed, with an example."""
        ...


class Refused(Exception):
    """A command turned down what it was told, for lack of a role. card: what the person reads."""

    def __init__(self, card: Card) -> None:
        super().__init__("refused")
        self.card = card


class Commands:
    """Finds and runs commands; each is on record before it does anything."""

    def __init__(
        self, *, commands: Sequence[Command], access: Access, recorder: Recorder | None = None
    ) -> None:
        self._commands = tuple(commands)
        self._access = access
        self._recorder = recorder

    def read(self, message: InboundMessage) -> Invocation | None:
        """The command in a message, or None where it is a question."""
        return in_other_words(message, parse(message, known=self._named))

    def rows(self, user: User, language: Language) -> tuple[tuple[str, str], ...]:
        """The commands this person may use, as typed, with what each does."""
        return help_rows(self._caller(user, language))

    async def run(self, invocation: Invocation, language: Language) -> Card:
        """The card that answers this command: its result, a refusal, or the help.

        Raises:
            StateUnavailable: it could not be put on record, so it was not run.
        """
        caller = self._caller(invocation.message.user, language)
        command = self._named(invocation.name)
        if command is None:
            return help_card(help_rows(caller), language, unknown=invocation.name)
        if command not in caller.commands:
            await self._refuse(invocation, command)
            return refused_card(invocation.name, language)
        if self._recorder is not None:
            await self._recorder.ran(invocation, command.names[0])
        try:
            return await command.run(invocation, caller)
        except Refused as refused:
            await self._refuse(invocation, command)
            return refused.card

    async def refusal(self, name: str, message: InboundMessage, language: Language) -> Card | None:
        """What whoever typed a command earlier is told where they may not use it any more.

        name: the command's first.
        """
        command = self._named(name)
        caller = self._caller(message.user, language)
        if command is None or command in caller.commands:
            return None
        await self._refuse(Invocation(name=name, arguments=(), message=message), command)
        return refused_card(name, language)

    async def _refuse(self, invocation: Invocation, command: Command) -> None:
        who = invocation.message.user.key
        log.warning("command_refused", extra={"user": who, "command": command.names[0]})
        if self._recorder is not None:
            await self._recorder.refused(invocation, command.names[0])

    def _caller(self, user: User, language: Language) -> Caller:
        roles = self._access.roles(user)
        allowed = tuple(command for command in self._commands if _may_use(command, roles))
        return Caller(language=language, roles=roles, commands=allowed)

    def _named(self, name: str) -> Command | None:
        found = (command for command in self._commands if name in command.names)
        return next(found, None)


def _may_use(command: Command, roles: frozenset[Role]) -> bool:
    wanted = command.role if isinstance(command.role, frozenset) else {command.role}
    return not roles.isdisjoint(wanted)


def help_rows(caller: Caller) -> tuple[tuple[str, str], ...]:
    """The commands this caller may use, as typed, with what each does."""
    return tuple(
        (f"/deskmate {command.names[0]}", command.summary(caller.language))
        for command in caller.commands
    )
