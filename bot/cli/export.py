"""`deskmate export`: what people taught and said, as JSON Lines."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import secrets
from collections.abc import Sequence
from pathlib import Path

from bot.cli.options import Subcommands, add_config, settings_of
from bot.cli.terminal import say
from bot.core.exports import EXPORTS, Line
from bot.stores.state import open_state
from knowledge.atomic import whole_file

_OWNER_ONLY = 0o600
"""What people asked and said is in it."""

_SALT_BYTES = 32


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("export", help="write what was taught and said to a file")
    parser.add_argument("--what", required=True, choices=tuple(EXPORTS))
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="JSON Lines")
    parser.add_argument("--force", action="store_true", help="replace the file if there is one")
    add_config(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Write the file, whole or not at all.

    Raises:
        FileExistsError: there is such a file, and it is not to be replaced.
        StateUnavailable: the state store does not answer.
    """
    out: Path = arguments.out
    _refuse_to_lose(out, force=arguments.force)
    storage = settings_of(arguments).storage
    state = await open_state(data_dir=storage.data_dir, database_url=storage.database_url)
    try:
        # A salt of its own, kept nowhere: nobody is recognised from one export to the next.
        lines = await EXPORTS[arguments.what](state, secrets.token_bytes(_SALT_BYTES))
    finally:
        await state.close()
    await asyncio.to_thread(_write, out, lines)
    say(f"{len(lines)} lines written to {out}")
    return 0


def _refuse_to_lose(out: Path, *, force: bool) -> None:
    if out.exists() and not (force and out.is_file()):
        reason = "is there already; --force replaces it" if out.is_file() else "is no file"
        raise FileExistsError(errno.EEXIST, reason, str(out))
    if not out.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(out.parent))


def _write(out: Path, lines: Sequence[Line]) -> None:
    with whole_file(out, mode=_OWNER_ONLY) as file:
        for line in lines:
            file.write(_encoded(line))


def _encoded(line: Line) -> bytes:
    # Half an emoji, which platforms do send, has no UTF-8; JSON has an escape for it.
    try:
        return json.dumps(line, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(line).encode() + b"\n"
