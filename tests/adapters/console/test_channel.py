from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from adapters.console.channel import Terminal
from adapters.console.codec import decode
from bot.core.model import Card, Conversation, Markdown, Progress, Reply, User

ROOM = Conversation(platform="console", id="here", direct=True)
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def reply(text: str, *, key: str = "k", streaming: bool = False) -> Reply:
    block = Progress(text=text) if streaming else Markdown(text=text)
    return Reply(
        key=key,
        conversation=ROOM,
        card=Card(language="zh", blocks=(block,), streaming=streaming),
    )


def terminal(*, tty: bool) -> tuple[Terminal, io.StringIO]:
    out = io.StringIO()
    return Terminal(Console(file=out, width=60, force_terminal=tty, color_system=None)), out


async def test_in_a_pipe_only_the_final_card_comes():
    channel, out = terminal(tty=False)

    ref = await channel.send(reply("正在查找", streaming=True))
    await channel.update(ref, reply("满一年", streaming=True))
    await channel.update(ref, reply("满一年休 **5 天**。"))

    assert out.getvalue() == "满一年休 **5 天**。\n"


async def test_in_a_terminal_a_line_grows_and_gives_way_to_the_card():
    channel, out = terminal(tty=True)

    ref = await channel.send(reply("正在查找", streaming=True))
    await channel.update(ref, reply("满一年", streaming=True))
    await channel.update(ref, reply("满一年休 **5 天**。"))

    text = out.getvalue()
    assert text.index("… 正在查找") < text.index("… 满一年") < text.index("满一年休 5 天。")
    assert text.rindex("\x1b[2K") < text.index("满一年休 5 天。")


async def test_the_same_reply_key_prints_one_card():
    channel, out = terminal(tty=False)

    first = await channel.send(reply("once"))
    second = await channel.send(reply("once"))

    assert first == second
    assert out.getvalue() == "once\n"


async def test_whoever_a_card_is_for_it_is_shown_here():
    channel, out = terminal(tty=False)
    ann = Conversation(platform="console", id="ann", direct=True)

    await channel.send(replace(reply("for Ann"), conversation=ann))

    assert out.getvalue() == "for Ann\n"


async def test_closing_takes_a_half_written_line_away():
    channel, out = terminal(tty=True)
    await channel.send(reply("正在查找", streaming=True))

    await channel.close()
    await channel.close()

    assert "\x1b[2K" in out.getvalue()


async def test_it_is_always_ready():
    channel, _ = terminal(tty=False)
    await channel.ping()

    assert channel.platform == "console"
    assert channel.capabilities.edits


def test_a_typed_line_is_a_message_to_the_bot():
    user = User(platform="console", id="me")

    first = decode(" 年假\x1b[31m？\n", conversation=ROOM, user=user, number=1, received_at=NOW)
    second = decode("年假？", conversation=ROOM, user=user, number=2, received_at=NOW)

    assert first is not None
    assert second is not None
    assert (first.text, first.addressed, first.user) == ("年假？", True, user)
    assert first.keys != second.keys


def test_an_empty_line_is_nothing():
    user = User(platform="console", id="me")

    assert decode(" \x07\n", conversation=ROOM, user=user, number=1, received_at=NOW) is None
