"""deskmate.toml as the chart writes it is deskmate.toml as the bot reads it."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.settings import Settings, load
from tests.helm.release import SETS, Manifest, render

# No control characters, but those that have a letter in JSON and TOML.
_TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from('"\\\n\t{}[]#=<&'),
    max_size=20,
)


@pytest.mark.parametrize("values", SETS)
def test_the_bot_reads_what_the_chart_writes(values: str, tmp_path: Path) -> None:
    read = loaded(render(values).toml, tmp_path)

    assert read.server.host == "0.0.0.0"  # noqa: S104 - in a container of its own
    assert read.storage.data_dir == Path("/var/lib/deskmate")


def test_nested_tables_lists_and_nulls_arrive(tmp_path: Path) -> None:
    read = loaded(render("everything").toml, tmp_path)

    assert read.access.audiences == {"hr": ("slack:S1",)}
    assert read.loop.owners[0].topics == ("leave",)
    assert read.loop.freshness.hour == 9
    assert read.answering.least_confidence is None


@settings(max_examples=40)
@given(name=_TEXT, member=_TEXT, number=st.integers(min_value=1, max_value=10**9))
def test_any_text_and_number_arrives_as_it_was(name: str, member: str, number: int) -> None:
    said = {
        "access": {"audiences": {name: [f"slack:x{member.strip(string.whitespace)}"]}},
        "limits": {"votes_per_day": number},
    }
    if "\n" in member:  # the settings want one line
        return

    written = tomllib.loads(render({"config": said}).toml)

    assert {key: written[key] for key in said} == said


def test_state_elsewhere_is_told_to_the_bot_without_a_password(tmp_path: Path) -> None:
    read = loaded(render("cluster").toml, tmp_path)

    assert read.storage.database_url == (
        "postgresql+asyncpg://deskmate@deskmate-rw.databases.svc:5432/deskmate?ssl=require"
    )
    assert read.knowledge.qdrant_url == "http://qdrant.vectors.svc:6333"


def test_the_model_server_of_the_release_counts_as_in_the_house(tmp_path: Path) -> None:
    from bot.settings import writes_outside

    read = loaded(render("gpu").toml, tmp_path)

    assert read.generation.base_url == "http://deskmate-model:8080/v1"
    assert (read.generation.engine, read.generation.model) == ("openai", "qwen")
    assert not writes_outside(read)


def test_documents_may_be_read_by_command_too(tmp_path: Path) -> None:
    read = loaded(render("everything").toml, tmp_path)

    assert read.ingest.roots == (Path("/documents"),)


def test_an_environment_for_every_secret_is_one_the_settings_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in _secrets_of(render("everything").bot):
        monkeypatch.setenv(name, "s3cret")

    read = load()

    assert read.slack.bot_token.get_secret_value() == "s3cret"
    assert read.dingtalk.client_secret.get_secret_value() == "s3cret"
    assert read.knowledge.qdrant_api_key.get_secret_value() == "s3cret"


def _secrets_of(container: Manifest) -> list[str]:
    known = [one for one in container["env"] if "valueFrom" in one]
    return [one["name"] for one in known if one["name"].startswith("DESKMATE_")]


def loaded(text: str, folder: Path) -> Settings:
    file = folder / "deskmate.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)
