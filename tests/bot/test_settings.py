"""Settings: every key is known, the environment wins, mistakes are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.cli.init import TEMPLATE
from bot.settings import Settings, SettingsInvalid, load


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "deskmate.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_file_and_environment_the_defaults_are_local_and_closed() -> None:
    settings = load()

    assert settings.server.host == "127.0.0.1"
    platforms = (settings.slack, settings.feishu, settings.dingtalk)
    assert not any(platform.enabled for platform in platforms)
    assert settings.generation.engine == "auto"


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    settings = load(written(tmp_path, '[server]\nport = 9\n[access]\nadmins = ["slack:U1"]\n'))

    assert settings.server.port == 9
    assert settings.access.admins == ("slack:U1",)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKMATE_SERVER__PORT", "10")

    settings = load(written(tmp_path, '[server]\nport = 9\nhost = "127.0.0.2"\n'))

    assert (settings.server.port, settings.server.host) == (10, "127.0.0.2")


def test_a_secret_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMATE_SLACK__BOT_TOKEN", "xoxb-1")

    settings = load()

    assert "xoxb-1" not in repr(settings)
    assert settings.slack.bot_token.get_secret_value() == "xoxb-1"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[server]\nprot = 1\n", "[server] prot: unknown key; did you mean port?"),
        ("[slak]\nenabled = true\n", "[slak]: unknown key; did you mean slack?"),
        ("[limits]\nxyz = 1\n", "[limits] xyz: unknown key; known are all_questions_per_minute"),
        ('[server]\nport = "x"\n', "[server] port: "),
        ("server = 5\n", "[server]: is a section: keys stand below [server]"),
        ('[loop.freshness]\ntimezone = "Mars"\n', "timezone: no time zone is called 'Mars' here"),
        ('[knowledge]\nqdrant_url = "q:6333"\n', "qdrant_url: an address begins with http://"),
        ('[generation]\nengine = "gpt"\n', "[generation] engine: "),
        ('[loop]\ngate = "ask"\n', "[loop] gate: "),
        ('[loop.freshness]\ntimezone = "Moon/Sea"\n', "no time zone is called 'Moon/Sea' here"),
        ("[loop.freshness]\nevery = 1\n", "[loop.freshness] every: unknown key; did you mean"),
        ("[server\n", "not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    file = written(tmp_path, text)

    with pytest.raises(SettingsInvalid) as caught:
        load(file)

    assert sentence in str(caught.value)
    assert str(file) in str(caught.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(written(tmp_path, "[server]\nprot = 1\n[slak]\na = 1\n"))

    assert len(str(caught.value).splitlines()) == 2


def test_a_mistake_in_the_environment_is_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMATE_SERVER__PROT", "1")

    with pytest.raises(SettingsInvalid, match=r"environment: \[server\] prot"):
        load()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "DESKMATE_SEVER__PORT",
            "9",
            "DESKMATE_SEVER__PORT: unknown section; did you mean SERVER?",
        ),
        ("DESKMATE_XYZ__PORT", "9", "DESKMATE_XYZ__PORT: unknown section"),
        ("DESKMATE_ACCESS__ADMINS", "slack:U1", "DESKMATE_ACCESS__ADMINS: lists and sections are"),
        ("DESKMATE_TELEMETRY", "on", "DESKMATE_TELEMETRY: lists and sections are written as JSON"),
    ],
)
def test_a_variable_that_says_nothing_we_understand_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsInvalid, match=re.escape(sentence)):
        load()


def test_variables_that_a_cluster_makes_up_disturb_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMATE_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("DESKMATE_QDRANT_SERVICE_HOST", "10.0.0.1")

    assert load() == Settings()


def test_a_file_that_an_editor_of_windows_saved_is_read(tmp_path: Path) -> None:
    file = tmp_path / "deskmate.toml"
    file.write_text("[server]\nport = 9\n", "utf-8-sig")

    assert load(file).server.port == 9


def test_a_file_in_another_encoding_is_told_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "deskmate.toml"
    file.write_text("[server]\nport = 9\n", "utf-16")

    with pytest.raises(SettingsInvalid, match="not UTF-8; save it as UTF-8"):
        load(file)


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="deskmate init"):
        load(tmp_path / "none.toml")


def test_the_template_is_valid_and_so_is_all_that_it_comments_out(tmp_path: Path) -> None:
    commented = "\n".join(
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line
        for line in TEMPLATE.splitlines()
    )

    assert load(written(tmp_path, TEMPLATE)) == load()
    assert load(written(tmp_path, commented)).server == load().server


def test_an_empty_reranker_is_none_and_a_folder_is_one(tmp_path: Path) -> None:
    file = tmp_path / "deskmate.toml"

    file.write_text('[knowledge]\nreranker = ""\n', encoding="utf-8")
    assert load(file).knowledge.reranker is None

    file.write_text('[knowledge]\nreranker = "models/reranker"\n', encoding="utf-8")
    assert load(file).knowledge.reranker == Path("models/reranker")


def test_a_write_cannot_wait_for_more_replicas_than_there_are(tmp_path: Path) -> None:
    file = tmp_path / "deskmate.toml"
    file.write_text("[knowledge.qdrant]\nreplicas = 2\nwrite_consistency = 3\n", "utf-8")

    with pytest.raises(SettingsInvalid, match="write_consistency"):
        load(file)


def test_a_cluster_is_configured_by_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKMATE_KNOWLEDGE__QDRANT__SHARDS", "6")
    monkeypatch.setenv("DESKMATE_KNOWLEDGE__QDRANT_URL", "http://qdrant:6333")

    knowledge = load().knowledge

    assert (knowledge.qdrant.shards, knowledge.qdrant_url) == (6, "http://qdrant:6333")
