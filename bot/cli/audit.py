"""`deskmate audit verify`: whether anybody has touched the audit log."""

from __future__ import annotations

import argparse
import re

from bot.cli.options import Subcommands, add_config, add_json, settings_of
from bot.cli.terminal import print_json, say, say_error
from bot.core.chain import Fault
from bot.core.verifying import Verified, verify
from bot.state import opened_state


def add_to(subcommands: Subcommands) -> None:
    """Describe the command."""
    parser = subcommands.add_parser("audit", help="look whether the audit log was touched")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    verifying = actions.add_parser("verify", help="exit 1 and the first bad row where it was")
    verifying.add_argument(
        "--head",
        type=_head,
        metavar="HASH",
        help="a hash noted elsewhere: it must still be there",
    )
    add_config(verifying)
    add_json(verifying)
    verifying.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Read the whole log: 1 where it is not as it was written.

    Raises:
        StateUnavailable: the state store does not answer.
    """
    async with opened_state(settings_of(arguments)) as state:
        verified = await verify(state, noted=arguments.head or "")
    if arguments.json:
        print_json(_as_json(verified))
    elif verified.fault is None:
        say(f"{verified.head.count} rows, none touched; head {verified.head.hash}")
    else:
        say_error(_sentence(verified.fault))
    return 0 if verified.fault is None else 1


def _head(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise argparse.ArgumentTypeError("a head has 64 characters, 0 to 9 and a to f")
    return text


def _sentence(fault: Fault) -> str:
    place = f"row {fault.number}" if fault.number else "the tables"
    return f"the audit log was touched: {place}: {fault.problem}"


def _as_json(verified: Verified) -> dict[str, object]:
    fault = verified.fault
    return {
        "rows": verified.head.count,
        "head": verified.head.hash,
        "fault": None if fault is None else {"row": fault.number, "problem": fault.problem},
    }
