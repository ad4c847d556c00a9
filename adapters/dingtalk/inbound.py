"""What arrives from DingTalk, by HTTP or by Stream: verified, decoded, and its address learnt."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from multidict import CIMultiDictProxy, MultiMapping

from adapters.dingtalk.actions import decode_action
from adapters.dingtalk.codec import Ours, decode_joined, decode_message, event_kind
from adapters.dingtalk.envelope import EnvelopeBroken, Opened, open_envelope, seal_envelope
from adapters.dingtalk.messages import Webhooks
from adapters.dingtalk.payload import Payload, PayloadForeign, PayloadMalformed, parse
from adapters.dingtalk.settings import DingTalkSettings
from adapters.dingtalk.signature import (
    card_signed,
    event_signature,
    event_signed,
    fresh,
    robot_signed,
)
from adapters.ingress import Read, Received, RequestRefused
from bot.core.model import Event
from bot.core.ports import Clock

log = logging.getLogger(__name__)

ROBOT_TOPIC: Final = "/v1.0/im/bot/messages/get"
CARD_TOPIC: Final = "/v1.0/card/instances/callback"

_JOINED: Final = "user_add_org"
_HANDSHAKE: Final = "check_url"
_MOST_KINDS: Final = 256

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One delivery over Stream.

    topic: of a callback; empty for an event of the organisation, which has `event_type` instead.
    time_ms: when it was sent.
    """

    topic: str
    payload: Payload
    id: str
    time_ms: str
    event_type: str = ""
    event_id: str = ""
    corp_id: str = ""


class Inbound:
    """Turns requests and frames into events. Learns reply addresses on the way, nothing else."""

    def __init__(self, settings: DingTalkSettings, *, webhooks: Webhooks, clock: Clock) -> None:
        self._settings = settings
        self._ours = Ours(robot_code=settings.robot_code, corp_id=settings.corp_id)
        self._webhooks = webhooks
        self._clock = clock
        self._noted: OrderedDict[str, None] = OrderedDict()

    # ── HTTP ──────────────────────────────────────────────────────────────────────────────────

    def read_robot(self, body: bytes, headers: CIMultiDictProxy[str]) -> Received:
        """A request to `/dingtalk/robot`."""
        signed = robot_signed(
            self._settings.client_secret,
            timestamp=_only(headers, "timestamp"),
            sign=_only(headers, "sign"),
            now=self._clock(),
        )
        if not signed:
            raise RequestRefused(401, "bad_signature")
        return Received(event=_refusing(lambda: self._message(parse(body))))

    def read_card(self, body: bytes, headers: CIMultiDictProxy[str]) -> Received:
        """A request to `/dingtalk/cards`."""
        timestamp = _only(headers, "x-ddpaas-signature-timestamp")
        sign = _only(headers, "x-ddpaas-signature")
        signed = card_signed(
            self._settings.card_key, timestamp=timestamp, sign=sign, now=self._clock()
        )
        if not signed:
            raise RequestRefused(401, "bad_signature")
        event = _refusing(
            lambda: decode_action(
                parse(body),
                ours=self._ours,
                received_at=self._clock(),
                clicked_at_ms=timestamp,
            )
        )
        return Received(event=event)

    def read_event(self, query: MultiMapping[str]) -> Read:
        """How to read a request to `/dingtalk/events` with these parameters."""
        return partial(self._read_event, query)

    def _read_event(
        self, query: MultiMapping[str], body: bytes, _headers: CIMultiDictProxy[str]
    ) -> Received:
        timestamp = _only(query, "timestamp")
        opened = self._open(query, body, timestamp)
        payload = _refusing(lambda: parse(opened.message))
        kind = event_kind(payload)
        # A handshake changes nothing, so an old one may be answered: the console repeats it.
        if kind != _HANDSHAKE and not fresh(timestamp, self._clock()):
            raise RequestRefused(401, "stale")
        events = _refusing(lambda: self._joined(kind, payload, ""))
        return Received(events=events, reply=self._success(opened.owner))

    def _open(self, query: MultiMapping[str], body: bytes, timestamp: str) -> Opened:
        sign = _only(query, "msg_signature") or _only(query, "signature")
        nonce = _only(query, "nonce")
        if not (sign and timestamp and nonce):
            raise RequestRefused(401, "bad_signature")
        sealed = _refusing(lambda: parse(body)).get("encrypt")
        if not isinstance(sealed, str):
            raise RequestRefused(400, "malformed")
        if not event_signed(
            self._settings.event_token, parts=(timestamp, nonce, sealed), sign=sign
        ):
            raise RequestRefused(401, "bad_signature")
        try:
            return open_envelope(self._settings.event_aes_key, sealed)
        except EnvelopeBroken as error:
            raise RequestRefused(400, "malformed") from error

    def _success(self, owner: str) -> Mapping[str, object]:
        timestamp, nonce = str(int(self._clock().timestamp() * 1000)), secrets.token_hex(8)
        sealed = seal_envelope(
            self._settings.event_aes_key, b"success", owner=owner, salt=secrets.token_bytes(16)
        )
        return {
            "msg_signature": event_signature(
                self._settings.event_token, (timestamp, nonce, sealed)
            ),
            "timeStamp": timestamp,
            "nonce": nonce,
            "encrypt": sealed,
        }

    # ── Stream ────────────────────────────────────────────────────────────────────────────────

    def events_of(self, frame: Frame) -> tuple[Event, ...]:
        """What a frame means; what is broken or not for us means nothing and is logged once."""
        try:
            return self._read_frame(frame)
        except PayloadMalformed:
            self._note("frame_malformed", frame.topic or frame.event_type)
        except PayloadForeign:
            self._note("frame_foreign", frame.topic or frame.event_type)
        return ()

    def _read_frame(self, frame: Frame) -> tuple[Event, ...]:
        if frame.topic == ROBOT_TOPIC:
            return _one(self._message(frame.payload))
        if frame.topic == CARD_TOPIC:
            action = decode_action(
                frame.payload,
                ours=self._ours,
                received_at=self._clock(),
                clicked_at_ms=frame.time_ms,
                frame_id=frame.id,
            )
            return _one(action)
        if frame.topic:
            self._note("topic_unknown", frame.topic)
            return ()
        payload = {"CorpId": frame.corp_id, **frame.payload}
        return self._joined(frame.event_type, payload, frame.event_id)

    # ── both ──────────────────────────────────────────────────────────────────────────────────

    def _message(self, payload: Payload) -> Event | None:
        heard = decode_message(payload, ours=self._ours, received_at=self._clock())
        if heard.webhook is not None:
            self._webhooks.learn(heard.webhook)
        return heard.event

    def _joined(self, kind: str, payload: Payload, event_id: str) -> tuple[Event, ...]:
        if kind == _HANDSHAKE:
            return ()
        if kind != _JOINED:
            self._note("event_unknown", kind)
            return ()
        return decode_joined(payload, ours=self._ours, received_at=self._clock(), event_id=event_id)

    def _note(self, what: str, kind: str) -> None:
        """Once a kind: a platform repeats itself."""
        name = f"{what}:{kind[:100]}"
        if name in self._noted:
            return
        self._noted[name] = None
        if len(self._noted) > _MOST_KINDS:
            self._noted.popitem(last=False)
        log.warning(what, extra={"kind": kind[:100]})


def _one(event: Event | None) -> tuple[Event, ...]:
    return () if event is None else (event,)


def _only(fields: MultiMapping[str], name: str) -> str:
    """A field that must not come twice: the check and the reader could each see another one."""
    values = fields.getall(name, [])
    return values[0] if len(values) == 1 else ""


def _refusing(read: Callable[[], Result]) -> Result:
    try:
        return read()
    except PayloadMalformed as error:
        raise RequestRefused(400, "malformed") from error
    except PayloadForeign as error:
        raise RequestRefused(401, "foreign") from error
