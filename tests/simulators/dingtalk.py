"""DingTalk on loopback: strict about what it is sent, and as unreliable as it is told to be.

It runs in a thread of its own, so that a client that blocks its loop cannot hide it. What people
would see is kept in `cards` and `messages`; whatever breaks a rule of the platform in `failures`,
which a test ends by finding empty.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import WSMsgType, web
from pydantic import SecretStr

from adapters.dingtalk.envelope import seal_envelope
from adapters.dingtalk.inbound import ROBOT_TOPIC
from adapters.dingtalk.signature import event_signature
from tests.simulators.ending import end
from tests.simulators.frames import Fate, Frames

CLIENT_ID = "dingapp"
CLIENT_SECRET = "app-secret"
EVENT_TOKEN = "event-token"
EVENT_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
TEMPLATE = "deskmate.schema"

CREATE = "/v1.0/card/instances/createAndDeliver"
UPDATE = "/v1.0/card/instances"
STREAMING = "/v1.0/card/streaming"
GROUP = "/v1.0/robot/groupMessages/send"
DIRECT = "/v1.0/robot/oToMessages/batchSend"
WEBHOOK = "/robot/sendBySession"
TOKEN = "/v1.0/oauth2/accessToken"
OPEN = "/v1.0/gateway/connections/open"
DOWNLOAD = "/v1.0/robot/messageFiles/download"
FILE = "/files/"
REGISTER = "/v1.0/card/callbacks/register"
GROUP_MEMBERS = "/topapi/im/chat/scenegroup/member/get"
DEPARTMENT_MEMBERS = "/topapi/user/listid"

MAX_CONTENT_BYTES = 20_000
MAX_MESSAGE_BYTES = 15_000
MAX_WEBHOOK_BYTES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one call.

    body: what is said instead.
    accepted: the call is carried out all the same.
    dropped: no answer at all.
    """

    status: int = 500
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    accepted: bool = False
    dropped: bool = False
    delay_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class ShownCard:
    """A card as people see it."""

    place: str
    variables: dict[str, str]
    drafts: list[str] = field(default_factory=list)
    finalized: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message as people see it. via: webhook, group or direct."""

    via: str
    place: str
    title: str
    text: str


class DingTalkServer:
    """Use as a context: it listens from enter to exit.

    files: what stands in files, by download code. lying: where they lie; empty: here.
    """

    def __init__(self) -> None:
        self.cards: dict[str, ShownCard] = {}
        self.messages: list[ShownMessage] = []
        self.calls: list[tuple[str, str]] = []
        self.failures: list[str] = []
        self.acks: list[dict[str, Any]] = []
        self.registered: list[dict[str, Any]] = []
        self.members: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.lying = ""
        self.tokens_given = 0
        self.connections = 0
        self.refusing_connections = False
        self.answering_pings = True
        self.denied: dict[str, list[str]] = {}
        self._valid_tokens: set[str] = set()
        self._tickets: set[str] = set()
        self._guids: set[str] = set()
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._unacked: dict[str, dict[str, Any]] = {}
        self._frames = Frames()
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="dingtalk-simulator", daemon=True)
        self.url = ""

    # ── for tests ─────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> DingTalkServer:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._stopping is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(5)

    def fail(self, path: str, *faults: Fault) -> None:
        """The next calls of this path go wrong, one fault a call."""
        self._faults[path].extend(faults)

    def forget_tokens(self) -> None:
        """Every token given so far is refused from now on."""
        self._valid_tokens.clear()

    def count(self, path: str) -> int:
        """How often a path was called."""
        return sum(1 for _, called in self.calls if called == path)

    async def until(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Wait until something is so."""
        assert await asyncio.to_thread(self._wait, condition, timeout_s), "it never came to pass"

    async def push(self, frame: Mapping[str, Any] | str) -> None:
        """Send a frame to whoever is connected."""
        await self._do(self._push(frame))

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return bool(self._sockets)

    def deliver(self, payload: Mapping[str, Any], _tries: int = 0) -> Future[Fate]:
        """Send a message to the robot once, over one connection."""
        return asyncio.run_coroutine_threadsafe(self._deliver(payload), self._loop)

    async def redeliver(self) -> int:
        """Send every frame again that was not acknowledged, under a new id; how many there were."""
        waiting = list(self._unacked.values())
        self._unacked.clear()
        for frame in waiting:
            headers = {**frame["headers"], "messageId": secrets.token_hex(6)}
            await self.push({**frame, "headers": headers})
        return len(waiting)

    async def drop_connections(self) -> None:
        """Cut every websocket without a goodbye."""
        await self._do(self._drop())

    @property
    def unacknowledged(self) -> int:
        """Frames that will come again."""
        return len(self._unacked)

    # ── the thread ────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        end(self._loop)

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._stopping.wait()
        await self._drop()
        await runner.cleanup()

    async def _do(self, work: Any) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _wait(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, timeout_s)

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _wrong(self, what: str) -> None:
        self.failures.append(what)

    # ── requests ──────────────────────────────────────────────────────────────────────────────

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = f"/{request.match_info['path']}"
        if path == "/connect":
            return await self._socket(request)
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            self._wrong(f"{path}: no JSON")
            body = {}
        self.calls.append((request.method, path))
        fault = self._faults[path].popleft() if self._faults[path] else None
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        answer = None
        if request.method == "GET" and path.startswith(FILE):
            answer = self._file(request, path.removeprefix(FILE))
        elif fault is None or fault.accepted:
            answer = self._carry_out(request, path, body)
        self._note()
        if fault is not None and fault.dropped:
            assert request.transport is not None
            request.transport.abort()
            raise ConnectionResetError
        if fault is not None and fault.body is not None:
            return web.json_response(dict(fault.body), status=fault.status)
        if fault is not None and fault.status != 200:
            said = {"code": fault.code, "message": "…", "requestid": "r"} if fault.code else {}
            return web.json_response(said, status=fault.status, headers=dict(fault.headers))
        assert answer is not None
        return answer

    def _carry_out(self, request: web.Request, path: str, body: Any) -> web.Response:
        known = {
            ("POST", TOKEN): self._token,
            ("POST", OPEN): self._open,
            ("POST", CREATE): self._create,
            ("PUT", UPDATE): self._update,
            ("PUT", STREAMING): self._stream,
            ("POST", GROUP): self._group,
            ("POST", DIRECT): self._direct,
            ("POST", REGISTER): self._register,
            ("POST", DOWNLOAD): self._download,
        }
        if (request.method, path) == ("POST", WEBHOOK):
            return self._webhook(request.query.get("session", ""), body)
        if path in (GROUP_MEMBERS, DEPARTMENT_MEMBERS):
            return self._members(request.query.get("access_token", ""), path, body)
        carry_out = known.get((request.method, path))
        if carry_out is None:
            self._wrong(f"unknown path {request.method} {path}")
            return _no(404, "InvalidAction.NotFound")
        if path not in {TOKEN, OPEN}:
            token = request.headers.get("x-acs-dingtalk-access-token", "")
            if token not in self._valid_tokens:
                return _no(401, "InvalidAuthentication")
        if path in self.denied:
            return web.json_response(
                {
                    "code": "Forbidden.AccessDenied.AccessTokenPermissionDenied",
                    "message": "not granted",
                    "accessdenieddetail": {"requiredScopes": self.denied[path]},
                },
                status=403,
            )
        return carry_out(body)

    def _token(self, body: Any) -> web.Response:
        self._exactly("token", body, {"appKey", "appSecret"})
        if (body.get("appKey"), body.get("appSecret")) != (CLIENT_ID, CLIENT_SECRET):
            return _no(400, "invalidClientIdOrSecret")
        self.tokens_given += 1
        token = f"token-{self.tokens_given}"
        self._valid_tokens.add(token)
        return web.json_response({"accessToken": token, "expireIn": 7200})

    def _download(self, body: Any) -> web.Response:
        self._exactly("download", body, {"downloadCode", "robotCode"})
        if body.get("robotCode") != CLIENT_ID:
            self._wrong(f"download by {body.get('robotCode')!r}")
        if body.get("downloadCode") not in self.files:
            return _no(400, "invalidParameter.downloadCode")
        where = self.lying or f"{self.url}{FILE}"
        return web.json_response({"downloadUrl": f"{where}{body['downloadCode']}"})

    def _file(self, request: web.Request, code: str) -> web.Response:
        if "x-acs-dingtalk-access-token" in request.headers:
            self._wrong("a token told to where files lie")
        return web.Response(body=self.files[code], content_type="application/octet-stream")

    def _register(self, body: Any) -> web.Response:
        self._exactly(
            "register", body, {"callbackRouteKey", "callbackUrl", "apiSecret", "forceUpdate"}
        )
        self.registered.append(body)
        return web.json_response({"success": True, "result": {}})

    def _members(self, token: str, path: str, body: Any) -> web.Response:
        """The older interface: its token stands in the address, its codes are numbers."""
        if token not in self._valid_tokens:
            return web.json_response({"errcode": 40014, "errmsg": "invalid access_token"})
        if path == DEPARTMENT_MEMBERS:
            self._exactly("department", body, {"dept_id"})
            name = f"dept:{body['dept_id']}"
        else:
            self._exactly("members", body, {"open_conversation_id", "size", "cursor"})
            name = body["open_conversation_id"]
        if name not in self.members:
            return web.json_response({"errcode": 400020, "errmsg": "no access"})
        result = dict(self.members[name])
        if path == GROUP_MEMBERS:
            start, people = int(body["cursor"]), result["member_user_ids"]
            end = start + body["size"]
            result |= {"has_more": end < len(people), "next_cursor": str(end)}
            result["member_user_ids"] = people[start:end]
        return web.json_response({"errcode": 0, "errmsg": "ok", "result": result})

    # ── cards ─────────────────────────────────────────────────────────────────────────────────

    def _create(self, body: Any) -> web.Response:
        common = {"cardTemplateId", "outTrackId", "callbackType", "cardData", "userIdType"}
        place = str(body.get("openSpaceId", ""))
        space, _, target = place.removeprefix("dtv1.card//").partition(".")
        kind = {"IM_GROUP": "Group", "IM_ROBOT": "Robot"}.get(space, "")
        if not kind or (kind == "Group" and not target.startswith("cid")):
            return _no(400, "param.openSpaceIdInvalid")
        if kind == "Robot" and not _is_member(target):
            return _no(400, "param.userIdNotExist")
        wanted = {*common, "openSpaceId", f"im{kind}OpenSpaceModel", f"im{kind}OpenDeliverModel"}
        if body.get("callbackType") == "HTTP":
            wanted.add("callbackRouteKey")
        self._exactly("createAndDeliver", body, wanted)
        if body.get(f"im{kind}OpenDeliverModel", {}).get("robotCode") != CLIENT_ID:
            self._wrong("robotCode")
        track = body.get("outTrackId", "")
        if not (isinstance(track, str) and 1 <= len(track) <= 64):
            self._wrong(f"outTrackId {track!r}")
        variables = self._variables(body)
        if track in self.cards:
            return _no(400, "param.cardAlreadyExist")
        self.cards[track] = ShownCard(place=place.rpartition("//")[2], variables=variables)
        delivered = {"spaceType": "IM_GROUP", "spaceId": "c", "success": True, "carrierId": "x"}
        result = {"outTrackId": track, "deliverResults": [delivered]}
        return web.json_response({"success": True, "result": result})

    def _update(self, body: Any) -> web.Response:
        self._exactly("instances", body, {"outTrackId", "cardData", "cardUpdateOptions"})
        card = self.cards.get(body.get("outTrackId", ""))
        if card is None:
            return _no(400, "param.cardNotExist")
        card.variables.update(self._variables(body))
        return web.json_response({"success": True, "result": True})

    def _stream(self, body: Any) -> web.Response:
        names = {"outTrackId", "guid", "key", "content", "isFull", "isFinalize", "isError"}
        self._exactly("streaming", body, names)
        card, guid = self.cards.get(body.get("outTrackId", "")), body.get("guid", "")
        if card is None:
            return _no(400, "param.stream.outTrackId")
        if not body.get("content"):
            return _no(400, "param.stream.contentEmpty")
        if body.get("isFull") is not True:
            self._wrong("streaming Markdown without isFull")
        if body.get("key") not in card.variables:
            self._wrong(f"streaming into {body.get('key')!r}")
        self._text("streaming", body["content"], MAX_CONTENT_BYTES)
        if guid not in self._guids:
            self._guids.add(guid)
            if card.finalized and not body["isFinalize"]:
                self._wrong("a draft after the last frame")
            card.drafts.append(body["content"])
            card.variables[body["key"]] = body["content"]
            card.finalized = card.finalized or body["isFinalize"] is True
        return web.json_response({"success": True, "result": True})

    def _variables(self, body: Any) -> dict[str, str]:
        found = body.get("cardData", {}).get("cardParamMap")
        if not isinstance(found, dict) or not found:
            self._wrong("no cardParamMap")
            return {}
        for name, value in found.items():
            if not isinstance(value, str):
                self._wrong(f"{name} is no string")
        if sum(len(str(value).encode()) for value in found.values()) > MAX_CONTENT_BYTES:
            self._wrong("a card that is too large")
        for name in ("content", "sources", "msgContent", "staticMsgContent"):
            self._text("card", str(found.get(name, "")), MAX_CONTENT_BYTES)
        for name in ("buttons", "form", "sys_full_json_obj"):
            if name in found:
                json.loads(found[name])
        return dict(found)

    # ── messages ──────────────────────────────────────────────────────────────────────────────

    def _group(self, body: Any) -> web.Response:
        self._exactly("group", body, {"robotCode", "msgKey", "msgParam", "openConversationId"})
        if not str(body.get("openConversationId")).startswith("cid"):
            return _no(400, "invalid.openConversationId")
        self._said("group", body["openConversationId"], body)
        return web.json_response({"processQueryKey": "q"})

    def _direct(self, body: Any) -> web.Response:
        self._exactly("direct", body, {"robotCode", "msgKey", "msgParam", "userIds"})
        people = body.get("userIds", [])
        unknown = [person for person in people if not _is_member(str(person))]
        if not unknown:
            self._said("direct", ",".join(people), body)
        return web.json_response(
            {
                "processQueryKey": "q",
                "invalidStaffIdList": unknown,
                "flowControlledStaffIdList": [],
            }
        )

    def _said(self, via: str, place: str, body: Any) -> None:
        if body.get("robotCode") != CLIENT_ID or body.get("msgKey") != "sampleMarkdown":
            self._wrong(f"{via}: {body.get('robotCode')!r}, {body.get('msgKey')!r}")
        self._text(via, body.get("msgParam", ""), MAX_MESSAGE_BYTES)
        param = json.loads(body["msgParam"])
        self._exactly(via, param, {"title", "text"})
        self.messages.append(
            ShownMessage(via=via, place=place, title=param["title"], text=param["text"])
        )

    def _webhook(self, session: str, body: Any) -> web.Response:
        self._exactly("webhook", body, {"msgtype", "markdown"})
        markdown = body.get("markdown", {})
        self._exactly("webhook", markdown, {"title", "text"})
        self._text("webhook", json.dumps(body, ensure_ascii=False), MAX_WEBHOOK_BYTES)
        if session.startswith("expired"):
            return web.json_response({"errcode": 300001, "errmsg": "session expired"})
        self.messages.append(ShownMessage(via="webhook", place=session, **markdown))
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    # ── rules ─────────────────────────────────────────────────────────────────────────────────

    def _exactly(self, what: str, body: Any, names: set[str]) -> None:
        found = set(body) if isinstance(body, dict) else set()
        if found != names:
            self._wrong(f"{what}: missing {names - found}, unknown {found - names}")

    def _text(self, what: str, text: str, max_bytes: int) -> None:
        self.failures.extend(f"{what}: {one}" for one in text_failures(text, max_bytes))

    # ── the Stream gateway ────────────────────────────────────────────────────────────────────

    def _open(self, body: Any) -> web.Response:
        self._exactly("open", body, {"clientId", "clientSecret", "subscriptions", "ua", "localIp"})
        if self.refusing_connections:
            return _no(503, "ServiceUnavailable")
        if (body.get("clientId"), body.get("clientSecret")) != (CLIENT_ID, CLIENT_SECRET):
            return _no(401, "unauthorized.client")
        topics = {one.get("topic") for one in body.get("subscriptions", [])}
        if topics != {"*", "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"}:
            self._wrong(f"subscriptions {topics}")
        ticket = f"{secrets.token_hex(4)}+/="
        self._tickets.add(ticket)
        return web.json_response(
            {"endpoint": self.url.replace("http", "ws") + "/connect", "ticket": ticket}
        )

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            self._wrong("a ticket that was not given")
            return web.Response(status=401)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=self.answering_pings)
        await socket.prepare(request)
        self._sockets[socket] = request
        self.connections += 1
        self._note()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(json.loads(message.data))
        finally:
            self._sockets.pop(socket, None)
            self._frames.lose(socket)
            self._note()
        return socket

    async def _deliver(self, payload: Mapping[str, Any]) -> Fate:
        sent = frame(ROBOT_TOPIC, payload)
        return await self._frames.send(
            sent["headers"]["messageId"],
            self._sockets,
            lambda socket: socket.send_str(json.dumps(sent)),
        )

    def _acknowledged(self, ack: dict[str, Any]) -> None:
        names = {"code", "headers", "message", "data"}
        if set(ack) != names or not isinstance(ack["data"], str):
            self._wrong(f"an acknowledgement with {set(ack)}")
        self.acks.append(ack)
        message_id, taken = str(ack["headers"].get("messageId")), ack.get("code") == 200
        if taken:
            self._unacked.pop(message_id, None)
        fate = Fate.TAKEN if taken else Fate.REFUSED
        if message_id in self._frames and not self._frames.settle(message_id, fate):
            self._wrong("a frame acknowledged twice")
        self._note()

    async def _push(self, frame: Mapping[str, Any] | str) -> None:
        if isinstance(frame, dict) and isinstance(frame.get("headers"), dict):
            self._unacked[str(frame["headers"].get("messageId"))] = dict(frame)
        for socket in tuple(self._sockets):
            with suppress(ConnectionError):
                await socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def _drop(self) -> None:
        for request in tuple(self._sockets.values()):
            if request.transport is not None:
                request.transport.abort()
        self._sockets.clear()


def text_failures(text: str, max_bytes: int) -> list[str]:
    """What DingTalk, or the people who read it there, would not put up with."""
    found = []
    if len(text.encode()) > max_bytes:
        found.append(f"{len(text.encode())} bytes of {max_bytes}")
    if "@所有人" in text or re.search(r"@all\b", text, re.IGNORECASE):
        found.append("it calls everybody")
    outside_code = re.sub(r"(?ms)^ *(```|~~~).*?^ *\1", "", text)
    if re.search(r"\]\((?!\s*<?(https?:|mailto:)|[^)]*$)[a-z]+:", outside_code, re.IGNORECASE):
        found.append("a link that runs a script")
    if "\x00" in text:
        found.append("a control character")
    return found


def _is_member(person: str) -> bool:
    """Whether this is a `userId` of the organisation; neither strangers nor chats have one."""
    return bool(person) and not person.startswith(("$:", "cid"))


def _no(status: int, code: str) -> web.Response:
    return web.json_response({"code": code, "message": code, "requestid": "r"}, status=status)


# ── what DingTalk sends ───────────────────────────────────────────────────────────────────────


def robot_headers(at: datetime, *, secret: str = CLIENT_SECRET) -> dict[str, str]:
    """The headers of a robot message."""
    timestamp = _ms(at)
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}


def card_headers(at: datetime, *, secret: str = CLIENT_SECRET) -> dict[str, str]:
    """The headers of a card callback."""
    timestamp = _ms(at)
    digest = hmac.new(secret.encode(), timestamp.encode(), hashlib.sha256).digest()
    return {
        "x-ddpaas-signature-timestamp": timestamp,
        "x-ddpaas-signature": base64.b64encode(digest).decode(),
    }


def sealed_event(
    payload: Mapping[str, Any], at: datetime, *, token: str = EVENT_TOKEN
) -> tuple[dict[str, str], dict[str, str]]:
    """The parameters and the body of an event callback."""
    timestamp, nonce = _ms(at), "nonce123"
    message = json.dumps(payload).encode()
    sealed = seal_envelope(SecretStr(EVENT_KEY), message, owner=CLIENT_ID, salt=b"0123456789abcdef")
    signature = event_signature(SecretStr(token), (timestamp, nonce, sealed))
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
    return query, {"encrypt": sealed}


def frame(topic: str, payload: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    """A callback frame as the Stream gateway sends it."""
    return {
        "specVersion": "1.0",
        "type": "CALLBACK",
        "headers": {
            "contentType": "application/json",
            "messageId": secrets.token_hex(6),
            "time": "1700000000000",
            "topic": topic,
            **headers,
        },
        "data": json.dumps(payload),
    }


def _ms(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))
