"""Commands in other words than `/deskmate name`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from bot.core.model import InboundMessage, Invocation

LEARN: Final = "learn"

_SAID = re.compile(
    r"(?:please )?(?:learn|remember|take in)(?: from)? (?:this|the) "
    r"(?:thread|conversation|discussion)(?: please)?"
    r"|(?:请|麻烦)?(?:你|您)?(?:帮忙)?(?:学习|记住|记下|整理|收录|学)(?:一下|下)?(?:这个|这段|本|此)?"
    r"(?:话题|讨论|对话|帖子)(?:吧)?",
    re.IGNORECASE,
)
_THREAD = re.compile(r"thread|话题|讨论", re.IGNORECASE)


def asks_to_learn(text: str) -> bool:
    """Whether these are the words for learning from the thread they stand in."""
    return _SAID.fullmatch(text.strip(" \t\n.!。！,，")) is not None


def in_other_words(message: InboundMessage, read: Invocation | None) -> Invocation | None:
    """The command that is meant: "learn this thread" in a thread, `/deskmate teach thread`.

    A slash command itself cannot be typed in every platform's threads.
    """
    if read is None:
        in_thread = message.addressed and message.conversation.thread_id
        if in_thread and asks_to_learn(message.text):
            return Invocation(name=LEARN, arguments=(), message=message)
        return None
    if read.name == "teach" and len(read.arguments) == 1 and _THREAD.fullmatch(read.arguments[0]):
        return replace(read, name=LEARN, arguments=())
    return read
