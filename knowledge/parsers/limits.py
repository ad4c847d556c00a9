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

_PIECE_BYTES: Final = 65_536
_LOCAL_HEADER: Final = struct.Struct("<26xHH")
"""Before each part of an archive: how long its name and what is added to it are."""

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
            _refuse_lies(archive, content, uri=uri)
            _refuse_declarations(archive, uri=uri)
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


def _refuse_lies(archive: zipfile.ZipFile, content: bytes, *, uri: str) -> None:
    """What reads a part believes the size it is said to have, and cuts it after it is unpacked."""
    for member in archive.infolist():
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DocumentUnreadable(uri, "a part of it is packed as no Office program does")
        packed = member.compress_type == zipfile.ZIP_DEFLATED
        if packed and _unpacks_beyond(member.file_size, _packed(content, member)):
            raise DocumentUnreadable(uri, "a part of it unpacks to more than it says")


def _packed(content: bytes, member: zipfile.ZipInfo) -> bytes:
    head = member.header_offset + _LOCAL_HEADER.size
    lengths = _LOCAL_HEADER.unpack(content[member.header_offset : head])
    start = head + sum(lengths)
    return content[start : start + member.compress_size]


def _unpacks_beyond(size: int, packed: bytes) -> bool:
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    for start in range(0, len(packed), _PIECE_BYTES):
        piece = packed[start : start + _PIECE_BYTES]
        while piece and size >= 0 and not unpacking.eof:
            size -= len(unpacking.decompress(piece, _PIECE_BYTES))
            piece = unpacking.unconsumed_tail
    return size < 0


def _refuse_declarations(archive: zipfile.ZipFile, *, uri: str) -> None:
    for member in archive.infolist():
        if member.filename.lower().endswith((".xml", ".rels", ".vml")):
            _refuse_entities(archive.read(member), uri=uri)


def _refuse_entities(xml: bytes, *, uri: str) -> None:
    # Office files never declare a document type; an attack by nested entities must.
    plain = xml.replace(b"\0", b"") if b"\0" in xml[:64] else xml
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise DocumentUnreadable(uri, "its XML declares entities, which Office files never do")
