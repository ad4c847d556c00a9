"""From text to a command."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from bot.core.model import InboundMessage, Invocation

_PREFIX = "/deskmate"
# Invisible characters that keyboards and copied chats slip in: they would hide a command.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


# What else has no width or no look (Unicode's Default_Ignorable_Code_Point): in a command and its
# name it counts for nothing, in what follows it may be part of an emoji.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


def parse(message: InboundMessage, *, known: Callable[[str], object]) -> Invocation | None:
    """The command in a message, or None where it is a question.

    `/deskmate name …`, or `/name …` for a name that is known: whoever asks about `/etc/hosts` has
    a question. Full-width letters and `／` count as their plain forms in the command and its name;
    arguments stay as they were typed. A bare `/deskmate` is the command `help`.
    """
    first, rest = _next(_INVISIBLE.sub("", message.text).split())
    if first == _PREFIX:
        name, rest = _next(rest)
        return Invocation(name=name or "help", arguments=tuple(rest), message=message)
    if first.startswith("/") and known(first[1:]):
        return Invocation(name=first[1:], arguments=tuple(rest), message=message)
    return None


def normal(word: str) -> str:
    """A word as commands are compared: plain width, lower case."""
    # Lower case may bring forms back that plain width had replaced.
    plain_width = unicodedata.normalize("NFKC", word).casefold()
    return unicodedata.normalize("NFKC", plain_width)


def _next(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The first word that can be seen, as commands are compared, and those after it."""
    for at, word in enumerate(words):
        seen = normal(_UNSEEN.sub("", word)).strip()
        if seen:
            return seen, words[at + 1 :]
    return "", ()
