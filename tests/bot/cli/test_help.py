"""`deskmate --help` shows every command and imports what none of them needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.cli.parser import build_parser

_LISTED = """
import sys
from bot.cli.parser import build_parser
build_parser(["--help"]).format_help()
print("\\n".join(sorted(sys.modules)))
"""


def helps(words: list[str]) -> dict[str, str]:
    """What `--help` says of each command, with the lines of a sentence joined."""
    lines = build_parser(words).format_help().partition("COMMAND\n")[2].splitlines()
    said: dict[str, str] = {}
    for line in lines:
        if not line.strip():
            break
        if line[4] != " ":
            name, _, sentence = line.strip().partition(" ")
            said[name] = sentence.strip()
        else:
            said[name] += f" {line.strip()}"
    return said


def test_help_imports_nothing_but_the_standard_library_and_the_errors() -> None:
    listed = subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-c", _LISTED], capture_output=True, text=True, check=True
    )

    imported = set(listed.stdout.split())
    heavy = {"aiohttp", "numpy", "pydantic", "qdrant_client", "rich", "sqlalchemy", "yaml"}
    assert not imported & heavy
    ours = {name for name in imported if name.partition(".")[0] in {"adapters", "bot", "knowledge"}}
    assert ours == {
        *("bot", "bot.cli", "bot.cli.parser", "bot.core", "bot.core.errors"),
        *("knowledge", "knowledge.errors"),
    }


@pytest.mark.parametrize("command", helps(["--help"]))
def test_help_says_of_a_command_what_the_command_says_of_itself(command: str) -> None:
    assert helps([command]) == {command: helps(["--help"])[command]}
