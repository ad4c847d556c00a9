"""From words on the command line to a command, and from its errors to one clear sentence."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from typing import Final

from bot.core.errors import CoreError
from knowledge.errors import KnowledgeError

_COMMANDS: Final = {
    "demo": "try it on the sample handbook",
    "init": "write a commented deskmate.toml",
    "doctor": "check configuration, stores and models",
    "serve": "run every enabled platform until SIGTERM",
    "ingest": "take documents in, or bring them up to date",
    "ask": "answer one question",
    "evaluate": "score a labelled set of questions",
    "calibrate": "fit when to say “I don't know” on your own labelled questions",
    "models": "list, fetch and check model weights",
    "teach": "take in question–answer files",
    "mine": "propose questions and answers out of documents that were taken in",
    "export": "write what was taught and said to a file",
    "audit": "look whether the audit log was touched",
    "onboarding": "journeys of new colleagues",
    "migrate": "bring the database to this version's tables, before it is served",
    "reindex": "embed every passage anew, as configured now",
    "backup": "write knowledge, feedback and state to a file",
    "restore": "put a backup in place of what is there",
}
"""Modules of this package in the order of `--help`, with what it says of each.

It stands here and not only there, so that help is shown without importing what commands need.
"""

_INTERRUPTED: Final = 130
_NOT_READ: Final = 141
_SILENT: Final = logging.NullHandler()


def run(words: Sequence[str]) -> int:
    """Run one command: 0 if it succeeded, 1 with a sentence on standard error if it could not."""
    arguments = build_parser(words).parse_args(words)
    command: Callable[[argparse.Namespace], Coroutine[None, None, int]] = arguments.run
    from bot.settings import SettingsInvalid

    # Logs are for who runs a server, which says where they go; else only bare names were shown.
    logging.getLogger().addHandler(_SILENT)
    try:
        return asyncio.run(command(arguments))
    except (KnowledgeError, CoreError, SettingsInvalid) as error:
        return _failed(str(error))
    except BrokenPipeError:
        return _not_read_on()
    except OSError as error:
        return _failed(_os_sentence(error))
    except KeyboardInterrupt:
        return _INTERRUPTED


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The grammar of the command line, as far as these words need it.

    What other commands import would cost a server half a second at its start.
    """
    parser = argparse.ArgumentParser(
        prog="deskmate", description="The colleague at the next desk who knows the handbook."
    )
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    if words and words[0] in _COMMANDS:
        import_module(f"bot.cli.{words[0]}").add_to(subcommands)
        return parser
    for name, says in _COMMANDS.items():
        subcommands.add_parser(name, help=says)
    return parser


def _failed(sentence: str) -> int:
    from bot.cli.terminal import say_error

    say_error(sentence)
    return 1


def _not_read_on() -> int:
    """Whoever reads what we print, as `head`, has enough: that is nobody's mistake."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's flush at the end
    return _NOT_READ


def _os_sentence(error: OSError) -> str:
    """What went wrong and where, without Python's numbers."""
    said = error.strerror or str(error)
    return f"{error.filename}: {said}" if error.filename else said
