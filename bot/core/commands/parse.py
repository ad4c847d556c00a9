"""From text to a command."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from bot.core.model import InboundMessage, Invocation

_PREFIX = "/deskmate"
# Invisible characters that keyboards and copied chats slip in: they would hide a command.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def parse(message: InboundMessage, *, known: Callable[[str], object]) -> Invocation | None:
    """The command in a message, or None where it is a question.

    `/deskmate name …`, or `/name …` for a name that is known: whoever asks about `/etc/hosts` has
    a question. Full-width letters and `／` count as their plain forms in the command and its name;
    arguments stay as they were typed. A bare `/deskmate` is the command `help`.
    """
    words = _INVISIBLE.sub("", message.text).split()
    first = normal(words[0]) if words else ""
    if first == _PREFIX:
        name = normal(words[1]) if len(words) > 1 else "help"
        return Invocation(name=name, arguments=tuple(words[2:]), message=message)
    if first.startswith("/") and known(first[1:]):
        return Invocation(name=first[1:], arguments=tuple(words[1:]), message=message)
    return None


def normal(word: str) -> str:
    """A word as commands are compared: plain width, lower case."""
    return unicodedata.normalize("NFKC", word).casefold()
