"""A Slack workspace on loopback: Web API, Socket Mode, and requests signed as Slack signs them.

It runs in a thread of its own and is strict: an unknown method or argument, a wrong token, blocks
Slack would refuse and an edit of a message that is still a stream are noted as `failures`. Ids of a
wrong kind are refused as Slack refuses them: a person's id is a place to post to, nothing else.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal
from urllib.parse import quote, urlencode

from aiohttp import WSMsgType, web
from pydantic import SecretStr

from adapters.slack.scopes import NEEDED_BY
from adapters.slack.signature import sign
from tests.simulators.ending import end
from tests.simulators.frames import Fate, Frames
from tests.simulators.slack_blocks import faults

BOT_TOKEN = "xoxb-simulated"
APP_TOKEN = "xapp-simulated"
SECRET = SecretStr("a-signing-secret")
TEAM, APP, BOT_USER, BOT = "T111", "A111", "W99BOT", "B99BOT"

REDELIVERED_AFTER = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))
"""When Slack sends an event again that was not acknowledged."""

Body = dict[str, Any]

_CHANNELS = ("C", "D", "G")
_PEOPLE = ("U", "W")

_ARGUMENTS: Mapping[str, frozenset[str]] = {
    name: frozenset(arguments.split())
    for name, arguments in {
        "auth.test": "",
        "apps.connections.open": "",
        "chat.postMessage": "channel thread_ts text blocks metadata unfurl_links unfurl_media",
        "chat.postEphemeral": "channel user thread_ts text blocks",
        "chat.update": "channel ts text blocks metadata",
        "chat.startStream": "channel thread_ts recipient_user_id recipient_team_id markdown_text",
        "chat.appendStream": "channel ts markdown_text",
        "chat.stopStream": "channel ts markdown_text blocks metadata",
        "conversations.replies": ("channel ts oldest inclusive limit cursor include_all_metadata"),
        "conversations.history": "channel oldest inclusive limit cursor include_all_metadata",
        "conversations.info": "channel",
        "conversations.members": "channel limit cursor",
        "conversations.open": "users",
        "files.info": "file",
        "usergroups.users.list": "usergroup",
        "users.info": "user",
    }.items()
}


@dataclass(slots=True, kw_only=True)
class Shown:
    """A message as people see it.

    stream: what was streamed into it so far. growing: it is a stream that has not ended.
    only_for: nobody else sees it. reactions: who put which emoji on it.
    """

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: Sequence[Body] = ()
    metadata: Body = field(default_factory=dict)
    thread_ts: str = ""
    stream: str = ""
    growing: bool = False
    only_for: str = ""
    edits: int = 0
    files: list[Body] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Everything that is written in it."""
        markdown = (block["text"] for block in self.blocks if block["type"] == "markdown")
        return "\n".join(markdown) if self.blocks else self.stream or self.text

    @property
    def buttons(self) -> list[Body]:
        """What can be pressed, in order."""
        rows = (block["elements"] for block in self.blocks if block["type"] == "actions")
        return [button for row in rows for button in row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one call.

    done: it goes wrong after the call has taken effect.
    how: `busy` answers 429, `broken` 500, `silent` hangs up, `html` answers a page with 200 and
        `missing` one with 404.
    """

    how: Literal["busy", "broken", "silent", "html", "missing", "refused"]
    done: bool = False
    code: str = ""
    retry_after: str | None = None


class Refused(Exception):
    """Slack says no."""


class SlackSimulator:
    """A workspace with one app in it.

    calls: every method that was called, in order, with its arguments.
    acknowledged: envelopes the app took, in order.
    page_size: messages of a conversation come in pages of this many.
    people: what `users.info` tells of somebody, by id.
    members: who is in a channel or a user group, by its id. channels: what `conversations.info`
        tells of a channel; of another one that it is private.
    files: what `files.info` tells of a file and what stands in it, by id.
    """

    def __init__(self) -> None:
        self.url = ""
        self.messages: dict[tuple[str, str], Shown] = {}
        self.calls: list[tuple[str, Body]] = []
        self.failures: list[str] = []
        self.scopes = tuple(NEEDED_BY)
        self.acknowledged: list[str] = []
        self.acknowledgements: list[Body] = []
        self.connections = 0
        self.page_size = 100
        self.people: dict[str, Body] = {}
        self.members: dict[str, list[str]] = {}
        self.channels: dict[str, Body] = {}
        self.files: dict[str, tuple[Body, bytes]] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._clock = 1_700_000_000
        self._sockets: list[web.WebSocketResponse] = []
        self._waiting: dict[str, Body] = {}
        self._frames = Frames()
        self._numbers = count(1)
        self._tickets: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._lock = threading.RLock()

    # ── what a test does ──────────────────────────────────────────────────────────────────────

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[SlackSimulator]:
        """Serve on a free port of 127.0.0.1; at the end nothing may have been wrong."""
        simulator = cls()
        started = threading.Event()
        thread = threading.Thread(target=simulator._serve, args=(started,), daemon=True)
        thread.start()
        assert started.wait(10)
        try:
            yield simulator
        finally:
            simulator._loop.call_soon_threadsafe(simulator._loop.stop)
            thread.join(10)
        assert simulator.failures == []

    @property
    def api_base_url(self) -> str:
        """What an operator writes into the configuration."""
        return f"{self.url}/api/"

    def fault(self, method: str, *scripted: Fault) -> None:
        """The next calls of this method go wrong, one after the other."""
        self._faults[method].extend(scripted)

    def write(
        self, text: str, *, channel: str = "C1", thread_ts: str = "", user: str = "U1"
    ) -> str:
        """A person writes; the message's time."""
        with self._lock:
            return self._add(
                Shown(channel=channel, ts="", user=user, text=text, thread_ts=thread_ts)
            )

    def attach(
        self,
        name: str,
        content: bytes,
        *,
        channel: str = "C1",
        thread_ts: str = "",
        mimetype: str = "text/markdown",
        **told: Any,
    ) -> tuple[str, Body]:
        """A person sends a file: the message's time, and the file as events list it."""
        with self._lock:
            file_id = f"F{len(self.files) + 1}"
            url = f"{self.url}/files-pri/{file_id}/{quote(name)}"
            listed = {"id": file_id, "name": name, "mimetype": mimetype, "size": len(content)}
            info = {**listed, "mode": "hosted", "url_private_download": url, **told}
            self.files[file_id] = (info, content)
            shown = Shown(channel=channel, ts="", user="U1", thread_ts=thread_ts, files=[listed])
            return self._add(shown), listed

    def react(self, ts: str, emoji: str, *users: str, channel: str = "C1") -> None:
        """People put an emoji on a message."""
        with self._lock:
            self.messages[channel, ts].reactions.setdefault(emoji, []).extend(users)

    def shown(self, channel: str = "C1") -> list[Shown]:
        """What the app wrote there, oldest first."""
        with self._lock:
            found = [m for m in self.messages.values() if m.channel == channel]
            return [m for m in found if m.user == BOT_USER]

    def called(self, method: str) -> list[Body]:
        """The arguments of each call of a method."""
        return [body for name, body in self.calls if name == method]

    def envelope(self, payload: Body, *, envelope_id: str, kind: str = "events_api") -> None:
        """Send something over Socket Mode, again on each new connection until it is taken."""
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        self._waiting[envelope_id] = envelope
        self._on_sockets(lambda socket: socket.send_json(envelope))

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return bool(self._sockets)

    def deliver(self, payload: Body, tries: int = 0) -> Future[Fate]:
        """Send an event over Socket Mode once, to one connection. tries: how many before."""
        return asyncio.run_coroutine_threadsafe(self._deliver(payload, tries), self._loop)

    def disconnect(self) -> None:
        """Ask the app to connect anew, as Slack does every few hours."""
        self._on_sockets(
            lambda socket: socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
        )

    def hang_up(self) -> None:
        """Drop every connection without a word."""

        async def drop(socket: web.WebSocketResponse) -> None:
            assert socket._writer is not None
            if socket._writer.transport is not None:
                socket._writer.transport.abort()

        self._on_sockets(drop)

    def freeze(self, seconds: float) -> None:
        """Answer nothing for a while, not even a goodbye."""
        self._loop.call_soon_threadsafe(time.sleep, seconds)

    # ── the server ────────────────────────────────────────────────────────────────────────────

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/api/{method}", self._answer)
        app.router.add_get("/link", self._socket)
        app.router.add_get("/files-pri/{file}/{name}", self._file)
        app.router.add_route("*", "/{rest:.*}", self._stray)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = "http://{}:{}".format(*runner.addresses[0][:2])
        started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._end(runner))
        end(self._loop)

    async def _end(self, runner: web.AppRunner) -> None:
        for socket in self._sockets:
            await socket.close()
        await runner.cleanup()

    async def _file(self, request: web.Request) -> web.Response:
        """Who may not read it is shown a page to log in, with 200, as Slack does it."""
        self.calls.append(("file", {"file": request.match_info["file"]}))
        fault = self._faults["file"].popleft() if self._faults["file"] else None
        known = request.headers.get("Authorization") == f"Bearer {BOT_TOKEN}"
        if not known or "files:read" not in self.scopes:
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if fault is not None:
            return web.Response(status=503)
        told, content = self.files[request.match_info["file"]]
        return web.Response(body=content, content_type=told["mimetype"])

    async def _stray(self, request: web.Request) -> web.Response:
        self.failures.append(f"stray call: {request.method} {request.path}")
        return web.json_response({"ok": False, "error": "unknown_method"}, status=404)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await self._body(request)
        self.calls.append((method, body))
        faults_ = self._faults[method]
        fault = faults_.popleft() if faults_ else None
        if fault is not None and not fault.done:
            return await self._fail(request, fault)
        answer = self._act(request, method, body)
        if fault is not None:
            return await self._fail(request, fault)
        return web.json_response(answer, headers={"x-oauth-scopes": ",".join(self.scopes)})

    async def _body(self, request: web.Request) -> Body:
        if request.method == "GET":
            return dict(request.query)
        if request.content_type == "application/json":
            return dict(await request.json())
        return dict(await request.post())

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        match fault.how:
            case "busy":
                wait = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
                return web.json_response(
                    {"ok": False, "error": "ratelimited"}, status=429, headers=wait
                )
            case "broken":
                return web.json_response({"ok": False, "error": "internal_error"}, status=500)
            case "html":
                return web.Response(text="<html>", content_type="text/html")
            case "missing":
                return web.Response(status=404, text="404: Not Found")
            case "refused":
                return web.json_response({"ok": False, "error": fault.code})
            case "silent":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()

    def _act(self, request: web.Request, method: str, body: Body) -> Body:
        with self._lock:
            try:
                self._check(request, method, body)
                return {"ok": True, **self._do(method, body)}
            except Refused as refused:
                return {"ok": False, "error": str(refused)}

    def _check(self, request: web.Request, method: str, body: Body) -> None:
        if method not in _ARGUMENTS:
            self.failures.append(f"unknown method {method}")
            raise Refused("unknown_method")
        token = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if request.headers.get("Authorization") != f"Bearer {token}":
            raise Refused("invalid_auth")
        unknown = set(body) - _ARGUMENTS[method]
        found = [*faults(body.get("blocks", ())), *(f"argument {name}" for name in unknown)]
        if method.startswith("chat.") and len(body.get("text", "")) > 40_000:
            found.append("text too long")
        if len(body.get("markdown_text", "")) > 12_000:
            found.append("markdown_text too long")
        if found:
            self.failures += [f"{method}: {fault}" for fault in found]
            raise Refused("invalid_blocks")
        people = _PEOPLE if method == "chat.postMessage" else ()
        if not body.get("channel", "C").startswith((*_CHANNELS, *people)):
            raise Refused("channel_not_found")

    def _do(self, method: str, body: Body) -> Body:  # noqa: C901, PLR0911 -- one a method
        match method:
            case "auth.test":
                ids = {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT}
                return {"url": self.url, "team": "t", "user": "deskmate", **ids}
            case "apps.connections.open":
                ticket = f"ticket-{len(self.calls)}"
                self._tickets.add(ticket)
                return {"url": f"{self.url.replace('http', 'ws', 1)}/link?ticket={ticket}"}
            case "chat.postMessage":
                return self._post(body)
            case "chat.postEphemeral":
                shown = self._new(body, only_for=body["user"])
                return {"message_ts": self._add(shown)}
            case "chat.update":
                return self._update(body)
            case "conversations.open" | "users.info":
                return self._person(body)
            case "files.info":
                if body["file"] not in self.files:
                    raise Refused("file_not_found")
                return {"file": self.files[body["file"]][0]}
            case "conversations.replies" | "conversations.history":
                return self._history(body)
            case "conversations.members" | "conversations.info" | "usergroups.users.list":
                return self._place(method, body)
            case _:
                return self._stream(method, body)

    def _person(self, body: Body) -> Body:
        if "user" in body:
            if body["user"] not in self.people:
                raise Refused("user_not_found")
            return {"user": {"id": body["user"], **self.people[body["user"]]}}
        if not body["users"].startswith(_PEOPLE):
            raise Refused("user_not_found")
        return {"channel": {"id": f"D{body['users']}"}}

    def _place(self, method: str, body: Body) -> Body:
        if method == "conversations.info":
            told = self.channels.get(body["channel"], {"is_private": True})
            return {"channel": {"id": body["channel"], **told}}
        name = body.get("usergroup") or body["channel"]
        if name not in self.members:
            raise Refused("no_such_subteam" if "usergroup" in body else "channel_not_found")
        people = self.members[name]
        if method == "usergroups.users.list":
            return {"users": people}
        start = int(body.get("cursor", "0"))
        end = start + min(self.page_size, int(body.get("limit", "100")))
        more = str(end) if end < len(people) else ""
        return {"members": people[start:end], "response_metadata": {"next_cursor": more}}

    # ── messages ──────────────────────────────────────────────────────────────────────────────

    def _add(self, shown: Shown) -> str:
        self._clock += 1
        shown.ts = f"{self._clock}.000100"
        self.messages[shown.channel, shown.ts] = shown
        return shown.ts

    def _new(self, body: Body, **more: Any) -> Shown:
        if not body.get("text") and not body.get("blocks") and "stream" not in more:
            raise Refused("no_text")
        channel = body["channel"]
        return Shown(
            channel=f"D{channel}" if channel.startswith(_PEOPLE) else channel,
            ts="",
            user=BOT_USER,
            text=body.get("text", ""),
            blocks=body.get("blocks", ()),
            metadata=body.get("metadata", {}),
            thread_ts=body.get("thread_ts", ""),
            **more,
        )

    def _post(self, body: Body) -> Body:
        shown = self._new(body)
        return {
            "ts": self._add(shown),
            "channel": shown.channel,
            "message": {"app_id": APP, "bot_id": BOT},
        }

    def _update(self, body: Body) -> Body:
        shown = self._found(body)
        if shown.growing:
            raise Refused("streaming_state_conflict")
        shown.text, shown.blocks = body.get("text", ""), body.get("blocks", ())
        shown.metadata = body.get("metadata", shown.metadata)
        shown.stream = ""
        shown.edits += 1
        return {"ts": shown.ts, "channel": shown.channel}

    def _stream(self, method: str, body: Body) -> Body:
        if method == "chat.startStream":
            return self._start(body)
        shown = self._found(body)
        if not shown.growing:
            raise Refused("message_not_in_streaming_state")
        shown.stream += body.get("markdown_text", "")
        if method == "chat.stopStream":
            shown.growing = False
            shown.blocks = body.get("blocks", ())
            shown.metadata = body.get("metadata", {})
        return {"ts": shown.ts, "channel": shown.channel}

    def _start(self, body: Body) -> Body:
        if not body.get("thread_ts"):
            raise Refused("missing_thread_ts")
        if not (body.get("recipient_user_id") and body.get("recipient_team_id")):
            raise Refused("missing_recipient_user_id")
        shown = self._new(body, stream=body.get("markdown_text", ""), growing=True)
        return {"ts": self._add(shown), "channel": shown.channel}

    def _found(self, body: Body) -> Shown:
        shown = self.messages.get((body["channel"], body["ts"]))
        if shown is None or shown.only_for:
            raise Refused("message_not_found")
        if shown.user != BOT_USER:
            raise Refused("cant_update_message")
        return shown

    def _history(self, body: Body) -> Body:
        in_thread = body.get("ts", "")
        found = [
            m
            for m in self.messages.values()
            if m.channel == body["channel"]
            and not m.only_for
            and m.ts >= body.get("oldest", "")
            and in_thread in (m.thread_ts, m.ts)
        ]
        start = int(body.get("cursor", "0"))
        end = start + self.page_size
        more = str(end) if end < len(found) else ""
        return {
            "messages": [_described(m) for m in found[start:end]],
            "response_metadata": {"next_cursor": more},
        }

    # ── Socket Mode ───────────────────────────────────────────────────────────────────────────

    def _on_sockets(self, act: Callable[[web.WebSocketResponse], Awaitable[None]]) -> None:
        async def on_all() -> None:
            for socket in tuple(self._sockets):
                if not socket.closed:
                    with suppress(ConnectionError):
                        await act(socket)

        asyncio.run_coroutine_threadsafe(on_all(), self._loop).result(5)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self._sockets.append(socket)
        try:
            await socket.send_json({"type": "hello", "connection_info": {"app_id": APP}})
            for envelope in tuple(self._waiting.values()):
                await socket.send_json(envelope)
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._take(json.loads(frame.data))
        except ConnectionError:
            pass  # it is gone already
        finally:
            self._sockets.remove(socket)
            self._frames.lose(socket)
        return socket

    async def _deliver(self, payload: Body, tries: int) -> Fate:
        envelope_id = f"envelope-{next(self._numbers)}"
        envelope = {
            "envelope_id": envelope_id,
            "type": "events_api",
            "payload": payload,
            "accepts_response_payload": False,
            "retry_attempt": tries,
            "retry_reason": "timeout" if tries else "",
        }
        return await self._frames.send(
            envelope_id, self._sockets, lambda socket: socket.send_json(envelope)
        )

    def _take(self, acknowledgement: Body) -> None:
        envelope_id = acknowledgement.get("envelope_id", "")
        if envelope_id in self._frames:
            if not self._frames.settle(envelope_id, Fate.TAKEN):
                self.failures.append("an envelope acknowledged twice")
            if acknowledgement.get("payload"):
                self.failures.append("an event that is answered")
            return
        if self._waiting.pop(envelope_id, None) is None:
            return  # of a delivery before the last
        self.acknowledged.append(envelope_id)
        self.acknowledgements.append(acknowledgement)


def signed(payload: Body, *, at: datetime, form: bool = False) -> tuple[bytes, dict[str, str]]:
    """A request's body and headers, as Slack would send this payload.

    form: as an interaction's; a command's fields are sent as a form by themselves.
    """
    if "command" in payload:
        raw, kind = urlencode(payload).encode(), "application/x-www-form-urlencoded"
    elif form:
        raw = urlencode({"payload": json.dumps(payload)}).encode()
        kind = "application/x-www-form-urlencoded"
    else:
        raw, kind = json.dumps(payload).encode(), "application/json"
    return raw, {**signature_of(raw, at=at), "Content-Type": kind}


def signature_of(raw: bytes, *, at: datetime) -> dict[str, str]:
    """The headers that say these bytes are Slack's."""
    timestamp = str(int(at.timestamp()))
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": sign(raw, timestamp, secret=SECRET),
    }


def deliveries(
    payload: Body, *, first: datetime, form: bool = False
) -> Iterator[tuple[datetime, bytes, dict[str, str]]]:
    """When an event comes that is never acknowledged, and as what: once, and three times again."""
    raw, headers = signed(payload, at=first, form=form)
    yield first, raw, headers
    for number, after in enumerate(REDELIVERED_AFTER, start=1):
        at = first + after
        again = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"}
        yield at, raw, {**headers, **signature_of(raw, at=at), **again}


def _described(shown: Shown) -> Body:
    ours = {"bot_id": BOT} if shown.user == BOT_USER else {}
    metadata = {"metadata": shown.metadata} if shown.metadata else {}
    thread = {"thread_ts": shown.thread_ts} if shown.thread_ts else {}
    said = {"type": "message", "user": shown.user, "ts": shown.ts, "text": shown.text}
    reactions = [
        {"name": name, "users": users, "count": len(users)}
        for name, users in shown.reactions.items()
    ]
    put = {"reactions": reactions} if reactions else {}
    files = {"files": shown.files} if shown.files else {}
    return {**said, **ours, **metadata, **thread, **put, **files}
