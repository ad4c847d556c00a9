"""Is a request Feishu's? Signature, encryption and Verification Token; pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

from multidict import CIMultiDictProxy

from adapters.aes import IV_BYTES, Unsealable, unseal
from adapters.ingress import RequestRefused

WINDOW_S: Final = 300.0
"""Feishu names no window and its SDK checks none; an older request is somebody's recording."""

_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = "X-Lark-Signature"
_SIGNED_AT: Final = "X-Lark-Request-Timestamp"
_NONCE: Final = "X-Lark-Request-Nonce"


def signed(headers: CIMultiDictProxy[str]) -> bool:
    """Whether a request claims to carry a signature at all."""
    return _SIGNATURE in headers


def verify(raw: bytes, headers: CIMultiDictProxy[str], *, encrypt_key: str, now: float) -> None:
    """Return if Feishu signed these very bytes within `WINDOW_S` of `now` (Unix seconds).

    Raises:
        RequestRefused: 401 in every other case.
    """
    timestamp = _only(headers, _SIGNED_AT)
    # A signature in letters no header should hold is wrong, not an error of ours.
    given = _only(headers, _SIGNATURE).encode("utf-8", "replace")
    if not _TIMESTAMP.fullmatch(timestamp) or abs(now - int(timestamp)) > WINDOW_S:
        raise RequestRefused(401, "stale")
    text = f"{timestamp}{_only(headers, _NONCE)}{encrypt_key}"
    wanted = hashlib.sha256(text.encode("utf-8", "replace") + raw).hexdigest()
    if not hmac.compare_digest(given, wanted.encode()):
        raise RequestRefused(401, "signature")


def check_token(given: str, wanted: str) -> None:
    """Return if a payload carries our Verification Token.

    Raises:
        RequestRefused: 401 where it does not, or where we have none to compare it with.
    """
    same = hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
    if not wanted or not same:
        raise RequestRefused(401, "token")


def decrypt(encrypted: str, encrypt_key: str) -> bytes:
    """The plain bytes of an `encrypt` field: base64 of iv and AES-256-CBC with PKCS#7.

    Raises:
        RequestRefused: 400, the same whatever is wrong, so that nobody learns about paddings.
    """
    sealed = _from_base64(encrypted)
    key = hashlib.sha256(encrypt_key.encode()).digest()
    try:
        return unseal(sealed[IV_BYTES:], key=key, iv=sealed[:IV_BYTES])
    except Unsealable as error:
        raise RequestRefused(400, "malformed") from error


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _only(headers: CIMultiDictProxy[str], name: str) -> str:
    values = headers.getall(name, [])
    if len(values) != 1:
        raise RequestRefused(401, "signature")
    return values[0]
