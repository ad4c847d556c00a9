"""From a request or a frame to a payload that Feishu certainly sent; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from multidict import CIMultiDictProxy

from adapters.feishu.signature import check_token, decrypt, signed, verify
from adapters.ingress import RequestRefused

Payload: TypeAlias = Mapping[str, Any]
"""A JSON object as it came; nothing in it is known to be of the right type."""

_VERIFICATION: Final = "url_verification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What Feishu and we alone know; the console shows both under "Encryption Strategy".

    encrypt_key: empty where encryption is switched off; then only the token tells who wrote.
    verification_token: may be empty where there is a key; with neither, everything is refused.
    """

    verification_token: str = ""
    encrypt_key: str = ""


def open_request(
    raw: bytes, headers: CIMultiDictProxy[str], secrets: Secrets, *, now: float
) -> Payload:
    """The payload of a callback: signature first, then decryption, then the token.

    Raises:
        RequestRefused: 401 if Feishu did not write this now, 400 if it is signed and senseless.
    """
    if not secrets.encrypt_key:
        return _recognised(_unsigned(raw), secrets)
    if not signed(headers):
        return _unsigned_verification(raw, secrets)
    verify(raw, headers, encrypt_key=secrets.encrypt_key, now=now)
    return _recognised(_decrypted(parse(raw), secrets), secrets)


def parse(raw: bytes) -> Payload:
    """A JSON object.

    Raises:
        RequestRefused: 400 where it is none.
    """
    try:
        # As text: given bytes it would read UTF-16 and UTF-32 too, which Feishu never writes.
        payload = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise RequestRefused(400, "malformed") from error
    if not isinstance(payload, dict):
        raise RequestRefused(400, "malformed")
    return payload


def challenge_of(payload: Payload) -> str | None:
    """What to echo where Feishu only asks whether this address is ours; None for an event."""
    challenge = payload.get("challenge")
    if payload.get("type") != _VERIFICATION or not isinstance(challenge, str):
        return None
    return challenge


def _recognised(payload: Payload, secrets: Secrets) -> Payload:
    if secrets.encrypt_key and not secrets.verification_token:
        return payload
    header = payload.get("header")
    token = header.get("token") if isinstance(header, dict) else payload.get("token")
    check_token(token if isinstance(token, str) else "", secrets.verification_token)
    return payload


def _decrypted(payload: Payload, secrets: Secrets) -> Payload:
    encrypted = payload.get("encrypt")
    if not isinstance(encrypted, str):
        # Feishu encrypts all it sends once there is a key; a plain body is somebody else's.
        raise RequestRefused(401, "not_encrypted")
    return parse(decrypt(encrypted, secrets.encrypt_key))


def _unsigned(raw: bytes) -> Payload:
    """Without a signature a body that cannot be read is not malformed, it is nobody's."""
    try:
        return parse(raw)
    except RequestRefused as refused:
        raise RequestRefused(401, "token") from refused


def _unsigned_verification(raw: bytes, secrets: Secrets) -> Payload:
    """The SDK lets the check of a new address pass unsigned, so Feishu may send it like that.

    It is encrypted even so. All else without a signature is refused, always in the same way.
    """
    try:
        payload = _recognised(_decrypted(parse(raw), secrets), secrets)
    except RequestRefused as refused:
        raise RequestRefused(401, "signature") from refused
    if challenge_of(payload) is None:
        raise RequestRefused(401, "signature")
    return payload
