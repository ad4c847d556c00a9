"""Is it really Slack who calls? HMAC-SHA256 over the time and the raw body."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from multidict import CIMultiDictProxy
from pydantic import SecretStr

from adapters.ingress import RequestRefused

SIGNATURE: Final = "X-Slack-Signature"
TIMESTAMP: Final = "X-Slack-Request-Timestamp"
WINDOW_S: Final = 300

_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


def verify(raw: bytes, headers: CIMultiDictProxy[str], *, secret: SecretStr, now_s: float) -> None:
    """Return if Slack signed these bytes within the last five minutes.

    Without a secret nothing is believed: anybody could compute that signature.

    Raises:
        RequestRefused: 401, whatever is wrong.
    """
    timestamp, signature = _only(headers, TIMESTAMP), _only(headers, SIGNATURE)
    if not secret.get_secret_value() or not _SECONDS.fullmatch(timestamp):
        raise RequestRefused(401, "unsigned")
    if abs(now_s - int(timestamp)) > WINDOW_S:
        raise RequestRefused(401, "stale")
    # Bytes, because compare_digest raises on text that is not ASCII.
    if not hmac.compare_digest(
        sign(raw, timestamp, secret=secret).encode(), signature.encode("utf-8", "backslashreplace")
    ):
        raise RequestRefused(401, "bad_signature")


def sign(raw: bytes, timestamp: str, *, secret: SecretStr) -> str:
    """The signature Slack puts beside these bytes."""
    key = secret.get_secret_value().encode()
    digest = hmac.new(key, b"v0:" + timestamp.encode() + b":" + raw, hashlib.sha256)
    return f"v0={digest.hexdigest()}"


def _only(headers: CIMultiDictProxy[str], name: str) -> str:
    """The header's value; one that stands there twice counts as missing."""
    values = headers.getall(name, [])
    return values[0] if len(values) == 1 else ""
