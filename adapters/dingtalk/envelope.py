"""The envelope of event callbacks: AES-256-CBC around salt, length, message and owner; pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from pydantic import SecretStr

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
        padded = _decrypt(aes_key, base64.b64decode(sealed, validate=True))
        plain = padded[: len(padded) - _padding(padded)]
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
    missing = _PAD_BYTES - len(plain) % _PAD_BYTES
    padded = plain + bytes([missing]) * missing
    try:
        return base64.b64encode(_encrypt(aes_key, padded)).decode()
    except ValueError as error:
        raise EnvelopeBroken from error


def _padding(padded: bytes) -> int:
    count = padded[-1] if padded else 0
    if not 1 <= count <= _PAD_BYTES or padded[-count:] != bytes([count]) * count:
        raise EnvelopeBroken
    return count


def _key(aes_key: SecretStr) -> bytes:
    return base64.b64decode(aes_key.get_secret_value() + "=", validate=True)


def _decrypt(aes_key: SecretStr, sealed: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    key = _key(aes_key)
    decryptor = Cipher(AES256(key), CBC(key[:16])).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def _encrypt(aes_key: SecretStr, padded: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    key = _key(aes_key)
    encryptor = Cipher(AES256(key), CBC(key[:16])).encryptor()
    return encryptor.update(padded) + encryptor.finalize()
