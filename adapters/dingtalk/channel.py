"""DingTalk as a platform: its requests and frames in, AI cards or Markdown messages out."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from aiohttp import web

from adapters.dingtalk.actions import track_id
from adapters.dingtalk.api import Api
from adapters.dingtalk.cards import Cards
from adapters.dingtalk.codec import PLATFORM
from adapters.dingtalk.files import Files
from adapters.dingtalk.inbound import Frame, Inbound
from adapters.dingtalk.membership import DingTalkMembership
from adapters.dingtalk.messages import Messages, Webhooks
from adapters.dingtalk.render import STANDARD_TEMPLATE
from adapters.dingtalk.scopes import lacking_scopes
from adapters.dingtalk.settings import DingTalkSettings
from adapters.dingtalk.stream import Connection
from adapters.http import Http, until_told
from adapters.ingress import Accept, receive, take
from adapters.pacing import Pace
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Capabilities, MessageRef, Reply
from bot.core.ports import Clock

log = logging.getLogger(__name__)

_CALLS_A_SECOND: Final = 20
_REMEMBERED: Final = 4_096


class DingTalk:
    """DingTalk. With a card template answers are cards that grow, without one they are messages."""

    def __init__(
        self,
        *,
        settings: DingTalkSettings,
        accept: Accept,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._accept = accept
        self._sleep = sleep
        self._http = Http()
        pace = Pace(1 / _CALLS_A_SECOND, now=now, sleep=sleep)
        self._api = Api(settings, self._http, pace=pace, now=now)
        self.membership = DingTalkMembership(self._api)
        self.files = Files(settings, self._api, self._http)
        webhooks = Webhooks(settings, clock=clock)
        self._inbound = Inbound(settings, webhooks=webhooks, clock=clock)
        self._messages = Messages(settings, self._api, self._http, webhooks=webhooks, sleep=sleep)
        self._cards = Cards(settings, self._api, sleep=sleep)
        self._stream = Connection(settings, self._api, take=self._take, now=now, sleep=sleep)
        # In place of cards that could not be: what was said for which, "" while they were growing.
        self._said: OrderedDict[str, str] = OrderedDict()
        self._sent: OrderedDict[str, str] = OrderedDict()

    @property
    def platform(self) -> str:
        """Its name, as in `Conversation.platform`."""
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        """Each edit is a call, and calls are counted by the month; messages cannot be edited.

        Only a template of one's own has fields to type into.
        """
        template = self._settings.card_template_id
        if not template:
            return Capabilities(edits=False, forms=False)
        return Capabilities(
            forms=template != STANDARD_TEMPLATE,
            draft_interval=timedelta(seconds=self._settings.draft_interval_s),
            max_drafts=self._settings.max_drafts,
        )

    # ── in ────────────────────────────────────────────────────────────────────────────────────

    def routes(self) -> Sequence[web.RouteDef]:
        """Where callbacks arrive; none in Stream mode."""
        if self._settings.mode == "stream":
            return ()
        return (
            web.post("/dingtalk/robot", self._robot),
            web.post("/dingtalk/cards", self._card),
            web.post("/dingtalk/events", self._event),
        )

    async def start(self) -> None:
        """Begin to connect in Stream mode; ask for a token until DingTalk gives one.

        Raises:
            ChannelRefused: DingTalk does not know these credentials.
        """
        if self._settings.mode == "stream":
            self._stream.open()
        await until_told(self._api.check, platform=PLATFORM, sleep=self._sleep)
        await until_told(self._register_callback, platform=PLATFORM, sleep=self._sleep)

    async def lacking(self) -> Sequence[str]:
        """The scopes that were not granted; costs up to three calls.

        Raises:
            ChannelError: DingTalk does not know us, or does not answer.
        """
        return await lacking_scopes(self._api, with_cards=bool(self._settings.card_template_id))

    async def words_of(self, _ref: MessageRef) -> str:
        """Nothing: what is quoted comes with the message."""
        return ""

    async def ping(self) -> None:
        """Return if a card could be sent now.

        Raises:
            ChannelError: no token, or the Stream connection is down.
        """
        await self._api.check()
        if self._settings.mode == "stream" and not self._stream.connected:
            raise ChannelUnavailable("the Stream connection is down")

    async def close(self) -> None:
        """Let go of connections."""
        await self._stream.close()
        await self._http.close()

    async def _robot(self, request: web.Request) -> web.Response:
        return await receive(request, self._inbound.read_robot, self._accept)

    async def _card(self, request: web.Request) -> web.Response:
        return await receive(request, self._inbound.read_card, self._accept)

    async def _event(self, request: web.Request) -> web.Response:
        return await receive(request, self._inbound.read_event(request.query), self._accept)

    async def _take(self, frame: Frame) -> bool:
        for event in self._inbound.events_of(frame):
            if not await take(event, self._accept):
                return False
        return True

    async def _register_callback(self) -> None:
        if self._settings.mode != "http" or not self._settings.card_callback_url:
            return
        body = {
            "callbackRouteKey": self._settings.card_route_key,
            "callbackUrl": self._settings.card_callback_url,
            "apiSecret": self._settings.card_key.get_secret_value(),
            "forceUpdate": True,
        }
        try:
            await self._api.call("POST", "/v1.0/card/callbacks/register", body)
        except ChannelRefused as refused:
            # Answers can still be given; their buttons will not come back.
            log.warning("card_callback_not_registered", extra={"code": refused.code})

    # ── out ───────────────────────────────────────────────────────────────────────────────────

    async def send(self, reply: Reply) -> MessageRef:
        """Show a card. The same `reply.key` again returns the first message and shows no second.

        Where DingTalk takes no card, a finished one is sent as a message, and a growing one is
        kept back until it is finished.
        """
        alone = reply.conversation.direct or reply.only_for is not None
        track = track_id(reply.key, alone=alone)
        ref = MessageRef(platform=PLATFORM, id=track)
        if track in self._sent:
            return ref
        if not self._settings.card_template_id:
            await self._messages.send(reply)
        else:
            await self._show(track, reply)
        _keep(self._sent, track, "")
        return ref

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        """Replace a shown card by this one; where that cannot be, its end comes as a message."""
        if ref.id in self._said:
            await self._say_instead(ref.id, reply)
        elif reply.card.streaming:
            await self._cards.draft(ref.id, reply.card)
        else:
            await self._finish(ref.id, reply)

    async def _show(self, track: str, reply: Reply) -> None:
        try:
            await self._cards.create(track, reply)
        except ChannelRefused as refused:
            log.warning("card_refused", extra={"code": refused.code})
            _keep(self._said, track, "")
            if not reply.card.streaming:
                await self._say_instead(track, reply)

    async def _finish(self, track: str, reply: Reply) -> None:
        try:
            await self._cards.finish(track, reply.card)
        except ChannelRefused as refused:
            log.warning("card_not_finished", extra={"code": refused.code})
            await self._say_instead(track, reply)

    async def _say_instead(self, track: str, reply: Reply) -> None:
        if reply.card.streaming:
            raise ChannelRefused("no_card")
        said = hashlib.sha256(repr(reply.card).encode()).hexdigest()
        if self._said.get(track) == said:
            return
        await self._messages.send(reply)
        _keep(self._said, track, said)


def _keep(kept: OrderedDict[str, str], track: str, value: str) -> None:
    kept[track] = value
    kept.move_to_end(track)
    if len(kept) > _REMEMBERED:
        kept.popitem(last=False)
