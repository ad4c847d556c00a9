"""`deskmate backup`: everything that cannot be made again, in one file."""

from __future__ import annotations

import argparse
import errno
from pathlib import Path

from bot.backup import back_up
from bot.cli.options import Subcommands, add_config, add_json, settings_of, shell_user
from bot.cli.terminal import counting_bar, print_json, say


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("backup", help="write knowledge, feedback and state to a file")
    parser.add_argument("file", type=Path, metavar="FILE", help="a tar archive, for you only")
    parser.add_argument("--force", action="store_true", help="replace the file if there is one")
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Write the file, whole or not at all; a bot may run meanwhile.

    Raises:
        FileExistsError: there is such a file, and it is not to be replaced.
        StateUnavailable, StoreUnavailable, StorageFull: there is no such file then.
    """
    file: Path = arguments.file
    _refuse_to_lose(file, force=arguments.force)
    settings = settings_of(arguments)
    with counting_bar("documents") as report_progress:
        manifest = await back_up(settings, file, by=shell_user(), on_progress=report_progress)
    told = {
        "documents": manifest.documents,
        "passages": manifest.passages,
        "tables": len(manifest.tables),
        "audit_head": manifest.audit_head,
    }
    if arguments.json:
        print_json(told)
    else:
        say(
            f"{manifest.documents} documents ({manifest.passages} passages) and "
            f"{len(manifest.tables)} tables written to {file}; audit head {manifest.audit_head}"
        )
    return 0


def _refuse_to_lose(file: Path, *, force: bool) -> None:
    if file.exists() and not (force and file.is_file()):
        reason = "is there already; --force replaces it" if file.is_file() else "is no file"
        raise FileExistsError(errno.EEXIST, reason, str(file))
    if not file.absolute().parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(file.parent))
