"""What each conversation shows, and the streams that follow it.

A conversation keeps the latest state of every message, not the steps to it: a stream asks for what
is newer than the last version it saw. So a slow reader skips drafts instead of queueing them, a
reconnect misses nothing, and a reload is the same as a reconnect from version 0.

What is for the person rather than for one of their conversations waits until one is opened, and
stands in each of them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, TypeAlias

Json: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message as it is now.

    version: grows with every change anywhere; position: the version of its first appearance.
    pressed: by button or form name, the values it was last sent with.
    """

    version: int
    position: int
    ref: str
    content: Json
    pressed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Stream:
    """One page that follows one conversation."""

    def __init__(self, newer_than: Callable[[int], tuple[Entry, ...]], after: int) -> None:
        self._newer_than = newer_than
        self._seen = after
        self._changed = asyncio.Event()
        self.ended = ""

    async def next(self, *, timeout_s: float) -> tuple[Entry, ...]:
        """What changed since the last call, oldest change first; empty after `timeout_s`.

        Also empty once the stream has ended: look at `ended`.
        """
        entries = self._take()
        if entries or self.ended:
            return entries
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        except TimeoutError:
            return ()
        return self._take()

    def wake(self) -> None:
        self._changed.set()

    def end(self, reason: Literal["replaced", "stopping"]) -> None:
        """Let the reader go: another one needs the place, or the server stops."""
        self.ended = reason
        self.wake()

    def _take(self) -> tuple[Entry, ...]:
        self._changed.clear()
        entries = self._newer_than(self._seen)
        if entries:
            self._seen = entries[-1].version
        return entries


class _Thread:
    """One conversation: its messages by ref, and who follows it."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.streams: list[Stream] = []

    def newer_than(self, version: int) -> Iterator[Entry]:
        return (entry for entry in self.entries.values() if entry.version > version)


class Backlog:
    """Every conversation's messages, bounded: the longest unused conversation goes first.

    person: what is put under this name is shown in every conversation, in its place by time.
    first_version: above every version given out before, also by an earlier process, so that a page
        that was open across a restart goes on where it was.
    """

    def __init__(
        self,
        *,
        person: str,
        first_version: int,
        max_conversations: int,
        max_messages: int,
        max_streams: int,
    ) -> None:
        self._person = person
        self._for_person = _Thread()
        self._version = first_version
        self._max_conversations = max_conversations
        self._max_messages = max_messages
        self._max_streams = max_streams
        self._threads: OrderedDict[str, _Thread] = OrderedDict()
        self._streams: list[tuple[str, Stream]] = []
        self._closed = False

    def reserve(self) -> int:
        """A position for a message that is about to be put."""
        self._version += 1
        return self._version

    def put(self, conversation: str, ref: str, content: Json, *, position: int = 0) -> None:
        """Show a message, or replace what it shows; it keeps its place and its pressed buttons."""
        version = self.reserve()
        thread = self._home(conversation, ref)
        known = thread.entries.get(ref)
        if known is not None:
            thread.entries[ref] = replace(known, version=version, content=content)
        else:
            thread.entries[ref] = Entry(
                version=version, position=position or version, ref=ref, content=content
            )
        self._trim(thread)
        self._wake(thread)

    def press(self, conversation: str, ref: str, name: str, values: Mapping[str, str]) -> None:
        """Remember a pressed button; an empty `values` means it was taken back."""
        thread = self._where(conversation, ref)
        if thread is None:
            return
        known = thread.entries[ref]
        pressed = {**known.pressed, name: dict(values)}
        thread.entries[ref] = replace(known, version=self.reserve(), pressed=pressed)
        self._wake(thread)

    def has(self, conversation: str, ref: str) -> bool:
        """The message is still shown."""
        return self._where(conversation, ref) is not None

    def open(self, conversation: str, *, after: int) -> Stream:
        """Follow a conversation from a version on; past the limit, the oldest stream ends."""
        while len(self._streams) >= self._max_streams:
            self._let_go(*self._streams[0])
        thread = self._thread(conversation)
        stream = Stream(partial(self._newer_than, thread), after)
        thread.streams.append(stream)
        self._streams.append((conversation, stream))
        if self._closed:
            stream.end("stopping")
        return stream

    def leave(self, conversation: str, stream: Stream) -> None:
        """The reader is gone."""
        if (conversation, stream) in self._streams:
            self._let_go(conversation, stream)

    def close(self) -> None:
        """End every stream, and any that opens later."""
        self._closed = True
        for _, stream in self._streams:
            stream.end("stopping")

    def _let_go(self, conversation: str, stream: Stream) -> None:
        self._streams.remove((conversation, stream))
        self._threads[conversation].streams.remove(stream)
        stream.end("replaced")

    def _where(self, conversation: str, ref: str) -> _Thread | None:
        threads = (self._for_person, self._threads.get(conversation))
        return next((one for one in threads if one is not None and ref in one.entries), None)

    def _home(self, conversation: str, ref: str) -> _Thread:
        """Where a message belongs: one for the person stays that, wherever it is answered."""
        if conversation == self._person or ref in self._for_person.entries:
            return self._for_person
        return self._thread(conversation)

    def _newer_than(self, thread: _Thread, version: int) -> tuple[Entry, ...]:
        newer = (*thread.newer_than(version), *self._for_person.newer_than(version))
        return tuple(sorted(newer, key=lambda entry: entry.version))

    def _thread(self, conversation: str) -> _Thread:
        thread = self._threads.setdefault(conversation, _Thread())
        self._threads.move_to_end(conversation)
        if len(self._threads) > self._max_conversations:
            # There are fewer streams than conversations, so one that nobody follows is there.
            idle = next(
                name
                for name, other in self._threads.items()
                if not other.streams and name != conversation
            )
            del self._threads[idle]
        return thread

    def _trim(self, thread: _Thread) -> None:
        while len(thread.entries) > self._max_messages:
            oldest = min(thread.entries.values(), key=lambda entry: entry.position)
            del thread.entries[oldest.ref]

    def _wake(self, thread: _Thread) -> None:
        everybody = [stream for _, stream in self._streams]
        for stream in everybody if thread is self._for_person else thread.streams:
            stream.wake()
