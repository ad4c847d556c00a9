"""The envelope of event callbacks: AES-256-CBC around salt, length, message and owner; pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from pydantic import SecretStr

from adapters.aes import IV_BYTES, seal, unseal

_SALT_BYTES = 16
_LENGTH_BYTES = 4
_PAD_BYTES = 32


class EnvelopeBroken(Exception):
    """A ciphertext that does not open; never says where it broke, so that nobody can probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What was inside. owner: for whom it was sealed, an app or an organisation."""

    message: bytes
    owner: str


def open_envelope(aes_key: SecretStr, sealed: str) -> Opened:
    """Decrypt what DingTalk sent.

    Raises:
        EnvelopeBroken: another key, or a text that was changed or cut.
    """
    try:
        key = _key(aes_key)
        plain = unseal(
            base64.b64decode(sealed, validate=True),
            key=key,
            iv=key[:IV_BYTES],
            pad_bytes=_PAD_BYTES,
        )
        end = _SALT_BYTES + _LENGTH_BYTES
        length = int.from_bytes(plain[_SALT_BYTES:end], "big")
        message, owner = plain[end : end + length], plain[end + length :]
        if len(plain) < end or len(message) != length:
            raise EnvelopeBroken
        return Opened(message=message, owner=owner.decode())
    except (ValueError, binascii.Error) as error:
        raise EnvelopeBroken from error


def seal_envelope(aes_key: SecretStr, message: bytes, *, owner: str, salt: bytes) -> str:
    """Encrypt a reply. salt: 16 random bytes.

    Raises:
        EnvelopeBroken: the key is none.
    """
    plain = salt + len(message).to_bytes(_LENGTH_BYTES, "big") + message + owner.encode()
    try:
        key = _key(aes_key)
        sealed = seal(plain, key=key, iv=key[:IV_BYTES], pad_bytes=_PAD_BYTES)
    except ValueError as error:
        raise EnvelopeBroken from error
    return base64.b64encode(sealed).decode()


def _key(aes_key: SecretStr) -> bytes:
    return base64.b64decode(aes_key.get_secret_value() + "=", validate=True)
