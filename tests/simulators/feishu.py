"""Feishu on loopback, in a thread of its own: strict about what it is sent, and scripted to fail.

Whatever the real platform would refuse without telling a user is written into `failures`; a test
that uses the simulator asserts in the end that there were none.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import re
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web
from Crypto.Cipher import AES

from adapters.feishu.grants import CALLBACKS, EVENTS, SCOPES
from tests.simulators.ending import end
from tests.simulators.feishu_card import problems
from tests.simulators.feishu_frames import read, written
from tests.simulators.frames import Fate, Frames

APP_ID = "cli_demo"
APP_SECRET = "app-secret"
BOT_OPEN_ID = "ou_bot"

REDELIVERED_AFTER = tuple(timedelta(seconds=s) for s in (15, 300, 3_600, 21_600))
"""How long after the last try an event comes again; reported, not documented."""

_GONE = (230011, "The message was withdrawn")
_BEGINNINGS = {"chat_id": "oc_", "open_id": "ou_"}
_UUID_IS_KNOWN_FOR = timedelta(hours=1)


# ── what Feishu writes ────────────────────────────────────────────────────────────────────────


def seal(plain: bytes, encrypt_key: str) -> str:
    """An `encrypt` field as Feishu makes it."""
    iv = os.urandom(16)
    pad = 16 - len(plain) % 16
    cipher = AES.new(hashlib.sha256(encrypt_key.encode()).digest(), AES.MODE_CBC, iv=iv)
    return base64.b64encode(iv + cipher.encrypt(plain + bytes([pad]) * pad)).decode()


def signature_headers(
    raw: bytes, encrypt_key: str, *, at: float | str, nonce: str = "nonce-1"
) -> dict[str, str]:
    """The headers of a signed callback."""
    timestamp = at if isinstance(at, str) else str(int(at))
    signed = f"{timestamp}{nonce}{encrypt_key}".encode("utf-8", "replace") + raw
    return {
        "X-Lark-Request-Timestamp": timestamp,
        "X-Lark-Request-Nonce": nonce,
        "X-Lark-Signature": hashlib.sha256(signed).hexdigest(),
    }


def callback(
    payload: Mapping[str, Any], encrypt_key: str, *, at: float
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of a callback; plain and unsigned where there is no key."""
    raw = json.dumps(payload).encode()
    if not encrypt_key:
        return raw, {}
    raw = json.dumps({"encrypt": seal(raw, encrypt_key)}).encode()
    return raw, signature_headers(raw, encrypt_key, at=at)


async def redeliver(
    deliver: Callable[[], Awaitable[bool]], move: Callable[[timedelta], None]
) -> int:
    """Deliver until it is acknowledged, by the platform's schedule; how many tries it took.

    move: lets a virtual clock pass.
    """
    for tries, pause in enumerate((*REDELIVERED_AFTER, None), start=1):
        if await deliver() or pause is None:
            return tries
        move(pause)
    raise AssertionError("unreachable")


# ── what it keeps ─────────────────────────────────────────────────────────────────────────────


@dataclass
class Card:
    """A card entity."""

    json: dict[str, Any]
    sequence: int = 0
    sent: bool = False
    drafts: list[str] = field(default_factory=list)

    @property
    def streaming(self) -> bool:
        return bool(self.json["config"].get("streaming_mode"))

    def element(self, element_id: str) -> dict[str, Any] | None:
        found = (one for one in _walk(self.json) if one.get("element_id") == element_id)
        return next(found, None)


@dataclass
class Message:
    """A message somebody can see."""

    id: str
    place: str
    parent: str
    uuid: str
    card: Card
    created_at: datetime
    patches: int = 0

    @property
    def text(self) -> str:
        """Every word on the card."""
        return "\n".join(str(one["content"]) for one in _walk(self.card.json) if "content" in one)


@dataclass
class Fault:
    """What goes wrong with the next calls whose `METHOD path` matches.

    after: only once the call was carried out. status 0: the connection is dropped.
    """

    pattern: str
    status: int = 500
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    after: bool = False
    delay_s: float = 0.0
    times: int = 1


class FeishuSimulator:
    """One app's Feishu.

    calls: `METHOD path` of everything that arrived, in order, with ids replaced by `:id`.
    members: of chats and departments, by id.
    inbox: what people wrote, by message id; reactions: person and emoji, by message id.
    files: what stands in files, by message id and file key.
    page_size: messages come in pages of this many, if not of fewer.
    called: set by the first of them.
    """

    def __init__(self) -> None:
        self.origin = ""
        self.calls: list[str] = []
        self.called = threading.Event()
        self.failures: list[str] = []
        self.messages: dict[str, Message] = {}
        self.cards: dict[str, Card] = {}
        self.inbox: dict[str, dict[str, Any]] = {}
        self.members: dict[str, list[dict[str, str]]] = {}
        self.reactions: dict[str, list[tuple[str, str]]] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.page_size = 50
        self.tokens = {"t-1"}
        self.scopes = [any_of[-1] for any_of in SCOPES]
        self.subscribed = ([*EVENTS], [*CALLBACKS])
        self.acks: deque[dict[str, Any]] = deque()
        self._faults: list[Fault] = []
        self._ids = count(1)
        self._logins = count(1)
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._frames = Frames()
        self._connected = threading.Semaphore(0)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[FeishuSimulator]:
        """Serve on a free port of 127.0.0.1 until the end; then nothing may have been wrong."""
        simulator = cls()
        thread = threading.Thread(target=simulator._serve, daemon=True)
        thread.start()
        assert simulator._ready.wait(10)
        try:
            yield simulator
        finally:
            simulator._loop.call_soon_threadsafe(simulator._loop.stop)
            thread.join(10)
        assert simulator.failures == []

    # ── for tests ─────────────────────────────────────────────────────────────────────────────

    def fail(self, pattern: str, **fault: Any) -> None:
        """Let the next calls that match fail."""
        self._faults.append(Fault(pattern, **fault))

    def refuse(self, pattern: str, code: int, *, times: int = 1, status: int = 400) -> None:
        """Let the next calls that match be refused with this code."""
        self.fail(pattern, status=status, body={"code": code, "msg": "no"}, times=times)

    def attach(self, name: str, content: bytes, *, chat_id: str = "oc_grp") -> str:
        """Somebody sends a file; its message."""
        message_id, key = f"om_f{next(self._ids)}", f"file_v3_{next(self._ids)}"
        said = {"file_key": key, "file_name": name}
        self.files[message_id, key] = content
        self.inbox[message_id] = {
            "message_id": message_id,
            "chat_id": chat_id,
            "msg_type": "file",
            "create_time": "1740992400000",
            "body": {"content": json.dumps(said)},
        }
        return message_id

    def forget_tokens(self) -> None:
        """Tokens given so far are good no more."""
        self.tokens.clear()

    def age(self, by: timedelta) -> None:
        """Let every message be so much older."""
        for message in self.messages.values():
            message.created_at -= by

    @property
    def shown(self) -> list[Message]:
        """What users see, oldest first."""
        return list(self.messages.values())

    # ── the long connection, for tests ────────────────────────────────────────────────────────

    def wait_connected(self, deadline_s: float = 15.0) -> None:
        """Return when a client has connected; each connection counts once."""
        assert self._connected.acquire(timeout=deadline_s)

    def push(
        self,
        payload: Mapping[str, Any],
        *,
        parts: int = 1,
        order: Sequence[int] | None = None,
        kind: str = "event",
    ) -> Future[dict[str, Any]]:
        """Send an event, in parts in this order; the acknowledgement, when it comes.

        A part that is not in `order` is lost on the way.
        """
        work = self._push(json.dumps(payload).encode(), parts, order or range(parts), kind)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return bool(self._sockets)

    def deliver(self, payload: Mapping[str, Any], tries: int = 0) -> Future[Fate]:
        """Send an event once, over one connection. tries: how many before.

        Each try that is not the first comes in two parts, the second part first.
        """
        return asyncio.run_coroutine_threadsafe(self._deliver(payload, tries), self._loop)

    def hang_up(self) -> None:
        """Close every connection from this side."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(5)

    def drop_connections(self) -> None:
        """Cut every connection without a goodbye."""
        self._loop.call_soon_threadsafe(self._drop)

    async def _hang_up(self) -> None:
        for socket in tuple(self._sockets):
            await socket.close(code=1001)

    def _drop(self) -> None:
        for request in tuple(self._sockets.values()):
            if request.transport is not None:
                request.transport.abort()

    async def _push(
        self, payload: bytes, parts: int, order: Sequence[int], kind: str
    ) -> dict[str, Any]:
        message_id = f"frame-{next(self._ids)}"
        waiting: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._waiting[message_id] = waiting
        (socket,) = self._sockets
        for frame in written(message_id, payload, parts, order, kind):
            await socket.send_bytes(frame)
        return await waiting

    async def _deliver(self, payload: Mapping[str, Any], tries: int) -> Fate:
        message_id = f"frame-{next(self._ids)}"
        parts = 2 if tries else 1
        order = tuple(reversed(range(parts)))
        raw = json.dumps(payload).encode()

        async def write(socket: web.WebSocketResponse) -> None:
            for frame in written(message_id, raw, parts, order, "event"):
                await socket.send_bytes(frame)

        return await self._frames.send(message_id, self._sockets, write)

    # ── the server ────────────────────────────────────────────────────────────────────────────

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        for waiting in self._waiting.values():
            waiting.cancel()
        self._loop.run_until_complete(runner.cleanup())
        end(self._loop)

    async def _start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/ws", self._socket)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"
        return runner

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/open-apis/")
        call = f"{request.method} {path}"
        self.calls.append(_without_ids(call))
        self.called.set()
        fault = self._fault(call)
        if fault is not None and not fault.after:
            return await _failed(request, fault)
        loaded = self._resource(request, call)
        if loaded is not None:
            return loaded
        answer = await self._carry_out(request, call)
        if fault is not None:
            return await _failed(request, fault)
        return web.json_response(answer, status=400 if answer["code"] else 200)

    def _resource(self, request: web.Request, call: str) -> web.Response | None:
        """A file's bytes; what is refused is said in JSON."""
        found = re.fullmatch(r"GET im/v1/messages/([^/]+)/resources/([^/]+)", call)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if found is None or token not in self.tokens:
            return None
        if request.query.get("type") != "file":
            self.failures.append(f"a file of type {request.query.get('type')}")
        content = self.files.get((found[1], found[2]))
        if content is None:
            return web.json_response(_no(234003, "File not in msg."), status=400)
        return web.Response(body=content, content_type="application/octet-stream")

    def _fault(self, call: str) -> Fault | None:
        for fault in self._faults:
            if re.fullmatch(fault.pattern, call):
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
                return fault
        return None

    async def _carry_out(self, request: web.Request, call: str) -> dict[str, Any]:
        raw = await request.read()
        body = json.loads(raw) if raw else {}
        if call == "POST auth/v3/tenant_access_token/internal":
            return self._login(body)
        if call == "POST /callback/ws/endpoint":
            return self._endpoint(body)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _no(99991663, "token invalid")
        for pattern, carry_out in self._ROUTES:
            found = re.fullmatch(pattern, call)
            if found:
                return carry_out(self, *found.groups(), body, request.query)
        return self._wrong(f"unknown path: {call}")

    def _wrong(self, what: str) -> dict[str, Any]:
        self.failures.append(what)
        return _no(99992402, "field validation failed")

    def _only(self, what: str, body: Mapping[str, Any], known: set[str]) -> None:
        if strange := body.keys() - known:
            self.failures.append(f"{what} has unknown properties {sorted(strange)}")

    def _login(self, body: dict[str, Any]) -> dict[str, Any]:
        if body != {"app_id": APP_ID, "app_secret": APP_SECRET}:
            return _no(10014, "app secret invalid")
        token = f"t-{next(self._logins)}"
        self.tokens.add(token)
        return {"code": 0, "tenant_access_token": token, "expire": 7_200}

    def _endpoint(self, body: dict[str, Any]) -> dict[str, Any]:
        if body != {"AppID": APP_ID, "AppSecret": APP_SECRET}:
            return _no(403, "forbidden")
        url = f"{self.origin.replace('http', 'ws')}/ws?device_id=dev-1&service_id=7&ticket=t"
        pauses = {"ReconnectCount": -1, "ReconnectInterval": 120, "ReconnectNonce": 30}
        return {"code": 0, "data": {"URL": url, "ClientConfig": {**pauses, "PingInterval": 120}}}

    def _bot(self, _body: Any, _query: Any) -> dict[str, Any]:
        return {"code": 0, "bot": {"open_id": BOT_OPEN_ID, "app_name": "HelpBot"}}

    def _scopes(self, _body: Any, _query: Any) -> dict[str, Any]:
        named = [{"scope_name": scope, "grant_status": 1} for scope in self.scopes]
        asked = {"scope_name": "im:message:update", "grant_status": 2}
        return {"code": 0, "data": {"scopes": [*named, asked]}}

    def _app(self, app_id: str, _body: Any, query: Mapping[str, str]) -> dict[str, Any]:
        if app_id != APP_ID or query.get("lang") not in ("zh_cn", "en_us", "ja_jp"):
            return self._wrong("an app that is not described")
        events, callbacks = self.subscribed
        shown = {
            "event": {"subscribed_events": events},
            "callback": {"subscribed_callbacks": callbacks},
        }
        return {"code": 0, "data": {"app": shown}}

    # ── people ────────────────────────────────────────────────────────────────────────────────

    def _members(self, chat: str, _body: Any, query: Mapping[str, str]) -> dict[str, Any]:
        if query.get("member_id_type") != "open_id" or int(query.get("page_size", "20")) > 100:
            return self._wrong(f"members of a chat: {dict(query)}")
        return self._page(chat, query)

    def _department(self, _body: Any, query: Mapping[str, str]) -> dict[str, Any]:
        kinds = (query.get("department_id_type"), query.get("user_id_type"))
        too_many = int(query.get("page_size", "10")) > 50
        if kinds != ("open_department_id", "open_id") or too_many:
            return self._wrong(f"members of a department: {dict(query)}")
        return self._page(str(query.get("department_id")), query)

    def _page(self, name: str, query: Mapping[str, str]) -> dict[str, Any]:
        if name not in self.members:
            return _no(232006, "invalid chat_id")
        start = int(query.get("page_token", "0"))
        end = start + int(query["page_size"])
        more = end < len(self.members[name])
        page = {"items": self.members[name][start:end], "has_more": more, "page_token": str(end)}
        return {"code": 0, "data": page}

    # ── messages ──────────────────────────────────────────────────────────────────────────────

    def _create(self, body: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        self._only("a message", body, {"receive_id", "msg_type", "content", "uuid"})
        kind, place = str(query.get("receive_id_type")), str(body.get("receive_id"))
        if kind not in _BEGINNINGS:
            return self._wrong(f"receive_id_type {kind}")
        if not place.startswith(_BEGINNINGS[kind]):
            return _no(230001, "invalid request parameter, ext=invalid receive_id.")
        return self._say(body, place, parent="")

    def _reply(self, parent: str, body: dict[str, Any], _query: Any) -> dict[str, Any]:
        self._only("a reply", body, {"msg_type", "content", "uuid", "reply_in_thread"})
        if not parent.startswith("om_"):
            return self._wrong(f"{parent} is no message")
        return self._say(body, place=f"the chat of {parent}", parent=parent)

    def _say(self, body: dict[str, Any], place: str, parent: str) -> dict[str, Any]:
        uuid = str(body.get("uuid", ""))
        if not 1 <= len(uuid) <= 50:
            return self._wrong(f"uuid {uuid!r}")
        now = datetime.now(UTC)
        fresh = (m for m in self.messages.values() if now - m.created_at < _UUID_IS_KNOWN_FOR)
        message = next((one for one in fresh if one.uuid == uuid), None)
        if message is None:
            card = self._card_of(json.loads(body["content"]))
            if card is None:
                return _no(230099, "failed to create card content")
            message_id = f"om_{next(self._ids)}"
            message = Message(message_id, place, parent, uuid, card, now)
            self.messages[message_id] = message
        created = str(int(message.created_at.timestamp() * 1000))
        return {"code": 0, "data": {"message_id": message.id, "create_time": created}}

    def _card_of(self, content: dict[str, Any]) -> Card | None:
        if content.get("type") != "card":
            return self._checked(content)
        card = self.cards.get(content["data"]["card_id"])
        if card is None or card.sent:
            self.failures.append("a card entity that cannot be sent")
            return None
        card.sent = True
        return card

    def _checked(self, content: dict[str, Any]) -> Card | None:
        found = problems(content)
        self.failures += found
        return None if found else Card(json=content)

    def _patch(self, message_id: str, body: dict[str, Any], _query: Any) -> dict[str, Any]:
        self._only("a change", body, {"content"})
        message = self.messages.get(message_id)
        if message is None:
            return _no(*_GONE)
        card = self._checked(json.loads(body["content"]))
        if card is None:
            return _no(230099, "failed to create card content")
        message.card = card
        message.patches += 1
        return {"code": 0, "data": {}}

    def _get(self, message_id: str, _body: Any, _query: Any) -> dict[str, Any]:
        message = self.inbox.get(message_id)
        return {"code": 0, "data": {"items": [message]}} if message else _no(*_GONE)

    def _list(self, _body: Any, query: Mapping[str, str]) -> dict[str, Any]:
        kind, container = query.get("container_id_type"), query.get("container_id", "")
        beginning = {"chat": "oc_", "thread": "omt_"}.get(str(kind))
        if beginning is None or not container.startswith(beginning):
            return self._wrong(f"container {kind} {container}")
        if kind == "thread" and "start_time" in query:
            return self._wrong("a thread is listed as a whole")
        if not 1 <= int(query.get("page_size", "20")) <= 50:
            return self._wrong("page_size")
        inside = [
            one
            for one in self.inbox.values()
            if one.get("chat_id" if kind == "chat" else "thread_id") == container
            and int(one["create_time"]) // 1000 >= int(query.get("start_time", "0"))
        ]
        start = int(query.get("page_token", "0"))
        end = start + min(self.page_size, int(query.get("page_size", "20")))
        more = end < len(inside)
        token = {"page_token": str(end)} if more else {}
        return {"code": 0, "data": {"items": inside[start:end], "has_more": more, **token}}

    def _reactions(self, message_id: str, _body: Any, _query: Any) -> dict[str, Any]:
        items = [
            {
                "operator": {"operator_id": person, "operator_type": "user"},
                "reaction_type": {"emoji_type": emoji},
            }
            for person, emoji in self.reactions.get(message_id, ())
        ]
        return {"code": 0, "data": {"items": items, "has_more": False}}

    # ── cards ─────────────────────────────────────────────────────────────────────────────────

    def _create_card(self, body: dict[str, Any], _query: Any) -> dict[str, Any]:
        self._only("a card entity", body, {"type", "data"})
        card = self._checked(json.loads(body["data"]))
        if card is None:
            return _no(200220, "invalid card")
        card_id = f"{7355372766134157313 + next(self._ids)}"
        self.cards[card_id] = card
        return {"code": 0, "data": {"card_id": card_id}}

    def _next(self, card_id: str, body: dict[str, Any]) -> Card | dict[str, Any]:
        """The card, if this operation comes after all before it."""
        card = self.cards.get(card_id)
        if card is None:
            return _no(200740, "card not found")
        if not isinstance(body.get("sequence"), int) or body["sequence"] <= card.sequence:
            return _no(300317, "sequence number compare failed")
        card.sequence = body["sequence"]
        return card

    def _write(
        self, card_id: str, element_id: str, body: dict[str, Any], _query: Any
    ) -> dict[str, Any]:
        self._only("a text", body, {"content", "sequence", "uuid"})
        card = self._next(card_id, body)
        if isinstance(card, dict):
            return card
        element = card.element(element_id)
        if not card.streaming:
            return _no(300309, "streaming mode is closed")
        if element is None or not body["content"]:
            return self._wrong(f"nothing to write to {element_id}")
        element["content"] = body["content"]
        self.failures += problems(card.json)
        card.drafts.append(body["content"])
        return {"code": 0, "data": {}}

    def _settings(self, card_id: str, body: dict[str, Any], _query: Any) -> dict[str, Any]:
        self._only("settings", body, {"settings", "sequence", "uuid"})
        card = self._next(card_id, body)
        if isinstance(card, dict):
            return card
        card.json["config"] |= json.loads(body["settings"])["config"]
        return {"code": 0, "data": {}}

    def _update_card(self, card_id: str, body: dict[str, Any], _query: Any) -> dict[str, Any]:
        self._only("an update", body, {"card", "sequence", "uuid"})
        card = self._next(card_id, body)
        if isinstance(card, dict):
            return card
        checked = self._checked(json.loads(body["card"]["data"]))
        if checked is None:
            return _no(200220, "invalid card")
        card.json = checked.json
        return {"code": 0, "data": {}}

    _ROUTES: Sequence[tuple[str, Callable[..., dict[str, Any]]]] = (
        (r"GET bot/v3/info", _bot),
        (r"GET application/v6/scopes", _scopes),
        (r"GET application/v6/applications/([^/]+)", _app),
        (r"GET im/v1/chats/([^/]+)/members", _members),
        (r"GET contact/v3/users/find_by_department", _department),
        (r"POST im/v1/messages", _create),
        (r"POST im/v1/messages/([^/]+)/reply", _reply),
        (r"PATCH im/v1/messages/([^/]+)", _patch),
        (r"GET im/v1/messages", _list),
        (r"GET im/v1/messages/([^/]+)/reactions", _reactions),
        (r"GET im/v1/messages/([^/]+)", _get),
        (r"POST cardkit/v1/cards", _create_card),
        (r"PUT cardkit/v1/cards/([^/]+)/elements/([^/]+)/content", _write),
        (r"PATCH cardkit/v1/cards/([^/]+)/settings", _settings),
        (r"PUT cardkit/v1/cards/([^/]+)", _update_card),
    )

    # ── the long connection ───────────────────────────────────────────────────────────────────

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        fault = self._fault("GET /ws")
        if fault is not None:
            raise web.HTTPServiceUnavailable(headers=fault.headers)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets[socket] = request
        self._connected.release()
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    self._read_frame(message.data)
        finally:
            del self._sockets[socket]
            self._frames.lose(socket)
        return socket

    def _read_frame(self, raw: bytes) -> None:
        headers, payload = read(raw)
        if headers.get("type") == "ping":
            return
        ack = json.loads(payload)
        if headers["message_id"] in self._frames:
            fate = Fate.TAKEN if ack["code"] == 200 else Fate.REFUSED
            if not self._frames.settle(headers["message_id"], fate):
                self.failures.append("a frame acknowledged twice")
            return
        waiting = self._waiting.pop(headers["message_id"], None)
        if waiting is None:
            self.failures.append("a frame acknowledged twice")
        elif not waiting.done():
            shown = json.loads(base64.b64decode(ack["data"])) if ack.get("data") else None
            waiting.set_result({"code": ack["code"], "data": shown})


async def _failed(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.delay_s:
        await asyncio.sleep(fault.delay_s)
    if fault.status == 0 and request.transport is not None:
        request.transport.abort()
    return web.json_response(
        dict(fault.body), status=fault.status or 500, headers=dict(fault.headers)
    )


def _no(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "msg": message}


def _without_ids(call: str) -> str:
    return re.sub(r"/(om_[^/]+|file_v3_[^/]+|7\d{18})", "/:id", call)


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)
