"""Secrets are named, never said: no manifest but a reference holds one."""

from __future__ import annotations

import json

import pytest

from helm.values_schema import CHART_SETS, schema, secret_settings
from tests.helm.release import Release, env, render, values_of


def test_the_chart_makes_no_secret(release: Release) -> None:
    assert release.all("Secret") == []


def test_no_config_map_holds_a_secret_setting(release: Release) -> None:
    names = {setting.partition(".")[2] for setting in secret_settings()}

    for one in release.all("ConfigMap"):
        lines = one["data"].get("deskmate.toml", "").splitlines()
        assert not names & {line.partition(" = ")[0] for line in lines}


def test_no_address_holds_a_password(release: Release) -> None:
    text = json.dumps(release.manifests)

    assert "postgresql+asyncpg://deskmate:" not in text
    assert "@deskmate" not in text.replace("deskmate@deskmate", "")


def test_a_secret_setting_cannot_be_said_in_the_values() -> None:
    with pytest.raises(Exception, match="bot_token"):
        render({"config": {"slack": {"bot_token": "xoxb-1"}}})


def test_every_secret_setting_can_be_named() -> None:
    everyone = {setting: setting.replace(".", "-") for setting in secret_settings()}

    bot = render({"secrets": {"existingSecret": "deskmate", "keys": everyone}}).bot

    assert env(bot)["DESKMATE_SLACK__BOT_TOKEN"] == {
        "secretKeyRef": {"name": "deskmate", "key": "slack-bot_token"}
    }
    named = {name for name in env(bot) if name.startswith("DESKMATE_") and "__" in name}
    assert len(named) == len(everyone) >= 12


def test_the_password_of_the_database_is_read_by_its_driver() -> None:
    release = render("cluster")

    password = {"secretKeyRef": {"name": "deskmate-app", "key": "password"}}
    assert env(release.bot)["PGPASSWORD"] == password
    assert env(release.pod("deskmate-migrate")["spec"]["containers"][0])["PGPASSWORD"] == password


def test_an_external_secret_fetches_and_pods_read_what_it_made() -> None:
    release = render("external")
    external = release.the("ExternalSecret", "deskmate-secrets")

    assert external["spec"]["secretStoreRef"] == {"name": "vault", "kind": "ClusterSecretStore"}
    assert external["spec"]["target"]["name"] == "deskmate-secrets"
    assert external["spec"]["data"] == [
        {
            "secretKey": "dingtalk.client_secret",
            "remoteRef": {"key": "deskmate/dingtalk", "property": "secret"},
        },
        {"secretKey": "postgresql.password", "remoteRef": {"key": "deskmate/postgresql"}},
    ]
    assert env(release.bot)["DESKMATE_DINGTALK__CLIENT_SECRET"] == {
        "secretKeyRef": {"name": "deskmate-secrets", "key": "dingtalk.client_secret"}
    }
    assert env(release.bot)["PGPASSWORD"] == {
        "secretKeyRef": {"name": "deskmate-secrets", "key": "postgresql.password"}
    }


def test_the_model_server_and_the_bot_share_their_key() -> None:
    release = render("everything")
    server = release.pod("deskmate-model")["spec"]["containers"][0]

    key = {"secretKeyRef": {"name": "deskmate", "key": "model"}}
    assert env(server)["LLAMA_API_KEY"] == key
    assert env(release.bot)["DESKMATE_GENERATION__API_KEY"] == key


def test_the_qdrant_of_the_release_and_the_bot_share_their_key() -> None:
    release = render("everything")
    server = release.pod("deskmate-qdrant")["spec"]["containers"][0]

    key = {"secretKeyRef": {"name": "deskmate", "key": "qdrant"}}
    assert env(server)["QDRANT__SERVICE__API_KEY"] == key
    assert env(release.bot)["DESKMATE_KNOWLEDGE__QDRANT_API_KEY"] == key


def test_notes_say_which_secret_nobody_named() -> None:
    values = values_of("cluster") | {"secrets": {}}

    assert "Nothing says where slack.bot_token is" in render(values).notes
    assert "Nothing says" not in render("cluster").notes


def test_no_secret_setting_is_left_in_the_schema() -> None:
    assert "writeOnly" not in json.dumps(schema())
    assert CHART_SETS["storage"] >= {"database_url"}
