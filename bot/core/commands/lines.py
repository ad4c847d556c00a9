"""Buttons that are commands: what they say is run as if the person who pressed had typed it.

So there is one place that judges who may do what, and a button is worth no more than its words.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final, Literal, cast, get_args

from bot.core.cards import limit_card, said_card
from bot.core.commands.parse import normal
from bot.core.commands.table import Commands
from bot.core.languages import Languages
from bot.core.limits import QuestionLimit
from bot.core.model import Button, Buttons, Card, CardAction, InboundMessage, Invocation, Markdown
from bot.core.replies import Replies, private_reply, reply_key
from bot.core.texts_steering import STEERING_TEXTS
from knowledge.model import Language

log = logging.getLogger(__name__)

COMMAND_LINE: Final = "command_line"
_CONFIRMED: Final = frozenset({"confirm", "确认"})
_LONGEST_LINE: Final = 1_000
"""Characters; platforms carry some more in a button."""


def line_of(invocation: Invocation, name: str, *more: str) -> str:
    """The command as it may be typed again, with more words."""
    return " ".join((f"/deskmate {name}", *invocation.arguments, *more))


def line_button(
    label: str,
    line: str,
    language: Language,
    *,
    style: Literal["default", "primary", "danger"] = "default",
) -> Button:
    """A button that runs a command for whoever presses it."""
    return Button(
        name=COMMAND_LINE, label=label, values={"line": line, "language": language}, style=style
    )


def confirm_card(text: str, line: str, language: Language) -> Card:
    """Asks before something is done; the button, or the line when it is typed, does it."""
    texts = STEERING_TEXTS[language]
    card = said_card(text, language)
    typed = Markdown(text=texts.confirm_typed.format(line=line.replace("`", "'")))
    buttons: tuple[Button, ...] = ()
    if len(line) <= _LONGEST_LINE:
        buttons = (line_button(texts.confirm, line, language, style="danger"),)
    return replace(card, blocks=(*card.blocks, *_row(buttons), typed))


def _row(buttons: tuple[Button, ...]) -> tuple[Buttons, ...]:
    return (Buttons(items=buttons),) if buttons else ()


def confirmed(invocation: Invocation) -> tuple[bool, Invocation]:
    """Whether the last word confirms the command, and the command without that word."""
    *words, last = invocation.arguments or ("",)
    if normal(last) not in _CONFIRMED:
        return False, invocation
    return True, replace(invocation, arguments=tuple(words))


class Lines:
    """Runs what stands on such buttons."""

    def __init__(
        self, *, commands: Commands, limit: QuestionLimit, replies: Replies, languages: Languages
    ) -> None:
        self._commands = commands
        self._limit = limit
        self._replies = replies
        self._languages = languages

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button does, by its name."""
        return {COMMAND_LINE: self._run}

    async def _run(self, action: CardAction) -> None:
        message = _typed(action)
        invocation = self._commands.read(message)
        if invocation is None or await self._replies.sent(reply_key(message)):
            return
        refusal = await self._limit.admit_command(action.user)
        language = await self._language(action)
        if refusal is None:
            card = await self._commands.run(invocation, language)
        elif refusal.first:
            card = limit_card(refusal, language)
        else:
            log.warning("command_ignored", extra={"by": action.user.key})
            return
        await self._replies.once(private_reply(action, card))

    async def _language(self, action: CardAction) -> Language:
        said = action.values.get("language", "")
        if said in get_args(Language):
            return cast("Language", said)
        return await self._languages.of(action)


def _typed(action: CardAction) -> InboundMessage:
    """The message that the person who pressed could have written instead."""
    return InboundMessage(
        keys=action.keys,
        conversation=action.conversation,
        user=action.user,
        received_at=action.received_at,
        ref=action.ref,
        text=action.values.get("line", ""),
        addressed=True,
    )
