"""Reads messages back: a reply that an earlier try may have shown, and words that are quoted."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from adapters.slack.api import SlackApi
from adapters.slack.identity import Identity
from adapters.slack.memory import Recent
from adapters.slack.shape import PLATFORM, Json, part_of, parts_of, place_of, ref_of, text_of
from adapters.slack.streams import Streams
from adapters.slack.words import hear
from bot.core.errors import ChannelRefused
from bot.core.model import Conversation, MessageRef, Reply

log = logging.getLogger(__name__)

METADATA: Final = "deskmate_reply"

_MOST_PAGES: Final = 5


class Lookup:
    """Reads our own messages; each carries its key, a stream from when it ends.

    identity: who we are; asks Slack where that is not known yet.
    """

    def __init__(
        self, api: SlackApi, streams: Streams, *, identity: Callable[[], Awaitable[Identity]]
    ) -> None:
        self._api = api
        self._streams = streams
        self._identity = identity
        self._homes: Recent[str] = Recent()

    async def words_of(self, ref: MessageRef) -> str:
        """What a thread's first message says, whoever wrote it."""
        channel, ts = place_of(ref)
        query = {"channel": channel, "ts": ts, "limit": "1"}
        page = await self._api.get("conversations.replies", query)
        texts = [text_of(m, "text") for m in parts_of(page, "messages") if text_of(m, "ts") == ts]
        return hear(texts[0], ()).text if texts else ""

    async def find(self, reply: Reply) -> MessageRef | None:
        """The message with this key, or a stream a crash left in its thread."""
        try:
            channel = await self._open(reply.conversation)
            orphan: MessageRef | None = None
            async for message in self._later(channel, reply):
                ref = ref_of(channel, text_of(message, "ts"))
                if _key_of(message) == reply.key:
                    return ref
                if _may_be_a_stream(reply) and self._is_orphan(message, ref, reply):
                    orphan = ref
        except ChannelRefused as error:
            log.warning("lookup_refused", extra={"key": reply.key, "code": error.code})
            return None
        return orphan

    async def _later(self, channel: str, reply: Reply) -> AsyncIterator[Json]:
        """Our own messages since the one this answers."""
        identity = await self._identity()
        thread_ts = reply.conversation.thread_id
        query = {"channel": channel, "include_all_metadata": "true", "limit": "200"}
        query |= {"ts": thread_ts} if thread_ts else {}
        since = asked_ts(reply)
        query |= {"oldest": since, "inclusive": "true"} if since else {}
        method = "conversations.replies" if thread_ts else "conversations.history"
        for _ in range(_MOST_PAGES):
            page = await self._api.get(method, query)
            for message in parts_of(page, "messages"):
                if _is_by(message, identity):
                    yield message
            cursor = text_of(part_of(page, "response_metadata"), "next_cursor")
            if not cursor:
                return
            query["cursor"] = cursor

    def _is_orphan(self, message: Json, ref: MessageRef, reply: Reply) -> bool:
        """Only a stream carries no key yet: it gets one when it ends."""
        later = _number(text_of(message, "ts")) > _number(asked_ts(reply))
        unnamed = part_of(message, "metadata").get("event_type") != METADATA
        return (
            bool(reply.conversation.thread_id)
            and later
            and unnamed
            and not (self._streams.live(ref))
        )

    def channel_of(self, place: Conversation) -> str:
        """Where a reply goes: to a person's direct conversation itself once it was opened.

        Posting to the person's id opens it too.
        """
        return (self._homes.get(place.id) if place.direct else None) or place.id

    async def _open(self, place: Conversation) -> str:
        """A person's direct conversation has an id of its own, which only Slack knows."""
        if not place.direct or place.id.startswith("D"):
            return place.id
        known = self._homes.get(place.id)
        if known is None:
            opened = await self._api.post("conversations.open", {"users": place.id})
            known = text_of(part_of(opened, "channel"), "id")
            self._homes.put(place.id, known)
        return known


def metadata_of(reply: Reply) -> Mapping[str, object]:
    """What a message carries so that it is found again."""
    return {"event_type": METADATA, "event_payload": {"key": reply.key}}


def asked_ts(reply: Reply) -> str:
    """When the message it answers was written; nothing for one that is no message, or elsewhere."""
    if reply.answers is None:
        return ""
    channel, ts = place_of(reply.answers)
    return ts if channel == reply.conversation.id else ""


def _may_be_a_stream(reply: Reply) -> bool:
    """Whether it is the one reply to a message, named after it: no other begins as a stream."""
    return reply.answers is not None and reply.key == f"{PLATFORM}:{reply.answers.id}/reply"


def _is_by(message: Json, identity: Identity) -> bool:
    by_bot = bool(identity.bot_id) and text_of(message, "bot_id") == identity.bot_id
    return by_bot or (bool(identity.user_id) and text_of(message, "user") == identity.user_id)


def _key_of(message: Json) -> str:
    metadata = part_of(message, "metadata")
    if metadata.get("event_type") != METADATA:
        return ""
    return text_of(part_of(metadata, "event_payload"), "key")


def _number(ts: str) -> float:
    try:
        return float(ts)
    except ValueError:
        return 0.0
