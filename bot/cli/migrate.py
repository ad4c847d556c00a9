"""`deskmate migrate`: the database's tables, brought to another revision."""

from __future__ import annotations

import argparse

from bot.cli.options import Subcommands, add_config, settings_of
from bot.cli.terminal import say, say_error
from bot.stores.database import Database
from bot.stores.state import database_of
from bot.stores.upgrading import NEWEST, bring_up, change, recorded


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser(
        "migrate", help="bring the database to this version's tables, before it is served"
    )
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 where it is another revision"
    )
    chosen.add_argument(
        "--to", default="", metavar="REVISION", help="this revision, also an earlier one"
    )
    add_config(parser)
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Change the tables, or look whether that is needed.

    Raises:
        StateUnavailable: the database does not answer, or knows a revision that we do not.
    """
    storage = settings_of(arguments).storage
    database = await database_of(storage.data_dir, storage.database_url)
    try:
        return await _do(arguments, database)
    finally:
        await database.close()


async def _do(arguments: argparse.Namespace, database: Database) -> int:
    before = await database.run(recorded)
    if arguments.check:
        return _checked(before)
    if arguments.to:
        await change(database, arguments.to)
    else:
        await bring_up(database)
    after = await database.run(recorded)
    was = "as it was" if before == after else f"it was {before or 'without one'}"
    say(f"{database.name}: revision {after}, {was}")
    return 0


def _checked(now: str) -> int:
    if now == NEWEST:
        say(f"revision {now}, the newest")
        return 0
    say_error(f"revision {now or 'none'} instead of {NEWEST}: run `deskmate migrate`")
    return 1
