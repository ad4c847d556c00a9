"""Options that several commands share, and what they mean."""

from __future__ import annotations

import argparse
import getpass
import os
from pathlib import Path
from typing import TypeAlias

from bot.settings import Settings, load
from bot.swapping import finish_if_cut_off
from knowledge.model import EVERYONE
from knowledge.weights import Shelf, models_folder

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_USUAL_FILE = Path("deskmate.toml")


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`; without it deskmate.toml in this folder, if there is one."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="default: ./deskmate.toml")


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`: the result for a program instead of a person."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def add_audience(parser: argparse.ArgumentParser, says: str) -> None:
    """`--audience NAME`, any number of times."""
    parser.add_argument("--audience", action="append", default=[], metavar="NAME", help=says)


def settings_of(arguments: argparse.Namespace, *, restores: bool = False) -> Settings:
    """The settings a command runs with; a restore that was cut off is finished first.

    restores: the command begins one itself.

    Raises:
        SettingsInvalid: the file or the environment says something we do not understand.
        RestoreRefused: a restore was cut off that must be run again.
    """
    usual = arguments.config is None and _USUAL_FILE.is_file()
    settings = load(_USUAL_FILE if usual else arguments.config)
    if not restores:
        finish_if_cut_off(settings.storage.data_dir)
    return settings


def readers_of(arguments: argparse.Namespace) -> frozenset[str]:
    """The audience names of a question: those given, and the one everybody belongs to."""
    return frozenset({EVERYONE, *arguments.audience})


def open_shelf() -> Shelf:
    """The weights of this user on this machine."""
    return Shelf(models_folder(os.environ))


def shell_user() -> str:
    """Who works at this machine, as the audit log names them: `shell:root`."""
    try:
        return f"shell:{getpass.getuser()}"
    except (KeyError, OSError):  # a container may run under a number that has no name
        return f"shell:{os.getuid()}"
