"""Feishu as a channel: events in over HTTP or a long connection, cards out over its web API."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar
from urllib.parse import quote

from aiohttp import web

from adapters.feishu.api import Answer, Api
from adapters.feishu.codec import PLATFORM, Bot
from adapters.feishu.files import Files
from adapters.feishu.frames import LongConnection
from adapters.feishu.grants import lacking
from adapters.feishu.membership import FeishuMembership
from adapters.feishu.quotes import words_of
from adapters.feishu.receiving import Receiving
from adapters.feishu.render import MOST_BYTES, render, streamed
from adapters.feishu.settings import FeishuSettings
from adapters.feishu.streams import Streams, as_text
from adapters.feishu.threads import thread
from adapters.http import Http, persistently, until_told
from adapters.ingress import Accept, receive
from adapters.pacing import Pace
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import (
    Capabilities,
    Card,
    Conversation,
    Event,
    MessageRef,
    Remark,
    Reply,
)
from bot.core.ports import Clock
from bot.core.replies import reply_key

log = logging.getLogger(__name__)

Result = TypeVar("Result")

_OPERATIONS_EVERY_S: Final = 0.1
_UPDATES_EVERY_S: Final = 0.2
_PING_WAITS_S: Final = 3.0
_MOST_FRESH: Final = 1_024

# Larger than Feishu would have it, however it counts: the same with less in it may do.
_TOO_BIG: Final = frozenset({"200860", "230025", "230099"})


class Feishu:
    """The bot as an app in Feishu or Lark."""

    def __init__(
        self,
        *,
        settings: FeishuSettings,
        accept: Accept,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._store = accept
        self._sleep = sleep
        self._http = Http()
        self._api = Api(
            http=self._http,
            origin=settings.origin,
            app_id=settings.app_id,
            app_secret=settings.app_secret,
        )
        self.files = Files(self._api)
        self._streams = Streams(self._api, pace=Pace(_OPERATIONS_EVERY_S, now=now, sleep=sleep))
        self._fresh: OrderedDict[str, bool] = OrderedDict()
        self._updates = Pace(_UPDATES_EVERY_S, now=now, sleep=sleep)
        self._receiving = Receiving(settings=settings, clock=clock)
        self.membership = FeishuMembership(self._api, tenant=lambda: self._receiving.tenant)
        self._connection: LongConnection | None = None

    # ── the channel ───────────────────────────────────────────────────────────────────────────

    @property
    def platform(self) -> str:
        """Its name, as in `Conversation.platform`."""
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        """Cards can be changed for 14 days; what is for one person goes to them alone."""
        return Capabilities(draft_interval=timedelta(seconds=self._settings.draft_interval_s))

    async def send(self, reply: Reply) -> MessageRef:
        """Show a card. The same `reply.key` again returns the first message and shows no second.

        Feishu remembers keys for an hour.

        Raises:
            ChannelError: it was not shown, or Feishu did not say so.
        """
        # Where an earlier process may have sent it, people see a card that we cannot let grow.
        fresh = self._fresh.pop(reply.key, False)
        if fresh and reply.card.streaming and streamed(reply.card) is not None:
            card_id = await self._create(reply.card)
            if card_id:
                content = {"type": "card", "data": {"card_id": card_id}}
                ref = _ref(await self._post(reply, as_text(content)))
                self._streams.keep(ref.id, card_id)
                return ref
        card = replace(reply.card, streaming=False)
        return _ref(await self._smaller(card, lambda text: self._post(reply, text)))

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        """Replace a shown card by this one; of a card that still grows, show the text so far.

        Raises:
            ChannelRefused: the message cannot be changed any more; a new one may be sent.
            ChannelUnavailable: a draft was skipped, or the final card did not get through.
        """
        if reply.card.streaming:
            await self._show_draft(ref, reply.card)
        else:
            await self._persist(lambda: self._show_final(ref, reply.card))

    async def words_of(self, ref: MessageRef) -> str:
        """What a message of anybody says; empty where it cannot be read. One call.

        Raises:
            ChannelError: Feishu did not say.
        """
        return await words_of(self._api, ref.id)

    async def thread(self, conversation: Conversation) -> tuple[Remark, ...]:
        """What was said under a message of a group, that message first.

        Raises:
            ChannelError: the bot may not read there, or Feishu did not say.
        """
        return await thread(self._api, conversation)

    async def ping(self) -> None:
        """Return if cards can be sent and events can come; raise ChannelError otherwise."""
        if self._connection is not None and not self._connection.open:
            raise ChannelUnavailable("no long connection")
        try:
            async with asyncio.timeout(_PING_WAITS_S):
                await self._api.check()
        except TimeoutError as error:
            raise ChannelUnavailable("no token in time") from error

    async def close(self) -> None:
        """Let go of connections; takes less than five seconds."""
        if self._connection is not None:
            await self._connection.close()
        await self._http.close()

    # ── the platform ──────────────────────────────────────────────────────────────────────────

    def routes(self) -> Sequence[web.RouteDef]:
        """Where Feishu posts; nowhere with a long connection."""
        if self._settings.mode == "websocket":
            return ()
        paths = ("/feishu/events", "/feishu/cards")
        return tuple(web.post(path, self._receive) for path in paths)

    async def start(self) -> None:
        """Begin to connect, and ask who we are until Feishu tells.

        Until then payloads tell well enough.

        Raises:
            ChannelRefused: Feishu does not know these credentials.
        """
        if self._settings.mode == "websocket":
            self._connection = LongConnection(
                api=self._api,
                settings=self._settings,
                receiving=self._receiving,
                accept=self._take,
            )
            self._connection.start()
        self._receiving.bot = await until_told(
            self._ask_who_we_are, platform=PLATFORM, sleep=self._sleep
        )

    async def lacking(self) -> Sequence[str]:
        """Scopes, events and callbacks the app was not granted; () where it may not ask.

        Raises:
            ChannelError: Feishu does not know the app, or does not answer.
        """
        return await lacking(self._api, self._settings.app_id)

    def expect(self, key: str) -> None:
        """Nothing was ever sent under this key, so what is sent will be what people see."""
        self._fresh[key] = True
        if len(self._fresh) > _MOST_FRESH:
            self._fresh.popitem(last=False)

    # ── inside ────────────────────────────────────────────────────────────────────────────────

    async def _take(self, event: Event) -> bool:
        new = await self._store(event)
        if new:
            self.expect(reply_key(event))
        return new

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        return await receive(request, self._receiving.read, self._take)

    async def _ask_who_we_are(self) -> Bot:
        bot = (await self._api.call("GET", "bot/v3/info")).body.get("bot")
        open_id = bot.get("open_id") if isinstance(bot, dict) else None
        return Bot(app_id=self._settings.app_id, open_id=str(open_id or ""))

    async def _create(self, card: Card) -> str:
        """A card that can grow; none where Feishu does not let us, and a plain one must do."""
        try:
            return await self._persist(lambda: self._streams.create(render(card)))
        except ChannelRefused as refused:
            log.warning("card_cannot_grow", extra={"code": refused.code})
            return ""

    async def _post(self, reply: Reply, content: str) -> Answer:
        """Send a message; the uuid makes it one, however often it is tried."""
        path, params, target = _target(reply)
        uuid = hashlib.sha256(reply.key.encode()).hexdigest()[:40]
        body = {**target, "msg_type": "interactive", "content": content, "uuid": uuid}
        return await self._persist(lambda: self._api.call("POST", path, params=params, body=body))

    async def _show_draft(self, ref: MessageRef, card: Card) -> None:
        if self._streams.shows(ref.id):
            text = streamed(card)
            try:
                if text is None:
                    await self._streams.replace(ref.id, render(card))
                else:
                    await self._streams.write(ref.id, text)
            except ChannelRefused as refused:
                self._stop_growing(ref, refused)
            else:
                return
        await self._patch(ref, card)

    async def _show_final(self, ref: MessageRef, card: Card) -> None:
        if self._streams.shows(ref.id):
            try:
                await self._streams.finish(ref.id, render(card))
            except ChannelRefused as refused:
                self._stop_growing(ref, refused)
            else:
                return
        await self._patch(ref, card)

    def _stop_growing(self, ref: MessageRef, refused: ChannelRefused) -> None:
        """The stream closed or ran out of time; the message itself can still be changed."""
        log.info("card_grows_no_more", extra={"ref": ref.id, "code": refused.code})
        self._streams.forget(ref.id)

    async def _patch(self, ref: MessageRef, card: Card) -> None:
        async def change(content: str) -> Answer:
            await self._updates.turn(ref.id)
            path = f"im/v1/messages/{quote(ref.id, safe='')}"
            return await self._api.call("PATCH", path, body={"content": content})

        await self._smaller(replace(card, streaming=False), change)

    async def _smaller(self, card: Card, show: Callable[[str], Awaitable[Answer]]) -> Answer:
        """Show a card, and the same with less in it where Feishu finds it too big."""
        try:
            return await show(as_text(render(card)))
        except ChannelRefused as refused:
            if refused.code not in _TOO_BIG:
                raise
            log.warning("card_too_big", extra={"code": refused.code})
        return await show(as_text(render(card, most_bytes=MOST_BYTES // 2)))

    async def _persist(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        return await persistently(attempt, sleep=self._sleep)


def _target(reply: Reply) -> tuple[str, Mapping[str, str] | None, Mapping[str, str]]:
    """Path, parameters and the part of the body that say where a reply goes."""
    if reply.only_for is not None:
        return "im/v1/messages", {"receive_id_type": "open_id"}, {"receive_id": reply.only_for.id}
    place = reply.conversation
    answered = reply.answers.id if reply.answers is not None else ""
    anchor = next((one for one in (answered, place.thread_id) if one.startswith("om_")), "")
    if anchor:
        # An answer to a message in a thread stays in it by itself.
        return f"im/v1/messages/{quote(anchor, safe='')}/reply", None, {}
    if not place.id:
        raise ChannelRefused("no_chat")
    kind = "open_id" if place.id.startswith("ou_") else "chat_id"
    return "im/v1/messages", {"receive_id_type": kind}, {"receive_id": place.id}


def _ref(answer: Answer) -> MessageRef:
    message_id = answer.data.get("message_id")
    if not isinstance(message_id, str) or not message_id:
        raise ChannelUnavailable("no message in the answer")
    return MessageRef(platform=PLATFORM, id=message_id)
