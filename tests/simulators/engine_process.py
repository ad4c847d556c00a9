"""Speaks as an engine's process does, and behaves as badly as it is asked to.

The prompt's last turn says how: "crash", "babble", "hang" (and deaf), "where" (its session, and
whether it leads a group), else it is said back word by word. How it loads is in the model's file
name: "broken" or "never" in it, else at once.
"""

from __future__ import annotations

import os
import sys
import threading

from knowledge.engines.worker_wire import Ask, Message, decode, decode_load, encode, read_ask


def say(message: Message) -> None:
    sys.stdout.buffer.write(encode(message))
    sys.stdout.buffer.flush()


def answer(ask: Ask) -> None:
    words = ask.prompt.turns[-1].text.split()
    if words == ["crash"]:
        os.abort()
    if words == ["babble"]:
        sys.stdout.write("GGML_ASSERT failed\n")
        sys.stdout.flush()
    if words == ["hang"]:
        threading.Event().wait()
    if words == ["where"]:
        words = [f"{os.getsid(0)} {os.getpgid(0) == os.getpid()}"]
    for word in words[: ask.prompt.max_tokens]:
        say({"id": ask.id, "more": word})
    say({"id": ask.id, "end": [len(words), len(words), 0], "chances": []})


def main() -> None:
    load = decode_load(sys.stdin.buffer.readline())
    if "broken" in load.path:
        say({"broken": "RuntimeError: not today"})
        return
    if "never" in load.path:
        threading.Event().wait()
    say({"ready": True})
    for line in sys.stdin.buffer:
        message = decode(line)
        if "ask" in message:
            answer(read_ask(message))


if __name__ == "__main__":
    main()
