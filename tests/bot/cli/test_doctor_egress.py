"""`deskmate doctor` says what a model elsewhere would get to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.doctor import egress
from bot.settings import Settings
from knowledge.settings import EgressSettings, GenerationSettings


def elsewhere(**said: object) -> Settings:
    return Settings(
        generation=GenerationSettings(engine="openai", base_url="https://llm.example/v1"),
        egress=EgressSettings.model_validate(said),
    )


async def test_without_a_server_elsewhere_nothing_leaves() -> None:
    found = await egress(Settings())

    assert (found.level, found.found) == ("ok", "no question leaves the house")


async def test_names_are_counted_where_there_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("张三\n李四\n", "utf-8")

    found = await egress(elsewhere(names_file=file))

    assert (found.level, found.found) == ("ok", "guarded before llm.example, 2 names")


@pytest.mark.parametrize(
    ("said", "level", "sentence"),
    [
        ({}, "warning", "there is no file of names"),
        ({"guard": False}, "warning", "everything that is asked and read leaves for llm.example"),
        ({"names_file": "none.txt"}, "error", "none.txt"),
    ],
)
async def test_what_is_not_guarded_is_said_with_what_to_do(
    said: dict[str, object], level: str, sentence: str
) -> None:
    found = await egress(elsewhere(**said))

    assert found.level == level
    assert sentence in found.found
    assert found.to_do
