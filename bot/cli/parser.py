"""From words on the command line to a command, and from its errors to one clear sentence."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence

from bot.cli import ask, calibrate, demo, doctor, evaluate, ingest, init, models, serve
from bot.cli.terminal import say_error
from bot.core.errors import CoreError
from bot.settings import SettingsInvalid
from knowledge.errors import KnowledgeError

_COMMANDS = (demo, init, doctor, serve, ingest, ask, evaluate, calibrate, models)
_INTERRUPTED = 130


def run(words: Sequence[str]) -> int:
    """Run one command: 0 if it succeeded, 1 with a sentence on standard error if it could not."""
    arguments = build_parser().parse_args(words)
    command: Callable[[argparse.Namespace], Coroutine[None, None, int]] = arguments.run
    try:
        return asyncio.run(command(arguments))
    except (KnowledgeError, CoreError, SettingsInvalid) as error:
        say_error(str(error))
        return 1
    except OSError as error:
        say_error(_os_sentence(error))
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    parser = argparse.ArgumentParser(
        prog="deskmate", description="The colleague at the next desk who knows the handbook."
    )
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(subcommands)
    return parser


def _os_sentence(error: OSError) -> str:
    """What went wrong and where, without Python's numbers."""
    said = error.strerror or str(error)
    return f"{error.filename}: {said}" if error.filename else said
