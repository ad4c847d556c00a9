"""The playground as a channel: cards out over Server-Sent Events, posts in as events."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from aiohttp import web

from adapters.playground.backlog import Backlog, Entry, Stream
from adapters.playground.codec import (
    CONVERSATION,
    PLATFORM,
    PostRefused,
    card_ref,
    decode_action,
    decode_message,
    decode_reaction,
)
from adapters.playground.guard import SECURITY_HEADERS, from_our_page, host_allowed
from adapters.playground.page import Asset, assets
from adapters.playground.render import render
from adapters.playground.settings import PlaygroundSettings
from bot.core.errors import ChannelRefused, IntakeFull, StateUnavailable
from bot.core.model import (
    Capabilities,
    Event,
    MessageRef,
    Reply,
    User,
)

Accept: TypeAlias = Callable[[Event], Awaitable[bool]]
"""Takes an event for good; False where it was taken before; raises IntakeFull."""

_Route: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OPEN_SOURCE: Final = "open_source"
_REMEMBERED_OPENINGS: Final = 64


class Playground:
    """A web chat for one person on this machine, and the `Channel` its cards go out on."""

    def __init__(
        self,
        *,
        settings: PlaygroundSettings,
        accept: Accept,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._accept = accept
        self._clock = clock
        self._user = User(platform=PLATFORM, id=settings.user_id, name=settings.user_name)
        self._openings: deque[str] = deque(maxlen=_REMEMBERED_OPENINGS)
        self._backlog = Backlog(
            person=settings.user_id,
            # Milliseconds grow faster than messages come, so a restart never goes back.
            first_version=int(clock().timestamp() * 1000),
            max_conversations=settings.max_conversations,
            max_messages=settings.max_messages,
            max_streams=settings.max_streams,
        )

    # ── the channel ───────────────────────────────────────────────────────────────────────────

    @property
    def platform(self) -> str:
        """Its name, as in `Conversation.platform`."""
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        """Cards change as often as a screen can follow; what is private stays in one tab."""
        return Capabilities(draft_interval=timedelta(milliseconds=80))

    async def send(self, reply: Reply) -> MessageRef:
        """Show a card. The same `reply.key` again returns the first message and shows no second.

        To the person rather than to a tab: it is shown in all, and waits where none is open.

        Raises:
            ChannelRefused: to anybody else; nobody but this one person ever looks at the page.
        """
        place = reply.conversation.id
        if place != self._user.id and not CONVERSATION.fullmatch(place):
            raise ChannelRefused("no_such_person")
        ref = card_ref(reply.conversation.id, reply.key)
        if not self._backlog.has(reply.conversation.id, ref.id):
            self._show(ref, reply)
        return ref

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        """Replace a shown card by this one; one from before a restart is shown anew."""
        self._show(ref, reply)

    async def words_of(self, _ref: MessageRef) -> str:
        """Nothing: the page has no quotes."""
        return ""

    async def ping(self) -> None:
        """Cards go into memory here, so they can always be sent."""

    async def close(self) -> None:
        """End every stream; pages say so and come back when somebody answers again."""
        self._backlog.close()

    def _show(self, ref: MessageRef, reply: Reply) -> None:
        content = {
            "kind": "card",
            "pane": "side" if self._is_opened_source(reply) else "thread",
            "answers": reply.answers.id if reply.answers else "",
            "card": render(reply.card),
        }
        self._backlog.put(reply.conversation.id, ref.id, content)

    def _is_opened_source(self, reply: Reply) -> bool:
        # The core names a reply after the event that caused it.
        return any(key in reply.key for key in self._openings)

    # ── the web ───────────────────────────────────────────────────────────────────────────────

    def routes(self) -> list[web.RouteDef]:
        """The page, its stream and its posts; reads the page's files once."""
        pages = assets(self._settings)
        posts = {"messages": self._message, "actions": self._action, "reactions": self._reaction}
        return [
            *(web.get(path, self._answering(_file(asset))) for path, asset in pages.items()),
            web.get("/playground/stream", self._answering(self._stream)),
            *(web.post(f"/playground/{n}", self._answering(post)) for n, post in posts.items()),
        ]

    def _answering(self, handler: _Route) -> _Route:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                if not host_allowed(request.host, self._settings.allowed_hosts):
                    raise PostRefused(421, "wrong_host")
                return await handler(request)
            except PostRefused as refused:
                return _json({"error": refused.code}, refused.status)

        return answer

    async def _message(self, request: web.Request) -> web.Response:
        event = decode_message(
            await self._body(request),
            user=self._user,
            received_at=self._clock(),
            max_text_chars=self._settings.max_text_chars,
        )
        # Before the event is accepted: its answer may be on its way before we go on here.
        position = self._backlog.reserve()
        if await self._accepted(event):
            said = {"kind": "said", "text": event.text}
            self._backlog.put(event.conversation.id, event.ref.id, said, position=position)
        return _json({"ref": event.ref.id}, 202)

    async def _action(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        event = decode_action(body, user=self._user, received_at=self._clock())
        opens = event.name == _OPEN_SOURCE
        if opens:
            self._openings.append(event.keys[0])
        if await self._accepted(event) and not opens:
            self._backlog.press(event.conversation.id, event.ref.id, event.name, event.values)
        return _json({"ref": event.ref.id}, 202)

    async def _reaction(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        event = decode_reaction(body, user=self._user, received_at=self._clock())
        if await self._accepted(event):
            vote: Mapping[str, str] = {} if event.withdrawn else {"vote": event.emoji}
            self._backlog.press(event.conversation.id, event.ref.id, "verdict", vote)
        return _json({"ref": event.ref.id}, 202)

    async def _accepted(self, event: Event) -> bool:
        try:
            return await self._accept(event)
        except IntakeFull as full:
            raise PostRefused(503, "busy") from full
        except StateUnavailable as down:
            raise PostRefused(503, "unavailable") from down

    async def _body(self, request: web.Request) -> bytes:
        if not from_our_page(request.headers, request.host):
            raise PostRefused(403, "wrong_origin")
        if request.content_type != "application/json":
            raise PostRefused(415, "not_json")
        body = bytearray()
        async for piece in request.content.iter_chunked(8_192):
            body += piece
            if len(body) > self._settings.max_body_bytes:
                raise PostRefused(413, "too_long")
        return bytes(body)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if not from_our_page(request.headers, request.host):
            raise PostRefused(403, "wrong_origin")
        conversation = request.query.get("conversation", "")
        if not CONVERSATION.fullmatch(conversation):
            raise PostRefused(400, "malformed")
        response = web.StreamResponse(
            headers={
                **SECURITY_HEADERS,
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        stream = self._backlog.open(conversation, after=_resume_from(request))
        try:
            await response.prepare(request)
            await self._follow(stream, response)
        except ConnectionError:
            pass  # The page was closed; there is nobody left to tell.
        finally:
            self._backlog.leave(conversation, stream)
        return response

    async def _follow(self, stream: Stream, response: web.StreamResponse) -> None:
        # Browsers tell the page that a stream is open only once something arrived.
        await response.write(b"retry: 1500\n\n")
        while True:
            entries = await stream.next(timeout_s=self._settings.heartbeat_s)
            if stream.ended:
                await response.write(f"event: ended\ndata: {stream.ended}\n\n".encode())
                return
            pieces = [_sse(entry) for entry in entries] or [b": here\n\n"]
            await response.write(b"".join(pieces))


def _sse(entry: Entry) -> bytes:
    shown = {
        **entry.content,
        "ref": entry.ref,
        "position": entry.position,
        "pressed": entry.pressed,
    }
    line = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return f"id: {entry.version}\nevent: entry\ndata: {line}\n\n".encode()


def _resume_from(request: web.Request) -> int:
    last = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    return int(last) if last.isascii() and last.isdigit() and len(last) < 19 else 0


def _file(asset: Asset) -> _Route:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            body=asset.body,
            content_type=asset.content_type,
            charset="utf-8",
            headers=SECURITY_HEADERS,
        )

    return answer


def _json(body: Mapping[str, str], status: int) -> web.Response:
    return web.json_response(body, status=status, headers=SECURITY_HEADERS)
