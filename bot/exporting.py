"""Exports as files: whole or not at all, and for nobody but who may read them."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.core.audit import AuditEntry
from bot.core.exports import EXPORTS, Line, Origin, PassageOf
from bot.core.ports import Stores
from knowledge.atomic import whole_file

OWNER_ONLY: Final = 0o600
"""What people asked and said is in it."""

_SALT_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerExports:
    """Writes exports into a folder of this server. Raises StateUnavailable and StorageFull."""

    folder: Path
    stores: Stores
    passage_of: PassageOf

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can be exported."""
        return tuple(EXPORTS)

    async def write(self, what: str, *, by: str, at: datetime) -> tuple[str, int]:
        """The file it was written to, and how many lines it has; the same moment, the same file."""
        lines = await lines_of(what, self.stores, self.passage_of)
        file = self.folder.absolute() / f"{what}-{at:%Y%m%dT%H%M%SZ}.jsonl"
        await self.stores.audit.append(export_entry(what, file, len(lines), by=by, at=at))
        await asyncio.to_thread(_write_into_folder, file, lines)
        return str(file), len(lines)


def export_entry(what: str, file: Path, lines: int, *, by: str, at: datetime) -> AuditEntry:
    """Put down before the file is written: what leaves is on record in any case."""
    about = {"exported": what, "file": str(file), "lines": lines}
    return AuditEntry(at=at, what="export.written", by=by, about=about)


async def lines_of(what: str, stores: Stores, passage_of: PassageOf) -> list[Line]:
    """An export's lines.

    Raises:
        StateUnavailable: the state store does not answer.
    """
    # Of its own and kept nowhere: nobody is recognised from one export to the next.
    salt = secrets.token_bytes(_SALT_BYTES)
    return await EXPORTS[what](Origin(stores=stores, salt=salt, passage_of=passage_of))


def write(file: Path, lines: Sequence[Line]) -> None:
    """Write a file, whole or not at all."""
    with whole_file(file, mode=OWNER_ONLY) as out:
        for line in lines:
            out.write(_encoded(line))


def _write_into_folder(file: Path, lines: Sequence[Line]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write(file, lines)


def _encoded(line: Line) -> bytes:
    # Half an emoji, which platforms do send, has no UTF-8; JSON has an escape for it.
    try:
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(line).encode() + b"\n"
