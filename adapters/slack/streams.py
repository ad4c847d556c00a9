"""Native streams: text that grows inside one message, until it ends or grows too old."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from adapters.slack.api import FateUnknown, SlackApi
from adapters.slack.limits import MARKDOWN
from adapters.slack.shape import place_of, ref_of, text_of
from bot.core.errors import ChannelRefused
from bot.core.model import Conversation, MessageRef

_ANEW: Final = "\n\n---\n\n"
_MOST_STREAMS: Final = 1_000


@dataclass(slots=True, kw_only=True)
class _Stream:
    """said: everything that was streamed. text: the part of it that is the answer so far.

    spoiled: what it shows is not known any more.
    """

    began_at: float
    said: str
    text: str = ""
    begun_anew: bool = False
    spoiled: bool = False


class Streams:
    """The streams this process began and has not ended yet.

    lives_s: Slack ends a stream by itself after about five minutes; we do it before.
    """

    def __init__(
        self,
        api: SlackApi,
        *,
        now: Callable[[], float] = time.monotonic,
        lives_s: float = 240.0,
    ) -> None:
        self._api = api
        self._now = now
        self._lives_s = lives_s
        self._streams: OrderedDict[MessageRef, _Stream] = OrderedDict()

    def live(self, ref: MessageRef) -> bool:
        """Whether this message grows as a stream of ours."""
        return ref in self._streams

    async def start(
        self, conversation: Conversation, *, user_id: str, team_id: str, text: str
    ) -> MessageRef:
        """Begin a stream in a thread, for one reader; all others see it too.

        Raises:
            ChannelError: there is none; unless it is FateUnknown, then there may be one.
        """
        body = {
            "channel": conversation.id,
            "thread_ts": conversation.thread_id,
            "recipient_user_id": user_id,
            "recipient_team_id": team_id,
            **({"markdown_text": text} if text else {}),
        }
        answer = await self._api.post("chat.startStream", body)
        ts = text_of(answer, "ts")
        if not ts:
            raise FateUnknown("a stream without a time")
        ref = ref_of(conversation.id, ts)
        self._streams[ref] = _Stream(began_at=self._now(), said=text)
        if len(self._streams) > _MOST_STREAMS:
            self._streams.popitem(last=False)
        return ref

    async def append(self, ref: MessageRef, text: str, *, metadata: Mapping[str, object]) -> bool:
        """Show this text so far; False where the stream has ended and the message can be edited.

        A text that is not what was shown and more begins anew under a line, once; after that it
        is left to the end.

        Raises:
            ChannelUnavailable: not now.
        """
        stream = self._streams[ref]
        if stream.spoiled or self._now() - stream.began_at >= self._lives_s:
            await self.stop(ref, metadata=metadata)
            return False
        more = _more(stream, text)
        if not more or len(stream.said) + len(more) > MARKDOWN:
            return True
        try:
            await self._append(ref, more)
        except (FateUnknown, ChannelRefused):
            # Only an edit makes it right.
            stream.spoiled = True
            await self.stop(ref, metadata=metadata)
            return False
        stream.begun_anew = stream.begun_anew or not text.startswith(stream.text)
        stream.said += more
        stream.text = text
        return True

    async def stop(self, ref: MessageRef, *, metadata: Mapping[str, object]) -> None:
        """End a stream, ours or one a crash left; the message can be edited then.

        Raises:
            ChannelUnavailable: not now.
        """
        channel, ts = place_of(ref)
        # Refused: it has ended already, or the message is gone; the edit that follows will say.
        with suppress(ChannelRefused):
            await self._api.post(
                "chat.stopStream", {"channel": channel, "ts": ts, "metadata": metadata}
            )
        self._streams.pop(ref, None)

    async def _append(self, ref: MessageRef, more: str) -> None:
        channel, ts = place_of(ref)
        await self._api.post(
            "chat.appendStream", {"channel": channel, "ts": ts, "markdown_text": more}
        )


def _more(stream: _Stream, text: str) -> str:
    """What to append so that this text is shown; nothing where that cannot be done any more."""
    if text.startswith(stream.text):
        gap = "" if stream.text or not stream.said else "\n\n"
        return gap + text[len(stream.text) :] if text != stream.text else ""
    if stream.text.startswith(text):
        return ""
    # Only another text is worth it: one whose end was read differently is right in the end.
    another = not text.startswith(stream.text[: (len(stream.text) + 1) // 2])
    return f"{_ANEW}{text}" if another and not stream.begun_anew else ""
