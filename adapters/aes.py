"""AES-256 in CBC mode with PKCS#7 padding: how two platforms seal their callbacks."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

IV_BYTES: Final = 16


class Unsealable(ValueError):
    """The key or the bytes are wrong; which of them is nobody's business."""


def unseal(sealed: bytes, *, key: bytes, iv: bytes, pad_bytes: int = IV_BYTES) -> bytes:
    """The plain bytes.

    pad_bytes: the length that padding fills up to.

    Raises:
        Unsealable: the same whatever is wrong.
    """
    try:
        decryptor = Cipher(AES256(key), CBC(iv)).decryptor()
        padded = decryptor.update(sealed) + decryptor.finalize()
    except ValueError as error:
        raise Unsealable from error
    count = padded[-1] if padded else 0
    if not 1 <= count <= pad_bytes or padded[-count:] != bytes([count]) * count:
        raise Unsealable
    return padded[:-count]


def seal(plain: bytes, *, key: bytes, iv: bytes, pad_bytes: int = IV_BYTES) -> bytes:
    """The sealed bytes, without the iv.

    Raises:
        Unsealable: the key is none.
    """
    missing = pad_bytes - len(plain) % pad_bytes
    try:
        encryptor = Cipher(AES256(key), CBC(iv)).encryptor()
    except ValueError as error:
        raise Unsealable from error
    return encryptor.update(plain + bytes([missing]) * missing) + encryptor.finalize()
