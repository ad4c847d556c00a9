"""What is rendered is what Kubernetes takes, and Helm's linter finds nothing."""

from __future__ import annotations

import helm_python
import kubernetes_validate
import pytest

from tests.helm.release import CHART, SETS, Release, render, values_of

OLDEST = "1.30"  # as Chart.yaml says
NEWEST = kubernetes_validate.latest_version()
WARNING = 2


@pytest.mark.parametrize("values", SETS)
def test_the_linter_finds_nothing(values: str) -> None:
    report = helm_python.lint(CHART, values_of(values), strict=True)

    assert [one for one in report["messages"] if one["severity"] >= WARNING] == []
    assert report["errors"] == []


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_manifest_is_of_its_kind(release: Release, version: str) -> None:
    ours = [one for one in release.manifests if not _of_an_operator(one["apiVersion"])]

    for manifest in ours:
        kubernetes_validate.validate(manifest, version, strict=True)
    assert len(ours) >= 5


def test_the_chart_says_which_kubernetes_is_the_oldest() -> None:
    with helm_python.Chart.load(CHART) as chart:
        assert chart.metadata["kubeVersion"] == f">={OLDEST}.0-0"


def test_no_two_manifests_are_the_same_thing(release: Release) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in release.manifests]

    assert len(names) == len(set(names))


def test_everything_is_in_the_namespace_of_the_release(release: Release) -> None:
    assert {one["metadata"]["namespace"] for one in release.manifests} == {"bots"}


def test_names_stay_short_enough_for_kubernetes() -> None:
    release = render({"fullnameOverride": "d" * 60} | {"models": {"source": "image"}})

    assert all(len(one["metadata"]["name"]) <= 63 for one in release.manifests)


def test_two_releases_in_one_namespace_do_not_meet() -> None:
    with helm_python.Chart.load(CHART) as chart:
        first = chart.render(name="hr", namespace="bots")["deskmate/templates/service.yaml"]
        second = chart.render(name="it", namespace="bots")["deskmate/templates/service.yaml"]

    assert "name: hr-deskmate" in first
    assert "name: it-deskmate" in second
    assert "app.kubernetes.io/instance: it" in second


def _of_an_operator(version: str) -> bool:
    return version.startswith(("monitoring.coreos.com/", "external-secrets.io/"))
