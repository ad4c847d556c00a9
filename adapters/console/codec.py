"""A typed line → an event; pure. And what a terminal may be shown."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from bot.core.model import Conversation, InboundMessage, MessageRef, User

PLATFORM: Final = "console"

# Documents are written by anybody; a terminal obeys what it prints. Whole escape sequences go
# first (with the titles and links they carry), then every control character that is left, then the
# signs that turn the reading direction around, so that a text cannot pretend to be another.
_ESCAPE: Final = re.compile(
    r"\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x9d[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIRECTION: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


def decode(
    line: str, *, conversation: Conversation, user: User, number: int, received_at: datetime
) -> InboundMessage | None:
    """What somebody typed as a message, or None for an empty line.

    number: counts the lines of this conversation, so that each is an event of its own.
    """
    text = harmless(line).strip()
    if not text:
        return None
    name = f"{PLATFORM}:{conversation.id}:{number}"
    return InboundMessage(
        keys=(name,),
        conversation=conversation,
        user=user,
        received_at=received_at,
        ref=MessageRef(platform=PLATFORM, id=name),
        text=text,
        addressed=True,
    )


def harmless(text: str) -> str:
    """Text without anything a terminal would obey; line ends and tabs stay."""
    text = _ESCAPE.sub("", text.replace("\r\n", "\n"))
    return _DIRECTION.sub("", _CONTROL.sub("", text))
