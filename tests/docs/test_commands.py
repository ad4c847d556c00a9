"""What pages tell people to type can be typed."""

from __future__ import annotations

import io
import json
import re
import shlex
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.cli.parser import _COMMANDS, build_parser
from tests.docs.pages import PAGES, ROOT, blocks, name_of, spans

TARGETS = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))


def typed(page: Path) -> list[list[str]]:
    """The words of every call of `deskmate` in a page's blocks."""
    lines = [line for text in blocks(page, "console", "sh", "") for line in text.splitlines()]
    calls = [re.sub(r"^\$ ", "", line) for line in lines]
    whole = [call for call in calls if call.startswith("deskmate ") and "…" not in call]
    split = [shlex.split(call, comments=True) for call in whole]
    return [words[1:] for words in split]


CALLS = [(name_of(page), words) for page in PAGES for words in typed(page)]


@pytest.mark.parametrize(("where", "words"), CALLS, ids=[" ".join(words) for _, words in CALLS])
def test_a_command_in_a_block_is_understood(where: str, words: list[str]) -> None:
    assert callable(build_parser(words).parse_args(words).run), where


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_options_that_sentences_name_are_there(page: Path) -> None:
    for span in spans(page):
        if not (named := re.match(r"deskmate ([a-z]+)(?: ([a-z]+)\b)?", span)):
            continue
        command, second = named.groups()
        assert command in _COMMANDS, span
        for option in re.findall(r"--[a-z]+", span):
            assert option in help_of(command) + help_of(command, second or ""), span


@cache
def help_of(*words: str) -> str:
    """What `--help` says of a command."""
    said = io.StringIO()
    with redirect_stdout(said), suppress(SystemExit):
        build_parser(words).parse_args([*words, "--help"])
    return said.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_to_be_made_can_be_made(page: Path) -> None:
    texts = [*spans(page), *blocks(page, "console", "sh", "")]
    named = {name for text in texts for name in re.findall(r"(?m)^(?:\$ )?make ([a-z]+)", text)}

    assert named <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_json_and_yaml_to_copy_can_be_read(page: Path) -> None:
    for text in blocks(page, "json"):
        json.loads(text)
    for text in blocks(page, "yaml"):
        yaml.safe_load(text)


def test_the_reference_lists_every_command() -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text("utf-8")
    listed = re.findall(r"`([a-z]+)[ `]", "\n".join(re.findall(r"(?m)^\| (.*?) \|", page)))

    assert set(_COMMANDS) <= set(listed)
