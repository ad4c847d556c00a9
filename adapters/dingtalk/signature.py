"""Whether a request comes from DingTalk; pure.

The signatures of robot messages and card callbacks cover the time and nothing else: whoever sees
one request can write others for an hour. They say who may talk to us at all, not that the body is
untouched; TLS must see to that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from pydantic import SecretStr

WINDOW_MS: Final = 3_600_000


def robot_signed(secret: SecretStr, *, timestamp: str, sign: str, now: datetime) -> bool:
    """The headers of a robot message were made with the app's secret, less than an hour ago."""
    key = secret.get_secret_value()
    return fresh(timestamp, now) and _same(key, f"{timestamp}\n{key}", sign)


def card_signed(secret: SecretStr, *, timestamp: str, sign: str, now: datetime) -> bool:
    """The headers of a card callback were made with the secret it was registered with."""
    return fresh(timestamp, now) and _same(secret.get_secret_value(), timestamp, sign)


def event_signed(token: SecretStr, *, parts: Iterable[str], sign: str) -> bool:
    """An event callback was signed with our token.

    parts: timestamp, nonce and ciphertext; unlike the others this signature covers the body.
    """
    key = token.get_secret_value()
    return bool(key) and _equal(event_signature(token, parts), sign)


def event_signature(token: SecretStr, parts: Iterable[str]) -> str:
    """What DingTalk and we write beside a ciphertext."""
    joined = "".join(sorted((token.get_secret_value(), *parts)))
    return hashlib.sha1(joined.encode(errors="replace"), usedforsecurity=False).hexdigest()


def fresh(timestamp: str, now: datetime) -> bool:
    """A time in milliseconds, at most an hour from now in either direction."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return False
    return abs(now.timestamp() * 1000 - int(timestamp)) <= WINDOW_MS


def _same(key: str, message: str, sign: str) -> bool:
    digest = hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()
    # With no secret set anybody could sign.
    return bool(key) and _equal(base64.b64encode(digest).decode(), sign)


def _equal(expected: str, found: str) -> bool:
    return hmac.compare_digest(expected.encode(), found.encode(errors="replace"))
