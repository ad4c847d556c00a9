"""Commands in other words than `/deskmate name`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from bot.core.model import InboundMessage, Invocation
from knowledge.quantities import fold

LEARN: Final = "learn"

_SAID = re.compile(
    r"(?:please )?(?:learn|remember|take in)(?: from)? (?:this|the) "
    r"(?:thread|conversation|discussion)(?: please)?"
    r"|(?:请|麻烦)?(?:你|您)?(?:帮忙)?(?:学习|记住|记下|整理|收录|学)(?:一下|下)?(?:这个|这段|本|此)?"
    r"(?:话题|讨论|对话|帖子)(?:吧)?",
    re.IGNORECASE,
)
_ASKS_WHAT_IT_DOES = re.compile(
    r"\?|help(?: me)?|帮助|使用说明|(?:你|您|机器人)(?:是)?怎么(?:使)?用"
    r"|(?:你|您)都?(?:会|能|可以)(?:帮我)?(?:干|做)?(?:什么|啥|哪些事)(?:呢|啊|呀)?"
    r"|what can (?:you|u) do(?: for me)?|how do (?:you work|i use (?:you|this(?: bot)?))"
    r"|how does this(?: bot)? work"
)
_THREAD = re.compile(r"thread|话题|讨论", re.IGNORECASE)


def asks_to_learn(text: str) -> bool:
    """Whether these are the words for learning from the thread they stand in."""
    return _SAID.fullmatch(text.strip(" \t\n.!。！,，")) is not None


def asks_what_it_does(text: str) -> bool:
    """Whether these are the words of somebody who wants to know what the bot is for."""
    said = fold(text).strip(" \t\n.!。,~")
    return _ASKS_WHAT_IT_DOES.fullmatch(said.rstrip("?") or said) is not None


def in_other_words(message: InboundMessage, read: Invocation | None) -> Invocation | None:
    """The command that is meant: "learn this thread" in a thread, `/deskmate teach thread`.

    A slash command itself cannot be typed in every platform's threads.
    """
    if read is None and message.addressed and asks_what_it_does(message.text):
        return Invocation(name="help", arguments=(), message=message)
    if read is None:
        in_thread = message.addressed and message.conversation.thread_id
        if in_thread and asks_to_learn(message.text):
            return Invocation(name=LEARN, arguments=(), message=message)
        return None
    if read.name == "teach" and len(read.arguments) == 1 and _THREAD.fullmatch(read.arguments[0]):
        return replace(read, name=LEARN, arguments=())
    return read
