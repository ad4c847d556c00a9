"""Puts down in the audit log what people did by command and button, and what they were refused."""

from __future__ import annotations

import logging
from typing import Final

from bot.core.audit import AuditEntry
from bot.core.commands.who import people_in
from bot.core.errors import StateUnavailable
from bot.core.limits import Windows
from bot.core.model import CardAction, InboundMessage, Invocation
from bot.core.ports import AuditLog, Clock
from knowledge.steps import UNTOLD, Steps

log = logging.getLogger(__name__)

_NEVER_ASK: Final = frozenset(
    {"role", "audit", "limits", "model", "threshold", "audience", "mute", "unmute", "export"}
)
"""Commands whose words name people and settings and are never anybody's question."""

_REFUSALS: Final = 30
"""Of one person's refused buttons so many a minute are put down."""

_CARRIED: Final = frozenset({"proposal", "change", "joiner", "person", "role", "topic", "gap"})
"""What a button carries that names a thing; what was typed into a form is left out."""


class Recorder:
    """Writes entries under the names of the events they come from: a repeated event adds none.

    questions: whether the words people wrote may be put down.
    steps: is told of what could not be put down.
    """

    def __init__(
        self,
        audit: AuditLog,
        *,
        clock: Clock,
        questions: bool = False,
        steps: Steps = UNTOLD,
    ) -> None:
        self._audit = audit
        self._steps = steps
        self._clock = clock
        self._questions = questions
        # Commands are limited before they come here; made-up buttons could fill the disk.
        self._refusals = Windows(_REFUSALS, most=1_000)

    async def ran(self, invocation: Invocation, name: str) -> None:
        """Somebody runs a command; put down before it is run. name: the command's first.

        Raises:
            StateUnavailable: it was not put down.
        """
        await self._append(self._of_command(invocation, name, "command.run"))

    async def refused(self, invocation: Invocation, name: str) -> None:
        """Somebody wanted to run a command that is not for them; they are told so in any case."""
        await self._try(self._of_command(invocation, name, "command.refused"))

    async def button(self, action: CardAction, allowed: bool) -> None:
        """Somebody pressed a button that is for few; put down before anything is done.

        Raises:
            StateUnavailable: it was not put down.
        """
        if allowed:
            await self._append(self._of_button(action, "button.pressed"))
        else:
            await self.refused_button(action)

    async def refused_button(self, action: CardAction) -> None:
        """Somebody pressed a button that is not for them; they are told so in any case."""
        now, who = self._clock(), action.user.key
        if self._refusals.wait(who, now) is not None:
            log.warning("refusal_not_audited", extra={"by": who, "reason": "too many"})
            self._steps.tell("audit_failed", reason="too_many")
            return
        self._refusals.count(who, now)
        await self._try(self._of_button(action, "button.refused"))

    async def asked(self, message: InboundMessage) -> None:
        """Somebody asked a question: put down only where their words may be."""
        if not self._questions:
            return
        await self._append(
            AuditEntry(
                at=self._clock(),
                what="question.asked",
                by=message.user.key,
                where=message.conversation.lane,
                about={"question": message.text},
                key=_key(message, "question"),
            )
        )

    async def _try(self, entry: AuditEntry) -> None:
        try:
            await self._append(entry)
        except StateUnavailable as error:
            log.warning("refusal_not_audited", extra={"by": entry.by, "reason": str(error)})

    async def _append(self, entry: AuditEntry) -> None:
        try:
            await self._audit.append(entry)
        except StateUnavailable:
            self._steps.tell("audit_failed", reason="unavailable")
            raise

    def _of_command(self, invocation: Invocation, name: str, what: str) -> AuditEntry:
        message = invocation.message
        about: dict[str, object] = {"command": name}
        people = [user.key for user in people_in(message, invocation.arguments)]
        if people:
            about["people"] = people
        if invocation.arguments and (self._questions or name in _NEVER_ASK):
            about["arguments"] = " ".join(invocation.arguments)
        return AuditEntry(
            at=self._clock(),
            what=what,
            by=message.user.key,
            where=message.conversation.lane,
            about=about,
            key=_key(message, what),
        )

    def _of_button(self, action: CardAction, what: str) -> AuditEntry:
        carried = {name: value for name, value in action.values.items() if name in _CARRIED}
        return AuditEntry(
            at=self._clock(),
            what=what,
            by=action.user.key,
            where=action.conversation.lane,
            about={"button": action.name, **carried},
            key=_key(action, what),
        )


def _key(event: InboundMessage | CardAction, what: str) -> str:
    return f"{event.conversation.platform}:{event.keys[0]}/{what}"
