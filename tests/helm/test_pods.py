"""How pods run: as nobody, on a disk they cannot write to, and never twice on one volume."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helm.release import CHART, Manifest, Release, env, render

EMBEDDED = "the bot keeps its state in its own volume"
BOTH = {"postgresql": {"host": "db"}, "qdrant": {"url": "http://qdrant:6333"}}


def test_no_container_runs_as_root(release: Release) -> None:
    for name, pod in release.pods():
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] > 0, name
    assert all("runAsUser" not in one["securityContext"] for _, one in release.containers())


def test_no_container_can_gain_rights_or_write_to_its_own_disk(release: Release) -> None:
    for name, container in release.containers():
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False, name
        assert security["readOnlyRootFilesystem"] is True, name
        assert security["capabilities"] == {"drop": ["ALL"]}, name


def test_every_pod_is_held_by_seccomp(release: Release) -> None:
    for _, pod in release.pods():
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


def test_no_pod_gets_credentials_of_the_cluster(release: Release) -> None:
    assert all(pod["spec"]["automountServiceAccountToken"] is False for _, pod in release.pods())


def test_no_pod_gets_variables_named_after_services(release: Release) -> None:
    assert all(pod["spec"]["enableServiceLinks"] is False for _, pod in release.pods())


def test_no_pod_sees_the_node(release: Release) -> None:
    for _, pod in release.pods():
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod["spec"].keys()
        assert all("hostPath" not in one for one in pod["spec"]["volumes"])


def test_every_container_may_write_to_tmp(release: Release) -> None:
    for name, container in release.containers():
        assert "/tmp" in {one["mountPath"] for one in container["volumeMounts"]}, name  # noqa: S108


def test_everything_is_bounded_in_memory(release: Release) -> None:
    for name, container in release.containers():
        assert "memory" in container["resources"]["limits"], name
        assert "cpu" in container["resources"]["requests"], name
    for _, pod in release.pods():
        empty = [one["emptyDir"] for one in pod["spec"]["volumes"] if "emptyDir" in one]
        assert all("sizeLimit" in one for one in empty)


def test_every_volume_that_is_mounted_is_there(release: Release) -> None:
    for name, pod in release.pods():
        there = {one["name"] for one in pod["spec"]["volumes"]} | {"storage"}
        inside = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        wanted = {mount["name"] for one in inside for mount in one["volumeMounts"]}
        assert wanted <= there, name


def test_what_serves_says_when_it_lives_and_when_it_is_ready(release: Release) -> None:
    serving = [one for _, one in release.containers() if "ports" in one]

    for container in serving:
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
    assert serving


def test_the_bot_is_asked_at_its_own_addresses() -> None:
    bot = render().bot

    assert bot["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert bot["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert bot["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_by_default_there_is_one_replica_with_a_volume() -> None:
    release = render()
    deployment = release.the("Deployment")

    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert _volume(release, "data") == {"persistentVolumeClaim": {"claimName": "deskmate"}}
    assert release.the("PersistentVolumeClaim")["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_what_people_taught_outlives_an_uninstall() -> None:
    claim = render().the("PersistentVolumeClaim")

    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_with_postgresql_and_qdrant_there_are_two_that_are_replaced_one_by_one() -> None:
    release = render(BOTH)
    spec = release.the("Deployment")["spec"]

    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert "emptyDir" in _volume(release, "data")
    assert release.all("PersistentVolumeClaim") == []


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"postgresql": {"host": "db"}},
        {"qdrant": {"url": "http://qdrant:6333"}},
    ],
    ids=["both embedded", "Qdrant embedded", "SQLite"],
)
@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"replicas": 2}, "replicas is 2"),
        ({"autoscaling": {"enabled": True}}, "autoscaling.enabled is true"),
        (
            {"ingest": {"enabled": True}, "documents": {"volume": {"emptyDir": {}}}},
            "ingest.enabled is true",
        ),
    ],
    ids=["replicas", "autoscaling", "ingest"],
)
def test_embedded_state_allows_one_process_and_says_so(
    state: Manifest, wish: Manifest, said: str
) -> None:
    with pytest.raises(Exception, match=f"{said}, but {EMBEDDED}"):
        render(state | wish)


def test_autoscaling_counts_waiting_events_and_work() -> None:
    release = render(BOTH | {"autoscaling": {"enabled": True, "queueDepth": 5}})
    waiting, work = release.the("HorizontalPodAutoscaler")["spec"]["metrics"]

    assert waiting["pods"]["metric"] == {"name": "deskmate_events_unfinished"}
    assert waiting["pods"]["target"] == {"type": "AverageValue", "averageValue": "5"}
    assert work["resource"]["name"] == "cpu"
    assert "replicas" not in release.the("Deployment")["spec"]


def test_what_it_scales_by_is_a_figure_that_the_bot_shows() -> None:
    sources = (path.read_text("utf-8") for path in (CHART.parent / "bot").rglob("*.py"))

    assert any("events_unfinished" in text for text in sources)


def test_no_image_is_whatever_is_newest(release: Release) -> None:
    for name, container in release.containers():
        image = container["image"]
        assert "@sha256:" in image or ":" in image.rpartition("/")[2], name
        assert not image.endswith(":latest"), name


def test_a_budget_guards_replicas_but_never_a_single_pod() -> None:
    assert render(BOTH).the("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert render().all("PodDisruptionBudget") == []


def test_replicas_keep_to_different_nodes_unless_told_otherwise() -> None:
    spread = render(BOTH).pod("deskmate")["spec"]["topologySpreadConstraints"]
    told = render("everything").pod("deskmate")["spec"]["topologySpreadConstraints"]

    assert [one["topologyKey"] for one in spread] == ["kubernetes.io/hostname"]
    assert [one["topologyKey"] for one in told] == ["topology.kubernetes.io/zone"]


def test_a_pod_leaves_the_service_before_it_ends() -> None:
    release = render()

    assert release.bot["lifecycle"]["preStop"]["sleep"]["seconds"] == 5
    assert release.pod("deskmate")["spec"]["terminationGracePeriodSeconds"] == 100


def test_a_changed_configuration_starts_new_pods() -> None:
    before = render().pod("deskmate")["metadata"]["annotations"]["checksum/config"]
    after = render({"config": {"groups": {"mode": "relevant"}}}).pod("deskmate")

    assert before != after["metadata"]["annotations"]["checksum/config"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "qwen2.5-coder-1.5b"),
        ({"config": {"generation": {"model": "smollm2-135m"}}}, "smollm2-135m"),
        ({"config": {"generation": {"engine": "extractive"}}}, None),
        ({"config": {"generation": {"base_url": "http://llm:8000/v1"}}}, None),
        ({"config": {"generation": {"model": "/models/own.gguf"}}}, None),
    ],
    ids=["default", "named", "extractive", "a server", "a file"],
)
def test_a_pod_fetches_the_weights_it_needs(values: Manifest, expected: str | None) -> None:
    first = render(values).pod("deskmate")["spec"]["initContainers"][0]

    wanted = ["e5-small", "use-multilingual", *filter(None, [expected])]
    assert first["args"] == ["models", "pull", *wanted]


def test_the_weights_it_names_are_the_defaults_of_the_catalogue() -> None:
    from knowledge.models import DEFAULT_EMBEDDERS, DEFAULT_GENERATOR

    first = render().pod("deskmate")["spec"]["initContainers"][0]

    assert first["args"][2:] == [*DEFAULT_EMBEDDERS, DEFAULT_GENERATOR]


def test_weights_in_the_image_need_no_volume_and_no_way_out() -> None:
    release = render({"models": {"source": "image"}})

    assert env(release.bot)["DESKMATE_MODELS_DIR"] == "/opt/deskmate/models"
    assert "initContainers" not in release.pod("deskmate")["spec"]
    assert {one["name"] for one in release.pod("deskmate")["spec"]["volumes"]} == {
        "config",
        "tmp",
        "data",
    }


def test_weights_on_a_claim_are_read_only() -> None:
    release = render({"models": {"source": "claim", "claim": "weights"}})

    mount = next(one for one in release.bot["volumeMounts"] if one["name"] == "models")
    assert mount["readOnly"] is True
    assert _volume(release, "models")["persistentVolumeClaim"]["claimName"] == "weights"


def test_an_image_by_digest_has_no_tag() -> None:
    digest = f"sha256:{'0' * 64}"

    assert render("everything").bot["image"] == f"registry.example.com/deskmate@{digest}"
    assert render().bot["image"].startswith("deskmate:")


def _volume(release: Release, name: str) -> dict[str, Any]:
    volumes = release.pod("deskmate")["spec"]["volumes"]
    (found,) = [one for one in volumes if one["name"] == name]
    return {key: value for key, value in found.items() if key != "name"}
