"""Bytes become text, whatever the encoding; Chinese files without a BOM are most often GB 18030."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from knowledge.errors import DocumentUnreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its BOM starts with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 200_000
_MAX_CONTROL_SHARE = 0.01


def decoded(content: bytes, *, uri: str, declared: str = "") -> str:
    """The text of a file.

    declared: the encoding the file claims; believed only where it fits.

    Raises:
        DocumentUnreadable: not text, or in no encoding we know.
    """
    for candidate in (_by_bom, _utf8, _utf16_without_bom):
        text = candidate(content)
        if text is not None:
            return _checked(text, uri=uri)
    text = _declared(content, declared) or _gb18030(content) or _guessed(content)
    if text is None:
        raise DocumentUnreadable(uri, "not text, or in an unknown encoding; save it as UTF-8")
    return _checked(text, uri=uri)


def _checked(text: str, *, uri: str) -> str:
    sample = text[:_SAMPLE_BYTES]
    controls = sum(1 for letter in sample if letter < " " and letter not in "\t\n\r\f\v")
    if controls > len(sample) * _MAX_CONTROL_SHARE:
        raise DocumentUnreadable(uri, "not text: it holds binary data")
    return text


def _decode(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _by_bom(content: bytes) -> str | None:
    return next((_decode(content, name) for bom, name in _BOMS if content.startswith(bom)), None)


def _utf8(content: bytes) -> str | None:
    return None if b"\0" in content[:1000] else _decode(content, "utf-8")


def _utf16_without_bom(content: bytes) -> str | None:
    # Spaces, digits and line ends are ASCII in every language: one of their bytes is zero.
    sample = content[:_SAMPLE_BYTES]
    if len(content) % 2 or b"\0" not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    return _decode(content, "utf-16-le" if odd > even else "utf-16-be")


def _declared(content: bytes, encoding: str) -> str | None:
    if not encoding:
        return None
    # Pages that say GB2312 or GBK use characters that only their superset has.
    chinese = encoding.lower() in {"gb2312", "gbk", "gb_2312-80"}
    text = _decode(content, "gb18030" if chinese else encoding)
    return text if isinstance(text, str) else None


def _gb18030(content: bytes) -> str | None:
    """GB 18030 decodes almost anything; real Chinese consists of its first, common, characters."""
    text = _decode(content, "gb18030")
    if text is None:
        return None
    pairs = [letter.encode("gb18030") for letter in text[:_SAMPLE_BYTES] if letter > "\u2e7f"]
    common = sum(1 for pair in pairs if len(pair) == 2 and _is_common(pair))
    return text if pairs and common >= 0.85 * len(pairs) else None


def _is_common(pair: bytes) -> bool:
    # GB 2312: punctuation and full-width forms in rows A1-A3, level 1 characters in B0-D7.
    return pair[1] >= 0xA1 and (0xA1 <= pair[0] <= 0xA3 or 0xB0 <= pair[0] <= 0xD7)


def _guessed(content: bytes) -> str | None:
    best = from_bytes(content[:_SAMPLE_BYTES]).best()
    return None if best is None else _decode(content, best.encoding)
