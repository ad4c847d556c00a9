"""From text to a command."""

from __future__ import annotations

import re
import unicodedata

from bot.core.model import InboundMessage, Invocation

_PREFIX = "/deskmate"
# Invisible characters that keyboards and copied chats slip in: they would hide a command.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def parse(message: InboundMessage) -> Invocation | None:
    """The command in a message, or None where it is a question.

    Full-width letters and `／` count as their plain forms in the command and its name; arguments
    stay as they were typed. A bare `/deskmate` is the command `help`.
    """
    words = _INVISIBLE.sub("", message.text).split()
    if not words or normal(words[0]) != _PREFIX:
        return None
    name = normal(words[1]) if len(words) > 1 else "help"
    return Invocation(name=name, arguments=tuple(words[2:]), message=message)


def normal(word: str) -> str:
    """A word as commands are compared: plain width, lower case."""
    return unicodedata.normalize("NFKC", word).casefold()
