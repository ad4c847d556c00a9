"""Replies on their way to Slack: each key one message, whatever happens on the way."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from adapters.http import persistently
from adapters.slack.api import FateUnknown, SlackApi
from adapters.slack.identity import Identity
from adapters.slack.lookup import Lookup, asked_ts, metadata_of
from adapters.slack.memory import Locks, Recent
from adapters.slack.render import Payload, draft_text, plain, render
from adapters.slack.shape import Json, part_of, place_of, ref_of, text_of
from adapters.slack.streams import Streams
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Conversation, MessageRef, Reply

log = logging.getLogger(__name__)

EDIT_EVERY_S: Final = 1.2
"""Slack takes about fifty edits a minute."""

_TRIES: Final = 6
_NO_STREAMS_FOR_S: Final = 600.0
_BLOCKS_REFUSED: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"}
)
_NOT_THERE: Final = frozenset({"user_not_in_channel", "not_in_channel", "channel_not_found"})


class Outbox:
    """Sends and edits messages.

    identity: who we are; asks Slack where that is not known yet.
    learn_app: told which app wrote what we wrote; Slack says it nowhere before.
    """

    def __init__(
        self,
        api: SlackApi,
        streams: Streams,
        *,
        identity: Callable[[], Awaitable[Identity]],
        learn_app: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._streams = streams
        self._identity = identity
        self._learn_app = learn_app
        self._now = now
        self._sleep = sleep
        self._locks = Locks()
        self._sent: Recent[MessageRef] = Recent()
        self._untried: Recent[bool] = Recent()
        self._askers: Recent[str] = Recent()
        self._next_edit: Recent[float] = Recent()
        self._streams_from: Recent[float] = Recent()
        self._lookup = Lookup(api, streams, identity=identity)
        self._edits_from = 0.0

    def heard(self, ref: MessageRef, user_id: str) -> None:
        """Somebody wrote this message; a stream in its thread is for them."""
        self._askers.put(ref.id, user_id)

    def expect(self, key: str) -> None:
        """Nothing was ever sent under this key, so the first try need not look for it."""
        self._untried.put(key, True)

    async def words_of(self, ref: MessageRef) -> str:
        """What a thread's first message says."""
        return await self._lookup.words_of(ref)

    # ── sending ───────────────────────────────────────────────────────────────────────────────

    async def send(self, reply: Reply) -> MessageRef:
        """Show a card, once for each key, also where an earlier try may have arrived."""
        async with self._locks.of(reply.key):
            known = self._sent.get(reply.key)
            if known is None:
                known = await self._send(reply)
                self._sent.put(reply.key, known)
            return known

    async def _send(self, reply: Reply) -> MessageRef:
        tries = 0

        async def attempt() -> MessageRef:
            nonlocal tries
            tries += 1
            if reply.only_for is not None and not reply.conversation.direct:
                return await self._whisper(reply, reply.only_for.id)
            return await self._say(reply, may_stream=tries == 1)

        return await persistently(attempt, attempts=_TRIES, sleep=self._sleep)

    async def _say(self, reply: Reply, *, may_stream: bool) -> MessageRef:
        if not self._untried.get(reply.key):
            found = await self._lookup.find(reply)
            if found is not None:
                log.info("reply_found", extra={"key": reply.key})
                return found
        # Cancelled or without an answer, the next try must look first.
        self._untried.drop(reply.key)
        try:
            ref = await self._streamed(reply) if may_stream else None
            return ref or await self._post(reply)
        except FateUnknown:
            raise
        except (ChannelUnavailable, ChannelRefused):
            self._untried.put(reply.key, True)
            raise

    async def _streamed(self, reply: Reply) -> MessageRef | None:
        """The stream a growing card begins as, or None where it cannot be one."""
        place = reply.conversation
        asker = self._askers.get(reply.answers.id) if reply.answers else None
        if not (reply.card.streaming and place.thread_id and asker and self._may_stream(place)):
            return None
        team_id = (await self._identity()).team_id
        try:
            return await self._streams.start(
                place, user_id=asker, team_id=team_id, text=draft_text(reply.card)
            )
        except FateUnknown:
            raise
        except (ChannelUnavailable, ChannelRefused) as error:
            log.info("stream_not_begun", extra={"reason": str(error)})
            self._streams_from.put(place.id, self._now() + _NO_STREAMS_FOR_S)
            return None

    def _may_stream(self, place: Conversation) -> bool:
        return self._now() >= (self._streams_from.get(place.id) or 0.0)

    async def _post(self, reply: Reply) -> MessageRef:
        place = reply.conversation
        thread = {"thread_ts": place.thread_id} if place.thread_id else {}
        channel = self._lookup.channel_of(place)
        body = {
            "channel": channel,
            **thread,
            "metadata": metadata_of(reply),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        answer = await self._shown("chat.postMessage", body, reply)
        ts = text_of(answer, "ts")
        if not ts:
            raise FateUnknown("a message without a time")
        self._learn_app(text_of(part_of(answer, "message"), "app_id"))
        return ref_of(text_of(answer, "channel") or channel, ts)

    async def _whisper(self, reply: Reply, user_id: str) -> MessageRef:
        """Only this person sees it; it cannot be looked up, so what may have arrived is left."""
        place = reply.conversation
        body = {"channel": place.id, "user": user_id, **_thread_of_whisper(reply)}
        try:
            answer = await self._shown("chat.postEphemeral", body, reply)
        except ChannelRefused as error:
            if error.code not in _NOT_THERE:
                raise
            home = Conversation(platform=place.platform, id=user_id, direct=True)
            return await self._say(_moved(reply, home), may_stream=False)
        except FateUnknown:
            log.warning("whisper_uncertain", extra={"key": reply.key})
            return ref_of(place.id, "0.0")
        return ref_of(place.id, text_of(answer, "message_ts") or "0.0")

    async def _shown(self, method: str, body: Mapping[str, object], reply: Reply) -> Json:
        """Send the card; where Slack refuses its blocks, as for a picture it cannot load, words."""
        try:
            return await self._api.post(method, {**body, **_content(render(reply.card))})
        except ChannelRefused as error:
            if error.code not in _BLOCKS_REFUSED:
                raise
            log.warning("blocks_refused", extra={"key": reply.key, "code": error.code})
            return await self._api.post(method, {**body, **_content(plain(reply.card))})

    # ── editing ───────────────────────────────────────────────────────────────────────────────

    async def draft(self, ref: MessageRef, reply: Reply) -> None:
        """Show how far a card has grown, unless it is too early for that."""
        metadata = metadata_of(reply)
        if self._streams.live(ref):
            if reply.card.passing:
                await self._streams.stop(ref, metadata=metadata)
            elif await self._streams.append(ref, draft_text(reply.card), metadata=metadata):
                return
        now = self._now()
        wait_s = max(self._next_edit.get(ref.id) or 0.0, self._edits_from) - now
        if wait_s > 0:
            raise ChannelUnavailable("too early for an edit", retry_after_s=wait_s)
        self._next_edit.put(ref.id, now + EDIT_EVERY_S)
        try:
            await self._edit(ref, reply)
        except ChannelUnavailable as error:
            self._edits_from = now + (error.retry_after_s or 0.0)
            raise

    async def finish(self, ref: MessageRef, reply: Reply) -> None:
        """Show the card as it stays."""

        async def attempt() -> None:
            if self._streams.live(ref):
                await self._streams.stop(ref, metadata=metadata_of(reply))
            await self._edit(ref, reply)

        await persistently(attempt, attempts=_TRIES, sleep=self._sleep)

    async def _edit(self, ref: MessageRef, reply: Reply) -> None:
        channel, ts = place_of(ref)
        body = {"channel": channel, "ts": ts, "metadata": metadata_of(reply)}
        try:
            await self._shown("chat.update", body, reply)
        except ChannelRefused as error:
            if "stream" not in error.code:
                raise
            # It still grows: a crash left it so.
            await self._streams.stop(ref, metadata=metadata_of(reply))
            await self._shown("chat.update", body, reply)


def _content(payload: Payload) -> Mapping[str, object]:
    return {"text": payload.text, "blocks": list(payload.blocks)}


def _thread_of_whisper(reply: Reply) -> Mapping[str, object]:
    """Slack shows it in a thread only where there is one already, not under a first message."""
    thread_ts = reply.conversation.thread_id
    if not thread_ts or thread_ts == asked_ts(reply):
        return {}
    return {"thread_ts": thread_ts}


def _moved(reply: Reply, place: Conversation) -> Reply:
    return Reply(key=reply.key, conversation=place, card=reply.card)
