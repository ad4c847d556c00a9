"""`deskmate restore`: a backup in place of what is there."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.cli.options import (
    Subcommands,
    add_config,
    add_json,
    open_shelf,
    settings_of,
    shell_user,
)
from bot.cli.terminal import counting_bar, print_json, say
from bot.restoring import restore


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("restore", help="put a backup in place of what is there")
    parser.add_argument("file", type=Path, metavar="FILE", help="written by `deskmate backup`")
    parser.add_argument(
        "--replace", action="store_true", help="also where something is there, which is then gone"
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Restore, or leave everything as it was.

    Raises:
        BackupInvalid, RestoreRefused: nothing was changed.
        StateUnavailable, StoreUnavailable, StorageFull: nothing was changed, or run it again.
    """
    settings = settings_of(arguments, restores=True)
    with counting_bar("passages") as report_progress:
        manifest = await restore(
            settings,
            arguments.file,
            replace=arguments.replace,
            by=shell_user(),
            on_progress=report_progress,
        )
    here = open_shelf().installed()
    missing = sorted(set(manifest.models) - set(here))
    if arguments.json:
        print_json(
            {
                "created_at": manifest.created_at.isoformat(),
                "documents": manifest.documents,
                "passages": manifest.passages,
                "models_missing": missing,
            }
        )
        return 0
    say(f"as of {manifest.created_at:%Y-%m-%d %H:%M} UTC: {manifest.documents} documents")
    if missing:
        say(f"not on this machine: deskmate models pull {' '.join(missing)}")
    return 0
