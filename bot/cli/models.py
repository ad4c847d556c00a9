"""`deskmate models`: which weights there are, which are here, and fetching them."""

from __future__ import annotations

import argparse
import asyncio

from rich.table import Table

from bot.cli.options import Subcommands, open_shelf
from bot.cli.terminal import download_bar, result_console, say
from knowledge.models import CATALOGUE, Entry

_MEGABYTE = 1_000_000


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("models", help="list, fetch and check model weights")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the catalogue: size, licence, source, sha256")
    listing.set_defaults(run=run_list)
    pulling = actions.add_parser("pull", help="fetch models; what is here already costs nothing")
    pulling.add_argument("names", nargs="+", metavar="NAME")
    pulling.add_argument(
        "--sha256", default="", help="what to expect where the catalogue names none"
    )
    pulling.set_defaults(run=run_pull)
    verifying = actions.add_parser("verify", help="hash every model that is here again")
    verifying.set_defaults(run=run_verify)


async def run_list(_arguments: argparse.Namespace) -> int:
    """Print the catalogue."""
    here = await asyncio.to_thread(open_shelf().installed)
    table = Table("name", "here", "for", "MB", "licence", "source", "sha256", box=None)
    for entry in CATALOGUE.values():
        table.add_row(*_row(entry, installed=entry.name in here))
    result_console().print(table)
    return 0


async def run_pull(arguments: argparse.Namespace) -> int:
    """Fetch models, one after the other.

    Raises:
        ModelError: a name is unknown, or its weights cannot be had or are not the right ones.
    """
    shelf = open_shelf()
    with download_bar() as report:
        for name in arguments.names:
            await asyncio.to_thread(shelf.pull, name, report, sha256=arguments.sha256)
    say(f"ready: {', '.join(arguments.names)}")
    return 0


async def run_verify(_arguments: argparse.Namespace) -> int:
    """Hash what is here: 1 if a file is not the one the catalogue names."""
    found = await asyncio.to_thread(open_shelf().verify_all)
    if not found:
        say("no weights are on this machine: run `deskmate models pull NAME`")
    for name, error in found.items():
        result_console().print(f"{name}: {error or 'ok'}", highlight=False, soft_wrap=True)
    return 1 if any(found.values()) else 0


def _row(entry: Entry, *, installed: bool) -> tuple[str, ...]:
    size = f"{entry.size_bytes / _MEGABYTE:.0f}" if entry.size_bytes else "?"
    hashes = ", ".join(file.sha256[:12] or "to be given" for file in entry.files)
    here = "yes" if installed else ""
    return (entry.name, here, entry.purpose, size, entry.licence, entry.source, hashes)
