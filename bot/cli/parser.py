"""From words on the command line to a command, and from its errors to one clear sentence."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from typing import Final

from bot.core.errors import CoreError
from knowledge.errors import KnowledgeError

_COMMANDS: Final = (
    "demo", "init", "doctor", "serve", "ingest", "ask", "evaluate", "calibrate", "models",
    "teach", "mine", "export", "audit", "onboarding", "migrate",
)  # fmt: skip
"""Modules of this package, in the order of `--help`."""

_INTERRUPTED: Final = 130


def run(words: Sequence[str]) -> int:
    """Run one command: 0 if it succeeded, 1 with a sentence on standard error if it could not."""
    arguments = build_parser(words).parse_args(words)
    command: Callable[[argparse.Namespace], Coroutine[None, None, int]] = arguments.run
    from bot.settings import SettingsInvalid

    try:
        return asyncio.run(command(arguments))
    except (KnowledgeError, CoreError, SettingsInvalid) as error:
        return _failed(str(error))
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
    chosen = [name for name in words[:1] if name in _COMMANDS]
    for name in chosen or _COMMANDS:
        import_module(f"bot.cli.{name}").add_to(subcommands)
    return parser


def _failed(sentence: str) -> int:
    from bot.cli.terminal import say_error

    say_error(sentence)
    return 1


def _os_sentence(error: OSError) -> str:
    """What went wrong and where, without Python's numbers."""
    said = error.strerror or str(error)
    return f"{error.filename}: {said}" if error.filename else said
