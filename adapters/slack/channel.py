"""Slack as a platform: events in over HTTP or Socket Mode, cards out through the Web API."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any, Final

from aiohttp import web
from multidict import CIMultiDictProxy

from adapters.http import Http, until_told
from adapters.ingress import Accept, Received, receive, take
from adapters.slack.api import SlackApi
from adapters.slack.codec import decode, kind_of, known
from adapters.slack.files import Files
from adapters.slack.identity import Identity
from adapters.slack.interactions import stale_dialog
from adapters.slack.membership import SlackMembership
from adapters.slack.outbox import Outbox
from adapters.slack.scopes import NEEDED_BY, missing_scopes
from adapters.slack.settings import SlackSettings
from adapters.slack.shape import PLATFORM, Json, parse, text_of
from adapters.slack.signature import verify
from adapters.slack.socket import Socket
from adapters.slack.streams import Streams
from adapters.slack.threads import thread
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import (
    Capabilities,
    Conversation,
    Event,
    InboundMessage,
    MessageRef,
    Remark,
    Reply,
)
from bot.core.ports import Clock
from bot.core.replies import reply_key
from bot.core.texts import EN, ZH

log = logging.getLogger(__name__)

PATH: Final = "/slack/events"

_KINDS_LOGGED: Final = 100


class Slack:
    """A Slack workspace to speak in."""

    def __init__(
        self,
        *,
        settings: SlackSettings,
        accept: Accept,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._store = accept
        self._clock = clock
        self._identity = Identity(app_id=settings.app_id)
        self._api = SlackApi(
            token=settings.bot_token.get_secret_value(), base_url=settings.web_api_url
        )
        self._http = Http()
        self.files = Files(settings, self._api, self._http)
        self._sleep = sleep
        self._outbox = Outbox(
            self._api,
            Streams(self._api, now=now),
            identity=self._who_we_are,
            learn_app=self._learn_app,
            now=now,
            sleep=sleep,
        )
        self.membership = SlackMembership(self._api, identity=self._who_we_are)
        self._socket = Socket(
            self._api,
            self._keep,
            app_token=settings.app_token.get_secret_value(),
            sleep=sleep,
        )
        self._listening: asyncio.Task[None] | None = None
        self._unknown_kinds: set[str] = set()

    # ── the channel ───────────────────────────────────────────────────────────────────────────

    @property
    def platform(self) -> str:
        """Its name, as in `Conversation.platform`."""
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        """As many drafts as a stream takes; where a message is edited instead, some are skipped."""
        return Capabilities(draft_interval=timedelta(milliseconds=600))

    async def send(self, reply: Reply) -> MessageRef:
        """Show a card. The same `reply.key` again returns the first message and shows no second."""
        return await self._outbox.send(reply)

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        """Replace a shown card by this one; what only one person saw stays as it was."""
        if reply.only_for is not None and not reply.conversation.direct:
            return  # Slack cannot edit it without an address that is good for half an hour.
        if reply.card.streaming:
            await self._outbox.draft(ref, reply)
        else:
            await self._outbox.finish(ref, reply)

    async def words_of(self, ref: MessageRef) -> str:
        """What the first message of a thread says; empty where it is gone."""
        return await self._outbox.words_of(ref)

    async def thread(self, conversation: Conversation) -> tuple[Remark, ...]:
        """What was said in a thread, its first message first.

        Raises:
            ChannelError: the bot is no member there, or Slack did not say.
        """
        return await thread(self._api, conversation, await self._who_we_are())

    async def ping(self) -> None:
        """Return if a card could be sent now; raise ChannelError otherwise."""
        await self._api.post("auth.test", {})
        if self._settings.mode == "socket" and not self._socket.connected:
            raise ChannelUnavailable("the socket is not connected")

    async def close(self) -> None:
        """Let go of connections."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait({self._listening})
        await self._http.close()
        await self._api.close()

    # ── starting ──────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Begin to connect in Socket Mode, and ask who we are until Slack tells.

        Until then payloads tell well enough: each says to whom it was sent.

        Raises:
            ChannelRefused: Slack does not know this token.
        """
        if not self._settings.bot_token.get_secret_value():
            raise ChannelRefused("not_authed")
        # Half a second; in a thread others get their turn meanwhile.
        await asyncio.to_thread(import_module, "slack_sdk.web.async_client")
        if self._settings.mode == "socket":
            self._listening = asyncio.create_task(self._socket.run(), name="slack-socket")
        await until_told(self._learn, platform=PLATFORM, sleep=self._sleep)

    async def lacking(self) -> Sequence[str]:
        """Scopes that the tokens were not given, each with the events and calls that need it.

        To which events the app is subscribed Slack tells nobody but its owner.
        """
        told = await self._api.post("auth.test", {})
        missing = missing_scopes(text_of(told, "scopes"))
        named = [f"scope {scope} ({', '.join(NEEDED_BY[scope])})" for scope in missing]
        return (*named, *await self._lacking_for_a_socket())

    async def _lacking_for_a_socket(self) -> Sequence[str]:
        if self._settings.mode != "socket":
            return ()
        try:
            await self._api.socket_url(self._settings.app_token.get_secret_value())
        except ChannelRefused as refused:
            return (f"scope connections:write of the app-level token ({refused.code})",)
        return ()

    async def _who_we_are(self) -> Identity:
        if not self._identity.user_id:
            await self._learn()
        return self._identity

    def _learn_app(self, app_id: str) -> None:
        if app_id and not self._identity.app_id:
            self._identity = replace(self._identity, app_id=app_id)

    async def _learn(self) -> None:
        told = await self._api.post("auth.test", {})
        self._identity = Identity(
            user_id=text_of(told, "user_id"),
            bot_id=text_of(told, "bot_id"),
            team_id=text_of(told, "team_id"),
            enterprise_id=text_of(told, "enterprise_id"),
            app_id=self._identity.app_id or text_of(told, "app_id"),
        )
        missing = missing_scopes(text_of(told, "scopes"))
        if missing:
            log.warning("scopes_missing", extra={"scopes": ", ".join(missing)})

    # ── what arrives ──────────────────────────────────────────────────────────────────────────

    def routes(self) -> Sequence[web.RouteDef]:
        """Where its requests arrive; none in Socket Mode."""
        return [web.post(PATH, self._receive)] if self._settings.mode == "http" else []

    async def _receive(self, request: web.Request) -> web.Response:
        response = await receive(request, self._read, self._accept)
        if response.status in (400, 413) and not response.prepared:
            response.headers["X-Slack-No-Retry"] = "1"  # It would be refused each time.
        return response

    def _read(self, raw: bytes, headers: CIMultiDictProxy[str]) -> Received:
        now = self._clock()
        verify(raw, headers, secret=self._settings.signing_secret, now_s=now.timestamp())
        payload = parse(raw, headers.get("Content-Type", ""))
        if text_of(payload, "type") == "url_verification":
            return Received(reply={"challenge": text_of(payload, "challenge")})
        busy = {"text": f"{ZH.busy}\n{EN.busy}"} if "command" in payload else None
        return Received(event=self._decode(payload), reply=_acknowledgement(payload), busy=busy)

    async def _keep(self, payload: Mapping[str, Any]) -> Mapping[str, object] | None:
        """The same for an envelope: what to answer once it is stored, None where it is not."""
        if not await take(self._decode(payload), self._accept):
            return None
        return _acknowledgement(payload) or {}

    def _decode(self, payload: Json) -> Event | None:
        event = decode(payload, identity=self._identity, received_at=self._clock())
        kind = kind_of(payload)
        if not known(payload) and kind not in self._unknown_kinds:
            if len(self._unknown_kinds) < _KINDS_LOGGED:
                self._unknown_kinds.add(kind)
            log.info("event_unknown", extra={"kind": kind})
        return event

    async def _accept(self, event: Event) -> bool:
        if isinstance(event, InboundMessage):
            # Before it is stored: the work on it may begin before we go on here.
            self._outbox.heard(event.ref, event.user.id)
        new = await self._store(event)
        if new:
            self._outbox.expect(reply_key(event))
        return new


def _acknowledgement(payload: Json) -> Mapping[str, object] | None:
    """What Slack gets for a payload that is stored; nothing at all for a command."""
    field = stale_dialog(payload)
    if field is not None:
        errors = {field: f"{ZH.action_gone} {EN.action_gone}"}
        return {"response_action": "errors", "errors": errors}
    return None if "command" in payload else {}
