"""How much of a file is read at the most; past that it is refused, never cut silently."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Final

from knowledge.errors import DocumentUnreadable
from knowledge.reading import MAX_FILE_BYTES

MAX_TEXT_CHARACTERS = 5_000_000
MAX_UNPACKED_BYTES = 250_000_000
MAX_ZIP_MEMBERS = 10_000
MAX_PAGES = 3_000
MAX_TABLE_ROWS = 50_000
MAX_TABLE_CELLS = 1_000_000

DAMAGE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # also: encrypted, unknown compression, nested too deeply
    SyntaxError,  # how XML parsers say "not XML"
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What format libraries stumble on in a damaged file; none of them promises a single error."""


def refuse_beyond(value: int, limit: int, unit: str, *, uri: str) -> None:
    """Raise DocumentUnreadable, naming both numbers, where value is above limit."""
    if value > limit:
        raise DocumentUnreadable(uri, f"too large: {value:,} {unit}, the limit is {limit:,}")


def checked_size(content: bytes, *, uri: str, limit_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The content, if there is some and not too much."""
    if not content.strip(b"\0 \t\r\n"):
        raise DocumentUnreadable(uri, "the file is empty")
    refuse_beyond(len(content), limit_bytes, "bytes", uri=uri)
    return content


def checked_office(content: bytes, *, uri: str, kind: str, part: str) -> bytes:
    """The content, if it is an Office file that can be unpacked safely.

    kind, part: what it should be, and the archive member that proves it.

    Raises:
        DocumentUnreadable: not such a file, encrypted, a zip bomb, or its XML declares entities.
    """
    checked_size(content, uri=uri)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        # The old binary formats and password-protected new ones share this container.
        reason = f"a protected or pre-2007 Office file; save it as {kind} without a password"
        raise DocumentUnreadable(uri, reason)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive, uri=uri, kind=kind, part=part)
    except DAMAGE as error:
        raise DocumentUnreadable(uri, f"not a readable {kind} file; it may be damaged") from error
    return content


def _check_members(archive: zipfile.ZipFile, *, uri: str, kind: str, part: str) -> None:
    members = archive.infolist()
    refuse_beyond(len(members), MAX_ZIP_MEMBERS, "parts", uri=uri)
    unpacked = sum(member.file_size for member in members)
    refuse_beyond(unpacked, MAX_UNPACKED_BYTES, "bytes unpacked", uri=uri)
    if part not in archive.namelist():
        raise DocumentUnreadable(uri, f"not a {kind} file, though its name says so")
    for member in members:
        if member.filename.lower().endswith((".xml", ".rels", ".vml")):
            _refuse_entities(archive.read(member), uri=uri)


def _refuse_entities(xml: bytes, *, uri: str) -> None:
    # Office files never declare a document type; an attack by nested entities must.
    plain = xml.replace(b"\0", b"") if b"\0" in xml[:64] else xml
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise DocumentUnreadable(uri, "its XML declares entities, which Office files never do")
