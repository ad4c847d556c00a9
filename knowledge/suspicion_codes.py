"""Words that were encoded so that a reader overlooks them."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from typing import Final

_BASE64: Final = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{24,4000}={0,2}(?![A-Za-z0-9+/=])")
_HEX: Final = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[ :]?){16,2000}(?![0-9A-Fa-f])")
_ROT13: Final = re.compile(r"\b(?:vtaber|flfgrz cebzcg|vafgehpgvbaf?|nffvfgnag)\b", re.IGNORECASE)
_MOST_CODES: Final = 8


def decoded(text: str) -> tuple[str, ...]:
    """The words that a text holds in Base64, in hexadecimal or letter by letter moved by 13."""
    return tuple(word for word, _ in zip(_decoded(text), range(_MOST_CODES), strict=False) if word)


def _decoded(text: str) -> Iterator[str]:
    for found in _BASE64.finditer(text):
        yield _read(_from_base64(found[0]))
    for found in _HEX.finditer(text):
        yield _read(bytes.fromhex(re.sub("[ :]", "", found[0])))
    if _ROT13.search(text):
        yield codecs.decode(text, "rot13")


def _from_base64(code: str) -> bytes:
    try:
        return base64.b64decode(code.rstrip("=") + "=" * (-len(code.rstrip("=")) % 4))
    except binascii.Error:
        return b""


def _read(content: bytes) -> str:
    """The content as words; empty where it is none."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or "\n" in text else ""
